//! One write of the ledger, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Edition};
use crate::error::{Error, Result, Violation, merge_violations};
use crate::ledger::{Applied, Command, Ground, Refusal};
use crate::store::StoredRequest;

/// One write of one customer.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub customer_id: String,
    pub work: Work,
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
    pub command: Command,
    pub request_id: String,
    pub content_hash: String,
    pub actor: String,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The customer's revision with it.
    pub revision: i64,
    /// When it was written, by the database's clock.
    pub record_time: DateTime<Utc>,
    pub applied: Applied,
    /// Whether it was done before and this is the answer of then.
    #[serde(skip)]
    pub replayed: bool,
}

impl Asked {
    pub fn stored(&self, done: &Done) -> Result<StoredRequest> {
        Ok(StoredRequest {
            method: self.command.method().to_owned(),
            content_hash: self.content_hash.clone(),
            outcome: serde_json::to_string(done).map_err(|error| Error::Internal(error.into()))?,
        })
    }

    /// The answer of then, if this asks for the same.
    pub fn replay(&self, stored: &StoredRequest) -> Result<Done> {
        if stored.method != self.command.method() || stored.content_hash != self.content_hash {
            return Err(self.reused());
        }
        let done: Done = serde_json::from_str(&stored.outcome).map_err(|error| Error::Internal(error.into()))?;
        Ok(Done { replayed: true, ..done })
    }

    /// Whether another of the same request id asks for the same.
    pub fn repeats(&self, other: &Self) -> Result<()> {
        if self.command.method() == other.command.method() && self.content_hash == other.content_hash {
            Ok(())
        } else {
            Err(self.reused())
        }
    }

    fn reused(&self) -> Error {
        Error::RequestIdReused { request_id: self.request_id.clone() }
    }
}

/// Why a command was refused, as every other refusal is told.
pub(super) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Against(grounds) => Error::Violations(grounds.into_iter().map(violation).collect()),
        Refusal::Unknown { noun, id } => Error::NotFound { noun, id, nearest: None },
        Refusal::Broken(what) => Error::internal(what),
    }
}

pub(super) fn violation(ground: Ground) -> Violation {
    let Ground { code, field, description, facts, is_malformed, .. } = ground;
    Violation { field, reason: code, description, clause: !is_malformed, facts }
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
