//! Work counts by when it was done: what was done while an order was in force can be recorded later, and nothing else.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;
use entitled::proto::v1::batch_check_result::Result as BatchResult;

use super::changes::*;
use crate::sample::{customer, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    work_before_a_suspension_is_recorded_during_it,
    work_across_the_edge_of_a_suspension_is_refused,
    work_during_too_many_changes_is_divided,
    more_than_was_held_is_judged_throughout_the_work,
    held_work_keeps_to_every_contract_of_its_time,
    a_location_that_is_gone_during_the_work_serves_none_of_it,
    a_suspended_base_stops_what_leans_on_it,
    holds_outlive_a_suspension,
    holds_are_committed_for_work_before_a_termination,
    holds_are_committed_for_work_before_a_new_end,
    nothing_is_left_to_shrink_below_what_is_spent,
    a_suspension_of_the_past_takes_nothing_back,
);

type Window = (DateTime<Utc>, DateTime<Utc>);

/// An hour that begins so many hours after an instant.
fn hour_from(instant: DateTime<Utc>, hours: i64) -> Window {
    let start = instant + Duration::hours(hours);
    (start, start + Duration::hours(1))
}

async fn took(server: &TestServer, request: v1::ConsumeUnitsRequest) -> String {
    match server.ledger().consume_units(request).await {
        Ok(_) => "taken".to_owned(),
        Err(status) => refusal::<()>(Err(status)),
    }
}

const SUSPENDED: &str = "FailedPrecondition WORK_ORDER_SUSPENDED";

async fn work_before_a_suspension_is_recorded_during_it(server: &TestServer) {
    stored(server).await;
    let from = wednesday();
    suspend(server, "wo-2", Some(from)).await.unwrap();
    for make in [consume, consume_any] {
        for (done, expected) in [
            (Some(hour_from(from, -24)), "taken"),
            (Some(hour_from(from, -1)), "taken"),
            (Some(hour_from(from, 0)), SUSPENDED),
            (Some(hour_from(from, 24)), SUSPENDED),
            (None, SUSPENDED),
        ] {
            assert_eq!(took(server, make(1, done)).await, expected, "{done:?}");
        }
    }
    // Neither is anything held for now, or for later.
    for done in [None, Some(hour_from(now(), 24))] {
        let request = v1::ReserveUnitsRequest {
            customer_id: "contoso".to_owned(),
            block_id: block(),
            quantity: hours(1),
            performed: done.map(performed),
            request_id: request_id(),
            ..Default::default()
        };
        assert_eq!(refusal(server.ledger().reserve_units(request).await), SUSPENDED, "{done:?}");
    }
    let to = wednesday() + Duration::days(7);
    resume(server, "wo-2", Some(to)).await.unwrap();
    for (done, expected) in [
        (hour_from(from, -2), "taken"),
        (hour_from(from, 0), SUSPENDED),
        (hour_from(to, -1), SUSPENDED),
        (hour_from(to, 0), "taken"),
    ] {
        assert_eq!(took(server, consume(1, Some(done))).await, expected, "{done:?}");
    }
    assert_eq!(took(server, consume(1, None)).await, "taken");
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used), (24_000, 7 * 60));
}

/// None of its time may lie where the order entitled to nothing.
async fn work_across_the_edge_of_a_suspension_is_refused(server: &TestServer) {
    stored(server).await;
    let (from, to) = (wednesday(), wednesday() + Duration::days(7));
    suspend(server, "wo-2", Some(from)).await.unwrap();
    resume(server, "wo-2", Some(to)).await.unwrap();
    let moment = Duration::microseconds(1);
    for (start, end, expected) in [
        (from - Duration::hours(1), from, "taken"),
        (from - Duration::hours(1), from + moment, SUSPENDED),
        (from - Duration::hours(1), to + Duration::hours(1), SUSPENDED),
        (to - moment, to + Duration::hours(1), SUSPENDED),
        (to, to + Duration::hours(1), "taken"),
    ] {
        assert_eq!(took(server, consume(1, Some((start, end)))).await, expected, "{start} to {end}");
        // A check of the same work says the same, alone and in a batch, and as it was known.
        for known in [None, Some(now())] {
            let told = told_of(server, check_of((start, end), known)).await;
            let expected = if expected == SUSPENDED { "WORK_ORDER_SUSPENDED" } else { "ENTITLED" };
            assert_eq!(told, [expected, expected], "{start} to {end}");
        }
    }
}

