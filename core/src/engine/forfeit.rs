//! When what is left of an item's block is lost.

use chrono::{DateTime, Utc};

use super::clauses::location;
use super::context::Context;

impl Context<'_> {
    /// When its block ends; none if it has none of its own.
    pub(super) fn block_end(&self) -> Option<DateTime<Utc>> {
        Some(self.balances.end_of(self.own_block?).unwrap_or(self.candidate.life.end))
    }

    /// When its block ends, where the contract would let the item live longer here: by the ledger it was over before, or it
    /// is of another location with another base. Where the item does not serve, its block's time says nothing.
    pub(super) fn lost_time(&self) -> Option<DateTime<Utc>> {
        let end = self.block_end().filter(|end| *end < self.natural_end())?;
        (self.is_covered() && location::serves_here(self)).then_some(end)
    }

    /// Whether its block is over, although the contract would let the item live here.
    pub(super) fn is_over(&self) -> bool {
        self.at < self.natural_end() && self.lost_time().is_some_and(|end| end <= self.at)
    }

    /// The end that the contract gives the item here, and what it bought.
    fn natural_end(&self) -> DateTime<Utc> {
        let year_end = self.candidate.block.and_then(|block| block.year_end);
        let sooner = year_end.into_iter().chain(self.candidate.planned_end);
        sooner.fold(self.effective.end, DateTime::min)
    }

    /// What is left behind this instant is lost: the effective end, the end of the contract year for what the flex
    /// allowance paid, a planned end of the item, or the end that its block has come to already.
    pub(super) fn forfeit_time(&self) -> DateTime<Utc> {
        // A block that was over before loses nothing more with the year.
        let year_end = self.candidate.block.and_then(|block| block.year_end);
        let year_end = year_end.filter(|end| *end <= self.candidate.life.end);
        let sooner = year_end.into_iter().chain(self.candidate.planned_end).chain(self.lost_time());
        sooner.fold(self.effective.end, DateTime::min)
    }

    /// Whether what was left of its block is lost.
    pub(super) fn is_lost(&self) -> bool {
        self.at >= self.forfeit_time()
    }
}
