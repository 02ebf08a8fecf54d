//! Giving back what is reservation, because it is asked for or because the time has run out.

use uuid::Uuid;

use super::model::{Reservation, ReservationState};
use super::open::{Named, against_state, against_use, end, entry_details};
use crate::ledger::posting::Posting;
use crate::ledger::{CommandViolation, EntryKind, Refusal, reason};
use crate::model::rfc3339;

/// Gives all of it back.
pub(crate) fn release(posting: &mut Posting<'_>, (reservation_id, block_id): Named, note: &str) -> Result<(), Refusal> {
    let reservation = posting.reservation(reservation_id)?;
    against_use(posting, &reservation, block_id)?.finish()?;
    give_back(posting, reservation, ReservationState::Released, note)
}

/// Gives all of it back because its time has run out.
pub(crate) fn expire(posting: &mut Posting<'_>, reservation_id: Uuid) -> Result<(), Refusal> {
    let reservation = posting.reservation(reservation_id)?;
    if let Some(violation) = against_state(&reservation) {
        return Err(violation.into());
    }
    if !reservation.is_due(posting.context().now) {
        let description = format!("reservation {} holds until {}", reservation.id, rfc3339(reservation.expire_time));
        return Err(CommandViolation::new(reason::RESERVATION_NOT_DUE, "reservation_id", description).into());
    }
    give_back(posting, reservation, ReservationState::Expired, "")
}

pub(super) fn give_back(
    posting: &mut Posting<'_>,
    reservation: Reservation,
    state: ReservationState,
    note: &str,
) -> Result<(), Refusal> {
    let kind = if state == ReservationState::Expired { EntryKind::Expire } else { EntryKind::Release };
    let details = entry_details(&reservation, reservation.performed, note);
    reservation.parts.iter().try_for_each(|part| posting.post(part.block_id, kind, part.amount, &details))?;
    end(posting, reservation, state);
    Ok(())
}