/// Each part is judged by its own contract, or none is.
async fn work_during_too_many_changes_is_divided(server: &TestServer) {
    stored(server).await;
    let start = wednesday();
    for minute in 1..=17 {
        let mut order = hours_order();
        order.items[0].unit_price = Some(minute);
        amend(server, order, Some(start + Duration::minutes(minute))).await.unwrap();
    }
    let allowed = (start, start + Duration::minutes(17));
    assert_eq!(ask(server, check_of(allowed, None)).await, "ENTITLED");
    assert_eq!(took(server, consume(1, Some(allowed))).await, "taken");
    let longer = (start, start + Duration::minutes(17) + Duration::microseconds(1));
    let refused = crate::sample::refused(server.entitlements().check_entitlement(check_of(longer, None)).await);
    assert_eq!(refused.violations, ["delivery.end_time FIELD_OUT_OF_RANGE"]);
    for make in [consume, consume_any] {
        let refused = crate::sample::refused(server.ledger().consume_units(make(1, Some(longer))).await);
        assert_eq!(refused.violations, ["performed.end_time FIELD_OUT_OF_RANGE"]);
    }
    // A commit ends its hold, so that what is held is not divided; what goes beyond it is.
    let held = reserve(server, 1).await;
    let more = v1::CommitReservationRequest {
        quantity: hours(2),
        allow_more: true,
        ..commit(&held.reservation_id, Some(longer))
    };
    let refused = crate::sample::refused(server.ledger().commit_reservation(more).await);
    assert_eq!(refused.violations, ["performed.end_time FIELD_OUT_OF_RANGE"]);
    assert_eq!(committed(server, commit(&held.reservation_id, Some(longer))).await, "committed");
}

/// What is held is held, also over a suspension; what goes beyond it is judged as if it were taken anew.
async fn more_than_was_held_is_judged_throughout_the_work(server: &TestServer) {
    stored(server).await;
    let from = wednesday();
    suspend(server, "wo-2", Some(from)).await.unwrap();
    resume(server, "wo-2", Some(from + Duration::days(7))).await.unwrap();
    let across = (from - Duration::hours(1), from + Duration::hours(1));
    for (done, amount, expected) in [
        (hour_from(from, -1), 6, "committed"),
        (across, 5, "committed"),
        (across, 6, SUSPENDED),
        (hour_from(from, 0), 6, SUSPENDED),
    ] {
        let held = reserve(server, 5).await;
        let more = v1::CommitReservationRequest {
            quantity: hours(amount),
            allow_more: true,
            ..commit(&held.reservation_id, Some(done))
        };
        assert_eq!(committed(server, more).await, expected, "{done:?} {amount}");
    }
}

/// The way in which it is delivered is judged of what is held, too.
async fn held_work_keeps_to_every_contract_of_its_time(server: &TestServer) {
    stored(server).await;
    let with = |mode: v1::DeliveryMode| {
        let mut order = hours_order();
        order.items[0].delivery_mode = mode.into();
        order
    };
    let from = wednesday();
    amend(server, with(v1::DeliveryMode::OnSite), Some(from - Duration::days(7))).await.unwrap();
    amend(server, with(v1::DeliveryMode::Remote), Some(from)).await.unwrap();
    amend(server, with(v1::DeliveryMode::OnSite), Some(from + Duration::hours(4))).await.unwrap();
    let hours_of = |start, end| (from + Duration::hours(start), from + Duration::hours(end));
    for (done, expected) in [
        (hours_of(-1, 0), "committed"),
        (hours_of(-1, 1), "FailedPrecondition ONSITE_NOT_INCLUDED"),
        (hours_of(1, 2), "FailedPrecondition ONSITE_NOT_INCLUDED"),
        (hours_of(-1, 5), "FailedPrecondition ONSITE_NOT_INCLUDED"),
        (hours_of(3, 5), "FailedPrecondition ONSITE_NOT_INCLUDED"),
        (hours_of(4, 5), "committed"),
    ] {
        let request = v1::ReserveUnitsRequest {
            customer_id: "contoso".to_owned(),
            block_id: block(),
            quantity: hours(1),
            delivery_mode: v1::DeliveryMode::OnSite.into(),
            expire_time: Some(stamp(in_days(1))),
            request_id: request_id(),
            ..Default::default()
        };
        let held = server.ledger().reserve_units(request).await.unwrap().into_inner().reservation.unwrap();
        assert_eq!(committed(server, commit(&held.reservation_id, Some(done))).await, expected, "{done:?}");
        assert_eq!(
            took(
                server,
                v1::ConsumeUnitsRequest { delivery_mode: v1::DeliveryMode::OnSite.into(), ..consume(1, Some(done)) }
            )
            .await,
            if expected == "committed" { "taken" } else { expected },
            "{done:?}"
        );
    }
}

