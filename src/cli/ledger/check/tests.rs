use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::*;
use crate::ledger::{self, ApplyContext, Book, Command, FundingSource, Take, Target};
use crate::model::{self, BlockSpec, Quantity};
use crate::proto::v1;

fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap();
    prost_types::Timestamp { seconds: time.timestamp(), nanos }
}

fn on_the_wire(entry: &ledger::Entry) -> Entry {
    let kind = format!("ENTRY_KIND_{}", entry.kind.as_str());
    Entry {
        entry_id: entry.id.to_string(),
        block_id: entry.block_id.to_string(),
        work_order_id: entry.work_order_id.clone(),
        item_id: entry.item_id.clone(),
        service_id: entry.service_id.clone(),
        kind: v1::EntryKind::from_str_name(&kind).unwrap().into(),
        amount: entry.amount,
        unit: Unit::Minutes.into(),
        performed: entry.performed.map(|performed| v1::Performed {
            start_time: Some(timestamp(performed.start)),
            end_time: Some(timestamp(performed.end)),
        }),
        record_time: Some(timestamp(entry.record_time)),
        request_id: entry.request_id.clone().unwrap_or_default(),
        actor: entry.actor.clone(),
        sequence: entry.sequence,
        location_id: entry.location_id.clone().unwrap_or_default(),
        product_id: entry.product_id.clone().unwrap_or_default(),
        reservation_id: entry.reservation_id.map(|id| id.to_string()).unwrap_or_default(),
        expire_time: entry.expire_time.map(timestamp),
        reversed_entry_id: entry.reversed_entry_id.map(|id| id.to_string()).unwrap_or_default(),
        note: entry.note.clone(),
        granted: entry.totals.granted,
        used: entry.totals.used,
        reserved: entry.totals.reserved,
        previous_hash: entry.previous_hash.to_string(),
        hash: entry.hash.to_string(),
    }
}

fn held_on_the_wire(held: &ledger::Reservation) -> Reservation {
    let state = format!("RESERVATION_STATE_{}", held.state.as_str());
    let parts = held.parts.iter();
    Reservation {
        reservation_id: held.id.to_string(),
        state: ReservationState::from_str_name(&state).unwrap().into(),
        amount: held.amount(),
        unit: Unit::Minutes.into(),
        parts: parts.map(|it| v1::ReservationPart { block_id: it.block_id.to_string(), amount: it.amount }).collect(),
        performed: held.performed.map(|performed| v1::Performed {
            start_time: Some(timestamp(performed.start)),
            end_time: Some(timestamp(performed.end)),
        }),
        create_time: Some(timestamp(held.create_time)),
        expire_time: Some(timestamp(held.expire_time)),
        end_time: held.end_time.map(timestamp),
        committed: held.committed,
        ..Reservation::default()
    }
}

/// What was read of a ledger.
#[derive(Clone)]
struct Told {
    entries: Vec<Entry>,
    claims: BTreeMap<String, BlockClaim>,
    reservation: Reservation,
}

/// A grant, a use, a hold and its release; the block and the reservation as they stand then.
fn written() -> Told {
    let (start, now) =
        (DateTime::from_timestamp(1_767_225_600, 0).unwrap(), DateTime::from_timestamp(1_768_000_000, 0));
    let (id, now) = (Uuid::from_u128(7), now.unwrap());
    let spec = BlockSpec {
        id,
        work_order_id: "wo-1".to_owned(),
        item_id: "ede".to_owned(),
        service_id: "engineering".to_owned(),
        unit: model::Unit::Minutes,
        days: false,
        granted: 600,
        priority: None,
        start,
        end: start + chrono::TimeDelta::days(100),
    };
    let take = || Take {
        target: Target { block_id: Some(id), location_id: None, product_id: None, service_id: None, mode: None },
        quantity: Quantity { amount: 90, unit: model::Unit::Minutes },
        performed: Some(ledger::Performed { start, end: now }),
        solution_ids: Vec::new(),
        note: "case 7".to_owned(),
    };
    let sources = [FundingSource::open(id)];
    let context = ApplyContext { sources: &sources, ..ApplyContext::new(now, Some("r-1"), "ada") };
    let mut ids = 0;
    let mut new_id = || {
        ids += 1;
        Uuid::from_u128(ids)
    };
    let mut book = Book::new("acme");
    let mut entries = Vec::new();
    let mut run = |command: Command| {
        let applied = ledger::apply(&mut book, &command, &context, &mut new_id).unwrap();
        entries.extend(applied.entries.iter().map(on_the_wire));
        applied.reservation.map(|held| held.id)
    };
    run(Command::Grant { blocks: vec![spec] });
    run(Command::Consume(take()));
    let held = run(Command::Reserve { take: take(), expire_time: None }).unwrap();
    run(Command::Release { reservation_id: held, block_id: None, note: String::new() });
    let block = &book.blocks[&id];
    let claim = BlockClaim {
        sequence: block.sequence,
        head: Some(block.head),
        totals: block.totals(),
        contracted: block.contracted,
    };
    let reservation = held_on_the_wire(&book.reservations[&held]);
    Told { entries, claims: BTreeMap::from([(id.to_string(), claim)]), reservation }
}

