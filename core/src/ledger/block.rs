use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ChainHash;
use crate::model::{BlockSpec, Life, Since, Unit, burn_key};

/// What one counted item bought and what is left of it, in base units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub id: Uuid,
    pub work_order_id: String,
    pub item_id: String,
    pub service_id: String,
    pub unit: Unit,
    /// Whether a request may count it in days of 8 hours.
    pub days: bool,
    /// The part of `granted` that came from the contract; the rest are adjustments.
    pub contracted: i64,
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    /// Burn order: lower burns first, absent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    pub start: DateTime<Utc>,
    /// Exclusive; what is left then is lost.
    pub end: DateTime<Utc>,
    /// When the change that brought this end was recorded; none: it had this end from the beginning.
    #[serde(skip)]
    pub end_recorded: Option<DateTime<Utc>>,
    /// Number of its last entry; 0 before the first.
    pub sequence: i64,
    /// Hash of its last entry.
    pub head: ChainHash,
    /// The part of `contracted` that no entry tells of yet; 0 of a block that is to be written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

impl Block {
    /// A block nothing was written of yet.
    pub fn new(spec: &BlockSpec) -> Self {
        Self {
            id: spec.id,
            work_order_id: spec.work_order_id.clone(),
            item_id: spec.item_id.clone(),
            service_id: spec.service_id.clone(),
            unit: spec.unit,
            days: spec.days,
            contracted: 0,
            granted: 0,
            used: 0,
            reserved: 0,
            priority: spec.priority,
            start: spec.start,
            end: spec.end,
            end_recorded: None,
            sequence: 0,
            head: ChainHash::FIRST,
            unrecorded: 0,
        }
    }

    /// As the contract had it when it was last written down.
    pub fn spec(&self) -> BlockSpec {
        BlockSpec {
            id: self.id,
            work_order_id: self.work_order_id.clone(),
            item_id: self.item_id.clone(),
            service_id: self.service_id.clone(),
            unit: self.unit,
            days: self.days,
            granted: self.contracted,
            priority: self.priority,
            start: self.start,
            end: self.end,
        }
    }

    /// Takes over what the contract says of its term; amounts need an entry.
    pub fn renew(&mut self, spec: &BlockSpec) {
        self.days = spec.days;
        self.priority = spec.priority;
        self.start = spec.start;
        self.end = spec.end;
    }

    /// As a contract has it that stands since then: when it was there before that stays true.
    pub fn continued(&self, spec: &BlockSpec, since: Since) -> BlockSpec {
        let Life { start, end } = self.life(spec, since);
        BlockSpec { start, end, ..spec.clone() }
    }

    /// The same of contracts that stood one after the other: when each has it there. The last of them has it as `spec` says.
    pub fn continued_by(&self, spec: &BlockSpec, given: &[(Life, Since)]) -> BlockSpec {
        let life = if self.sequence > 0 { self.written().continued_by(given) } else { spec.life() };
        BlockSpec { start: life.start, end: life.end, ..spec.clone() }
    }

    fn life(&self, spec: &BlockSpec, since: Since) -> Life {
        if self.sequence > 0 { self.written().continued(spec.life(), since) } else { spec.life() }
    }

    fn written(&self) -> Life {
        Life { start: self.start, end: self.end }
    }

    /// Whether it stands as a contract has it that stands since then.
    pub(super) fn is_of(&self, spec: &BlockSpec, since: Since) -> bool {
        let is_same = (self.days, self.priority) == (spec.days, spec.priority) && self.contracted == spec.granted;
        self.sequence > 0 && is_same && self.life(spec, since) == self.written()
    }

    /// What is neither used nor held. A contract can be corrected to less than was spent:
    /// nothing is left then, not less.
    pub fn left(&self) -> i64 {
        self.granted.saturating_sub(self.used).saturating_sub(self.reserved).max(0)
    }

    /// What can be used or held at an instant: nothing once the block has ended.
    pub fn available_at(&self, instant: DateTime<Utc>) -> i64 {
        if instant < self.end { self.left() } else { 0 }
    }

    /// Until when work that was done before its end can be recorded. Nobody can know of an end before it is recorded, so
    /// that one that comes late has the whole grace still to come.
    pub(super) fn record_until(&self, grace: TimeDelta) -> DateTime<Utc> {
        let known = self.end_recorded.map_or(self.end, |recorded| recorded.max(self.end));
        known.checked_add_signed(grace).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// What was left over when it ended.
    pub fn forfeited_at(&self, instant: DateTime<Utc>) -> i64 {
        if instant < self.end { 0 } else { self.left() }
    }

    pub fn totals(&self) -> Totals {
        Totals { granted: self.granted, used: self.used, reserved: self.reserved }
    }

    pub(super) fn burn_key(&self) -> impl Ord + use<> {
        burn_key(self.priority, self.end, self.start, self.id)
    }
}

/// The sums of a block's entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
}