/// A check says the same.
async fn a_location_that_is_gone_during_the_work_serves_none_of_it(server: &TestServer) {
    let leeds = v1::Location {
        location_id: "gb-leeds".to_owned(),
        display_name: "Leeds".to_owned(),
        country: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        ..Default::default()
    };
    let mut with_leeds = customer("contoso");
    with_leeds.locations.push(leeds);
    let [mut base, mut hours] = [base_order(), hours_order()];
    for order in [&mut base, &mut hours] {
        order.downstream_location_ids.push("gb-leeds".to_owned());
    }
    let in_leeds = v1::Item {
        item_id: "ede-leeds".to_owned(),
        location_ids: vec!["gb-leeds".to_owned()],
        ..hours.items[0].clone()
    };
    hours.items.push(in_leeds);
    let bare = |order| v1::WorkOrder { customer_id: String::new(), ..order };
    let document = v1::ApplyContractRequest {
        customer: Some(with_leeds),
        work_orders: vec![bare(hours), bare(base)],
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().apply_contract(document).await.unwrap();
    let from = wednesday();
    amend(server, hours_order(), Some(from)).await.unwrap();
    amend(server, base_order(), Some(from)).await.unwrap();
    let without = v1::UpdateCustomerRequest {
        customer: Some(customer("contoso")),
        effective_time: Some(stamp(from)),
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().update_customer(without).await.unwrap();
    for (done, expected) in [
        (hour_from(from, -1), "taken"),
        ((from - Duration::hours(1), from + Duration::hours(1)), "NotFound LOCATION_NOT_FOUND"),
        (hour_from(from, 0), "NotFound LOCATION_NOT_FOUND"),
    ] {
        let location_id = "gb-leeds".to_owned();
        let consume = v1::ConsumeUnitsRequest { location_id: location_id.clone(), ..consume_any(1, Some(done)) };
        assert_eq!(took(server, consume).await, expected, "{done:?}");
        let check = v1::CheckEntitlementRequest { location_id, ..check_of(done, None) };
        let checked = server.entitlements().check_entitlement(check).await;
        let checked = checked.map_or_else(|status| refusal::<()>(Err(status)), |_| "taken".to_owned());
        assert_eq!(checked, expected, "{done:?}");
    }
}

async fn committed(server: &TestServer, request: v1::CommitReservationRequest) -> String {
    match server.ledger().commit_reservation(request).await {
        Ok(_) => "committed".to_owned(),
        Err(status) => refusal::<()>(Err(status)),
    }
}

fn check_of((start, end): Window, known: Option<DateTime<Utc>>) -> v1::CheckEntitlementRequest {
    let (start_time, end_time) = (Some(stamp(start)), Some(stamp(end)));
    let delivery = v1::Delivery { start_time, end_time, ..Default::default() };
    v1::CheckEntitlementRequest { delivery: Some(delivery), known_time: known.map(stamp), ..check_now() }
}

/// The answer alone, and in a batch.
async fn told_of(server: &TestServer, check: v1::CheckEntitlementRequest) -> [String; 2] {
    let batch = v1::BatchCheckEntitlementsRequest { checks: vec![check.clone()], ..Default::default() };
    let alone = ask(server, check).await;
    let answer = server.entitlements().batch_check_entitlements(batch).await.unwrap().into_inner();
    match answer.results[0].result.as_ref().unwrap() {
        BatchResult::Response(answer) => [alone, in_short(answer.decision(), &answer.reasons)],
        BatchResult::Status(status) => panic!("{status:?}"),
    }
}

async fn a_suspended_base_stops_what_leans_on_it(server: &TestServer) {
    stored(server).await;
    let from = wednesday();
    suspend(server, "wo-1", Some(from)).await.unwrap();
    let missing = "FailedPrecondition BASE_AGREEMENT_REQUIRED";
    for (done, expected) in [(Some(hour_from(from, -1)), "taken"), (Some(hour_from(from, 0)), missing), (None, missing)]
    {
        assert_eq!(took(server, consume(1, done)).await, expected, "{done:?}");
    }
    assert_eq!(ask(server, check_now()).await, "BASE_AGREEMENT_REQUIRED");
}

async fn holds_outlive_a_suspension(server: &TestServer) {
    stored(server).await;
    let (one, other) = (reserve(server, 5).await, reserve(server, 7).await);
    let from = wednesday();
    suspend(server, "wo-2", Some(from)).await.unwrap();
    assert_eq!(block_at(server, None).await.reserved, 720);
    server.ledger().commit_reservation(commit(&one.reservation_id, Some(hour_from(from, -2)))).await.unwrap();
    // Without a time, or for one within it: what is held is held.
    server.ledger().commit_reservation(commit(&other.reservation_id, None)).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.used, block.reserved), (720, 0));
}