fn check(told: Told) -> Option<Finding> {
    let mut check = CustomerVerification::new("acme", told.claims);
    check
        .reservation(ReservationState::Released, &told.reservation)
        .or_else(|| told.entries.iter().find_map(|entry| check.entry(entry)))
        .or_else(|| check.end())
}

#[test]
fn what_was_written_fits() {
    assert!(check(written()).is_none());
    // Written while it was verified: the chain is longer than the block said.
    let mut told = written();
    let head = ledger::ChainHash::from_hex(&told.entries[1].hash);
    for claim in told.claims.values_mut() {
        (claim.sequence, claim.head, claim.totals.reserved) = (2, head, 0);
    }
    assert!(check(told).is_none());
}

#[test]
fn the_first_entry_that_does_not_fit_is_named() {
    type Change = fn(&mut Vec<Entry>);
    let cases: [(Change, i64, &str); 6] = [
        (|entries| entries[1].amount = 1, 2, "content"),
        (|entries| entries[1].note = "case 8".to_owned(), 2, "content"),
        (|entries| drop(entries.remove(1)), 3, "number 2 was expected"),
        (|entries| drop(entries.pop()), 4, "missing"),
        (|entries| entries.clear(), 1, "missing"),
        (|entries| entries[2].hash = "tampered".to_owned(), 3, "holds what no entry holds"),
    ];
    for (change, sequence, message) in cases {
        let mut told = written();
        change(&mut told.entries);
        let finding = check(told).unwrap();
        assert_eq!(finding.sequence, sequence, "{finding:?}");
        assert!(finding.message.contains(message), "{finding:?}");
    }
}

#[test]
fn a_block_that_claims_other_sums_is_found() {
    let mut told = written();
    told.claims.values_mut().for_each(|claim| claim.totals.used = 0);
    let last = told.entries[3].entry_id.clone();
    let finding = check(told).unwrap();
    assert_eq!((finding.sequence, finding.entry_id), (4, last));
    let (left, claimed) = ("10 h granted, 1 h 30 min used, 0 h reserved", "10 h granted, 0 h used, 0 h reserved");
    assert_eq!(finding.message, format!("the balance it leaves is {left}; the block says {claimed}"));
    let mut told = written();
    told.claims.values_mut().for_each(|claim| claim.head = None);
    assert!(check(told).unwrap().message.contains("another hash"));
    let mut told = written();
    told.claims.values_mut().for_each(|claim| claim.contracted = 540);
    assert_eq!(check(told).unwrap().message, "the contract grants 10 h by its entries; the block says 9 h");
}

#[test]
fn a_reservation_that_does_not_fit_is_named() {
    type Change = fn(&mut Reservation);
    let cases: [(Change, &str); 4] = [
        (|told| told.state = ReservationState::Open.into(), "listed as RELEASED and says OPEN"),
        (|told| told.parts[0].amount = 1, "`parts`"),
        (|told| told.end_time = None, "`end_time`"),
        (|told| told.parts[0].block_id.clear(), "holds what no reservation holds"),
    ];
    for (change, message) in cases {
        let mut told = written();
        change(&mut told.reservation);
        let id = told.reservation.reservation_id.clone();
        let finding = check(told).unwrap();
        assert_eq!(finding.reservation_id, id, "{finding:?}");
        assert!(finding.message.contains(message), "{finding:?}");
    }
    let told = written();
    let mut without = CustomerVerification::new("acme", told.claims);
    assert!(told.entries.iter().all(|entry| without.entry(entry).is_none()));
    let finding = without.end().unwrap();
    assert_eq!(finding.reservation_id, told.reservation.reservation_id);
    assert!(finding.message.contains("missing"), "{finding:?}");
}
