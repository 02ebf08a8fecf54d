//! Using and holding.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::posting::{EntryDetails, Posting, amount};
use super::refusal::CommandViolations;
use super::search::{Search, beyond_block};
use super::term::{Delivery, Work, against_window, kept, kept_window, shown};
use super::{
    CommandViolation, DEFAULT_HOLD, EntryKind, LONGEST_HOLD, Part, Refusal, Reservation, ReservationState, Take, reason,
};
use crate::model::Quantity;
use crate::noun::Noun;

/// Uses an amount at once.
pub fn consume(posting: &mut Posting<'_>, take: &Take) -> Result<(), Refusal> {
    let mut violations = CommandViolations::default();
    violations.add(against_window(kept_window(take.performed), Work::Done, posting.context().now));
    let asked = violations.keep(asked_amount(posting, take)?);
    let parts = choose(posting, take, asked, Work::Done, None)?;
    let parts = violations.finish_with(parts)?;
    let told = told(take, None, None);
    parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Consume, part.amount, &told))
}

/// Holds an amount until some instant.
pub fn reserve(posting: &mut Posting<'_>, take: &Take, expire_time: Option<DateTime<Utc>>) -> Result<(), Refusal> {
    let now = posting.context().now;
    let expire_time = expire_time.map(kept);
    let mut violations = CommandViolations::default();
    violations.add(against_window(kept_window(take.performed), Work::Planned, now));
    let asked = violations.keep(asked_amount(posting, take)?);
    let late = expire_time.and_then(|expire_time| against_expiry(expire_time, now));
    let beyond =
        expire_time.filter(|_| late.is_none()).and_then(|expire_time| beyond_named(posting, take, expire_time));
    let lasting = expire_time.filter(|_| late.is_none() && beyond.is_none());
    violations.add(late);
    violations.add(beyond);
    let parts = choose(posting, take, asked, Work::Planned, lasting)?;
    let parts = violations.finish_with(parts)?;
    let ends = parts.iter().filter_map(|part| posting.find_block(part.block_id)).map(|block| block.end);
    let usual = now.checked_add_signed(DEFAULT_HOLD).unwrap_or(now);
    let expire_time = expire_time.unwrap_or_else(|| ends.fold(usual, DateTime::min));
    let id = posting.new_id();
    let told = told(take, Some(id), Some(expire_time));
    parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Reserve, part.amount, &told))?;
    posting.put_reservation(Reservation {
        id,
        unit: take.quantity.unit.base(),
        target: take.target.clone(),
        parts,
        state: ReservationState::Open,
        performed: kept_window(take.performed),
        create_time: now,
        expire_time,
        end_time: None,
        committed: 0,
    });
    Ok(())
}

/// A hold lasts some time, but not for ever.
pub fn against_expiry(expire_time: DateTime<Utc>, now: DateTime<Utc>) -> Option<CommandViolation> {
    if expire_time <= now {
        let description = format!("{} is not after now, {}", shown(expire_time), shown(now));
        return Some(CommandViolation::malformed(reason::EXPIRY_IN_PAST, "expire_time", description));
    }
    (expire_time.signed_duration_since(now) > LONGEST_HOLD).then(|| {
        let description = format!("a reservation lasts at most {} days", LONGEST_HOLD.num_days());
        CommandViolation::malformed(reason::EXPIRY_TOO_FAR, "expire_time", description)
    })
}

/// A named block that ends before the hold, whatever it has; of one that has ended no expiry would do.
fn beyond_named(posting: &Posting<'_>, take: &Take, expire_time: DateTime<Utc>) -> Option<CommandViolation> {
    let block = posting.find_block(take.target.block_id?)?;
    (posting.context().now < block.end && block.end < expire_time).then(|| beyond_block(expire_time, block))
}

fn told<'a>(take: &'a Take, reservation_id: Option<Uuid>, expire_time: Option<DateTime<Utc>>) -> EntryDetails<'a> {
    EntryDetails {
        performed: take.performed,
        location_id: take.target.location_id.as_deref(),
        product_id: take.target.product_id.as_deref(),
        reservation_id,
        expire_time,
        reversed_entry_id: None,
        note: &take.note,
    }
}

/// What makes no sense in a take, whatever there is to take from.
pub fn malformed(
    take: &Take,
    work: Work,
    expire_time: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<CommandViolation> {
    let mut violations: Vec<CommandViolation> =
        against_window(kept_window(take.performed), work, now).into_iter().collect();
    violations.extend(malformed_amount(take.quantity));
    violations.extend(expire_time.and_then(|expire_time| against_expiry(kept(expire_time), now)));
    violations
}

/// What makes no sense in an amount, whatever it is counted in.
pub fn malformed_amount(quantity: Quantity) -> Vec<CommandViolation> {
    amount(quantity, quantity.unit.base(), true).err().unwrap_or_default()
}

/// The unit is that of the blocks, which are all of one service.
fn asked_amount(posting: &Posting<'_>, take: &Take) -> Result<Result<i64, Vec<CommandViolation>>, Refusal> {
    if let Some(block_id) = take.target.block_id {
        let block = posting.block(block_id)?;
        return Ok(amount(take.quantity, block.unit, block.days));
    }
    let sources = posting.context().sources;
    let block = sources.iter().find_map(|source| posting.find_block(source.block_id?));
    let counted = block.map(|block| (block.unit, block.days));
    let counted = counted.or_else(|| sources.iter().find_map(|source| source.counted));
    let (unit, days) = counted.unwrap_or((take.quantity.unit.base(), true));
    Ok(amount(take.quantity, unit, days))
}

/// Where it comes from. What was not asked for in earnest is taken for nothing, so that the rest
/// is judged all the same.
fn choose(
    posting: &Posting<'_>,
    take: &Take,
    asked: Option<i64>,
    work: Work,
    expire_time: Option<DateTime<Utc>>,
) -> Result<Result<Vec<Part>, Vec<CommandViolation>>, Refusal> {
    if let Some(block_id) = take.target.block_id
        && !posting.context().sources.iter().any(|source| source.block_id == Some(block_id))
    {
        return Err(Refusal::Unknown { noun: Noun::Block, id: block_id.to_string() });
    }
    let otherwise = if take.target.block_id.is_some() { "block_id" } else { "service_id" };
    let performed = kept_window(take.performed);
    let delivery = Delivery { performed, work, otherwise: performed.is_none().then_some(otherwise) };
    let search = Search { delivery, expire_time, unit: take.quantity.unit.base(), given: &[] };
    Ok(search.run(posting, asked.unwrap_or_default()))
}
