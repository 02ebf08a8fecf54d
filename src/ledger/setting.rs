use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{DEFAULT_GRACE, Ground};

/// Under what a command is applied: who asks, when, and what was judged beforehand.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    pub now: DateTime<Utc>,
    /// None where time alone acts.
    pub request_id: Option<&'a str>,
    pub actor: &'a str,
    /// How long after a block's end work delivered before it can be recorded.
    pub grace: TimeDelta,
    /// The blocks a consume, a reserve, or a commit beyond what is held may be taken from, as
    /// judged for this command. For a commit also the blocks that fund the hold, for what is
    /// judged of the delivery itself. Empty for all other commands.
    pub sources: &'a [Source],
}

impl<'a> Setting<'a> {
    pub fn new(now: DateTime<Utc>, request_id: Option<&'a str>, actor: &'a str) -> Self {
        Self { now, request_id, actor, grace: DEFAULT_GRACE, sources: &[] }
    }
}

/// A block that may be drawn from, and every clause that forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub block_id: Uuid,
    /// Failed clauses, in catalogue order; none: it may be used.
    pub failed: Vec<Ground>,
}

impl Source {
    /// A block nothing speaks against.
    pub fn open(block_id: Uuid) -> Self {
        Self { block_id, failed: Vec::new() }
    }
}
