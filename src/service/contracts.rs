//! Customers and work orders. Every change takes the one path through [`Contracts::write`].

mod audit;
mod blocks;
mod judge;
mod outcome;
mod over;
mod overruled;
mod periods;
mod planned;
mod preview;
mod provenances;
mod read;
mod records;
mod replay;
mod size;
mod state;
mod version;
mod versions;
mod write;

pub use outcome::ChangeOutcome;
pub use read::{Found, WorkOrderQuestion};
pub use records::AuditQuestion;
pub use versions::VersionDifference;
pub use write::WriteOptions;

use super::{Context, Gate};
use crate::catalog::Catalog;

/// How many contracts are written at a time, and how many calls wait to write one.
const WRITES: (usize, usize) = (2, 256);
/// The same of trials.
const PREVIEWS: (usize, usize) = (2, 256);

/// Reads and changes contracts.
#[derive(Debug, Clone)]
pub struct Contracts {
    context: Context,
    /// To writes, which go on when their callers have gone.
    writes: Gate,
    /// To trials of writes, which read and judge as much and more.
    previews: Gate,
}

impl Contracts {
    pub fn new(context: Context) -> Self {
        Self { context, writes: Gate::new(WRITES.0, WRITES.1), previews: Gate::new(PREVIEWS.0, PREVIEWS.1) }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.context.catalog
    }
}
