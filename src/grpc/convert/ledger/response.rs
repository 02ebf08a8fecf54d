//! Writes the ledger to the wire.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::grpc::convert::enums::{write_entry_kind, write_reservation_state, write_unit};
use crate::grpc::convert::timestamp;
use crate::ledger::{Block, Entry, Performed, Reservation};
use crate::proto::v1;
use crate::service::ledger::WriteOutcome;

/// What a write did.
#[derive(Debug)]
pub(crate) struct Effects {
    pub entries: Vec<v1::Entry>,
    pub reservation: Option<v1::Reservation>,
    pub balances: Vec<v1::Block>,
}

/// The state of the blocks is that at the instant of the write, in a repeated answer too.
pub(crate) fn write_effects(outcome: &WriteOutcome) -> Effects {
    let applied = &outcome.applied;
    Effects {
        entries: applied.entries.iter().map(write_entry).collect(),
        reservation: applied.reservation.as_ref().map(write_reservation),
        balances: applied.balances.iter().map(|block| write_block(block, outcome.record_time)).collect(),
    }
}

pub(crate) fn write_block(block: &Block, at: DateTime<Utc>) -> v1::Block {
    v1::Block {
        block_id: block.id.to_string(),
        work_order_id: block.work_order_id.clone(),
        item_id: block.item_id.clone(),
        service_id: block.service_id.clone(),
        unit: write_unit(block.unit).into(),
        granted: block.granted,
        used: block.used,
        reserved: block.reserved,
        available: block.available_at(at),
        forfeited: block.forfeited_at(at),
        expire_time: Some(timestamp(block.end)),
        start_time: Some(timestamp(block.start)),
        priority: block.priority,
        sequence: block.sequence,
        head_hash: block.head.to_string(),
        contracted: block.contracted,
        unrecorded: block.unrecorded,
    }
}

pub(crate) fn write_entry(entry: &Entry) -> v1::Entry {
    v1::Entry {
        entry_id: entry.id.to_string(),
        block_id: entry.block_id.to_string(),
        work_order_id: entry.work_order_id.clone(),
        item_id: entry.item_id.clone(),
        service_id: entry.service_id.clone(),
        kind: write_entry_kind(entry.kind).into(),
        amount: entry.amount,
        unit: write_unit(entry.unit).into(),
        performed: entry.performed.map(write_performed),
        record_time: Some(timestamp(entry.record_time)),
        request_id: entry.request_id.clone().unwrap_or_default(),
        actor: entry.actor.clone(),
        sequence: entry.sequence,
        location_id: entry.location_id.clone().unwrap_or_default(),
        product_id: entry.product_id.clone().unwrap_or_default(),
        reservation_id: text(entry.reservation_id),
        expire_time: entry.expire_time.map(timestamp),
        reversed_entry_id: text(entry.reversed_entry_id),
        note: entry.note.clone(),
        previous_hash: entry.previous_hash.to_string(),
        hash: entry.hash.to_string(),
        granted: entry.totals.granted,
        used: entry.totals.used,
        reserved: entry.totals.reserved,
    }
}

pub(crate) fn write_reservation(reservation: &Reservation) -> v1::Reservation {
    let Reservation { id, unit, target, parts, state, performed, create_time, expire_time, end_time, committed } =
        reservation;
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    v1::Reservation {
        reservation_id: id.to_string(),
        state: write_reservation_state(*state).into(),
        amount: reservation.amount(),
        unit: write_unit(*unit).into(),
        parts: parts
            .iter()
            .map(|part| v1::ReservationPart { block_id: part.block_id.to_string(), amount: part.amount })
            .collect(),
        location_id: name(&target.location_id),
        product_id: name(&target.product_id),
        service_id: name(&target.service_id),
        performed: performed.map(write_performed),
        create_time: Some(timestamp(*create_time)),
        expire_time: Some(timestamp(*expire_time)),
        end_time: end_time.map(timestamp),
        committed: *committed,
    }
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn write_performed(performed: Performed) -> v1::Performed {
    v1::Performed { start_time: Some(timestamp(performed.start)), end_time: Some(timestamp(performed.end)) }
}
