//! Deciding: pure, total, deny by default.
//!
//! [`decide()`] looks at every item that may answer for the asked service, lets every clause
//! the service is subject to judge it, and lets the best outcome win. A clause says *holds*,
//! *fails* or *unknown*; what an unknown means stands in the catalogue. Each family of
//! clauses has its file in [`clauses`]. Nothing is defined here, so that files import what they
//! need from where it is, and never each other in a circle.

mod balances;
mod base;
mod calendar;
mod clauses;
mod context;
mod coverage;
mod decide;
mod decision;
mod designation;
mod eligibility;
mod evaluation;
mod explanation;
mod forfeit;
mod leaning;
mod list;
mod note;
mod planned;
mod pool;
mod prepared;
mod query;
mod resolve;
mod seam;
mod sorted;
mod target;
mod transitions;
mod validity;
mod words;

pub use balances::{AS_BOUGHT, BlockState, PreparedBalances};
pub use calendar::Calendar;
pub use decide::decide;
pub use decision::{BlockBalance, Coverage, Decision, Note, Outcome, Reason, Remedy};
pub use eligibility::{BlockCodes, BlockQuery, EligibleBlock, FailedClause, eligible_blocks};
pub use leaning::{LeaningItem, leaning_items};
pub use list::{ListQuery, ListRow, rows};
pub use planned::BlocksFrom;
pub use prepared::{BoughtBlock, Candidate, Prepared, blocks_of};
pub use query::{Delivery, Query};
pub use target::{Alternative, Governing, Incident, TargetAnswer, offers, response_target};

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
mod tests;
