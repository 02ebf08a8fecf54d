//! Blocks that a change of the contract would leave with less than was taken from them.

use super::term::{about, format_amount};
use super::{Block, Book, CommandViolation, reason};
use crate::model::BlockSpec;
use crate::violation::Violation;

/// A block, as it is and as the contract would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk<'a> {
    pub block: &'a Block,
    /// What it would grant in all, in base units.
    pub granted: i64,
    /// What is used and held of it.
    pub spent: i64,
}

impl Shrunk<'_> {
    /// What is told of it at a field of the document.
    pub fn violation(&self, field: String) -> Violation {
        let Self { block, granted, spent } = self;
        let (less, more) = (format_amount(*granted, block.unit), format_amount(*spent, block.unit));
        let description = format!(
            "{less} would be less than the {more} used and held of item `{}`; leave at least so much, or give a \
             `force_reason` to keep the rest as an excess",
            block.item_id
        );
        let violation = about(CommandViolation::new(reason::GRANT_BELOW_SPENT, "quantity", description), block);
        let CommandViolation { description, facts, .. } = violation.fact("spent", spent).fact("requested", granted);
        Violation { facts, ..Violation::clause(field, reason::GRANT_BELOW_SPENT, description) }
    }
}

/// Those of the blocks that would grant less than before, and less than was spent.
pub fn shrunk<'a>(book: &'a Book, specs: &[BlockSpec]) -> Vec<Shrunk<'a>> {
    let mut found: Vec<Shrunk<'a>> = Vec::new();
    for spec in specs {
        let Some(block) = book.blocks.get(&spec.id).filter(|block| spec.granted < block.contracted) else { continue };
        let change = spec.granted.saturating_sub(block.contracted);
        let granted = block.granted.saturating_add(change).max(0);
        let spent = block.used.saturating_add(block.reserved);
        if granted < spent && !found.iter().any(|other| other.block.id == block.id) {
            found.push(Shrunk { block, granted, spent });
        }
    }
    found
}
