//! What a change of a contract would do, before it is done: pure.
//!
//! A [`Change`] is a contract over time, without and with a command. Each effect has its file; [`Decisions`] are worked out
//! one question at a time, so that whoever asks many can give way in between.

mod blocks;
mod change;
mod decisions;
mod dependents;
mod fields;
mod items;
mod products;
mod reservations;
mod rows;
mod side;
mod totals;

#[cfg(test)]
mod tests;

pub use blocks::{BlockChange, BlockChangeKind, block_changes, granted};
pub use change::Change;
pub use decisions::{Answer, Asked, DecisionChange, Decisions, Questions};
pub use dependents::{Dependent, DependentEffect, dependents};
pub use fields::{DocumentDifference, field_changes};
pub use items::{ItemChange, ItemChangeKind, item_changes};
pub use reservations::{AffectedReservation, OpenHold, affected_reservations};
pub use rows::Rows;
pub use totals::{Total, TotalChange, totals};

use chrono::{DateTime, Utc};

/// Everything a change would do; nothing, by default.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// None: nothing changes.
    pub effective_time: Option<DateTime<Utc>>,
    pub field_changes: Rows<DocumentDifference>,
    pub items: Rows<ItemChange>,
    pub blocks: Rows<BlockChange>,
    pub reservations: Rows<AffectedReservation>,
    pub dependents: Rows<Dependent>,
    pub decisions: Rows<DecisionChange>,
    pub totals: Rows<TotalChange>,
    /// How many answers were compared.
    pub questions: Questions,
    /// The products that decisions were worked out for besides none.
    pub products: Rows<String>,
}
