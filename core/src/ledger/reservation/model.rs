use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ledger::command::{Performed, Target};
use crate::model::Unit;

/// A hold on one or more blocks. It ends exactly once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    pub id: Uuid,
    pub unit: Unit,
    /// What it was asked for; a commit of more is judged by it again.
    pub target: Target,
    /// The blocks that fund it, in burn order. It stays what it was when the hold ends.
    pub parts: Vec<Part>,
    pub state: ReservationState,
    /// When the work is to be done, if that was said.
    pub performed: Option<Performed>,
    pub create_time: DateTime<Utc>,
    /// Exclusive: at this instant the hold is over.
    pub expire_time: DateTime<Utc>,
    /// When it was committed, released or expired.
    pub end_time: Option<DateTime<Utc>>,
    /// What was used of it when it was committed, with what was taken beyond it.
    pub committed: i64,
}

/// What one block puts into a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub block_id: Uuid,
    pub amount: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationState {
    Open,
    Committed,
    Released,
    Expired,
}

impl ReservationState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Committed, Self::Released, Self::Expired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Committed => "COMMITTED",
            Self::Released => "RELEASED",
            Self::Expired => "EXPIRED",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl Reservation {
    /// What is or was held in all.
    pub fn amount(&self) -> i64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.amount))
    }

    /// Whether its time has run out, whether or not anybody has written that down.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.state == ReservationState::Open && self.expire_time <= now
    }
}
