//! Known mistakes, made on purpose: the fault campaign has to find each (`make campaign-mutants`).
//!
//! Only with the feature `mutants`, which no release build takes; without it every question here is answered by a
//! constant. `CAMPAIGN_MUTANT` chooses one of them at run time.

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!("the feature `mutants` makes mistakes on purpose: it must not be in a release build");

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A write is answered before its transaction is committed.
    AcknowledgeBeforeCommit,
    /// A connection of SQLite that lost its transaction is used again as it is.
    NestedSavepoint,
    /// A worker of the ledger ends without a word.
    WorkerDies,
    /// Nothing is kept of a request id, so that a repetition is a new write.
    UniqueKeyDropped,
    /// Holds end by the clock of whoever looks, and not by the database's.
    LocalClockExpiry,
}

/// Whether this mistake is to be made.
#[cfg(not(feature = "mutants"))]
#[inline]
pub const fn is_on(_: Mutant) -> bool {
    false
}

/// Whether this mistake is to be made.
#[cfg(feature = "mutants")]
pub fn is_on(mutant: Mutant) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "no setting of the program: only a build for tests has it")]
    let chosen = CHOSEN.get_or_init(|| std::env::var("CAMPAIGN_MUTANT").ok());
    let name = match mutant {
        Mutant::AcknowledgeBeforeCommit => "acknowledge-before-commit",
        Mutant::NestedSavepoint => "nested-savepoint",
        Mutant::WorkerDies => "worker-dies",
        Mutant::UniqueKeyDropped => "unique-key-dropped",
        Mutant::LocalClockExpiry => "local-clock-expiry",
    };
    chosen.as_deref() == Some(name)
}

/// Whether the mistake is to be made now: every so manieth time.
pub fn strikes(mutant: Mutant, every: u32) -> bool {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    is_on(mutant) && COUNT.fetch_add(1, Ordering::Relaxed).is_multiple_of(every)
}

/// The time by which holds end: that of two replicas whose clocks are an hour apart, if it is not the database's.
pub fn clock(now: DateTime<Utc>) -> DateTime<Utc> {
    if strikes(Mutant::LocalClockExpiry, 2) { now.checked_add_signed(TimeDelta::hours(1)).unwrap_or(now) } else { now }
}
