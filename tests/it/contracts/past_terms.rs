//! A change that takes effect now takes nothing back of what was true before.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_later_start_leaves_the_work_before_it,
    an_earlier_end_begins_with_the_change,
    a_suspended_base_ends_its_blocks_when_it_ends,
    a_later_start_is_left_by_a_change_of_something_else,
    an_earlier_end_is_left_by_a_change_of_something_else,
);

fn hour_from(instant: DateTime<Utc>, hours: i64) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = instant + Duration::hours(hours);
    (start, start + Duration::hours(1))
}

/// Work of before the change, by a hold, by block and by service, and a check of it.
async fn is_served(server: &TestServer, held: &v1::Reservation) {
    let done = hour_from(wednesday(), 0);
    assert_eq!(ask(server, check_at(done.0)).await, "ENTITLED");
    let mut ledger = server.ledger();
    ledger.commit_reservation(commit(&held.reservation_id, Some(done))).await.unwrap();
    ledger.consume_units(consume(1, Some(done))).await.unwrap();
    ledger.consume_units(consume_any(1, Some(done))).await.unwrap();
}

async fn a_later_start_leaves_the_work_before_it(server: &TestServer) {
    stored(server).await;
    let held = reserve(server, 5).await;
    let mut order = hours_order();
    order.items[0].start_date = Some(in_days(10).date_naive().to_string());
    amend(server, order, None).await.unwrap();
    is_served(server, &held).await;
    assert_eq!(block_at(server, None).await.used, 7 * 60);
    // Until it begins, nothing is served any more.
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_NOT_STARTED");
    let refused = refusal(server.ledger().consume_units(consume(1, None)).await);
    assert_eq!(refused, "FailedPrecondition WORK_ORDER_NOT_STARTED");
}

async fn an_earlier_end_begins_with_the_change(server: &TestServer) {
    stored(server).await;
    let held = reserve(server, 5).await;
    let mut order = hours_order();
    order.items[0].end_date = Some((wednesday() - Duration::days(9)).date_naive().to_string());
    let before = now();
    amend(server, order, None).await.unwrap();
    is_served(server, &held).await;
    let block = block_at(server, None).await;
    assert_eq!((block.used, block.available), (7 * 60, 0));
    assert!((before..=now()).contains(&instant(block.expire_time)), "{block:?}");
    assert_eq!(ask(server, check_now()).await, "WORK_ORDER_EXPIRED");
    let refused = refusal(server.ledger().consume_units(consume(1, None)).await);
    assert_eq!(refused, "FailedPrecondition FORFEITED");
}

/// A suspension stops use, and no clock.
async fn a_suspended_base_ends_its_blocks_when_it_ends(server: &TestServer) {
    stored(server).await;
    let own = instant(block_at(server, None).await.expire_time);
    amend(server, v1::WorkOrder { end_date: in_days(100).date_naive().to_string(), ..base_order() }, None)
        .await
        .unwrap();
    let end = instant(block_at(server, None).await.expire_time);
    assert!(end < own);
    let held = reserve(server, 5).await;
    suspend(server, "wo-1", None).await.unwrap();
    assert_eq!(instant(block_at(server, None).await.expire_time), end);
    let beyond = v1::ExtendReservationRequest {
        customer_id: "contoso".to_owned(),
        reservation_id: held.reservation_id.clone(),
        expire_time: Some(stamp(end + Duration::hours(1))),
        request_id: request_id(),
        ..Default::default()
    };
    assert_eq!(refusal(server.ledger().extend_reservation(beyond).await), "InvalidArgument EXPIRY_BEYOND_BLOCK");
    // A base that has ended leaves nothing, suspended or not.
    resume(server, "wo-1", None).await.unwrap();
    terminate(server, "wo-1", Some(wednesday())).await.unwrap();
    let ended = block_at(server, None).await;
    assert_eq!((instant(ended.expire_time), ended.available), (wednesday(), 0));
}

/// A location is renamed with effect from before the block began: the block stays what an amendment has made of it.
async fn is_left_by_a_change_of_something_else(server: &TestServer, amended: v1::WorkOrder) {
    stored(server).await;
    let held = reserve(server, 5).await;
    amend(server, amended, None).await.unwrap();
    let before = block_at(server, None).await;
    let mut customer = crate::sample::customer("contoso");
    customer.locations[0].display_name = "Renamed".to_owned();
    let request = v1::UpdateCustomerRequest {
        customer: Some(customer),
        effective_time: Some(stamp(in_days(-300))),
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().update_customer(request).await.unwrap();
    let after = block_at(server, None).await;
    assert_eq!((after.start_time, after.expire_time), (before.start_time, before.expire_time));
    is_served(server, &held).await;
}

async fn a_later_start_is_left_by_a_change_of_something_else(server: &TestServer) {
    let mut order = hours_order();
    order.items[0].start_date = Some(in_days(10).date_naive().to_string());
    is_left_by_a_change_of_something_else(server, order).await;
}

async fn an_earlier_end_is_left_by_a_change_of_something_else(server: &TestServer) {
    let mut order = hours_order();
    order.items[0].end_date = Some((wednesday() - Duration::days(9)).date_naive().to_string());
    is_left_by_a_change_of_something_else(server, order).await;
}
