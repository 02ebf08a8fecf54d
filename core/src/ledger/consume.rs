//! Using an amount, and where it comes from.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::posting::{EntryDetails, Posting, amount};
use super::refusal::CommandViolations;
use super::reservation::against_expiry;
use super::search::Search;
use super::term::{Work, WorkTime, against_window, to_micros, window_to_micros};
use super::{CommandViolation, EntryKind, Part, Refusal, Take};
use crate::model::{Quantity, Unit};
use crate::noun::Noun;

/// Uses an amount at once.
pub(super) fn consume(posting: &mut Posting<'_>, take: &Take) -> Result<(), Refusal> {
    let mut violations = CommandViolations::default();
    violations.add(against_window(window_to_micros(take.performed), Work::Done, posting.context().now));
    let asked = violations.keep(asked_amount(posting, take)?);
    let parts = choose(posting, take, asked, Work::Done, None)?;
    let parts = violations.finish_with(parts)?;
    let details = entry_details(take, None, None);
    parts.iter().try_for_each(|part| posting.post(part.block_id, EntryKind::Consume, part.amount, &details))
}

pub(super) fn entry_details<'a>(
    take: &'a Take,
    reservation_id: Option<Uuid>,
    expire_time: Option<DateTime<Utc>>,
) -> EntryDetails<'a> {
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
pub(super) fn malformed(
    take: &Take,
    work: Work,
    expire_time: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<CommandViolation> {
    let mut violations: Vec<CommandViolation> =
        against_window(window_to_micros(take.performed), work, now).into_iter().collect();
    violations.extend(malformed_amount(take.quantity));
    violations.extend(expire_time.and_then(|expire_time| against_expiry(to_micros(expire_time), now)));
    violations
}

/// What makes no sense in an amount, whatever it is counted in.
pub(super) fn malformed_amount(quantity: Quantity) -> Vec<CommandViolation> {
    amount(quantity, quantity.unit.base(), true).err().unwrap_or_default()
}

/// The unit is that of the blocks, which are all of one service.
pub(super) fn asked_amount(posting: &Posting<'_>, take: &Take) -> Result<Result<i64, Vec<CommandViolation>>, Refusal> {
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

/// The unit that blocks are judged in: the one asked for; where none has it, that of the first, so that a unit that does
/// not fit hides nothing else.
fn unit_of(posting: &Posting<'_>, take: &Take) -> Unit {
    let asked = take.quantity.unit.base();
    let blocks = posting.context().sources.iter().filter_map(|source| posting.find_block(source.block_id?));
    let units: Vec<_> = blocks.map(|block| block.unit).collect();
    if units.contains(&asked) { asked } else { units.first().copied().unwrap_or(asked) }
}

/// Where it comes from. What was not asked for in earnest is taken for nothing, so that the rest
/// is judged all the same.
pub(super) fn choose(
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
    let performed = window_to_micros(take.performed);
    let delivery = WorkTime { performed, work, otherwise: performed.is_none().then_some(otherwise) };
    let search = Search { delivery, expire_time, unit: unit_of(posting, take), given: &[] };
    Ok(search.run(posting, asked.unwrap_or_default()))
}