async fn holds_are_committed_for_work_before_a_termination(server: &TestServer) {
    stored(server).await;
    let (one, other) = (reserve(server, 5).await, reserve(server, 7).await);
    let end = wednesday();
    terminate(server, "wo-2", Some(end)).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_TERMINATED");
    assert_eq!(instant(block_at(server, None).await.expire_time), end);
    let late = commit(&other.reservation_id, Some(hour_from(end, 0)));
    assert_eq!(refusal(server.ledger().commit_reservation(late).await), "FailedPrecondition FORFEITED");
    server.ledger().commit_reservation(commit(&one.reservation_id, Some(hour_from(end, -1)))).await.unwrap();
    assert_eq!(took(server, consume(1, Some(hour_from(end, -1)))).await, "taken");
    assert_eq!(took(server, consume(1, Some(hour_from(end, 1)))).await, "FailedPrecondition FORFEITED");
    let block = block_at(server, None).await;
    assert_eq!((block.used, block.reserved, block.available), (360, 420, 0));
}

async fn holds_are_committed_for_work_before_a_new_end(server: &TestServer) {
    stored(server).await;
    let held = reserve(server, 5).await;
    let mut shorter = hours_order();
    shorter.end_date = wednesday().date_naive().to_string();
    amend(server, shorter, Some(in_days(-60))).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_EXPIRED");
    let end = instant(block_at(server, None).await.expire_time);
    assert!(end > wednesday() && end < wednesday() + Duration::days(1), "{end}");
    let late = commit(&held.reservation_id, Some(hour_from(end, 0)));
    assert_eq!(refusal(server.ledger().commit_reservation(late).await), "FailedPrecondition FORFEITED");
    server.ledger().commit_reservation(commit(&held.reservation_id, Some(hour_from(wednesday(), 1)))).await.unwrap();
    assert_eq!(took(server, consume(1, Some(hour_from(wednesday(), 2)))).await, "taken");
    assert_eq!(took(server, consume(1, None)).await, "FailedPrecondition FORFEITED");
}

async fn nothing_is_left_to_shrink_below_what_is_spent(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(100, None)).await.unwrap();
    reserve(server, 50).await;
    let with = |amount| {
        let mut order = hours_order();
        order.items[0].quantity = hours(amount);
        order
    };
    for from in [None, Some(in_days(-30)), Some(in_days(30))] {
        let refused = server.contracts().amend_work_order(amendment(with(149), from)).await;
        let refused = crate::sample::refused(refused);
        assert_eq!(
            (refused.reason.as_str(), refused.metadata("spent")),
            ("GRANT_BELOW_SPENT", Some("9000")),
            "{from:?}"
        );
    }
    amend(server, with(150), None).await.unwrap();
    let forced = v1::AmendWorkOrderRequest { force_reason: "a correction".to_owned(), ..amendment(with(120), None) };
    server.contracts().amend_work_order(forced).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used, block.reserved, block.available), (7_200, 6_000, 3_000, 0));
}

/// What was recorded when it was allowed stays recorded, and can be corrected.
async fn a_suspension_of_the_past_takes_nothing_back(server: &TestServer) {
    stored(server).await;
    let done = hour_from(wednesday() + Duration::days(7), 0);
    let taken = server.ledger().consume_units(consume(3, Some(done))).await.unwrap().into_inner();
    suspend(server, "wo-2", Some(wednesday())).await.unwrap();
    assert_eq!(block_at(server, None).await.used, 180);
    assert_eq!(took(server, consume(1, Some(done))).await, SUSPENDED);
    let reverse = v1::ReverseEntryRequest {
        customer_id: "contoso".to_owned(),
        entry_id: taken.entries.last().unwrap().entry_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    server.ledger().reverse_entry(reverse).await.unwrap();
    assert_eq!(block_at(server, None).await.used, 0);
}
