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
use crate::model::{BlockSpec, Contract, VersionInfo};
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
    /// What it takes of the memory, roughly, in bytes.
    weight: u64,
}

/// What a document takes in memory for each byte it takes as it is kept, and an item for each location.
const PER_BYTE: u64 = 4;
const PER_REACH: u64 = 32;
/// What every customer takes.
const LEAST_WEIGHT: u64 = 1_024;

impl Snapshot {
    pub fn new(catalog: &Arc<Catalog>, stored: StoredContract) -> Self {
        let StoredContract { contract, contract_version, customer_info, order_infos, balances, bytes } = stored;
        let weight = weight(&contract, bytes);
        let prepared = Prepared::with_balances(Arc::clone(catalog), contract, &balances);
        let blocks = blocks_of(&prepared);
        Self { prepared, blocks, contract_version, customer_info, order_infos, weight }
    }

    pub fn revision(&self) -> i64 {
        self.prepared.contract().revision
    }
}

fn weight(contract: &Contract, bytes: usize) -> u64 {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let items = contract.work_orders.iter().map(|order| count(order.items.len())).fold(0, u64::saturating_add);
    let reach = items.saturating_mul(count(contract.customer.locations.len())).saturating_mul(PER_REACH);
    count(bytes).saturating_mul(PER_BYTE).saturating_add(reach).saturating_add(LEAST_WEIGHT)
}

/// How many ids without a customer are remembered.
const ABSENT: usize = 10_000;
/// How many customers are expected; more find room as long as there is memory.
const CUSTOMERS: usize = 10_000;

/// Snapshots weigh what they take.
#[derive(Debug, Clone)]
struct ByWeight;

impl quick_cache::Weighter<String, Arc<Snapshot>> for ByWeight {
    fn weight(&self, _: &String, snapshot: &Arc<Snapshot>) -> u64 {
        snapshot.weight
    }
}

type Snapshots = quick_cache::sync::Cache<String, Arc<Snapshot>, ByWeight>;

/// Bounded by the bytes that its entries take, roughly.
#[derive(Debug)]
pub struct Cache {
    entries: Snapshots,
    /// What the ledger was written by: the documents last, balances of any age.
    contracts: Snapshots,
    /// Ids that are no customer's, as of the last read of each.
    absent: quick_cache::sync::Cache<String, ()>,
    max_staleness: Duration,
    started: Instant,
    /// When the last successful read of changes began, in nanoseconds after `started`; 0: never.
    fresh_nanos: AtomicU64,
}

impl Cache {
    /// `bytes`: what it may take in all.
    pub fn new(bytes: u64, max_staleness: Duration) -> Self {
        let half = bytes.div_euclid(2).max(1);
        Self {
            entries: Snapshots::with_weighter(CUSTOMERS, half, ByWeight),
            contracts: Snapshots::with_weighter(CUSTOMERS, half, ByWeight),
            absent: quick_cache::sync::Cache::new(ABSENT),
            max_staleness,
            started: Instant::now(),
            fresh_nanos: AtomicU64::new(0),
        }
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

    /// Whether there was no such customer, and nothing newer can have been missed.
    pub fn is_absent(&self, customer_id: &str) -> bool {
        self.is_fresh() && self.absent.get(customer_id).is_some()
    }

    /// Remembers that a read, begun at `begun`, found no such customer.
    pub fn keep_absent(&self, customer_id: &str, begun: Instant) {
        if begun.elapsed() <= self.max_staleness {
            self.absent.insert(customer_id.to_owned(), ());
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
        self.absent.remove(customer_id);
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
    use crate::model::Customer;

    const BYTES: u64 = 1 << 20;

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
            bytes: 100,
        };
        Arc::new(Snapshot::new(&Arc::new(Catalog::embedded().unwrap()), stored))
    }

    fn kept(cache: &Cache) -> Option<i64> {
        cache.fresh("contoso").map(|snapshot| snapshot.revision())
    }

    #[test]
    fn the_newest_that_is_known_to_be_so_is_served() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
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
    fn who_was_no_customer_is_looked_up_again_once_it_may_be_one() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep_absent("contoso", Instant::now());
        assert!(cache.is_absent("contoso") && !cache.is_absent("fabrikam"));
        cache.note("contoso", 1);
        assert!(!cache.is_absent("contoso"));
    }

    #[test]
    fn a_customer_too_large_for_the_memory_is_not_kept() {
        let cache = Cache::new(100, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep(&snapshot(5, 1), Instant::now());
        assert_eq!(kept(&cache), None);
    }

    #[test]
    fn a_read_that_took_too_long_is_not_kept() {
        let cache = Cache::new(BYTES, Duration::from_millis(10));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        cache.keep(&snapshot(5, 1), long_ago);
        assert!(cache.entries.peek("contoso").is_none());
    }

    #[test]
    fn documents_are_known_by_their_version_whatever_became_of_the_balances() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.keep_version(&snapshot(5, 3));
        cache.note("contoso", 6);
        assert!(cache.of_version("contoso", 3).is_some());
        assert!(cache.of_version("contoso", 6).is_none());
    }

    #[test]
    fn nothing_is_fresh_before_the_first_read_or_after_the_allowed_time() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        assert!(!cache.is_fresh());
        cache.mark_fresh(Instant::now());
        assert!(cache.is_fresh());
        let strict = Cache::new(BYTES, Duration::ZERO);
        strict.mark_fresh(Instant::now());
        assert!(!strict.is_fresh());
    }
}
