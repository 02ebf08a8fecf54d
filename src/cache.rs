//! The contracts of customers that were read lately, prepared for deciding.
//!
//! A snapshot is served only while the cache is *fresh*: while the last successful read of what
//! changed in the store began less than the allowed staleness ago (see [`crate::service::feed`]).
//! A write ends the snapshot of its customer, but the documents stay. While they are those of the newest contract
//! version, only the balances are read again.

mod snapshot;

pub use self::snapshot::{Documents, Snapshot};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};

use crate::model::{ZoneTable, current_zones};

/// How many ids without a customer are remembered.
const ABSENT: usize = 10_000;
/// How many customers are expected; more find room as long as there is memory.
const CUSTOMERS: usize = 10_000;

/// What the cache has of a customer.
#[derive(Debug, Clone)]
enum CacheEntry {
    /// No newer revision is known of.
    Current(Arc<Snapshot>),
    /// There may be a newer revision: with other balances, or with other documents too.
    Outdated(Arc<Documents>),
}

impl CacheEntry {
    fn documents(&self) -> &Arc<Documents> {
        match self {
            Self::Current(snapshot) => &snapshot.documents,
            Self::Outdated(documents) => documents,
        }
    }

    /// The customer has reached this one at least.
    fn revision(&self) -> i64 {
        match self {
            Self::Current(snapshot) => snapshot.revision,
            Self::Outdated(documents) => documents.contract_version,
        }
    }
}

/// Entries weigh what they take.
#[derive(Debug, Clone)]
struct ByWeight;

impl quick_cache::Weighter<String, CacheEntry> for ByWeight {
    fn weight(&self, _: &String, entry: &CacheEntry) -> u64 {
        entry.documents().weight
    }
}

