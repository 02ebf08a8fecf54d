//! The contracts of customers asked about lately, ready for deciding.
//!
//! An entry is served only while the cache is *fresh*: while the last successful read of what
//! changed in the store began less than the allowed staleness ago (see [`crate::service::feed`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::catalog::Catalog;
use crate::engine::{Prepared, blocks_of};
use crate::model::{BlockSpec, VersionInfo};
use crate::store::StoredContract;

/// One customer at one revision.
#[derive(Debug)]
pub struct Snapshot {
    pub prepared: Prepared,
    /// What the contract grants, whatever was used of it.
    pub blocks: Vec<BlockSpec>,
    /// The revision of the last change of a document.
    pub contract_version: i64,
    pub customer_info: VersionInfo,
    /// By work order id.
    pub order_infos: BTreeMap<String, VersionInfo>,
}

impl Snapshot {
    pub fn new(catalog: &Arc<Catalog>, stored: StoredContract) -> Self {
        let StoredContract { contract, contract_version, customer_info, order_infos, balances } = stored;
        let prepared = Prepared::with_balances(Arc::clone(catalog), contract, &balances);
        let blocks = blocks_of(&prepared);
        Self { prepared, blocks, contract_version, customer_info, order_infos }
    }

    pub fn revision(&self) -> i64 {
        self.prepared.contract().revision
    }
}

/// Bounded by the number of customers.
#[derive(Debug)]
pub struct Cache {
    entries: quick_cache::sync::Cache<String, Arc<Snapshot>>,
    /// What the ledger was written by: the documents last, balances of any age.
    contracts: quick_cache::sync::Cache<String, Arc<Snapshot>>,
    max_staleness: Duration,
    started: Instant,
    /// When the last successful read of changes began, in nanoseconds after `started`; 0: never.
    fresh_nanos: AtomicU64,
}

impl Cache {
    pub fn new(customers: usize, max_staleness: Duration) -> Self {
        let entries = quick_cache::sync::Cache::new(customers.max(1));
        let contracts = quick_cache::sync::Cache::new(customers.max(1));
        Self { entries, contracts, max_staleness, started: Instant::now(), fresh_nanos: AtomicU64::new(0) }
    }

    /// The entry, if it is there and nothing newer can have been missed.
    pub fn fresh(&self, customer_id: &str) -> Option<Arc<Snapshot>> {
        self.is_fresh().then(|| self.entries.get(customer_id)).flatten()
    }

    /// The entry, if it is at least as new as `revision`: its token proves that it exists.
    pub fn at_least(&self, customer_id: &str, revision: i64) -> Option<Arc<Snapshot>> {
        self.fresh(customer_id).filter(|snapshot| snapshot.revision() >= revision)
    }

    /// Keeps a snapshot, whose read began at `begun`, unless a newer one is there.
    ///
    /// What was noted between the read and this is told again by the reads of changes, which look back; but not for
    /// ever, so that a snapshot that comes too late is not kept.
    pub fn keep(&self, snapshot: &Arc<Snapshot>, begun: Instant) {
        if begun.elapsed() > self.max_staleness {
            return;
        }
        let customer_id = &snapshot.prepared.contract().customer.customer_id;
        let is_older = self.entries.peek(customer_id).is_some_and(|kept| kept.revision() > snapshot.revision());
        if !is_older {
            self.entries.insert(customer_id.clone(), Arc::clone(snapshot));
        }
    }

    /// The documents of a contract version, whatever became of the balances since: for those who
    /// hold the customer's lock and know that it is the newest.
    pub fn of_version(&self, customer_id: &str, contract_version: i64) -> Option<Arc<Snapshot>> {
        self.contracts.get(customer_id).filter(|snapshot| snapshot.contract_version == contract_version)
    }

    pub fn keep_version(&self, snapshot: &Arc<Snapshot>) {
        self.contracts.insert(snapshot.prepared.contract().customer.customer_id.clone(), Arc::clone(snapshot));
    }

    /// A customer is known to have reached a revision: what is older goes.
    pub fn note(&self, customer_id: &str, revision: i64) {
        if self.entries.peek(customer_id).is_some_and(|kept| kept.revision() < revision) {
            self.entries.remove(customer_id);
        }
    }

    /// A read of changes that began at `begun` has succeeded.
    pub fn mark_fresh(&self, begun: Instant) {
        let nanos = u64::try_from(begun.saturating_duration_since(self.started).as_nanos()).unwrap_or(u64::MAX);
        self.fresh_nanos.fetch_max(nanos.max(1), Ordering::Release);
    }

    fn is_fresh(&self) -> bool {
        let fresh = self.fresh_nanos.load(Ordering::Acquire);
        fresh != 0 && self.started.elapsed().saturating_sub(Duration::from_nanos(fresh)) < self.max_staleness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contract, Customer};

    fn snapshot(revision: i64, contract_version: i64) -> Arc<Snapshot> {
        let customer = Customer {
            customer_id: "contoso".into(),
            display_name: "Contoso".into(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        let stored = StoredContract {
            contract: Contract { customer, work_orders: Vec::new(), revision },
            contract_version,
            customer_info: VersionInfo { version: 1, record_time: chrono::DateTime::UNIX_EPOCH, actor: "ada".into() },
            order_infos: BTreeMap::new(),
            balances: Default::default(),
        };
        Arc::new(Snapshot::new(&Arc::new(Catalog::embedded().unwrap()), stored))
    }

    fn kept(cache: &Cache) -> Option<i64> {
        cache.fresh("contoso").map(|snapshot| snapshot.revision())
    }

    #[test]
    fn the_newest_that_is_known_to_be_so_is_served() {
        let cache = Cache::new(10, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep(&snapshot(5, 1), Instant::now());
        cache.keep(&snapshot(4, 1), Instant::now());
        assert_eq!(kept(&cache), Some(5), "an older read that came later");
        assert!(cache.at_least("contoso", 6).is_none());
        cache.note("contoso", 5);
        assert_eq!(kept(&cache), Some(5));
        cache.note("contoso", 6);
        assert_eq!(kept(&cache), None);
    }

    #[test]
    fn a_read_that_took_too_long_is_not_kept() {
        let cache = Cache::new(10, Duration::from_millis(10));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        cache.keep(&snapshot(5, 1), long_ago);
        assert!(cache.entries.peek("contoso").is_none());
    }

    #[test]
    fn documents_are_known_by_their_version_whatever_became_of_the_balances() {
        let cache = Cache::new(10, Duration::from_secs(3600));
        cache.keep_version(&snapshot(5, 3));
        cache.note("contoso", 6);
        assert!(cache.of_version("contoso", 3).is_some());
        assert!(cache.of_version("contoso", 6).is_none());
    }

    #[test]
    fn nothing_is_fresh_before_the_first_read_or_after_the_allowed_time() {
        let cache = Cache::new(10, Duration::from_secs(3600));
        assert!(!cache.is_fresh());
        cache.mark_fresh(Instant::now());
        assert!(cache.is_fresh());
        let strict = Cache::new(10, Duration::ZERO);
        strict.mark_fresh(Instant::now());
        assert!(!strict.is_fresh());
    }
}
