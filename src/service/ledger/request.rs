//! One write of the ledger, and what became of it.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalog::{Catalog, Edition};
use crate::error::{Error, Result, Violation, merge_violations};
use crate::ledger::{Applied, Block, Command, Entry, Ground, Refusal, Reservation};
use crate::service::Caller;
use crate::store::{RequestKey, StoredRequest};

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
            Work::Command(asked) => Some((self.customer_id.clone(), asked.request_id.clone())),
            Work::Expire => None,
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
    pub request_id: String,
    pub content_hash: String,
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

/// What is kept of it with its request id. Its entries are kept already and never change: their ids will do.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<'a> {
    revision: i64,
    record_time: DateTime<Utc>,
    entry_ids: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reservation: Option<Cow<'a, Reservation>>,
    balances: Cow<'a, [Block]>,
}

impl Asked {
    pub fn stored(&self, done: &Done) -> Result<StoredRequest> {
        let Done { revision, record_time, applied, replayed: _ } = done;
        let Applied { entries, reservation, balances } = applied;
        let kept = Kept {
            revision: *revision,
            record_time: *record_time,
            entry_ids: entries.iter().map(|entry| entry.id).collect(),
            reservation: reservation.as_ref().map(Cow::Borrowed),
            balances: Cow::Borrowed(balances),
        };
        Ok(StoredRequest {
            method: self.command.method().to_owned(),
            content_hash: self.content_hash.clone(),
            outcome: serde_json::to_string(&kept).map_err(|error| Error::Internal(error.into()))?,
        })
    }

    fn kept(&self, stored: &StoredRequest) -> Result<Kept<'static>> {
        if stored.method != self.command.method() || stored.content_hash != self.content_hash {
            return Err(self.reused());
        }
        serde_json::from_str(&stored.outcome).map_err(|error| Error::Internal(error.into()))
    }

    /// The entries [`replay`](Self::replay) needs.
    pub fn entry_ids(&self, stored: &StoredRequest) -> Vec<Uuid> {
        self.kept(stored).map(|kept| kept.entry_ids).unwrap_or_default()
    }

    /// The answer of then, if this asks for the same.
    pub fn replay(&self, stored: &StoredRequest, entries: &HashMap<Uuid, Entry>) -> Result<Done> {
        let Kept { revision, record_time, entry_ids, reservation, balances } = self.kept(stored)?;
        let found: Option<Vec<Entry>> = entry_ids.iter().map(|id| entries.get(id).cloned()).collect();
        let entries = found.ok_or_else(|| Error::internal("an entry of a request that was carried out is gone"))?;
        let applied =
            Applied { entries, reservation: reservation.map(Cow::into_owned), balances: balances.into_owned() };
        Ok(Done { revision, record_time, applied, replayed: true })
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
