//! What becomes of a hold. It ends exactly once: committed, released or expired.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::draft::{Draft, Told, amount};
use super::take::{Search, beyond_block, check_expiry};
use super::term::{Work, against, check_window, counted, kept, shown};
use super::{EntryKind, Ground, Part, Performed, Refusal, Reservation, ReservationState, reason};
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
pub fn extend(draft: &mut Draft<'_>, named: Named, expire_time: DateTime<Utc>) -> Result<(), Refusal> {
    let mut held = open(draft, named)?;
    let expire_time = kept(expire_time);
    check_expiry(expire_time, draft.setting().now)?;
    if expire_time <= held.expire_time {
        let description = format!("it holds until {} already", shown(held.expire_time));
        return Err(Refusal::invalid(reason::EXPIRY_NOT_LATER, "expire_time", description));
    }
    for part in &held.parts {
        let block = draft.block(part.block_id)?;
        if expire_time > block.end {
            return Err(beyond_block(expire_time, block));
        }
    }
    held.expire_time = expire_time;
    let told = told(&held, held.performed, "");
    held.parts.iter().try_for_each(|part| draft.post(part.block_id, EntryKind::Extend, 0, &told))?;
    draft.put_reservation(held);
    Ok(())
}

/// Uses what is held: less (the rest is given back), all of it, or more if that is allowed
/// and available.
pub fn commit(draft: &mut Draft<'_>, named: Named, commit: &Commit<'_>) -> Result<(), Refusal> {
    let setting = draft.setting();
    check_window(commit.performed, Work::Done, setting.now)?;
    let mut held = open(draft, named)?;
    let planned = held.performed.filter(|planned| planned.end <= setting.now);
    let performed = commit.performed.or(planned);
    let asked = match commit.quantity {
        Some(quantity) => {
            let days = held.parts.iter().any(|part| draft.find_block(part.block_id).is_some_and(|block| block.days));
            amount(quantity, held.unit, days)?
        }
        None => held.amount(),
    };
    if asked > held.amount() && !commit.allow_more {
        return Err(exceeded(&held, asked));
    }
    let told_of = told(&held, performed, commit.note);
    let mut lacking = asked;
    let mut against_part = None;
    for part in &held.parts {
        // A part whose block cannot serve this work gives nothing; the others may do.
        let grounds = against_delivery(draft, *part, performed)?;
        let used = if grounds.is_empty() { part.amount.min(lacking) } else { 0 };
        against_part = against_part.or((!grounds.is_empty()).then_some(grounds));
        lacking = lacking.saturating_sub(used);
        if used > 0 {
            draft.post(part.block_id, EntryKind::Commit, used, &told_of)?;
        }
        let rest = part.amount.saturating_sub(used);
        if rest > 0 {
            draft.post(part.block_id, EntryKind::Release, rest, &told_of)?;
        }
    }
    if let (Some(grounds), 1.., false) = (against_part, lacking, commit.allow_more) {
        return Err(Refusal::Forbidden(grounds));
    }
    if lacking > 0 {
        // What goes beyond the hold is judged like a new one: a block that has ended under it gives
        // no more than was held of it.
        let search = Search { performed, work: Work::Planned, expire_time: None, unit: held.unit };
        let parts = search.run(draft, lacking)?;
        parts.iter().try_for_each(|part| draft.post(part.block_id, EntryKind::Consume, part.amount, &told_of))?;
    }
    held.committed = asked;
    end(draft, held, ReservationState::Committed);
    Ok(())
}

/// Gives all of it back.
pub fn release(draft: &mut Draft<'_>, named: Named, note: &str) -> Result<(), Refusal> {
    let held = open(draft, named)?;
    give_back(draft, held, ReservationState::Released, note)
}

/// Gives all of it back because its time has run out.
pub fn expire(draft: &mut Draft<'_>, reservation_id: Uuid) -> Result<(), Refusal> {
    let held = draft.reservation(reservation_id)?;
    still_open(&held)?;
    if !held.is_due(draft.setting().now) {
        let description = format!("reservation {} holds until {}", held.id, shown(held.expire_time));
        return Err(Refusal::forbidden(Ground::new(reason::RESERVATION_NOT_DUE, "reservation_id", description)));
    }
    give_back(draft, held, ReservationState::Expired, "")
}

