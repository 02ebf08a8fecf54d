//! What becomes of a hold. It ends exactly once: committed, released or expired.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::posting::{EntryDetails, Posting, amount};
use super::refusal::CommandViolations;
use super::search::{Search, beyond_block};
use super::take::{against_expiry, malformed_amount};
use super::term::{Delivery, Work, against, against_window, counted, kept, kept_window, shown};
use super::{CommandViolation, EntryKind, Part, Performed, Refusal, Reservation, ReservationState, reason};
use crate::model::Quantity;

/// A reservation by its id, and a block that must fund it if one was named.
type Named = (Uuid, Option<Uuid>);

/// What a commit asks for.
#[derive(Debug)]
pub struct Commit<'a> {
    pub quantity: Option<Quantity>,
    pub allow_more: bool,
    pub performed: Option<Performed>,
    pub note: &'a str,
}

/// Puts the expiry off.
pub fn extend(
    posting: &mut Posting<'_>,
    (reservation_id, block_id): Named,
    expire_time: DateTime<Utc>,
) -> Result<(), Refusal> {
    let expire_time = kept(expire_time);
    let mut held = posting.reservation(reservation_id)?;
    let mut violations = against_use(posting, &held, block_id)?;
    violations.add(against_later(posting, &held, expire_time)?);
    violations.finish()?;
    held.expire_time = expire_time;
    let told = told(&held, held.performed, "");
    held.parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Extend, 0, &told))?;
    posting.put_reservation(held);
    Ok(())
}

/// Why a hold cannot last until then: the first reason, for they are all of one field.
fn against_later(
    posting: &Posting<'_>,
    held: &Reservation,
    expire_time: DateTime<Utc>,
) -> Result<Option<CommandViolation>, Refusal> {
    if let Some(violation) = against_expiry(expire_time, posting.context().now) {
        return Ok(Some(violation));
    }
    if expire_time <= held.expire_time {
        let description = format!("it holds until {} already", shown(held.expire_time));
        return Ok(Some(CommandViolation::malformed(reason::EXPIRY_NOT_LATER, "expire_time", description)));
    }
    let mut beyond = None;
    for part in &held.parts {
        let block = posting.block(part.block_id)?;
        beyond = beyond.or_else(|| (expire_time > block.end).then(|| beyond_block(expire_time, block)));
    }
    Ok(beyond)
}

/// Uses what is held: less (the rest is given back), all of it, or more if that is allowed
/// and available.
pub fn commit(
    posting: &mut Posting<'_>,
    (reservation_id, block_id): Named,
    commit: &Commit<'_>,
) -> Result<(), Refusal> {
    let context = posting.context();
    let mut held = posting.reservation(reservation_id)?;
    let reported = kept_window(commit.performed);
    let mut violations = CommandViolations::default();
    violations.add(against_window(reported, Work::Done, context.now));
    let asked = violations.keep(asked_amount(posting, &held, commit.quantity));
    let ended = against_use(posting, &held, block_id)?;
    if !ended.is_empty() {
        // Nothing is held: there is nothing more to judge.
        return violations.and(ended).finish();
    }
    let planned = held.performed.filter(|planned| planned.end <= context.now);
    let performed = reported.or(planned);
    // All that is held stands in for an amount that makes no sense.
    let asked = asked.unwrap_or(held.amount());
    let may_exceed = commit.allow_more || asked <= held.amount();
    if !may_exceed {
        violations.add([exceeded(&held, asked)]);
    }
    // The request may say nothing of when: the reservation did.
    let otherwise = reported.is_none().then_some("reservation_id");
    let delivery = Delivery { performed, work: Work::Done, otherwise };
    let told_of = told(&held, performed, commit.note);
    let mut lacking = if may_exceed { asked } else { held.amount() };
    let (mut given, mut against_part) = (Vec::new(), None);
    for part in &held.parts {
        // A part whose block cannot serve this work gives nothing; the others may do.
        let against = against_delivery(posting, *part, delivery)?;
        let used = if against.is_empty() { part.amount.min(lacking) } else { 0 };
        against_part = against_part.or((!against.is_empty()).then_some(against));
        lacking = lacking.saturating_sub(used);
        if used > 0 {
            posting.post(part.block_id, EntryKind::Commit, used, &told_of)?;
            given.push(Part { amount: used, ..*part });
        }
        let rest = part.amount.saturating_sub(used);
        if rest > 0 {
            posting.post(part.block_id, EntryKind::Release, rest, &told_of)?;
        }
    }
    if let (Some(against), 1.., false) = (against_part, lacking, commit.allow_more) {
        violations.add(against);
    } else if lacking > 0 {
        // What goes beyond the hold is judged like a new one: a block that has ended under it gives
        // no more than was held of it.
        let delivery = Delivery { work: Work::Planned, ..delivery };
        let search = Search { delivery, expire_time: None, unit: held.unit, given: &given };
        let parts = violations.keep(search.run(posting, lacking)).unwrap_or_default();
        parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Consume, part.amount, &told_of))?;
    }
    violations.finish()?;
    held.committed = asked;
    end(posting, held, ReservationState::Committed);
    Ok(())
}

/// What makes no sense in a commit, whatever is held.
pub fn malformed(
    quantity: Option<Quantity>,
    performed: Option<Performed>,
    now: DateTime<Utc>,
) -> Vec<CommandViolation> {
    let window = against_window(kept_window(performed), Work::Done, now);
    window.into_iter().chain(quantity.map(malformed_amount).unwrap_or_default()).collect()
}

