//! What cannot be written: each mistake has its own reason, and nothing is written.

use chrono::{Datelike as _, Duration, Utc, Weekday};
use entitled::proto::v1;
use prost_types::Timestamp;
use tonic::Code;

use super::on_both;
use super::samples::*;
use crate::server::request_id;

on_both!(bad_amounts, bad_amounts_of_what_is_there, bad_names, bad_times, bad_holds, the_codes_given_are_published,);

/// Times 60, so many hours are 44 minutes to a counter of 64 bits that overflows.
const HOURS_THAT_WRAP: i64 = 307_445_734_561_825_861;

/// Amounts that nothing can be made of.
const BAD: [(i64, v1::Unit, &str); 7] = [
    (0, v1::Unit::Hours, "QUANTITY_ZERO"),
    (-1, v1::Unit::Hours, "QUANTITY_NEGATIVE"),
    (i64::MIN, v1::Unit::Minutes, "QUANTITY_NEGATIVE"),
    (i64::MIN, v1::Unit::Hours, "QUANTITY_NEGATIVE"),
    (i64::MAX, v1::Unit::Minutes, "QUANTITY_TOO_LARGE"),
    (i64::MAX, v1::Unit::Hours, "QUANTITY_TOO_LARGE"),
    (HOURS_THAT_WRAP, v1::Unit::Hours, "QUANTITY_TOO_LARGE"),
];

pub(super) fn window(start: chrono::DateTime<Utc>, minutes: i64) -> Option<v1::Performed> {
    let time = |at: chrono::DateTime<Utc>| Some(Timestamp { seconds: at.timestamp(), nanos: 0 });
    Some(v1::Performed { start_time: time(start), end_time: time(start + Duration::minutes(minutes)) })
}

/// So many days ago, at this hour.
fn at(days: i64, hour: u32) -> chrono::DateTime<Utc> {
    (now() - Duration::days(days)).date_naive().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

/// The last such day that has ended, at this hour.
pub(super) fn last(weekday: Weekday, hour: u32) -> chrono::DateTime<Utc> {
    (1..=7).map(|days| at(days, hour)).find(|day| day.weekday() == weekday).unwrap()
}

async fn unwritten(house: House) {
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind <> 'GRANT'").await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM request WHERE method <> 'ApplyContract'").await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM reservation").await, 0);
    house.stop().await;
}

async fn bad_amounts(house: House) {
    use v1::Unit::{Credits, Days, Unspecified};
    let of_unit = [(1, Credits, "UNIT_MISMATCH"), (1, Days, "UNIT_MISMATCH"), (1, Unspecified, "FIELD_REQUIRED")];
    for (amount, unit, reason) in BAD.into_iter().chain(of_unit) {
        for request in [consume(1), v1::ConsumeUnitsRequest { block_id: String::new(), ..consume_any("contoso", 1) }] {
            let request = v1::ConsumeUnitsRequest { quantity: quantity(amount, unit), ..request };
            let outcome = house.server.ledger().consume_units(request).await;
            assert_eq!(refused(outcome), invalid(reason), "{amount} {unit:?}");
        }
        let request = v1::ReserveUnitsRequest { quantity: quantity(amount, unit), ..reserve(1) };
        assert_eq!(refused(house.server.ledger().reserve_units(request).await), invalid(reason), "{amount} {unit:?}");
    }
    let none = v1::ConsumeUnitsRequest { quantity: None, ..consume(1) };
    assert_eq!(refused(house.server.ledger().consume_units(none).await), invalid("FIELD_REQUIRED"));
    assert_eq!(refused(house.server.ledger().adjust_block(adjust(0)).await), invalid("QUANTITY_ZERO"));
    let silent = v1::AdjustBlockRequest { reason: " ".into(), ..adjust(1) };
    assert_eq!(refused(house.server.ledger().adjust_block(silent).await), invalid("FIELD_REQUIRED"));
    unwritten(house).await;
}

