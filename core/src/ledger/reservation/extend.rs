//! Holding for longer.

use chrono::{DateTime, Utc};

use super::expiry::against_expiry;
use super::model::Reservation;
use super::open::{Named, against_use, entry_details};
use crate::ledger::posting::Posting;
use crate::ledger::search::beyond_block;
use crate::ledger::term::to_micros;
use crate::ledger::{CommandViolation, EntryKind, Refusal, reason};
use crate::model::rfc3339;

/// Puts the expiry off.
pub(crate) fn extend(
    posting: &mut Posting<'_>,
    (reservation_id, block_id): Named,
    expire_time: DateTime<Utc>,
) -> Result<(), Refusal> {
    let expire_time = to_micros(expire_time);
    let mut reservation = posting.reservation(reservation_id)?;
    let mut violations = against_use(posting, &reservation, block_id)?;
    violations.add(against_later(posting, &reservation, expire_time)?);
    violations.finish()?;
    reservation.expire_time = expire_time;
    let details = entry_details(&reservation, reservation.performed, "");
    reservation.parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Extend, 0, &details))?;
    posting.put_reservation(reservation);
    Ok(())
}

/// Why a hold cannot last until then: the first reason, for they are all of one field.
fn against_later(
    posting: &Posting<'_>,
    reservation: &Reservation,
    expire_time: DateTime<Utc>,
) -> Result<Option<CommandViolation>, Refusal> {
    if let Some(violation) = against_expiry(expire_time, posting.context().now) {
        return Ok(Some(violation));
    }
    if expire_time <= reservation.expire_time {
        let description = format!("it holds until {} already", rfc3339(reservation.expire_time));
        return Ok(Some(CommandViolation::malformed(reason::EXPIRY_NOT_LATER, "expire_time", description)));
    }
    let mut beyond = None;
    for part in &reservation.parts {
        posting.block(part.block_id)?;
        let block = posting.block_of_work(part.block_id).filter(|block| block.end < expire_time);
        beyond = beyond.or_else(|| block.map(|block| beyond_block(expire_time, &block)));
    }
    Ok(beyond)
}