/// Gives all of it back.
pub fn release(posting: &mut Posting<'_>, (reservation_id, block_id): Named, note: &str) -> Result<(), Refusal> {
    let held = posting.reservation(reservation_id)?;
    against_use(posting, &held, block_id)?.finish()?;
    give_back(posting, held, ReservationState::Released, note)
}

/// Gives all of it back because its time has run out.
pub fn expire(posting: &mut Posting<'_>, reservation_id: Uuid) -> Result<(), Refusal> {
    let held = posting.reservation(reservation_id)?;
    if let Some(violation) = against_state(&held) {
        return Err(violation.into());
    }
    if !held.is_due(posting.context().now) {
        let description = format!("reservation {} holds until {}", held.id, shown(held.expire_time));
        return Err(CommandViolation::new(reason::RESERVATION_NOT_DUE, "reservation_id", description).into());
    }
    give_back(posting, held, ReservationState::Expired, "")
}

fn give_back(posting: &mut Posting<'_>, held: Reservation, state: ReservationState, note: &str) -> Result<(), Refusal> {
    let kind = if state == ReservationState::Expired { EntryKind::Expire } else { EntryKind::Release };
    let told = told(&held, held.performed, note);
    held.parts.iter().try_for_each(|part| posting.post(part.block_id, kind, part.amount, &told))?;
    end(posting, held, state);
    Ok(())
}

fn end(posting: &mut Posting<'_>, mut held: Reservation, state: ReservationState) {
    held.state = state;
    held.end_time = Some(posting.context().now);
    posting.put_reservation(held);
}

/// Why a reservation cannot be used any more: it must be open, and of the named block.
fn against_use(
    posting: &Posting<'_>,
    held: &Reservation,
    block_id: Option<Uuid>,
) -> Result<CommandViolations, Refusal> {
    let mut violations = CommandViolations::default();
    if let Some(block_id) = block_id {
        posting.block(block_id)?;
        if !held.parts.iter().any(|part| part.block_id == block_id) {
            let description = format!("reservation {} holds nothing of block {block_id}", held.id);
            violations.add([CommandViolation::malformed(reason::RESERVATION_OF_OTHER_BLOCK, "block_id", description)]);
        }
    }
    let is_due = held.is_due(posting.context().now);
    let run_out = is_due.then(|| ended(held, ReservationState::Expired, held.expire_time));
    violations.add(against_state(held).or(run_out));
    Ok(violations)
}

fn against_state(held: &Reservation) -> Option<CommandViolation> {
    let is_open = held.state == ReservationState::Open;
    (!is_open).then(|| ended(held, held.state, held.end_time.unwrap_or(held.expire_time)))
}

/// Names the winner.
fn ended(held: &Reservation, state: ReservationState, at: DateTime<Utc>) -> CommandViolation {
    let (code, word) = match state {
        ReservationState::Committed => (reason::RESERVATION_COMMITTED, "committed"),
        ReservationState::Released => (reason::RESERVATION_RELEASED, "released"),
        ReservationState::Expired | ReservationState::Open => (reason::RESERVATION_EXPIRED, "over"),
    };
    let description = format!("reservation {} was {word} at {}", held.id, shown(at));
    let violation = CommandViolation::new(code, "reservation_id", description);
    violation.fact("reservation_id", held.id).fact("end_time", shown(at))
}

fn asked_amount(
    posting: &Posting<'_>,
    held: &Reservation,
    quantity: Option<Quantity>,
) -> Result<i64, Vec<CommandViolation>> {
    let Some(quantity) = quantity else { return Ok(held.amount()) };
    let days = held.parts.iter().any(|part| posting.find_block(part.block_id).is_some_and(|block| block.days));
    amount(quantity, held.unit, days)
}

fn exceeded(held: &Reservation, asked: i64) -> CommandViolation {
    let (amount, unit) = (held.amount(), held.unit.as_str());
    let (more, less) = (counted(asked, held.unit), counted(amount, held.unit));
    let description = format!("{more} are more than the {less} held, and `allow_more` was not set");
    let violation = CommandViolation::new(reason::RESERVATION_EXCEEDED, "quantity", description);
    violation.fact("reserved", amount).fact("requested", asked).fact("unit", unit)
}

/// Held is held: suspension and lapse do not matter any more. But the work must lie within the
/// block's term, and keep to what is judged of the delivery itself.
fn against_delivery(posting: &Posting<'_>, part: Part, delivery: Delivery) -> Result<Vec<CommandViolation>, Refusal> {
    let context = posting.context();
    let source = context.sources.iter().find(|source| source.block_id == Some(part.block_id));
    let failed = source.into_iter().flat_map(|source| &source.failed).filter(|violation| violation.is_of_delivery());
    let mut violations: Vec<CommandViolation> = failed.cloned().collect();
    let late = against(posting.block(part.block_id)?, delivery, context.now, context.grace);
    violations.extend(late.map(|late| late.violation));
    Ok(violations)
}

fn told<'a>(held: &'a Reservation, performed: Option<Performed>, note: &'a str) -> EntryDetails<'a> {
    EntryDetails {
        performed,
        location_id: held.target.location_id.as_deref(),
        product_id: held.target.product_id.as_deref(),
        reservation_id: Some(held.id),
        expire_time: Some(held.expire_time),
        reversed_entry_id: None,
        note,
    }
}