async fn bad_amounts_of_what_is_there(house: House) {
    use v1::adjust_block_request::Change;
    let mut ledger = house.server.ledger();
    let used = ledger.consume_units(consume(1)).await.unwrap().into_inner().entries.remove(0);
    let held = ledger.reserve_units(reserve(1)).await.unwrap().into_inner().reservation.unwrap();
    let change = |change| v1::AdjustBlockRequest { change: Some(change), ..adjust(1) };
    for (amount, unit, reason) in BAD {
        let bad = quantity(amount, unit);
        let shown = format!("{amount} {unit:?}");
        let commit =
            v1::CommitReservationRequest { quantity: bad, allow_more: true, ..commit(&held.reservation_id, None) };
        assert_eq!(refused(ledger.commit_reservation(commit).await), invalid(reason), "{shown}");
        let reverse = v1::ReverseEntryRequest {
            customer_id: "contoso".into(),
            entry_id: used.entry_id.clone(),
            quantity: bad,
            request_id: request_id(),
            ..Default::default()
        };
        assert_eq!(refused(ledger.reverse_entry(reverse).await), invalid(reason), "{shown}");
        // Nothing in all is no mistake in itself, but less than was spent.
        let expected = if amount == 0 { forbidden("GRANT_BELOW_SPENT") } else { invalid(reason) };
        let granted = change(Change::Granted(bad.unwrap()));
        assert_eq!(refused(ledger.adjust_block(granted).await), expected, "{shown}");
        // So much less is no mistake either, unless it is beyond counting.
        let expected = match amount {
            -1 => continue,
            i64::MIN => invalid("QUANTITY_TOO_LARGE"),
            _ => invalid(reason),
        };
        let delta = change(Change::Delta(bad.unwrap()));
        assert_eq!(refused(ledger.adjust_block(delta).await), expected, "{shown}");
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 60));
    house.stop().await;
}

async fn bad_names(house: House) {
    house.put_customer("fabrikam", &[100]).await;
    let unknown = |reason: &str| (Code::NotFound, reason.to_owned());
    let any = consume_any("contoso", 1);
    let empty = String::new;
    for (request, expected) in [
        (v1::ConsumeUnitsRequest { customer_id: empty(), ..consume(1) }, invalid("FIELD_REQUIRED")),
        (v1::ConsumeUnitsRequest { customer_id: "nobody".into(), ..consume(1) }, unknown("CUSTOMER_NOT_FOUND")),
        (v1::ConsumeUnitsRequest { block_id: ede("fabrikam", 0), ..consume(1) }, unknown("BLOCK_NOT_FOUND")),
        (v1::ConsumeUnitsRequest { block_id: "b1".into(), ..consume(1) }, invalid("FIELD_INVALID")),
        (v1::ConsumeUnitsRequest { request_id: empty(), ..consume(1) }, invalid("FIELD_REQUIRED")),
        (v1::ConsumeUnitsRequest { request_id: "r1".into(), ..consume(1) }, invalid("FIELD_INVALID")),
        (v1::ConsumeUnitsRequest { note: "x".repeat(201), ..consume(1) }, invalid("FIELD_OUT_OF_RANGE")),
        (v1::ConsumeUnitsRequest { note: "a\0b".into(), ..consume(1) }, invalid("FIELD_INVALID")),
        (v1::ConsumeUnitsRequest { block_id: empty(), ..consume(1) }, invalid("FIELD_REQUIRED")),
        (v1::ConsumeUnitsRequest { service_id: "workshops".into(), ..consume(1) }, invalid("FIELD_CONFLICT")),
        (v1::ConsumeUnitsRequest { location_id: "fr-paris".into(), ..any.clone() }, unknown("LOCATION_NOT_FOUND")),
        (v1::ConsumeUnitsRequest { product_id: "nothing".into(), ..any.clone() }, unknown("PRODUCT_FAMILY_NOT_FOUND")),
        (v1::ConsumeUnitsRequest { service_id: "nothing".into(), ..any.clone() }, unknown("SERVICE_NOT_FOUND")),
        (v1::ConsumeUnitsRequest { product_id: "windows-server".into(), ..any }, forbidden("PRODUCT_NOT_ON_ITEM")),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(refused(house.server.ledger().consume_units(request).await), expected, "{shown}");
    }
    let get = |customer_id: &str, block_id: String| v1::GetBlockRequest {
        customer_id: customer_id.into(),
        block_id,
        as_of_time: None,
    };
    let mut ledger = house.server.ledger();
    assert_eq!(refused(ledger.get_block(get("nobody", ede("contoso", 0))).await), unknown("CUSTOMER_NOT_FOUND"));
    assert_eq!(refused(ledger.get_block(get("contoso", ede("fabrikam", 0))).await), unknown("BLOCK_NOT_FOUND"));
    let id = request_id();
    assert_eq!(refused(ledger.commit_reservation(commit(&id, None)).await), unknown("RESERVATION_NOT_FOUND"));
    assert_eq!(refused(ledger.release_reservation(release(&id)).await), unknown("RESERVATION_NOT_FOUND"));
    let reverse = v1::ReverseEntryRequest {
        customer_id: "contoso".into(),
        entry_id: id.clone(),
        request_id: id,
        ..Default::default()
    };
    assert_eq!(refused(ledger.reverse_entry(reverse).await), unknown("ENTRY_NOT_FOUND"));
    unwritten(house).await;
}

