//! One write of the ledger, and its outcome.

use chrono::{DateTime, Utc};

use crate::catalog::{Catalog, Edition};
use crate::error::{Error, Violation, merge_violations};
use crate::ledger::{Applied, Command, CommandViolation, Refusal};
use crate::service::Caller;
use crate::service::idempotency::RequestIdentity;
use crate::store::{RequestKey, Wanted};

/// One write of one customer.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub customer_id: String,
    pub operation: Operation,
}

impl Write {
    /// The key of its request id; none if no caller sent it.
    pub(super) fn key(&self) -> Option<RequestKey> {
        match &self.operation {
            Operation::Command(command) => Some(command.identity.key(&self.customer_id)),
            Operation::Expire => None,
        }
    }

    /// Adds the rows that must be loaded for it.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        let Operation::Command(command) = &self.operation else { return };
        match &command.command {
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
pub(super) enum Operation {
    Command(Box<CallerCommand>),
    /// Ends the customer's holds whose time has run out.
    Expire,
}

/// A command of a caller, with the identity of its request.
#[derive(Debug, Clone)]
pub(super) struct CallerCommand {
    pub caller: Caller,
    pub command: Command,
    pub identity: RequestIdentity,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOutcome {
    /// The customer's revision with it.
    pub revision: i64,
    /// When it was written, by the database's clock.
    pub record_time: DateTime<Utc>,
    pub applied: Applied,
    /// Whether it was carried out before, and this is the first answer.
    pub replayed: bool,
}

/// The error of a command that the ledger refused.
pub(in crate::service) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Against(violations) => Error::Violations(violations.into_iter().map(violation).collect()),
        Refusal::Unknown { noun, id } => Error::NotFound { noun, id, nearest: None },
        Refusal::Broken(what) => Error::internal(what),
    }
}

pub(super) fn violation(violation: CommandViolation) -> Violation {
    let CommandViolation { reason, field, description, facts, is_malformed, .. } = violation;
    Violation { field, reason, description, clause: !is_malformed, facts, told: None }
}

/// Sorts violations: first the malformed fields, then the clauses in catalogue order, without those that only follow from
/// the former.
pub(super) fn in_order(violations: Vec<Violation>, catalog: &Catalog) -> Vec<Violation> {
    let (mut clauses, mut malformed): (Vec<_>, Vec<_>) = violations.into_iter().partition(|violation| violation.clause);
    let row_in = |edition: &Edition, code: &str| edition.clauses.iter().position(|clause| clause.code == code);
    let row = |code: &str| catalog.editions().iter().find_map(|edition| row_in(edition, code)).unwrap_or(usize::MAX);
    clauses.sort_by_key(|violation| row(&violation.reason));
    merge_violations(&mut malformed, clauses);
    malformed
}
