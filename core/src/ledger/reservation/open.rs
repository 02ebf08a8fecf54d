//! Whether a reservation is open still, and its end.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::{Reservation, ReservationState};
use crate::ledger::posting::{EntryDetails, Posting};
use crate::ledger::refusal::CommandViolations;
use crate::ledger::{CommandViolation, Performed, Refusal, reason};
use crate::model::rfc3339;

/// A reservation by its id, and a block that must fund it if one was named.
pub(super) type Named = (Uuid, Option<Uuid>);

/// Why a reservation cannot be used any more: it must be open, and of the named block.
pub(super) fn against_use(
    posting: &Posting<'_>,
    reservation: &Reservation,
    block_id: Option<Uuid>,
) -> Result<CommandViolations, Refusal> {
    let mut violations = CommandViolations::default();
    if let Some(block_id) = block_id {
        posting.block(block_id)?;
        if !reservation.parts.iter().any(|part| part.block_id == block_id) {
            let description = format!("reservation {} holds nothing of block {block_id}", reservation.id);
            violations.add([CommandViolation::malformed(reason::RESERVATION_OF_OTHER_BLOCK, "block_id", description)]);
        }
    }
    let is_due = reservation.is_due(posting.context().now);
    let run_out = is_due.then(|| ended(reservation, ReservationState::Expired, reservation.expire_time));
    violations.add(against_state(reservation).or(run_out));
    Ok(violations)
}

pub(super) fn against_state(reservation: &Reservation) -> Option<CommandViolation> {
    let is_open = reservation.state == ReservationState::Open;
    (!is_open).then(|| ended(reservation, reservation.state, reservation.end_time.unwrap_or(reservation.expire_time)))
}

/// Names the winner.
pub(super) fn ended(reservation: &Reservation, state: ReservationState, at: DateTime<Utc>) -> CommandViolation {
    let (code, word) = match state {
        ReservationState::Committed => (reason::RESERVATION_COMMITTED, "committed"),
        ReservationState::Released => (reason::RESERVATION_RELEASED, "released"),
        ReservationState::Expired | ReservationState::Open => (reason::RESERVATION_EXPIRED, "over"),
    };
    let description = format!("reservation {} was {word} at {}", reservation.id, rfc3339(at));
    let violation = CommandViolation::new(code, "reservation_id", description);
    violation.fact("reservation_id", reservation.id).fact("end_time", rfc3339(at))
}

pub(super) fn end(posting: &mut Posting<'_>, mut reservation: Reservation, state: ReservationState) {
    reservation.state = state;
    reservation.end_time = Some(posting.context().now);
    posting.put_reservation(reservation);
}

pub(super) fn entry_details<'a>(
    reservation: &'a Reservation,
    performed: Option<Performed>,
    note: &'a str,
) -> EntryDetails<'a> {
    EntryDetails {
        performed,
        location_id: reservation.target.location_id.as_deref(),
        product_id: reservation.target.product_id.as_deref(),
        reservation_id: Some(reservation.id),
        expire_time: Some(reservation.expire_time),
        reversed_entry_id: None,
        note,
    }
}
