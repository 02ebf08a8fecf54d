//! Blocks that have ended: what was done before can be recorded, and everyone is told the same of what comes later.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;
use tonic::Status;

use super::changes::*;
use crate::sample::{Refusal, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    work_before_a_termination_that_is_recorded_late_is_recorded,
    work_before_a_removal_that_is_recorded_late_is_recorded,
    work_before_an_end_that_is_amended_late_is_recorded,
    a_block_whose_item_is_gone_is_over,
    a_block_and_its_service_say_the_same_once_the_order_is_over,
);

fn hour_from(instant: DateTime<Utc>, hours: i64) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = instant + Duration::hours(hours);
    (start, start + Duration::hours(1))
}

/// Longer ago than the grace.
fn long_ago() -> DateTime<Utc> {
    wednesday() - Duration::weeks(5)
}

fn without_hours() -> v1::WorkOrder {
    let mut order = hours_order();
    order.items.remove(0);
    order
}

fn told<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refusal {
    Refusal::of(&answer.expect_err("it is refused"))
}

fn time_of(refusal: &Refusal, name: &str) -> DateTime<Utc> {
    let time = refusal.metadata(name).unwrap_or_else(|| panic!("no `{name}`: {refusal:?}"));
    DateTime::parse_from_rfc3339(time).unwrap().to_utc()
}

/// What is used and held when it is recorded that the block ended long ago.
async fn ended(server: &TestServer, end: impl AsyncFn()) {
    stored(server).await;
    let (one, other) = (reserve(server, 5).await, reserve(server, 7).await);
    let before = now();
    end().await;
    let recorded = before..=now();
    let block = block_at(server, None).await;
    let end = instant(block.expire_time);
    assert!(end < in_days(-30) && block.available == 0, "{block:?}");
    // Of the Wednesday before.
    let done = hour_from(long_ago() - Duration::weeks(1), 0);
    let mut ledger = server.ledger();
    ledger.commit_reservation(commit(&one.reservation_id, Some(done))).await.unwrap();
    ledger.consume_units(consume(1, Some(done))).await.unwrap();
    ledger.consume_units(consume_any(1, Some(done))).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.used, block.reserved), (420, 420));
    // Nothing of later, nor anything new, and until when the rest can be recorded.
    let late = told(ledger.commit_reservation(commit(&other.reservation_id, Some(hour_from(end, 0)))).await);
    let until = time_of(&late, "record_until");
    assert!(recorded.contains(&(until - Duration::days(30))), "{until}");
    assert_eq!((late.reason.as_str(), time_of(&late, "end_time")), ("FORFEITED", end));
    let held = v1::ReserveUnitsRequest { performed: Some(performed(done)), ..reserve_hour() };
    assert_eq!(told(ledger.reserve_units(held).await).reason, "FORFEITED");
    // Another change moves nothing: of the order, or of the base if the order changes no more.
    let is_terminated = current(server, "wo-2").await.state() == v1::WorkOrderState::Terminated;
    let mut order = current(server, if is_terminated { "wo-1" } else { "wo-2" }).await;
    order.items.last_mut().unwrap().unit_price = Some(6);
    amend(server, order, None).await.unwrap();
    let late = told(ledger.consume_units(consume(1, Some(hour_from(end, 0)))).await);
    assert_eq!(time_of(&late, "record_until"), until);
}

fn reserve_hour() -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block(),
        quantity: hours(1),
        request_id: request_id(),
        ..Default::default()
    }
}

async fn work_before_a_termination_that_is_recorded_late_is_recorded(server: &TestServer) {
    ended(server, async || _ = terminate(server, "wo-2", Some(long_ago())).await.unwrap()).await;
}

async fn work_before_a_removal_that_is_recorded_late_is_recorded(server: &TestServer) {
    ended(server, async || _ = amend(server, without_hours(), Some(long_ago())).await.unwrap()).await;
}

async fn work_before_an_end_that_is_amended_late_is_recorded(server: &TestServer) {
    let mut shorter = hours_order();
    shorter.end_date = long_ago().date_naive().to_string();
    ended(server, async || _ = amend(server, shorter.clone(), Some(in_days(-90))).await.unwrap()).await;
}

async fn a_block_whose_item_is_gone_is_over(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    amend(server, without_hours(), Some(wednesday())).await.unwrap();
    // Once more, so that the contract of before is not the last but one.
    let mut order = without_hours();
    order.items[0].unit_price = Some(5);
    amend(server, order, None).await.unwrap();
    let later = hour_from(wednesday(), 1);
    let across = (wednesday() - Duration::hours(1), wednesday() + Duration::hours(1));
    for (done, field) in [(None, "block_id"), (Some(later), "performed.end_time"), (Some(across), "performed.end_time")]
    {
        let refused = told(server.ledger().consume_units(consume(1, done)).await);
        assert_eq!(refused.violations, [format!("{field} FORFEITED")], "{refused:?}");
        assert_eq!(refused.metadata("block_id"), Some(block().as_str()));
        assert_eq!((time_of(&refused, "end_time"), refused.metadata("item_id")), (wednesday(), Some("ede")));
        assert!(time_of(&refused, "record_until") > wednesday() + Duration::days(30));
    }
    assert_eq!(told(server.ledger().reserve_units(reserve_hour()).await).violations, ["block_id FORFEITED"]);
    // By service it is what a check says.
    let checked = ask(server, check_now()).await;
    assert_eq!(told(server.ledger().consume_units(consume_any(1, None)).await).reason, checked);
    assert_eq!(checked, "NOT_PURCHASED");
    server.ledger().consume_units(consume(1, Some(hour_from(wednesday(), -1)))).await.unwrap();
}

/// A check names how the order ended; the ledger, that what was left is forfeited. Each says so once.
async fn a_block_and_its_service_say_the_same_once_the_order_is_over(server: &TestServer) {
    stored(server).await;
    let end = wednesday();
    let mut shorter = hours_order();
    shorter.end_date = end.date_naive().to_string();
    let checked = async |window: Option<(DateTime<Utc>, DateTime<Utc>)>| {
        let question = v1::CheckEntitlementRequest {
            check_time: window.map(|(start, _)| stamp(start)),
            delivery: window.map(|(start, end)| v1::Delivery {
                start_time: Some(stamp(start)),
                end_time: Some(stamp(end)),
                ..Default::default()
            }),
            quantity: hours(1),
            ..check_now()
        };
        let answer = server.entitlements().check_entitlement(question).await.unwrap().into_inner();
        answer.reasons.into_iter().map(|reason| reason.code).collect::<Vec<_>>()
    };
    let later = hour_from(end, 24);
    let all_say = async |ended: &str| {
        for (window, expected) in [(None, vec![ended]), (Some(later), vec![ended, "FORFEITED"])] {
            assert_eq!(checked(window).await, expected, "{window:?}");
            for request in [consume(1, window), consume_any(1, window)] {
                let refused = told(server.ledger().consume_units(request).await);
                assert_eq!((refused.reason.as_str(), refused.violations.len()), ("FORFEITED", 1), "{refused:?}");
            }
        }
        let within = hour_from(end, -1);
        assert!(checked(Some(within)).await.is_empty());
        for request in [consume(1, Some(within)), consume_any(1, Some(within))] {
            server.ledger().consume_units(request).await.unwrap();
        }
    };
    amend(server, shorter, Some(in_days(-60))).await.unwrap();
    all_say("WORK_ORDER_EXPIRED").await;
    terminate(server, "wo-2", Some(end + Duration::minutes(1))).await.unwrap();
    all_say("WORK_ORDER_TERMINATED").await;
}
