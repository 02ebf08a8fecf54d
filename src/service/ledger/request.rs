//! One write of the ledger, and its outcome.

use chrono::{DateTime, Utc};

use crate::catalog::{Catalog, Edition};
use crate::error::{Error, Violation, merge_violations};
use crate::ledger::{Applied, Command, CommandViolation, Refusal};
use crate::service::Caller;
use crate::service::idempotency::Identity;
use crate::store::{RequestKey, Wanted};

/// One write of one customer.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub customer_id: String,
    pub work: Work,
}

impl Request {
    /// By which it is known; none where nobody asked.
    pub fn key(&self) -> Option<RequestKey> {
        match &self.work {
            Work::Command(asked) => Some(asked.identity.key(&self.customer_id)),
            Work::Expire => None,
        }
    }

    /// What must be loaded for it.
    pub fn want(&self, wanted: &mut Wanted) {
        let Work::Command(asked) = &self.work else { return };
        match &asked.command {
            Command::Extend { reservation_id, .. }
            | Command::Commit { reservation_id, .. }
            | Command::Release { reservation_id, .. }
            | Command::Expire { reservation_id } => {
                wanted.reservations.insert(*reservation_id);
            }
            Command::Reverse { entry_id, .. } => {
                wanted.entries.insert(*entry_id);
            }
            Command::Grant { .. } | Command::Consume(_) | Command::Reserve { .. } | Command::Adjust { .. } => {}
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Work {
    Command(Box<Asked>),
    /// Whatever time alone does to the customer's holds.
    Expire,
}

/// A command with who asks for it, once.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub caller: Caller,
    pub command: Command,
    pub identity: Identity,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The customer's revision with it.
    pub revision: i64,
    /// When it was written, by the database's clock.
    pub record_time: DateTime<Utc>,
    pub applied: Applied,
    /// Whether it was done before and this is the answer of then.
    pub replayed: bool,
}

/// Why a command was refused, as every other refusal is told.
pub(super) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Against(violations) => Error::Violations(violations.into_iter().map(violation).collect()),
        Refusal::Unknown { noun, id } => Error::NotFound { noun, id, nearest: None },
        Refusal::Broken(what) => Error::internal(what),
    }
}

pub(super) fn violation(violation: CommandViolation) -> Violation {
    let CommandViolation { reason, field, description, facts, is_malformed, .. } = violation;
    Violation { field, reason, description, clause: !is_malformed, facts }
}

/// What makes no sense first, then what is forbidden, in catalogue order, but for what only
/// follows from the first.
pub(super) fn in_order(violations: Vec<Violation>, catalog: &Catalog) -> Vec<Violation> {
    let (mut forbidden, mut told): (Vec<_>, Vec<_>) = violations.into_iter().partition(|violation| violation.clause);
    let row_in = |edition: &Edition, code: &str| edition.clauses.iter().position(|clause| clause.code == code);
    let row = |code: &str| catalog.editions().iter().find_map(|edition| row_in(edition, code)).unwrap_or(usize::MAX);
    forbidden.sort_by_key(|violation| row(&violation.reason));
    merge_violations(&mut told, forbidden);
    told
}
