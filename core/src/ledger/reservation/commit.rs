//! Using what is reservation.

use chrono::{DateTime, Utc};

use super::model::{Part, Reservation, ReservationState};
use super::open::{Named, against_use, end, entry_details};
use crate::ledger::consume::malformed_amount;
use crate::ledger::posting::{Posting, amount};
use crate::ledger::refusal::CommandViolations;
use crate::ledger::search::Search;
use crate::ledger::term::{Work, WorkTime, against, against_window, format_amount, window_to_micros};
use crate::ledger::{CommandViolation, EntryKind, Performed, Refusal, reason};
use crate::model::Quantity;

/// What a commit asks for.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    pub quantity: Option<Quantity>,
    pub allow_more: bool,
    pub performed: Option<Performed>,
    pub note: &'a str,
}

/// Uses what is reservation: less (the rest is given back), all of it, or more if that is allowed
/// and available.
pub(crate) fn commit(
    posting: &mut Posting<'_>,
    (reservation_id, block_id): Named,
    commit: &Commit<'_>,
) -> Result<(), Refusal> {
    let context = posting.context();
    let mut reservation = posting.reservation(reservation_id)?;
    let reported = window_to_micros(commit.performed);
    let mut violations = CommandViolations::default();
    violations.add(against_window(reported, Work::Done, context.now));
    let asked = violations.keep(asked_amount(posting, &reservation, commit.quantity));
    let ended = against_use(posting, &reservation, block_id)?;
    if !ended.is_empty() {
        // Nothing is reservation: there is nothing more to judge.
        return violations.and(ended).finish();
    }
    let planned = reservation.performed.filter(|planned| planned.end <= context.now);
    let performed = reported.or(planned);
    // All that is held stands in for an amount that makes no sense.
    let asked = asked.unwrap_or(reservation.amount());
    let may_exceed = commit.allow_more || asked <= reservation.amount();
    if !may_exceed {
        violations.add([exceeded(&reservation, asked)]);
    }
    // The request may say nothing of when: the reservation did.
    let otherwise = reported.is_none().then_some("reservation_id");
    let delivery = WorkTime { performed, work: Work::Done, otherwise };
    let details = entry_details(&reservation, performed, commit.note);
    let mut lacking = if may_exceed { asked } else { reservation.amount() };
    let (mut given, mut against_part) = (Vec::new(), None);
    for part in &reservation.parts {
        // A part whose block cannot serve this work gives nothing; the others may do.
        let against = against_delivery(posting, *part, delivery)?;
        let used = if against.is_empty() { part.amount.min(lacking) } else { 0 };
        against_part = against_part.or((!against.is_empty()).then_some(against));
        lacking = lacking.saturating_sub(used);
        if used > 0 {
            posting.post(part.block_id, EntryKind::Commit, used, &details)?;
            given.push(Part { amount: used, ..*part });
        }
        let rest = part.amount.saturating_sub(used);
        if rest > 0 {
            posting.post(part.block_id, EntryKind::Release, rest, &details)?;
        }
    }
    if let (Some(against), 1.., false) = (against_part, lacking, commit.allow_more) {
        violations.add(against);
    } else if lacking > 0 {
        // What goes beyond the hold is judged like a new one: a block that has ended under it gives
        // no more than was held of it.
        let delivery = WorkTime { work: Work::Planned, ..delivery };
        let search = Search { delivery, expire_time: None, unit: reservation.unit, given: &given };
        let parts = violations.keep(search.run(posting, lacking)).unwrap_or_default();
        parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Consume, part.amount, &details))?;
    }
    violations.finish()?;
    reservation.committed = asked;
    end(posting, reservation, ReservationState::Committed);
    Ok(())
}

/// What makes no sense in a commit, whatever is reservation.
pub(crate) fn malformed(
    quantity: Option<Quantity>,
    performed: Option<Performed>,
    now: DateTime<Utc>,
) -> Vec<CommandViolation> {
    let window = against_window(window_to_micros(performed), Work::Done, now);
    window.into_iter().chain(quantity.map(malformed_amount).unwrap_or_default()).collect()
}

fn asked_amount(
    posting: &Posting<'_>,
    reservation: &Reservation,
    quantity: Option<Quantity>,
) -> Result<i64, Vec<CommandViolation>> {
    let Some(quantity) = quantity else { return Ok(reservation.amount()) };
    let days = reservation.parts.iter().any(|part| posting.find_block(part.block_id).is_some_and(|block| block.days));
    amount(quantity, reservation.unit, days)
}

fn exceeded(reservation: &Reservation, asked: i64) -> CommandViolation {
    let (amount, unit) = (reservation.amount(), reservation.unit.as_str());
    let (more, less) = (format_amount(asked, reservation.unit), format_amount(amount, reservation.unit));
    let description = format!("{more} are more than the {less} reservation, and `allow_more` was not set");
    let violation = CommandViolation::new(reason::RESERVATION_EXCEEDED, "quantity", description);
    violation.fact("reserved", amount).fact("requested", asked).fact("unit", unit)
}

/// Held is reservation: suspension and lapse do not matter any more. But the work must lie within the
/// block's term, and keep to what is judged of the delivery itself.
fn against_delivery(posting: &Posting<'_>, part: Part, delivery: WorkTime) -> Result<Vec<CommandViolation>, Refusal> {
    let context = posting.context();
    let source = context.sources.iter().find(|source| source.block_id == Some(part.block_id));
    let codes = source.map(|source| source.codes.clone()).unwrap_or_default();
    let failed = source.into_iter().flat_map(|source| &source.failed).filter(|violation| violation.is_of_delivery());
    let mut violations: Vec<CommandViolation> = failed.cloned().collect();
    let late = against(posting.block(part.block_id)?, &codes, delivery, context.now, context.grace);
    violations.extend(late.map(|late| late.violation));
    Ok(match source {
        Some(source) => violations.into_iter().map(|violation| source.tell(violation)).collect(),
        None => violations,
    })
}
