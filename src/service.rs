//! Use cases: what the calls do, independent of wire and tables.
//!
//! Times and ids are made here, once per request.

pub mod audit;
mod authentication_method;
mod caller;
pub mod catalogue;
mod clock;
pub mod contracts;
mod deadline;
mod decision_id;
mod entitlements;
pub mod feed;
mod gate;
mod idempotency;
pub mod ledger;
mod lives;
mod origin;
mod paging;
mod question;
pub mod revision;
mod role;
mod server_info;
mod slices;
pub mod token;

pub use authentication_method::AuthenticationMethod;
pub use caller::{Caller, CustomerScope, is_name};
pub use catalogue::Catalogue;
pub use clock::Clock;
pub use contracts::{AuditQuestion, ChangeOutcome, Contracts, VersionDifference, WorkOrderQuestion, WriteOptions};
pub use deadline::Deadline;
pub use entitlements::{CheckAnswer, EntitlementPage, Entitlements};
pub use gate::Gate;
pub use ledger::Ledger;
pub use origin::Origin;
pub use paging::{Bytes, MOST_BYTES, MOST_ROWS, Page};
pub use question::{Consistency, ListQuestion, Question, TargetQuestion, View};
pub use role::Role;
pub use server_info::{Features, Limits, ServerInfo};

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use self::slices::uncut;
use crate::cache::{Cache, Documents, Snapshot};
use crate::catalog::Catalog;
use crate::error::{Error, Noun, Result, reason};
use crate::model::Balances;
use crate::store::{AsOf, Epoch, Store};
use crate::telemetry::Telemetry;
use crate::telemetry::call::note_customer;

/// What every use case needs.
#[derive(Debug, Clone)]
pub struct Context {
    pub catalog: Arc<Catalog>,
    pub store: Store,
    pub cache: Arc<Cache>,
    pub clock: Clock,
    /// To contracts that are not in the cache, and to those of the past.
    pub reads: Gate,
    pub telemetry: Arc<Telemetry>,
    /// Of the database when the server opened it.
    pub epoch: Arc<Epoch>,
}

/// How many contracts are read at a time, and how many calls wait for one.
pub const READS: (usize, usize) = (16, 1_024);

impl Context {
    /// A customer's contract as it stands `now`, and its balances, as fresh as `consistency` asks for.
    pub async fn snapshot(
        &self,
        customer_id: &str,
        consistency: &Consistency,
        now: DateTime<Utc>,
    ) -> Result<Arc<Snapshot>> {
        note_customer(customer_id);
        let cached = match consistency {
            Consistency::MinimizeLatency => self.cache.fresh(customer_id, now),
            Consistency::AtLeast(revision) => self.cache.at_least(customer_id, *revision, now),
            Consistency::Full => None,
        };
        self.cache.count_lookup(cached.is_some());
        if let Some(snapshot) = cached {
            return Ok(snapshot);
        }
        if *consistency == Consistency::MinimizeLatency && self.cache.is_absent(customer_id) {
            return Err(unknown_customer(customer_id));
        }
        let _permit = self.reads.enter().await?;
        let begun = Instant::now();
        let Some(snapshot) = self.read(customer_id, consistency, now).await? else {
            self.cache.keep_absent(customer_id, begun);
            return Err(match consistency {
                // The token proves that the customer is there.
                Consistency::AtLeast(_) => Error::NotFreshEnough,
                Consistency::MinimizeLatency | Consistency::Full => unknown_customer(customer_id),
            });
        };
        self.cache.keep(&snapshot, begun);
        match consistency {
            Consistency::AtLeast(revision) if snapshot.revision < *revision => Err(Error::NotFreshEnough),
            _ => Ok(snapshot),
        }
    }

    /// The contract as it stood, or will stand, at an instant, and of it what was recorded by `known_time`. Absent:
    /// `now`, and all.
    pub async fn snapshot_at(
        &self,
        customer_id: &str,
        instant: Option<DateTime<Utc>>,
        known_time: Option<DateTime<Utc>>,
        consistency: &Consistency,
        now: DateTime<Utc>,
    ) -> Result<Arc<Snapshot>> {
        match (instant, known_time) {
            (_, Some(known_time)) => {
                let as_of = instant.map_or(AsOf::now(now), AsOf::at).known(known_time);
                let snapshot = self.snapshot_as_known(customer_id, as_of, consistency).await?;
                self.with_lives(snapshot, known_time).await
            }
            (Some(instant), None) => {
                let current = self.snapshot(customer_id, consistency, now).await?;
                match self.snapshot_beside(&current, instant).await? {
                    Beside::Same(snapshot) | Beside::Newer(snapshot) => Ok(snapshot),
                }
            }
            (None, None) => self.snapshot(customer_id, consistency, now).await,
        }
    }