fn give_back(draft: &mut Draft<'_>, held: Reservation, state: ReservationState, note: &str) -> Result<(), Refusal> {
    let kind = if state == ReservationState::Expired { EntryKind::Expire } else { EntryKind::Release };
    let told = told(&held, held.performed, note);
    held.parts.iter().try_for_each(|part| draft.post(part.block_id, kind, part.amount, &told))?;
    end(draft, held, state);
    Ok(())
}

fn end(draft: &mut Draft<'_>, mut held: Reservation, state: ReservationState) {
    held.state = state;
    held.end_time = Some(draft.setting().now);
    draft.put_reservation(held);
}

/// The reservation, if it is there, still open, and of the named block.
fn open(draft: &Draft<'_>, (reservation_id, block_id): Named) -> Result<Reservation, Refusal> {
    let held = draft.reservation(reservation_id)?;
    if let Some(block_id) = block_id {
        draft.block(block_id)?;
        if !held.parts.iter().any(|part| part.block_id == block_id) {
            let description = format!("reservation {} holds nothing of block {block_id}", held.id);
            return Err(Refusal::invalid(reason::RESERVATION_OF_OTHER_BLOCK, "block_id", description));
        }
    }
    still_open(&held)?;
    if held.is_due(draft.setting().now) {
        return Err(ended(&held, ReservationState::Expired, held.expire_time));
    }
    Ok(held)
}

fn still_open(held: &Reservation) -> Result<(), Refusal> {
    match held.state {
        ReservationState::Open => Ok(()),
        state => Err(ended(held, state, held.end_time.unwrap_or(held.expire_time))),
    }
}

/// Names the winner.
fn ended(held: &Reservation, state: ReservationState, at: DateTime<Utc>) -> Refusal {
    let (code, word) = match state {
        ReservationState::Committed => (reason::RESERVATION_COMMITTED, "committed"),
        ReservationState::Released => (reason::RESERVATION_RELEASED, "released"),
        ReservationState::Expired | ReservationState::Open => (reason::RESERVATION_EXPIRED, "over"),
    };
    let description = format!("reservation {} was {word} at {}", held.id, shown(at));
    let ground = Ground::new(code, "reservation_id", description);
    Refusal::forbidden(ground.fact("reservation_id", held.id).fact("end_time", shown(at)))
}

fn exceeded(held: &Reservation, asked: i64) -> Refusal {
    let (amount, unit) = (held.amount(), held.unit.as_str());
    let (more, less) = (counted(asked, held.unit), counted(amount, held.unit));
    let description = format!("{more} are more than the {less} held, and `allow_more` was not set");
    let ground = Ground::new(reason::RESERVATION_EXCEEDED, "quantity", description);
    Refusal::forbidden(ground.fact("reserved", amount).fact("requested", asked).fact("unit", unit))
}

/// Held is held: suspension and lapse do not matter any more. But the work must lie within the
/// block's term, and keep to what is judged of the delivery itself.
fn against_delivery(draft: &Draft<'_>, part: Part, performed: Option<Performed>) -> Result<Vec<Ground>, Refusal> {
    let setting = draft.setting();
    let source = setting.sources.iter().find(|source| source.block_id == part.block_id);
    let failed = source.into_iter().flat_map(|source| &source.failed).filter(|ground| ground.is_of_delivery);
    let mut grounds: Vec<Ground> = failed.cloned().collect();
    grounds.extend(against(draft.block(part.block_id)?, performed, Work::Done, setting.now, setting.grace));
    Ok(grounds)
}

fn told<'a>(held: &'a Reservation, performed: Option<Performed>, note: &'a str) -> Told<'a> {
    Told {
        performed,
        location_id: held.target.location_id.as_deref(),
        product_id: held.target.product_id.as_deref(),
        reservation_id: Some(held.id),
        expire_time: Some(held.expire_time),
        reversed_entry_id: None,
        note,
    }
}
