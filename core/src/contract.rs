//! What a write makes of a contract: pure.
//!
//! A [`ContractCommand`] is what a caller asks for; [`plan()`] works it out on the contract there is. Whether the resulting contract
//! may be is for [`crate::purchase`] to say.

mod command;
mod diff;
mod plan;

pub use command::{Content, ContractCommand};
pub use diff::{Difference, differences};
pub use plan::{ChangeKind, ContractChange, Plan, Resource, Taken, plan};
