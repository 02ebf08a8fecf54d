use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChainHash, Performed, Totals};
use crate::model::Unit;

/// One thing that happened to one block. Never changed, never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: Uuid,
    pub customer_id: String,
    pub block_id: Uuid,
    pub work_order_id: String,
    pub item_id: String,
    pub service_id: String,
    pub unit: Unit,
    /// 1 for the block's first entry, then without a gap.
    pub sequence: i64,
    pub kind: EntryKind,
    /// In base units; 0 for an extension, and below 0 only where a grant is made smaller.
    pub amount: i64,
    /// When the work was done, or is to be done; absent: when it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Performed>,
    /// Where and for what, if the caller said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The reservation it made, changed or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<Uuid>,
    /// Until when the reservation holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<DateTime<Utc>>,
    /// The entry it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed_entry_id: Option<Uuid>,
    /// The caller's words: the reason of an adjustment, a reference to the case.
    pub note: String,
    /// The write it came with; none where time alone did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    pub actor: String,
    pub record_time: DateTime<Utc>,
    /// The hash of the block's entry before.
    pub previous_hash: ChainHash,
    /// Over all of the above.
    pub hash: ChainHash,
    /// The sums of the block with it. Not hashed: they follow from this entry and those before it.
    pub totals: Totals,
}

/// What an entry does to its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// The contract grants so much more, or less.
    Grant,
    /// An administrator corrects what is granted, by so much more or less.
    Adjust,
    /// Used.
    Consume,
    /// Held.
    Reserve,
    /// The hold's expiry was put off; nothing moves.
    Extend,
    /// Used of what was held.
    Commit,
    /// Given back of what was held.
    Release,
    /// Given back because the hold ran out.
    Expire,
    /// An earlier use undone.
    Reverse,
}

impl EntryKind {
    pub const ALL: [Self; 9] = [
        Self::Grant,
        Self::Adjust,
        Self::Consume,
        Self::Reserve,
        Self::Extend,
        Self::Commit,
        Self::Release,
        Self::Expire,
        Self::Reverse,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "GRANT",
            Self::Adjust => "ADJUST",
            Self::Consume => "CONSUME",
            Self::Reserve => "RESERVE",
            Self::Extend => "EXTEND",
            Self::Commit => "COMMIT",
            Self::Release => "RELEASE",
            Self::Expire => "EXPIRE",
            Self::Reverse => "REVERSE",
        }
    }

    /// Whether it uses something up, and so can be reversed.
    pub fn is_use(self) -> bool {
        matches!(self, Self::Consume | Self::Commit)
    }

    /// Whether it moves what is held, and so must name the reservation.
    pub fn is_of_hold(self) -> bool {
        matches!(self, Self::Reserve | Self::Extend | Self::Commit | Self::Release | Self::Expire)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Entry {
    /// The first instant of the work; where none was named, when it was recorded.
    pub fn performed_start(&self) -> DateTime<Utc> {
        self.performed.map_or(self.record_time, |performed| performed.start)
    }

    /// The sums of its block before it. Saturating: `totals` were computed from them.
    pub fn totals_before(&self) -> Totals {
        let Totals { granted, used, reserved } = self.totals;
        let amount = self.amount;
        match self.kind {
            EntryKind::Grant | EntryKind::Adjust => Totals { granted: granted.saturating_sub(amount), used, reserved },
            EntryKind::Consume => Totals { granted, used: used.saturating_sub(amount), reserved },
            EntryKind::Reserve => Totals { granted, used, reserved: reserved.saturating_sub(amount) },
            EntryKind::Extend => self.totals,
            EntryKind::Commit => {
                Totals { granted, used: used.saturating_sub(amount), reserved: reserved.saturating_add(amount) }
            }
            EntryKind::Release | EntryKind::Expire => {
                Totals { granted, used, reserved: reserved.saturating_add(amount) }
            }
            EntryKind::Reverse => Totals { granted, used: used.saturating_add(amount), reserved },
        }
    }
}

impl Totals {
    /// The sums with one more entry; none if a sum would be beyond counting or below 0.
    pub fn with(self, kind: EntryKind, amount: i64) -> Option<Self> {
        let mut sums = self;
        match kind {
            EntryKind::Grant | EntryKind::Adjust => sums.granted = sums.granted.checked_add(amount)?,
            EntryKind::Consume => sums.used = sums.used.checked_add(amount)?,
            EntryKind::Reserve => sums.reserved = sums.reserved.checked_add(amount)?,
            EntryKind::Extend => {}
            EntryKind::Commit => {
                sums.used = sums.used.checked_add(amount)?;
                sums.reserved = sums.reserved.checked_sub(amount)?;
            }
            EntryKind::Release | EntryKind::Expire => sums.reserved = sums.reserved.checked_sub(amount)?,
            EntryKind::Reverse => sums.used = sums.used.checked_sub(amount)?,
        }
        let may_be_negative = matches!(kind, EntryKind::Grant | EntryKind::Adjust);
        let is_whole = sums.granted >= 0 && sums.used >= 0 && sums.reserved >= 0;
        (is_whole && (may_be_negative || amount >= 0)).then_some(sums)
    }
}
