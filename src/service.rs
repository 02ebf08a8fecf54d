//! Use cases: what the calls do, without a word about wires or tables.
//!
//! Time and ids are made here, once per request.

mod clock;
pub mod contracts;
mod deadline;
mod diff;
mod entitlements;
pub mod feed;
pub mod ledger;
mod plan;
mod question;
pub mod revision;
pub mod sources;
pub mod token;

pub use clock::Clock;
pub use contracts::{Contracts, WriteOptions, Written};
pub use deadline::Deadline;
pub use entitlements::{Answer, Entitlements, Listed, page_token_invalid};
pub use ledger::Ledger;
pub use plan::{Change, ChangeKind, Command, Resource};
pub use question::{Consistency, ListQuestion, Page, Question, TargetQuestion, View};

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::cache::{Cache, Snapshot};
use crate::catalog::Catalog;
use crate::error::{Error, Noun, Result, nearest};
use crate::store::Store;

/// How many customers are looked at for a name that resembles an unknown one.
const NEAREST_AMONG: u64 = 1_000;

/// What every use case needs.
#[derive(Debug, Clone)]
pub struct Context {
    pub catalog: Arc<Catalog>,
    pub store: Store,
    pub cache: Arc<Cache>,
    pub clock: Clock,
}

impl Context {
    /// A customer's contract, as fresh as asked.
    pub async fn snapshot(&self, customer_id: &str, consistency: &Consistency) -> Result<Arc<Snapshot>> {
        let cached = match consistency {
            Consistency::MinimizeLatency => self.cache.fresh(customer_id),
            Consistency::AtLeast(revision) => self.cache.at_least(customer_id, *revision),
            Consistency::Full => None,
        };
        if let Some(snapshot) = cached {
            return Ok(snapshot);
        }
        let begun = Instant::now();
        let Some(stored) = self.store.load_contract(customer_id).await? else {
            return Err(match consistency {
                // The token proves that the customer is there.
                Consistency::AtLeast(_) => Error::NotFreshEnough,
                Consistency::MinimizeLatency | Consistency::Full => self.unknown_customer(customer_id).await,
            });
        };
        let snapshot = Arc::new(Snapshot::new(&self.catalog, stored));
        self.cache.keep(&snapshot, begun);
        match consistency {
            Consistency::AtLeast(revision) if snapshot.revision() < *revision => Err(Error::NotFreshEnough),
            _ => Ok(snapshot),
        }
    }

    /// A customer's contract by what was recorded up to `known_time`, in a store that has what was
    /// asked for.
    pub async fn snapshot_as_known(
        &self,
        customer_id: &str,
        known_time: DateTime<Utc>,
        consistency: &Consistency,
    ) -> Result<Arc<Snapshot>> {
        if let Consistency::AtLeast(revision) = consistency
            && self.store.revision(customer_id).await? < Some(*revision)
        {
            return Err(Error::NotFreshEnough);
        }
        match self.store.load_contract_as_known(customer_id, known_time).await? {
            Some(stored) => Ok(Arc::new(Snapshot::new(&self.catalog, stored))),
            None => Err(self.unknown_customer(customer_id).await),
        }
    }

    pub async fn unknown_customer(&self, customer_id: &str) -> Error {
        let known = self.store.list_customers(None, NEAREST_AMONG).await.unwrap_or_default();
        let known = known.iter().map(|(customer, _)| customer.customer_id.as_str());
        // It may be there by now, or not have been known yet.
        let known = known.filter(|known| *known != customer_id);
        Error::NotFound { noun: Noun::Customer, id: customer_id.to_owned(), nearest: nearest(customer_id, known) }
    }
}
