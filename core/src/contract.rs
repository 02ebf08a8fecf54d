//! What a write makes of a contract: pure.
//!
//! A [`ContractCommand`] is what a caller asks for; [`plan()`] works it out on the contract there is, over time. Whether the
//! resulting contract may be is for [`crate::purchase`] to say.

mod amend;
mod change;
mod command;
mod course;
mod diff;
mod merge;
mod plan;
mod record_waiver;
mod refusal;
mod renew;
mod resume;
mod revoke_waiver;
mod row;
mod standing;
mod suspend;
mod terminate;
mod timeline;

#[cfg(test)]
mod tests;

pub use change::{ChangeKind, ContractChange, Document, NewVersion, Resource};
pub use command::{Content, ContractCommand, OrderChange, Renewal};
pub use diff::{Difference, changes};
pub use merge::Winner;
pub use plan::{Overruling, Plan, plan};
pub use record_waiver::waiver_place;
pub use refusal::Refusal;
pub use renew::renewed_end;
pub use timeline::{Overruled, Period, Timeline};
