//! One pass finds everything that is wrong with a write.

use chrono::{Duration, Weekday};
use entitled::proto::v1;
use tonic::Code;

use super::bad_input::{last, window};
use super::on_both;
use super::samples::*;
use crate::sample::Refusal;
use crate::server::request_id;

on_both!(
    a_take_is_refused_for_all_at_once,
    a_commit_is_refused_for_all_at_once,
    corrections_are_refused_for_all_at_once,
    an_adjustment_names_its_own_fields,
    what_cannot_be_read_hides_nothing,
    an_expiry_or_a_unit_that_will_not_do_hides_no_clause,
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
    assert_eq!(all(ledger.consume_units(credits).await), malformed(&[REVERSED, mismatch, ZERO]));
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

async fn what_cannot_be_read_hides_nothing(house: House) {
    let mut ledger = house.server.ledger();
    let (invalid, negative) = ("request_id FIELD_INVALID", "quantity.amount QUANTITY_NEGATIVE");
    let request = v1::ReserveUnitsRequest {
        performed: reversed(),
        expire_time: in_seconds(367 * 86_400),
        note: "n".repeat(300),
        request_id: "x".into(),
        ..reserve(-2)
    };
    let expected = malformed(&["note FIELD_OUT_OF_RANGE", invalid, REVERSED, negative, "expire_time EXPIRY_TOO_FAR"]);
    assert_eq!(all(ledger.reserve_units(request).await), expected);
    let unread = quantity(-1, v1::Unit::Hours).map(|hours| v1::Quantity { unit: 99, ..hours });
    for (quantity, expected) in [
        (hours(-1), malformed(&[invalid, negative])),
        (unread, malformed(&["quantity.unit FIELD_INVALID", invalid, negative])),
        (None, malformed(&["quantity FIELD_REQUIRED", invalid])),
    ] {
        let request = v1::ConsumeUnitsRequest { quantity, request_id: "x".into(), ..consume(1) };
        assert_eq!(all(ledger.consume_units(request).await), expected);
    }
    let end_time = in_seconds(3_600);
    let performed = Some(v1::Performed { start_time: None, end_time });
    let request = v1::CommitReservationRequest { performed, ..commit(&request_id(), Some(0)) };
    let expected = malformed(&["performed.start_time FIELD_REQUIRED", "performed.end_time PERFORMED_IN_FUTURE", ZERO]);
    assert_eq!(all(ledger.commit_reservation(request).await), expected);
    let request = v1::ExtendReservationRequest { expire_time: in_seconds(-1), ..Default::default() };
    assert!(all(ledger.extend_reservation(request).await).1.contains(&"expire_time EXPIRY_IN_PAST".to_owned()));
    let request = v1::ReverseEntryRequest { quantity: hours(-1), ..Default::default() };
    assert!(all(ledger.reverse_entry(request).await).1.contains(&negative.to_owned()));
    let granted = hours(-30).map(v1::adjust_block_request::Change::Granted);
    let request =
        v1::AdjustBlockRequest { change: granted, reason: "r".repeat(201), request_id: "s".into(), ..adjust(1) };
    let expected = malformed(&["reason FIELD_OUT_OF_RANGE", invalid, "granted.amount QUANTITY_NEGATIVE"]);
    assert_eq!(all(ledger.adjust_block(request).await), expected);
    house.stop().await;
}

async fn an_expiry_or_a_unit_that_will_not_do_hides_no_clause(house: House) {
    let mut ledger = house.server.ledger();
    let saturday = window(last(Weekday::Sat, 10), 60);
    let outside = "performed OUTSIDE_SERVICE_HOURS";
    for request in [consume(1), consume_any("contoso", 1)] {
        let request =
            v1::ConsumeUnitsRequest { quantity: quantity(1, v1::Unit::Credits), performed: saturday, ..request };
        assert_eq!(all(ledger.consume_units(request).await), malformed(&["quantity.unit UNIT_MISMATCH", outside]));
    }
    let mut contract = contract("fabrikam", &[5]);
    contract["work_orders"][0]["items"][1]["end_date"] = (now() + Duration::days(9)).date_naive().to_string().into();
    house.apply(&contract).await;
    let beyond = "expire_time EXPIRY_BEYOND_BLOCK";
    let hold = |amount| v1::ReserveUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: ede("fabrikam", 0),
        expire_time: in_seconds(30 * 86_400),
        ..reserve(amount)
    };
    let request = v1::ReserveUnitsRequest { performed: saturday, ..hold(1) };
    assert_eq!(all(ledger.reserve_units(request).await), malformed(&[beyond, outside]));
    let request = v1::ReserveUnitsRequest { product_id: "windows-server".into(), ..hold(1) };
    assert_eq!(all(ledger.reserve_units(request).await), malformed(&[beyond, "product_id PRODUCT_NOT_ON_ITEM"]));
    assert_eq!(all(ledger.reserve_units(hold(0)).await), malformed(&[ZERO, beyond]));
    house.stop().await;
}
