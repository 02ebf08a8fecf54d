//! The outcome of a write in its batch.

use chrono::{DateTime, Utc};

use super::write::WriteOutcome;
use crate::error::Result;
use crate::ledger::Applied;

/// What became of a write in its unit of work, before its revision is known.
#[derive(Debug)]
pub(super) enum Execution {
    Applied(Applied),
    /// A repetition of a write of this batch.
    RepeatedInBatch(Applied),
    /// A repetition of a write of an earlier batch.
    Replayed(WriteOutcome),
    /// Left to another batch.
    Deferred(Deferral),
}

/// Why a write is left out of its batch, and where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    /// In a batch of its customer alone: another transaction has locked the customer, it has more holds to end than one
    /// transaction ends, or its writes need more contracts than one transaction reads.
    Separately,
    /// In a later batch: this one had no time left to read its contract.
    NextBatch,
}

/// What became of a write in its batch.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all writes of a batch are finished")]
pub(super) enum JobOutcome {
    Finished(Result<WriteOutcome>),
    Deferred(Deferral),
}

impl Execution {
    pub(super) fn outcome(self, revision: Option<i64>, record_time: DateTime<Utc>) -> JobOutcome {
        let revision = revision.unwrap_or_default();
        match self {
            Self::Applied(applied) => {
                JobOutcome::Finished(Ok(WriteOutcome { revision, record_time, applied, replayed: false }))
            }
            Self::RepeatedInBatch(applied) => {
                JobOutcome::Finished(Ok(WriteOutcome { revision, record_time, applied, replayed: true }))
            }
            Self::Replayed(outcome) => JobOutcome::Finished(Ok(outcome)),
            Self::Deferred(deferral) => JobOutcome::Deferred(deferral),
        }
    }
}
