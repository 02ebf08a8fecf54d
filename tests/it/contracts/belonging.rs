//! What an answer tells of a document is of that very document.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;
use prost_types::Timestamp;

use super::changes::*;
use crate::sample::{self, refused};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_waiver_is_answered_with_the_version_it_is_in,
    what_changes_nothing_is_answered_with_the_version_of_its_time,
    a_price_in_another_currency_is_warned_of,
    an_instant_is_kept_to_the_microsecond,
);

fn recording() -> v1::RecordWaiverRequest {
    let waiver =
        v1::Waiver { code: "ONSITE_NOT_INCLUDED".to_owned(), reference: "mail".to_owned(), ..Default::default() };
    v1::RecordWaiverRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        item_id: "ede".to_owned(),
        waiver: Some(waiver),
        request_id: request_id(),
        ..Default::default()
    }
}

/// A waiver is put into every version of the item, and the one of now is answered.
async fn a_waiver_is_answered_with_the_version_it_is_in(server: &TestServer) {
    stored(server).await;
    let mut order = hours_order();
    order.items[0].quantity = sample::hours(500);
    let amended = amend(server, order, Some(in_days(-10))).await.unwrap();
    let request = recording();
    for _ in 0..2 {
        let answer = server.contracts().record_waiver(request.clone()).await.unwrap().into_inner();
        let told = answer.work_order.unwrap();
        assert_eq!(told, current(server, "wo-2").await);
        assert_eq!((told.effective_time, told.items[0].quantity), (amended.effective_time, sample::hours(500)));
    }
}

/// Whether it is planned, judged or written.
async fn what_changes_nothing_is_answered_with_the_version_of_its_time(server: &TestServer) {
    stored(server).await;
    let grown = |hours| {
        let mut order = hours_order();
        order.items[0].quantity = sample::hours(hours);
        order
    };
    amend(server, grown(500), Some(in_days(-10))).await.unwrap();
    amend(server, grown(600), Some(in_days(10))).await.unwrap();
    for (days, hours) in [(-20, 400), (-5, 500), (20, 600)] {
        let request = amendment(grown(hours), Some(in_days(days)));
        let expected = read(server, read_at(in_days(days))).await;
        let preview = v1::AmendWorkOrderRequest { validate_only: true, ..request.clone() };
        for request in [preview, request] {
            let told = server.contracts().amend_work_order(request).await.unwrap().into_inner().work_order.unwrap();
            assert_eq!(told, expected, "in {days} days");
        }
    }
}

fn read_at(at: DateTime<Utc>) -> v1::GetWorkOrderRequest {
    v1::GetWorkOrderRequest { as_of_time: Some(stamp(at)), ..super::get_order("wo-2") }
}

async fn a_price_in_another_currency_is_warned_of(server: &TestServer) {
    stored(server).await;
    let mut order = hours_order();
    order.items[0].unit_price = Some(31_000);
    amend(server, order.clone(), None).await.unwrap();
    order.currency = "JPY".to_owned();
    let mut contracts = server.contracts();
    let request = amendment(order.clone(), None);
    let strict = v1::AmendWorkOrderRequest { strict: true, ..request.clone() };
    let refusal = refused(contracts.amend_work_order(strict).await);
    assert_eq!(refusal.clauses, ["work_order.currency WARNINGS_NOT_ALLOWED"]);
    let answer = contracts.amend_work_order(request).await.unwrap().into_inner();
    let told: Vec<_> = answer.warnings.iter().map(|it| (it.code.as_str(), it.field.as_str())).collect();
    assert_eq!(told, [("CURRENCY_CHANGED", "work_order.currency")]);
    // Said once: it is in this currency now.
    order.items[0].unit_price = Some(310);
    let answer = contracts.amend_work_order(amendment(order, None)).await.unwrap().into_inner();
    assert_eq!(answer.warnings, []);
}

/// Half a microsecond later.
fn finer(instant: Option<Timestamp>) -> Option<Timestamp> {
    instant.map(|it| Timestamp { nanos: it.nanos + 500, ..it })
}

async fn an_instant_is_kept_to_the_microsecond(server: &TestServer) {
    stored(server).await;
    let whole = |instant: DateTime<Utc>| Some(stamp(instant));
    let asked = whole(in_days(1));
    let check = v1::CheckEntitlementRequest { check_time: finer(asked), ..check_now() };
    assert_eq!(server.entitlements().check_entitlement(check).await.unwrap().into_inner().check_time, asked);
    let list = v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        check_time: finer(asked),
        page_size: 1,
        ..Default::default()
    };
    assert_eq!(server.entitlements().list_entitlements(list).await.unwrap().into_inner().check_time, asked);
    let from = in_days(2);
    let request = v1::AmendWorkOrderRequest {
        effective_time: finer(whole(from)),
        ..amendment(v1::WorkOrder { covered_products: vec!["*".to_owned()], ..hours_order() }, None)
    };
    let told = server.contracts().amend_work_order(request).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(told.effective_time, whole(from));
    // What is known or in effect at an instant is so at its whole microsecond.
    let before = v1::GetWorkOrderRequest { known_time: told.record_time, ..super::get_order("wo-2") };
    let at = |instant| v1::GetWorkOrderRequest { as_of_time: finer(whole(instant)), ..before.clone() };
    assert_eq!(read(server, at(from)).await.version, told.version);
    assert_eq!(read(server, at(from - Duration::microseconds(1))).await.version, 1);
}
