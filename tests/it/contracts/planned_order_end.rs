//! An order with a planned end serves and changes until then, and the plan gives way to a removal.

use chrono::Duration;
use entitled::proto::v1;

use super::changes::*;
use super::get_order;
use crate::sample::hours;
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    an_order_with_a_planned_end_serves_and_changes_until_then,
    a_planned_end_is_moved_and_withdrawn,
    an_order_that_is_held_ends_as_planned,
    what_does_not_agree_with_a_plan_is_warned_of,
);

const GONE: &str = "FailedPrecondition WORK_ORDER_ALREADY_TERMINATED";

async fn standing(server: &TestServer, days: i64) -> (v1::WorkOrderState, Option<i64>) {
    let get = v1::GetWorkOrderRequest { as_of_time: Some(stamp(in_days(days))), ..get_order("wo-2") };
    let order = read(server, get).await;
    (order.state(), order.terminate_time.map(|end| end.seconds))
}

async fn an_order_with_a_planned_end_serves_and_changes_until_then(server: &TestServer) {
    stored(server).await;
    let (end, moment) = (in_days(60), Duration::microseconds(1));
    terminate(server, "wo-2", Some(end)).await.unwrap();
    for (at, expected) in [
        (now(), "ENTITLED"),
        (end - moment, "ENTITLED"),
        (end, "WORK_ORDER_TERMINATED"),
        (in_days(90), "WORK_ORDER_TERMINATED"),
    ] {
        assert_eq!(ask(server, check_at(at)).await, expected, "{at}");
    }
    // It is changed as it stands, and ends all the same.
    let mut more = current(server, "wo-2").await;
    more.items[0].quantity = hours(500);
    let amended = amend(server, more.clone(), None).await.unwrap();
    assert_eq!((amended.state(), amended.terminate_time), (v1::WorkOrderState::Terminated, Some(stamp(end))));
    assert_eq!(ask(server, v1::CheckEntitlementRequest { quantity: hours(500), ..check_now() }).await, "ENTITLED");
    assert_eq!(ask(server, check_at(end)).await, "WORK_ORDER_TERMINATED");
    more.items[0].quantity = hours(600);
    amend(server, more.clone(), Some(end - moment)).await.unwrap();
    more.items[0].quantity = hours(700);
    assert_eq!(refusal(amend(server, more, Some(end)).await), GONE);
    assert_eq!(refusal(suspend(server, "wo-2", Some(end)).await), GONE);
    server.ledger().consume_units(consume(10, None)).await.unwrap();
}

async fn a_planned_end_is_moved_and_withdrawn(server: &TestServer) {
    stored(server).await;
    for days in [60, 30, 90] {
        let end = in_days(days);
        terminate(server, "wo-2", Some(end)).await.unwrap();
        assert_eq!(standing(server, 20).await, (v1::WorkOrderState::Terminated, Some(end.timestamp())));
    }
    assert_eq!(ask(server, check_at(in_days(89))).await, "ENTITLED");
    let moved = v1::WorkOrder { terminate_time: Some(stamp(in_days(10))), ..current(server, "wo-2").await };
    let mut contracts = server.contracts();
    for validate_only in [true, false] {
        let request = v1::AmendWorkOrderRequest { validate_only, ..amendment(moved.clone(), None) };
        let refused = crate::sample::refused(contracts.amend_work_order(request).await);
        assert_eq!(refused.violations, ["work_order.terminate_time FIELD_CONFLICT"]);
    }
    let on = v1::WorkOrder { state: v1::WorkOrderState::Active.into(), terminate_time: None, ..moved };
    let trial = v1::AmendWorkOrderRequest { validate_only: true, ..amendment(on.clone(), None) };
    let trial = contracts.amend_work_order(trial).await.unwrap().into_inner();
    let changed: Vec<_> = trial.effects.unwrap().field_changes.into_iter().map(|it| it.change.unwrap().field).collect();
    assert_eq!(changed, ["state", "terminate_time"]);
    amend(server, on, None).await.unwrap();
    for days in [0, 60, 120] {
        assert_eq!(standing(server, days).await, (v1::WorkOrderState::Active, None), "{days}");
        assert_eq!(ask(server, check_at(in_days(days))).await, "ENTITLED", "{days}");
    }
}

async fn an_order_that_is_held_ends_as_planned(server: &TestServer) {
    stored(server).await;
    let end = in_days(60);
    terminate(server, "wo-2", Some(end)).await.unwrap();
    suspend(server, "wo-2", Some(in_days(10))).await.unwrap();
    let ended = (v1::WorkOrderState::Terminated, Some(end.timestamp()));
    let held = (v1::WorkOrderState::Suspended, None);
    for (days, expected) in [(5, ended), (20, held), (61, ended)] {
        assert_eq!(standing(server, days).await, expected, "{days}");
    }
    resume(server, "wo-2", Some(in_days(30))).await.unwrap();
    for (days, expected) in [(20, held), (40, ended), (61, ended)] {
        assert_eq!(standing(server, days).await, expected, "{days}");
    }
    assert_eq!(ask(server, check_at(in_days(40))).await, "ENTITLED");
}

async fn what_does_not_agree_with_a_plan_is_warned_of(server: &TestServer) {
    stored(server).await;
    let mut planned = hours_order();
    planned.items[0].unit_price = Some(77);
    planned.flex_allowance = Some(500);
    let from = in_days(30);
    amend(server, planned, Some(from)).await.unwrap();
    let mut fewer = hours_order();
    fewer.items.remove(0);
    fewer.flex_allowance = Some(400);
    let mut contracts = server.contracts();
    let strict = v1::AmendWorkOrderRequest { strict: true, ..amendment(fewer.clone(), None) };
    let refused = crate::sample::refused(contracts.amend_work_order(strict).await);
    assert_eq!(refused.reason, "WARNINGS_NOT_ALLOWED");
    for validate_only in [true, false] {
        let request = v1::AmendWorkOrderRequest { validate_only, ..amendment(fewer.clone(), None) };
        let answer = contracts.amend_work_order(request).await.unwrap().into_inner();
        let told: Vec<_> = answer.warnings.iter().map(|it| (it.code.as_str(), it.field.as_str())).collect();
        let field = "work_order";
        assert_eq!(told, [("PLANNED_CHANGE_OVERRULED", field), ("PLANNED_CHANGE_KEPT", field)]);
        let fields = ["`items[ede].unit_price`", "`flex_allowance`"];
        for (warning, field) in answer.warnings.iter().zip(fields) {
            assert!(warning.message.contains(&entitled::model::rfc3339(from)), "{warning:?}");
            assert!(warning.message.ends_with(field), "{warning:?}");
        }
    }
    let get = v1::GetWorkOrderRequest { as_of_time: Some(stamp(in_days(31))), ..get_order("wo-2") };
    let order = read(server, get).await;
    assert!(order.items.iter().all(|item| item.item_id != "ede"), "{order:?}");
    assert_eq!(order.flex_allowance, Some(500));
}
