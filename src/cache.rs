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
mod tests;