    /// The same revision of the same customer with the contract of another instant; a newer one, if the contract has
    /// changed since.
    async fn snapshot_beside(&self, snapshot: &Arc<Snapshot>, instant: DateTime<Utc>) -> Result<Beside> {
        if snapshot.documents.period.contains(instant) {
            return Ok(Beside::Same(Arc::clone(snapshot)));
        }
        let _permit = self.reads.enter().await?;
        let customer_id = snapshot.documents.customer_id();
        let stored = self.store.load_contract(customer_id, AsOf::at(instant)).await?;
        let stored = stored.filter(|stored| stored.revision >= snapshot.revision).ok_or(Error::NotFreshEnough)?;
        if stored.contract_version != snapshot.documents.contract_version {
            self.cache.note(customer_id, stored.revision);
            return Ok(Beside::Newer(Arc::new(uncut(stored.bytes_read(), || Snapshot::new(&self.catalog, stored)))));
        }
        let documents = Arc::new(uncut(stored.bytes_read(), || Documents::new(&self.catalog, stored)));
        Ok(Beside::Same(renewed(&documents, &snapshot.stored_balances, snapshot.revision)))
    }

    /// Reads the balances alone while the documents in the cache are the newest and stand at `now`; everything if that is
    /// unknown, or the caller wants it so. None if there is no such customer.
    async fn read(
        &self,
        customer_id: &str,
        consistency: &Consistency,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Snapshot>>> {
        let cached_documents = self.cache.documents(customer_id).filter(|documents| documents.stand_at(now));
        if let Some(documents) = cached_documents.as_ref().filter(|_| *consistency != Consistency::Full) {
            let Some(stored) = self.store.load_balances(customer_id).await? else { return Ok(None) };
            if stored.contract_version == documents.contract_version {
                return Ok(Some(renewed(documents, &Arc::new(stored.balances), stored.revision)));
            }
        }
        let Some(stored) = self.store.load_contract(customer_id, AsOf::now(now)).await? else { return Ok(None) };
        Ok(Some(match cached_documents.filter(|documents| documents.are_of(&stored)) {
            Some(documents) => renewed(&documents, &Arc::new(stored.balances), stored.revision),
            None => Arc::new(uncut(stored.bytes_read(), || Snapshot::new(&self.catalog, stored))),
        }))
    }

    /// A customer's contract by what was recorded up to a time, in a store that has what was
    /// asked for. Of a block that has another end now than it had then, not when it was there.
    async fn snapshot_as_known(
        &self,
        customer_id: &str,
        as_of: AsOf,
        consistency: &Consistency,
    ) -> Result<Arc<Snapshot>> {
        note_customer(customer_id);
        let _permit = self.reads.enter().await?;
        if let Consistency::AtLeast(revision) = consistency
            && self.store.revision(customer_id).await? < Some(*revision)
        {
            return Err(Error::NotFreshEnough);
        }
        match self.store.load_contract(customer_id, as_of).await? {
            Some(stored) => Ok(Arc::new(uncut(stored.bytes_read(), || Snapshot::new(&self.catalog, stored)))),
            None => Err(unknown_customer(customer_id)),
        }
    }
}

/// So often a contract may change while one work is done: each part is judged by its own contract.
const MOST_CHANGES_OF_WORK: usize = 16;
/// Between two instants, as they are stored.
const MOMENT: TimeDelta = TimeDelta::microseconds(1);

fn too_many_changes(field: &str) -> Error {
    let message = format!(
        "the contract changes more than {MOST_CHANGES_OF_WORK} times while the work is done; divide it into parts"
    );
    Error::invalid(field, reason::FIELD_OUT_OF_RANGE, message)
}

/// A customer's snapshot with the contract of another instant than one at hand.
enum Beside {
    /// Of the same revision.
    Same(Arc<Snapshot>),
    /// The contract has changed since the one at hand was read.
    Newer(Arc<Snapshot>),
}

/// The same documents with the balances of a revision.
fn renewed(documents: &Arc<Documents>, balances: &Arc<Balances>, revision: i64) -> Arc<Snapshot> {
    let (documents, balances) = (Arc::clone(documents), Arc::clone(balances));
    Arc::new(uncut(documents.bytes, || Snapshot::of(Arc::clone(&documents), balances, revision)))
}

/// No similar id is named: callers must not learn which other customers there are.
fn unknown_customer(customer_id: &str) -> Error {
    Error::NotFound { noun: Noun::Customer, id: customer_id.to_owned(), nearest: None }
}