async fn bad_times(house: House) {
    for (performed, expected) in [
        (window(at(3, 10), -60), invalid("PERFORMED_REVERSED")),
        (window(at(3, 10), 0), invalid("PERFORMED_REVERSED")),
        (window(at(-3, 10), 60), invalid("PERFORMED_IN_FUTURE")),
        (window(at(300, 10), 60), forbidden("WORK_ORDER_NOT_STARTED")),
        (window(last(Weekday::Sun, 10), 60), forbidden("OUTSIDE_SERVICE_HOURS")),
        (window(last(Weekday::Tue, 3), 60), forbidden("OUTSIDE_SERVICE_HOURS")),
        (Some(v1::Performed { start_time: None, ..window(at(3, 10), 60).unwrap() }), invalid("FIELD_REQUIRED")),
    ] {
        let shown = format!("{performed:?}");
        let request = v1::ConsumeUnitsRequest { performed, ..consume(1) };
        assert_eq!(refused(house.server.ledger().consume_units(request).await), expected, "{shown}");
    }
    unwritten(house).await;
}

async fn bad_holds(house: House) {
    for (seconds, expected) in [(-1, invalid("EXPIRY_IN_PAST")), (367 * 86_400, invalid("EXPIRY_TOO_FAR"))] {
        let request = v1::ReserveUnitsRequest { expire_time: in_seconds(seconds), ..reserve(1) };
        assert_eq!(refused(house.server.ledger().reserve_units(request).await), expected, "{seconds}");
    }
    house.put_customer("fabrikam", &[100, 100]).await;
    let mut ledger = house.server.ledger();
    let held = v1::ReserveUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: ede("fabrikam", 0),
        expire_time: in_seconds(86_400),
        ..reserve(1)
    };
    let held = ledger.reserve_units(held).await.unwrap().into_inner().reservation.unwrap();
    let of_other = v1::CommitReservationRequest {
        customer_id: "fabrikam".into(),
        block_id: ede("fabrikam", 1),
        ..commit(&held.reservation_id, None)
    };
    assert_eq!(refused(ledger.commit_reservation(of_other).await), invalid("RESERVATION_OF_OTHER_BLOCK"));
    let earlier = v1::ExtendReservationRequest {
        customer_id: "fabrikam".into(),
        reservation_id: held.reservation_id,
        block_id: String::new(),
        expire_time: in_seconds(3_600),
        request_id: request_id(),
    };
    assert_eq!(refused(ledger.extend_reservation(earlier).await), invalid("EXPIRY_NOT_LATER"));
    house.verify("fabrikam").await;
    house.stop().await;
}

async fn the_codes_given_are_published(house: House) {
    let request = v1::ListClausesRequest { page_size: 1_000, ..Default::default() };
    let clauses = house.server.catalog().list_clauses(request).await.unwrap().into_inner().clauses;
    use entitled::ledger::code::{FORFEITED, HOURS_EXHAUSTED, QUANTITY_EXHAUSTED, WORK_ORDER_NOT_STARTED};
    for code in [FORFEITED, HOURS_EXHAUSTED, QUANTITY_EXHAUSTED, WORK_ORDER_NOT_STARTED] {
        assert!(clauses.iter().any(|clause| clause.code == code), "{code}");
    }
    house.stop().await;
}
