//! However much is planned, a contract can be changed now: a plan that would leave no room for that is refused.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use super::get_order;
use crate::sample;
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    what_leaves_no_room_for_a_change_of_now_is_not_planned,
    an_order_with_more_plans_than_may_be_is_stopped_all_the_same,
    a_change_far_back_is_not_recorded_without_end,
);

const MOST_PLANNED: i64 = 90;

/// Plans for `wo-2` as so many amendments leave them, each a second after the one before.
async fn insert_plans(server: &TestServer, first: DateTime<Utc>, count: i64) {
    let (micros, last) = (first.timestamp_micros(), count + 1);
    let insert = format!(
        "INSERT INTO work_order_version
             (customer_id, work_order_id, version, record_time, effective_time, actor, content, request_id)
         SELECT customer_id, work_order_id, n, record_time + n, {micros} + (CAST(n AS BIGINT) - 2) * 1000000, actor,
                REPLACE(content, '\"currency\"', '\"flex_allowance\":' || n || ',\"currency\"'), request_id
         FROM work_order_version CROSS JOIN
            (WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
             SELECT n FROM numbers) AS numbered
         WHERE work_order_id = 'wo-2' AND version = 1"
    );
    let connection = crate::database::connect(&server.database()).await;
    sea_orm::ConnectionTrait::execute_unprepared(&connection, &insert).await.unwrap();
}

fn priced(mut order: v1::WorkOrder, price: i64) -> v1::WorkOrder {
    order.items[0].unit_price = Some(price);
    order
}

/// The violations of an amendment, and what the first of them says; the same when it is only tried.
async fn refused(server: &TestServer, order: &v1::WorkOrder, from: Option<DateTime<Utc>>) -> (Vec<String>, String) {
    let mut told = Vec::new();
    for validate_only in [true, false] {
        let request = v1::AmendWorkOrderRequest { validate_only, ..amendment(order.clone(), from) };
        let status = server.contracts().amend_work_order(request).await.expect_err("it is refused");
        let refusal = sample::Refusal::of(&status);
        told.push((refusal.violations, status.message().to_owned()));
    }
    assert_eq!(told[0], told[1]);
    told.remove(0)
}

async fn what_leaves_no_room_for_a_change_of_now_is_not_planned(server: &TestServer) {
    stored(server).await;
    let first = in_days(10);
    insert_plans(server, first, MOST_PLANNED - 1).await;
    let at = |second: i64| first + Duration::seconds(second);
    let order = current(server, "wo-2").await;
    let stands = async |second: i64| {
        read(server, v1::GetWorkOrderRequest { as_of_time: Some(stamp(at(second))), ..get_order("wo-2") }).await
    };
    // The last one that may be planned.
    amend(server, priced(stands(100).await, 1), Some(at(100))).await.unwrap();
    let one_more = priced(stands(200).await, 2);
    let (violations, message) = refused(server, &one_more, Some(at(200))).await;
    assert_eq!(violations, ["effective_time FIELD_OUT_OF_RANGE"]);
    assert!(message.contains("91 changes of the contract are planned") && message.contains("withdraw"), "{message}");
    // Neither is one of another document, nor one that is to stop the order later.
    let (violations, _) = refused(server, &priced(current(server, "wo-1").await, 3), Some(at(200))).await;
    assert_eq!(violations, ["effective_time FIELD_OUT_OF_RANGE"]);
    let refusal = sample::Refusal::of(&suspend(server, "wo-2", Some(at(200))).await.expect_err("it is planned"));
    assert_eq!(refusal.violations, ["effective_time FIELD_OUT_OF_RANGE"]);
    // What changes with another plan, or now, is carried through.
    amend(server, priced(stands(100).await, 4), Some(at(100))).await.unwrap();
    let signed = v1::WorkOrder { signed_date: Some("2026-01-01".to_owned()), ..order };
    amend(server, signed.clone(), None).await.unwrap();
    assert_eq!(stands(100).await.signed_date, signed.signed_date);
    // Withdrawn, it leaves room for another.
    let before = stands(99).await;
    amend(server, before, Some(at(100))).await.unwrap();
    amend(server, priced(stands(200).await, 2), Some(at(200))).await.unwrap();
    suspend(server, "wo-2", None).await.unwrap();
    resume(server, "wo-2", None).await.unwrap();
    terminate(server, "wo-2", None).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_TERMINATED");
    assert_eq!(ask(server, check_at(at(300))).await, "WORK_ORDER_TERMINATED");
}

async fn an_order_with_more_plans_than_may_be_is_stopped_all_the_same(server: &TestServer) {
    stored(server).await;
    insert_plans(server, in_days(10), 150).await;
    let order = current(server, "wo-2").await;
    // What is planned already is carried along; no more can be planned.
    amend(server, priced(order.clone(), 5), None).await.unwrap();
    let (violations, _) = refused(server, &priced(order, 6), Some(in_days(9))).await;
    assert_eq!(violations, ["effective_time FIELD_OUT_OF_RANGE"]);
    suspend(server, "wo-2", None).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_SUSPENDED");
    assert_eq!(ask(server, check_at(in_days(11))).await, "WORK_ORDER_SUSPENDED");
    resume(server, "wo-2", None).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    let end = in_days(5);
    terminate(server, "wo-2", Some(end)).await.unwrap();
    assert_eq!(ask(server, check_at(end)).await, "WORK_ORDER_TERMINATED");
    terminate(server, "wo-2", None).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_TERMINATED");
}

/// Each of many changes took effect before those that are recorded already.
async fn a_change_far_back_is_not_recorded_without_end(server: &TestServer) {
    stored(server).await;
    let recorded = current(server, "wo-2").await;
    let first = in_days(-10);
    insert_plans(server, first, 2_500).await;
    let changed = v1::WorkOrder { signed_date: Some("2026-01-01".to_owned()), ..priced(recorded, 5) };
    let (violations, _) = refused(server, &changed, Some(in_days(-11))).await;
    assert_eq!(violations, ["effective_time FIELD_OUT_OF_RANGE"]);
    // One fewer is carried through.
    let from = Some(first + Duration::milliseconds(500));
    let request = v1::AmendWorkOrderRequest { request_id: request_id(), ..amendment(changed, from) };
    let made = server.contracts().amend_work_order(request).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(made.version, 2_502);
}
