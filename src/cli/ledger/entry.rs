//! Entries, reservations and balances as the ledger has them, read from the wire.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use uuid::Uuid;

use crate::ledger::{ChainHash, Entry, EntryKind, Part, Performed, Reservation, ReservationState, Target, Totals};
use crate::model::Unit;
use crate::proto::v1;

/// None if it holds anything no entry holds.
pub(super) fn read(customer_id: &str, entry: &v1::Entry) -> Option<Entry> {
    Some(Entry {
        id: id(&entry.entry_id)?,
        customer_id: customer_id.to_owned(),
        block_id: id(&entry.block_id)?,
        work_order_id: entry.work_order_id.clone(),
        item_id: entry.item_id.clone(),
        service_id: entry.service_id.clone(),
        unit: unit(entry.unit())?,
        sequence: entry.sequence,
        kind: kind(entry.kind())?,
        amount: entry.amount,
        performed: given(&entry.performed, window)?,
        location_id: text(&entry.location_id),
        product_id: text(&entry.product_id),
        reservation_id: optional(&entry.reservation_id, id)?,
        expire_time: given(&entry.expire_time, instant)?,
        reversed_entry_id: optional(&entry.reversed_entry_id, id)?,
        note: entry.note.clone(),
        request_id: text(&entry.request_id),
        actor: entry.actor.clone(),
        record_time: required(&entry.record_time)?,
        previous_hash: ChainHash::from_hex(&entry.previous_hash)?,
        hash: ChainHash::from_hex(&entry.hash)?,
        totals: Totals { granted: entry.granted, used: entry.used, reserved: entry.reserved },
    })
}

/// None if it holds anything no reservation holds. What the wire leaves out is left out here.
pub(super) fn read_reservation(told: &v1::Reservation) -> Option<Reservation> {
    let part = |part: &v1::ReservationPart| Some(Part { block_id: id(&part.block_id)?, amount: part.amount });
    Some(Reservation {
        id: id(&told.reservation_id)?,
        unit: unit(told.unit())?,
        target: Target {
            block_id: None,
            location_id: text(&told.location_id),
            product_id: text(&told.product_id),
            service_id: text(&told.service_id),
            mode: None,
        },
        parts: told.parts.iter().map(part).collect::<Option<_>>()?,
        state: state(told.state())?,
        performed: given(&told.performed, window)?,
        create_time: required(&told.create_time)?,
        expire_time: required(&told.expire_time)?,
        end_time: given(&told.end_time, instant)?,
        committed: told.committed,
    })
}

/// What a block says of its chain.
#[derive(Debug, Clone)]
pub(super) struct BlockClaim {
    pub sequence: i64,
    /// None: it is not written as a hash is.
    pub head: Option<ChainHash>,
    pub totals: Totals,
    pub contracted: i64,
}

impl BlockClaim {
    pub(super) fn of(block: &v1::Block) -> Self {
        // What took effect since its last entry is in none.
        let granted = block.granted.saturating_sub(block.unrecorded);
        let contracted = block.contracted.saturating_sub(block.unrecorded);
        let totals = Totals { granted, used: block.used, reserved: block.reserved };
        let head = ChainHash::from_hex(&block.head_hash);
        Self { sequence: block.sequence, head, totals, contracted }
    }
}

fn id(text: &str) -> Option<Uuid> {
    text.parse().ok()
}

/// An empty text stands for none.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn optional<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { read(text).map(Some) }
}

fn given<T, R>(told: &Option<T>, read: impl FnOnce(&T) -> Option<R>) -> Option<Option<R>> {
    match told {
        Some(told) => read(told).map(Some),
        None => Some(None),
    }
}

fn window(window: &v1::Performed) -> Option<Performed> {
    Some(Performed { start: required(&window.start_time)?, end: required(&window.end_time)? })
}

fn required(time: &Option<Timestamp>) -> Option<DateTime<Utc>> {
    instant(time.as_ref()?)
}

/// In whole microseconds: hashes tell no more.
fn instant(time: &Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| nanos.is_multiple_of(1_000))?;
    DateTime::from_timestamp(time.seconds, nanos)
}

fn kind(kind: v1::EntryKind) -> Option<EntryKind> {
    EntryKind::from_name(kind.as_str_name().strip_prefix("ENTRY_KIND_")?)
}

fn state(state: v1::ReservationState) -> Option<ReservationState> {
    ReservationState::from_name(state.as_str_name().strip_prefix("RESERVATION_STATE_")?)
}

fn unit(unit: v1::Unit) -> Option<Unit> {
    Some(match unit {
        v1::Unit::Minutes => Unit::Minutes,
        v1::Unit::Hours => Unit::Hours,
        v1::Unit::Days => Unit::Days,
        v1::Unit::Credits => Unit::Credits,
        v1::Unit::Events => Unit::Events,
        v1::Unit::Attendees => Unit::Attendees,
        v1::Unit::Visits => Unit::Visits,
        v1::Unit::Engagements => Unit::Engagements,
        v1::Unit::Unspecified => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_entry_tells_of_yet_is_not_claimed_of_the_entries() {
        let block = v1::Block { granted: 700, contracted: 660, unrecorded: 60, used: 5, ..Default::default() };
        let claim = BlockClaim::of(&block);
        assert_eq!((claim.totals.granted, claim.contracted, claim.totals.used), (640, 600, 5));
    }
}
