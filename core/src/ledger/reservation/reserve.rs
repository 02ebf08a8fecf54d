//! Holding an amount.

use chrono::{DateTime, Utc};

use super::expiry::against_expiry;
use super::model::{Reservation, ReservationState};
use crate::ledger::consume::{asked_amount, choose, entry_details};
use crate::ledger::posting::Posting;
use crate::ledger::refusal::CommandViolations;
use crate::ledger::search::beyond_block;
use crate::ledger::term::{Work, against_window, to_micros, window_to_micros};
use crate::ledger::{CommandViolation, DEFAULT_HOLD, EntryKind, Refusal, Take};

/// Holds an amount until some instant.
pub(crate) fn reserve(
    posting: &mut Posting<'_>,
    take: &Take,
    expire_time: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    let now = posting.context().now;
    let expire_time = expire_time.map(to_micros);
    let mut violations = CommandViolations::default();
    violations.add(against_window(window_to_micros(take.performed), Work::Planned, now));
    let asked = violations.keep(asked_amount(posting, take)?);
    let late = expire_time.and_then(|expire_time| against_expiry(expire_time, now));
    let beyond =
        expire_time.filter(|_| late.is_none()).and_then(|expire_time| beyond_named(posting, take, expire_time));
    let lasting = expire_time.filter(|_| late.is_none() && beyond.is_none());
    violations.add(late);
    violations.add(beyond);
    let parts = choose(posting, take, asked, Work::Planned, lasting)?;
    let parts = violations.finish_with(parts)?;
    let ends = parts.iter().filter_map(|part| posting.block_of_work(part.block_id)).map(|block| block.end);
    let usual = now.checked_add_signed(DEFAULT_HOLD).unwrap_or(now);
    let expire_time = expire_time.unwrap_or_else(|| ends.fold(usual, DateTime::min));
    let id = posting.new_id();
    let details = entry_details(take, Some(id), Some(expire_time));
    parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Reserve, part.amount, &details))?;
    posting.put_reservation(Reservation {
        id,
        unit: take.quantity.unit.base(),
        target: take.target.clone(),
        parts,
        state: ReservationState::Open,
        performed: window_to_micros(take.performed),
        create_time: now,
        expire_time,
        end_time: None,
        committed: 0,
    });
    Ok(())
}

/// A named block that ends before the hold, whatever it has; of one that has ended no expiry would do.
fn beyond_named(posting: &Posting<'_>, take: &Take, expire_time: DateTime<Utc>) -> Option<CommandViolation> {
    let block = posting.block_of_work(take.target.block_id?)?;
    (posting.context().now < block.end && block.end < expire_time).then(|| beyond_block(expire_time, &block))
}