/// Bounded by the bytes that its entries take, roughly.
#[derive(Debug)]
pub struct Cache {
    entries: quick_cache::sync::Cache<String, CacheEntry, ByWeight>,
    /// Ids that are no customer's, as of the last read of each.
    absent: quick_cache::sync::Cache<String, ()>,
    /// The zone data that every entry is worked out with.
    zones: ArcSwap<ZoneTable>,
    max_staleness: Duration,
    started: Instant,
    /// When the last successful read of changes began, in nanoseconds after `started`; 0: never.
    fresh_nanos: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    /// `bytes`: what it may take in all.
    pub fn new(bytes: u64, max_staleness: Duration) -> Self {
        Self {
            entries: quick_cache::sync::Cache::with_weighter(CUSTOMERS, bytes.max(1), ByWeight),
            absent: quick_cache::sync::Cache::new(ABSENT),
            zones: ArcSwap::new(current_zones()),
            max_staleness,
            started: Instant::now(),
            fresh_nanos: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// How often it had what was looked for, and how often not.
    pub fn lookups(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    pub(crate) fn count_lookup(&self, is_hit: bool) {
        let count = if is_hit { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many customers are kept.
    pub fn customers(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    /// What they take, in bytes.
    pub fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    /// How long ago the last successful read of what changed began; none before the first.
    pub fn lag(&self) -> Option<Duration> {
        let fresh = self.fresh_nanos.load(Ordering::Acquire);
        (fresh != 0).then(|| self.started.elapsed().saturating_sub(Duration::from_nanos(fresh)))
    }

    /// The snapshot, if it is there, stands at `now`, and nothing newer can have been missed.
    pub fn fresh(&self, customer_id: &str, now: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        match self.is_fresh().then(|| self.entries.get(customer_id)).flatten() {
            Some(CacheEntry::Current(snapshot)) if snapshot.documents.stand_at(now) => Some(snapshot),
            Some(CacheEntry::Current(_) | CacheEntry::Outdated(_)) | None => None,
        }
    }

    /// The snapshot, if it is at least as new as `revision`: its token proves that it exists.
    pub fn at_least(&self, customer_id: &str, revision: i64, now: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        self.fresh(customer_id, now).filter(|snapshot| snapshot.revision >= revision)
    }

    /// Keeps a snapshot, whose read began at `begun`, unless a newer one is there.
    ///
    /// The reads of changes look back, so they find again what changed between the read and this call. They do not look
    /// back for ever, so a snapshot that comes too late is not kept.
    pub fn keep(&self, snapshot: &Arc<Snapshot>, begun: Instant) {
        if begun.elapsed() > self.max_staleness {
            return;
        }
        let customer_id = snapshot.documents.customer_id();
        let is_older = self.entries.peek(customer_id).is_some_and(|current| current.revision() > snapshot.revision);
        if !is_older {
            self.entries.insert(customer_id.to_owned(), CacheEntry::Current(Arc::clone(snapshot)));
            self.drop_outdated_zones(&snapshot.documents);
        }
    }

    /// Forgets every customer: the zone data that they were worked out with has changed.
    pub fn renew_zones(&self, zones: Arc<ZoneTable>) {
        self.zones.store(zones);
        self.entries.clear();
    }

    /// Documents may have been worked out before the zone data was renewed, and come after all was forgotten.
    fn drop_outdated_zones(&self, documents: &Documents) {
        if !Arc::ptr_eq(documents.prepared.zones(), &self.zones.load()) {
            self.entries.remove(documents.customer_id());
        }
    }

    /// A customer's documents. They may be outdated: their contract version is to be compared with the newest one, their
    /// period with the time.
    pub fn documents(&self, customer_id: &str) -> Option<Arc<Documents>> {
        self.entries.get(customer_id).map(|current| Arc::clone(current.documents()))
    }

    /// Keeps the newest documents, of which it is not known here what is left.
    pub fn keep_documents(&self, documents: &Arc<Documents>) {
        let customer_id = documents.customer_id();
        let is_kept = |current: CacheEntry| {
            let current = current.documents();
            (current.contract_version, current.period) == (documents.contract_version, documents.period)
        };
        if !self.entries.peek(customer_id).is_some_and(is_kept) {
            self.entries.insert(customer_id.to_owned(), CacheEntry::Outdated(Arc::clone(documents)));
            self.drop_outdated_zones(documents);
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

    /// A customer is known to have reached a revision: an older snapshot goes, its documents stay.
    pub fn note(&self, customer_id: &str, revision: i64) {
        self.absent.remove(customer_id);
        if let Some(CacheEntry::Current(snapshot)) = self.entries.peek(customer_id)
            && snapshot.revision < revision
        {
            self.entries.insert(customer_id.to_owned(), CacheEntry::Outdated(Arc::clone(&snapshot.documents)));
        }
    }

    /// A read of changes that began at `begun` has succeeded.
    pub fn mark_fresh(&self, begun: Instant) {
        let nanos = u64::try_from(begun.saturating_duration_since(self.started).as_nanos()).unwrap_or(u64::MAX);
        self.fresh_nanos.fetch_max(nanos.max(1), Ordering::Release);
    }

    fn is_fresh(&self) -> bool {
        self.lag().is_some_and(|lag| lag < self.max_staleness)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalog::Catalog;
    use crate::model::{Contract, Customer, EffectivePeriod, VersionInfo, ZoneOrigin};
    use crate::store::StoredContract;

    const BYTES: u64 = 1 << 20;
    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn snapshot(revision: i64, contract_version: i64) -> Arc<Snapshot> {
        planned(revision, contract_version, None)
    }

    fn planned(revision: i64, contract_version: i64, planned_from: Option<DateTime<Utc>>) -> Arc<Snapshot> {
        let customer = Customer {
            customer_id: "contoso".into(),
            display_name: "Contoso".into(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        let stored = StoredContract {
            contract: Contract { customer, work_orders: Vec::new() },
            revision,
            contract_version,
            customer_info: VersionInfo { version: 1, record_time: NOW, effective_time: None, actor: "ada".into() },
            order_infos: BTreeMap::new(),
            balances: Default::default(),
            period: EffectivePeriod::default(),
            planned_from,
            bytes: 100,
            planned: Vec::new(),
        };
        Arc::new(Snapshot::new(&Arc::new(Catalog::embedded().unwrap()), stored))
    }

    fn current(cache: &Cache) -> Option<i64> {
        cache.fresh("contoso", NOW).map(|snapshot| snapshot.revision)
    }

    #[test]
    fn the_newest_that_is_known_to_be_so_is_served() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep(&snapshot(5, 1), Instant::now());
        cache.keep(&snapshot(4, 1), Instant::now());
        assert_eq!(current(&cache), Some(5), "an older read that came later");
        assert!(cache.at_least("contoso", 6, NOW).is_none());
        cache.note("contoso", 5);
        assert_eq!(current(&cache), Some(5));
        cache.note("contoso", 6);
        assert_eq!(current(&cache), None);
    }

    #[test]
    fn what_a_faster_clock_has_read_waits_until_it_takes_effect() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        let from = NOW + Duration::from_secs(60);
        cache.keep(&planned(5, 1, Some(from)), Instant::now());
        assert_eq!(current(&cache), None);
        assert!(cache.fresh("contoso", from).is_some());
    }

    #[test]
    fn what_was_worked_out_with_older_zone_data_is_forgotten() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        let older = snapshot(5, 1);
        cache.keep(&older, Instant::now());
        let version = current_zones().version().to_owned();
        cache.renew_zones(Arc::new(current_zones().renewed(&version, ZoneOrigin::Embedded, BTreeMap::new())));
        assert_eq!(current(&cache), None);
        cache.keep(&older, Instant::now());
        cache.keep_documents(&older.documents);
        assert!(cache.documents("contoso").is_none(), "what came later than that");
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
        assert_eq!(current(&cache), None);
    }

    #[test]
    fn a_read_that_took_too_long_is_not_kept() {
        let cache = Cache::new(BYTES, Duration::from_millis(10));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        cache.keep(&snapshot(5, 1), long_ago);
        assert!(cache.entries.peek("contoso").is_none());
    }

    fn documents(cache: &Cache) -> Option<i64> {
        cache.documents("contoso").map(|documents| documents.contract_version)
    }

    #[test]
    fn documents_stay_whatever_becomes_of_the_balances() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep(&snapshot(5, 3), Instant::now());
        cache.note("contoso", 6);
        assert_eq!((current(&cache), documents(&cache)), (None, Some(3)));
        cache.keep(&snapshot(6, 3), Instant::now());
        assert_eq!((current(&cache), documents(&cache)), (Some(6), Some(3)));
    }

    #[test]
    fn newer_documents_end_what_was_known_by_older_ones() {
        let cache = Cache::new(BYTES, Duration::from_secs(3600));
        cache.mark_fresh(Instant::now());
        cache.keep(&snapshot(6, 3), Instant::now());
        cache.keep_documents(&snapshot(6, 3).documents);
        assert_eq!((current(&cache), documents(&cache)), (Some(6), Some(3)), "the same ones");
        cache.keep_documents(&snapshot(7, 7).documents);
        assert_eq!((current(&cache), documents(&cache)), (None, Some(7)));
        cache.keep(&snapshot(6, 3), Instant::now());
        assert_eq!((current(&cache), documents(&cache)), (None, Some(7)), "an older read that came later");
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
