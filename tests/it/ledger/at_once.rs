//! One pass finds everything that is wrong with a write.

use chrono::Duration;
use entitled::proto::v1;
use tonic::Code;

use super::bad_input::window;
use super::on_both;
use super::samples::*;
use crate::sample::Refusal;
use crate::server::request_id;

on_both!(
    a_take_is_refused_for_all_at_once,
    a_commit_is_refused_for_all_at_once,
    corrections_are_refused_for_all_at_once,
    an_adjustment_names_its_own_fields,
);

/// Of work that ends before it begins.
fn reversed() -> Option<v1::Performed> {
    window(now() - Duration::days(3), -60)
}

fn all<T: std::fmt::Debug>(outcome: Result<T, tonic::Status>) -> (Code, Vec<String>) {
    let refusal = Refusal::of(&outcome.expect_err("it is refused"));
    (refusal.code, refusal.violations)
}

fn malformed(violations: &[&str]) -> (Code, Vec<String>) {
    (Code::InvalidArgument, violations.iter().map(|told| (*told).to_owned()).collect())
}

const REVERSED: &str = "performed.end_time PERFORMED_REVERSED";
const ZERO: &str = "quantity.amount QUANTITY_ZERO";

async fn a_take_is_refused_for_all_at_once(house: House) {
    let mut ledger = house.server.ledger();
    let request = v1::ConsumeUnitsRequest { performed: reversed(), ..consume(0) };
    assert_eq!(all(ledger.consume_units(request).await), malformed(&[REVERSED, ZERO]));
    let past =
        |amount, performed| v1::ReserveUnitsRequest { performed, expire_time: in_seconds(-60), ..reserve(amount) };
    let expired = "expire_time EXPIRY_IN_PAST";
    assert_eq!(all(ledger.reserve_units(past(0, None)).await), malformed(&[ZERO, expired]));
    assert_eq!(all(ledger.reserve_units(past(1, reversed())).await), malformed(&[REVERSED, expired]));
    assert_eq!(all(ledger.reserve_units(past(0, reversed())).await), malformed(&[REVERSED, ZERO, expired]));
    let credits =
        v1::ConsumeUnitsRequest { quantity: quantity(0, v1::Unit::Credits), performed: reversed(), ..consume(0) };
    let mismatch = "quantity.unit UNIT_MISMATCH";
    assert_eq!(all(ledger.consume_units(credits).await), malformed(&[mismatch, REVERSED, ZERO]));
    let unsold = v1::ConsumeUnitsRequest { product_id: "windows-server".into(), ..consume_any("contoso", 0) };
    let refusal = Refusal::of(&ledger.consume_units(unsold).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "QUANTITY_ZERO"));
    assert_eq!(refusal.violations.len(), 2);
    assert!(refusal.clauses[0].ends_with("PRODUCT_NOT_ON_ITEM"), "{:?}", refusal.clauses);
    house.stop().await;
}

async fn a_commit_is_refused_for_all_at_once(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(2)).await.unwrap().into_inner().reservation.unwrap();
    let zero = v1::CommitReservationRequest { performed: reversed(), ..commit(&held.reservation_id, Some(0)) };
    assert_eq!(all(ledger.commit_reservation(zero.clone()).await), malformed(&[REVERSED, ZERO]));
    let more = v1::CommitReservationRequest { performed: reversed(), ..commit(&held.reservation_id, Some(3)) };
    assert_eq!(all(ledger.commit_reservation(more).await), malformed(&[REVERSED, "quantity RESERVATION_EXCEEDED"]));
    ledger.release_reservation(release(&held.reservation_id)).await.unwrap();
    let released = "reservation_id RESERVATION_RELEASED";
    let zero = v1::CommitReservationRequest { request_id: request_id(), ..zero };
    assert_eq!(all(ledger.commit_reservation(zero).await), malformed(&[REVERSED, ZERO, released]));
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: held.reservation_id,
        expire_time: in_seconds(-60),
        request_id: request_id(),
        ..Default::default()
    };
    assert_eq!(all(ledger.extend_reservation(extend).await), malformed(&["expire_time EXPIRY_IN_PAST", released]));
    house.stop().await;
}

async fn corrections_are_refused_for_all_at_once(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(1)).await.unwrap().into_inner();
    let reverse = v1::ReverseEntryRequest {
        customer_id: "contoso".into(),
        entry_id: held.entries[0].entry_id.clone(),
        quantity: hours(-1),
        request_id: request_id(),
        ..Default::default()
    };
    let expected = malformed(&["quantity.amount QUANTITY_NEGATIVE", "entry_id ENTRY_NOT_REVERSIBLE"]);
    assert_eq!(all(ledger.reverse_entry(reverse.clone()).await), expected);
    let whole = v1::ReverseEntryRequest { quantity: None, ..reverse };
    let refusal = Refusal::of(&ledger.reverse_entry(whole.clone()).await.unwrap_err());
    assert_eq!(refusal.metadata["entry_id"], whole.entry_id);
    house.stop().await;
}

/// The amount of an adjustment is where the request has it.
async fn an_adjustment_names_its_own_fields(house: House) {
    use v1::Unit::{Credits, Hours};
    use v1::adjust_block_request::Change::{Delta, Granted};
    let mut ledger = house.server.ledger();
    ledger.consume_units(consume(2)).await.unwrap();
    let of = |amount, unit| quantity(amount, unit).unwrap();
    for (change, expected) in [
        (Delta(of(0, Hours)), "delta.amount QUANTITY_ZERO"),
        (Delta(of(1, Credits)), "delta.unit UNIT_MISMATCH"),
        (Delta(of(i64::MAX, Hours)), "delta.amount QUANTITY_TOO_LARGE"),
        (Granted(of(-1, Hours)), "granted.amount QUANTITY_NEGATIVE"),
        (Granted(of(1, Credits)), "granted.unit UNIT_MISMATCH"),
        (Granted(of(100, Hours)), "granted.amount QUANTITY_ZERO"),
        (Delta(of(-99, Hours)), "delta GRANT_BELOW_SPENT"),
        (Granted(of(1, Hours)), "granted GRANT_BELOW_SPENT"),
    ] {
        let request = v1::AdjustBlockRequest { change: Some(change), ..adjust(1) };
        assert_eq!(all(ledger.adjust_block(request).await).1, [expected]);
    }
    house.stop().await;
}
