use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Life, Unit};

/// What one counted item bought, as the contract has it now: the block's birth and its terms.
/// What was used of it is the ledger's to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSpec {
    /// See [`super::block_id`].
    pub id: Uuid,
    pub work_order_id: String,
    pub item_id: String,
    pub service_id: String,
    /// The base unit of its kind: hours are kept in minutes.
    pub unit: Unit,
    /// Whether a request may count it in days of 8 hours.
    pub days: bool,
    /// What the contract grants, before any adjustment.
    pub granted: i64,
    /// Burn order: lower burns first, absent last.
    pub priority: Option<i32>,
    pub start: DateTime<Utc>,
    /// Exclusive: the effective end of its cover, or the end of the contract year for what the
    /// flex allowance paid.
    pub end: DateTime<Utc>,
}

impl BlockSpec {
    pub fn life(&self) -> Life {
        Life { start: self.start, end: self.end }
    }
}

/// Blocks are used up in the order of this: priority (absent last), earliest expiry, earliest
/// start, id.
pub fn burn_key(
    priority: Option<i32>,
    end: DateTime<Utc>,
    start: DateTime<Utc>,
    id: Uuid,
) -> (bool, Option<i32>, DateTime<Utc>, DateTime<Utc>, Uuid) {
    (priority.is_none(), priority, end, start, id)
}
