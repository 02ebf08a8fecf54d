//! The outcome of a write in its batch.

use chrono::{DateTime, Utc};

use super::request::Done;
use crate::error::Result;
use crate::ledger::Applied;

/// What became of a write, before its revision is known.
#[derive(Debug)]
pub(super) enum Settled {
    Applied(Applied),
    /// Earlier in this batch.
    Repeated(Applied),
    /// In another batch.
    Replayed(Done),
    /// Not now: it is left for another batch.
    Left(Left),
}

/// Why a write is left out of its batch, and what has to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// To be tried by itself: its customer was locked by another transaction, or had more holds to end first than one
    /// transaction does.
    Alone,
    /// To be tried with the next batch: this one had no time left to read its contract.
    Again,
}

/// What became of a write in its batch.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all writes of a batch are done")]
pub(super) enum Outcome {
    Done(Result<Done>),
    Left(Left),
}

impl Settled {
    pub fn outcome(self, revision: Option<i64>, record_time: DateTime<Utc>) -> Outcome {
        let revision = revision.unwrap_or_default();
        match self {
            Self::Applied(applied) => Outcome::Done(Ok(Done { revision, record_time, applied, replayed: false })),
            Self::Repeated(applied) => Outcome::Done(Ok(Done { revision, record_time, applied, replayed: true })),
            Self::Replayed(done) => Outcome::Done(Ok(done)),
            Self::Left(left) => Outcome::Left(left),
        }
    }
}
