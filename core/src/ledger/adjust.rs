//! What is granted, and what is undone.

use uuid::Uuid;

use super::posting::{EntryDetails, Posting, amount, signed_amount, zero};
use super::refusal::CommandViolations;
use super::term::{about, format_amount};
use super::{Adjustment, Block, CommandViolation, EntryKind, Refusal, reason};
use crate::model::{BlockSpec, Quantity, Unit};

/// Brings the blocks to what the contract says. It may say less than was spent: the contract
/// is the truth, nothing is left then, and whoever comes later is refused.
pub(super) fn grant(posting: &mut Posting<'_>, specs: &[BlockSpec]) -> Result<(), Refusal> {
    for spec in specs {
        let mut block = posting.find_block(spec.id).cloned().unwrap_or_else(|| Block::new(spec));
        let is_new = block.sequence == 0;
        if !is_new && block.end != spec.end {
            block.end_recorded = Some(posting.context().recorded);
        }
        block.renew(spec);
        let change = spec.granted.saturating_sub(block.contracted);
        // An adjustment may already have taken more than the contract leaves.
        let change = change.max(block.granted.saturating_neg());
        block.contracted = block.contracted.saturating_add(change);
        posting.put_block(block);
        if change != 0 || is_new {
            posting.post(spec.id, EntryKind::Grant, change, &EntryDetails::default())?;
        }
    }
    Ok(())
}

/// An administrator's correction, never below what is used and held.
pub(super) fn adjust(posting: &mut Posting<'_>, block_id: Uuid, change: Adjustment, why: &str) -> Result<(), Refusal> {
    let block = posting.block(block_id)?.clone();
    let mut violations = CommandViolations::default();
    if why.trim().is_empty() {
        violations.add([CommandViolation::malformed(
            reason::FIELD_REQUIRED,
            "reason",
            "say why the block is adjusted",
        )]);
    }
    let delta = violations.finish_with(delta(change, &block))?;
    let spent = block.used.saturating_add(block.reserved);
    let granted = block.granted.saturating_add(delta);
    // What raises the grant helps even where it does not reach what was spent.
    if delta < 0 && granted < spent {
        let (less, more) = (format_amount(granted, block.unit), format_amount(spent, block.unit));
        let description = format!("{less} would be less than the {more} used and held");
        let violation = about(CommandViolation::new(reason::GRANT_BELOW_SPENT, field_of(change), description), &block);
        return Err(violation.fact("spent", spent).fact("requested", granted).into());
    }
    posting.post(block_id, EntryKind::Adjust, delta, &EntryDetails { note: why, ..EntryDetails::default() })
}

/// By how much the block grants more or less; not by nothing.
fn delta(change: Adjustment, block: &Block) -> Result<i64, Vec<CommandViolation>> {
    let named = named_amount(change, block.unit, block.days)?;
    match change {
        Adjustment::By(_) => Ok(named),
        Adjustment::To(_) => not_zero(change, named.saturating_sub(block.granted)),
    }
}

/// The amount that a change names, whatever the block grants.
fn named_amount(change: Adjustment, unit: Unit, days: bool) -> Result<i64, Vec<CommandViolation>> {
    let named = match change {
        Adjustment::By(quantity) => signed_amount(quantity, unit, days),
        Adjustment::To(quantity) if quantity.amount < 0 => amount(quantity, unit, days),
        Adjustment::To(quantity) => signed_amount(quantity, unit, days),
    };
    let moved = |violation: CommandViolation| violation.moved("quantity", field_of(change));
    let named = named.map_err(|violations| violations.into_iter().map(moved).collect::<Vec<_>>())?;
    if matches!(change, Adjustment::By(_)) { not_zero(change, named) } else { Ok(named) }
}

fn not_zero(change: Adjustment, delta: i64) -> Result<i64, Vec<CommandViolation>> {
    if delta == 0 { Err(vec![zero().moved("quantity", field_of(change))]) } else { Ok(delta) }
}

/// What makes no sense in an adjustment, whatever there is to adjust.
pub(super) fn malformed(change: Adjustment) -> Vec<CommandViolation> {
    let (Adjustment::By(quantity) | Adjustment::To(quantity)) = change;
    named_amount(change, quantity.unit.base(), true).err().unwrap_or_default()
}

fn field_of(change: Adjustment) -> &'static str {
    match change {
        Adjustment::By(_) => "delta",
        Adjustment::To(_) => "granted",
    }
}

/// Undoes a use, wholly or partly.
pub(super) fn reverse(
    posting: &mut Posting<'_>,
    entry_id: Uuid,
    quantity: Option<Quantity>,
    note: &str,
) -> Result<(), Refusal> {
    let mut entry = posting.reversible(entry_id)?;
    let block = posting.block(entry.block_id)?.clone();
    let mut violations = CommandViolations::default();
    if !entry.is_use {
        let description = format!("entry {entry_id} used nothing; only consumes and commits can be reversed");
        let violation = CommandViolation::new(reason::ENTRY_NOT_REVERSIBLE, "entry_id", description);
        violations.add([violation.fact("entry_id", entry_id)]);
    }
    // Of an entry that is undone already, all of it would be asked for once more.
    let all = if entry.left == 0 { entry.amount } else { entry.left };
    let asked = quantity.map_or(Ok(all), |quantity| amount(quantity, block.unit, block.days));
    let asked = violations.finish_with(asked)?;
    if asked > entry.left {
        let (left, unit) = (entry.left, block.unit.as_str());
        let description = format!("of entry {entry_id} {} can still be reversed", format_amount(left, block.unit));
        let violation = CommandViolation::new(reason::REVERSAL_EXCEEDS_ENTRY, "quantity", description);
        return Err(violation.fact("left", left).fact("requested", asked).fact("unit", unit).into());
    }
    entry.left = entry.left.saturating_sub(asked);
    let details = EntryDetails {
        performed: entry.performed,
        location_id: entry.location_id.as_deref(),
        product_id: entry.product_id.as_deref(),
        reversed_entry_id: Some(entry_id),
        note,
        ..EntryDetails::default()
    };
    posting.post(entry.block_id, EntryKind::Reverse, asked, &details)?;
    posting.put_reversed(entry.clone());
    Ok(())
}
