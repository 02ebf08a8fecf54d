//! The ledger in units: each is a slot of its own that is free, used by an entry, or held by a reservation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::BlockSpec;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Free,
    Used(Uuid),
    Held(Uuid),
}

pub(super) struct LedgerModel {
    /// In burn order.
    pub(super) specs: Vec<BlockSpec>,
    pub(super) slots: BTreeMap<Uuid, Vec<Slot>>,
    /// What the contract no longer grants, but was spent already: whatever is given back goes here.
    pub(super) debt: BTreeMap<Uuid, i64>,
    pub(super) contracted: BTreeMap<Uuid, i64>,
    pub(super) holds: Vec<(Uuid, DateTime<Utc>)>,
    /// How each hold ended.
    pub(super) ended: BTreeMap<Uuid, &'static str>,
    pub(super) uses: Vec<Uuid>,
}

impl LedgerModel {
    pub(super) fn new(specs: &[BlockSpec]) -> Self {
        let slots = |spec: &BlockSpec| (spec.id, vec![Slot::Free; usize::try_from(spec.granted).unwrap()]);
        Self {
            specs: specs.to_vec(),
            slots: specs.iter().map(slots).collect(),
            debt: specs.iter().map(|spec| (spec.id, 0)).collect(),
            contracted: specs.iter().map(|spec| (spec.id, spec.granted)).collect(),
            holds: Vec::new(),
            ended: BTreeMap::new(),
            uses: Vec::new(),
        }
    }

    pub(super) fn count(&self, block: Uuid, which: impl Fn(Slot) -> bool) -> i64 {
        i64::try_from(self.slots[&block].iter().filter(|slot| which(**slot)).count()).unwrap()
    }

    pub(super) fn granted(&self, block: Uuid) -> i64 {
        self.count(block, |_| true) - self.debt[&block]
    }

    pub(super) fn add(&mut self, block: Uuid, amount: i64) {
        let more = usize::try_from(amount).unwrap_or(0);
        self.slots.get_mut(&block).unwrap().extend(std::iter::repeat_n(Slot::Free, more));
        *self.debt.get_mut(&block).unwrap() += (-amount).max(0);
    }

    /// What is free pays the debt.
    pub(super) fn settle(&mut self) {
        for (block, debt) in &mut self.debt {
            let slots = self.slots.get_mut(block).unwrap();
            while *debt > 0
                && let Some(row) = slots.iter().position(|slot| *slot == Slot::Free)
            {
                slots.remove(row);
                *debt -= 1;
            }
        }
    }

    pub(super) fn held(&self, hold: Uuid) -> i64 {
        self.slots.keys().map(|block| self.count(*block, |slot| slot == Slot::Held(hold))).sum()
    }

    /// Moves up to `amount` slots of a block from one state to another.
    pub(super) fn turn(&mut self, block: Uuid, amount: i64, from: Slot, to: Slot) {
        let slots = self.slots.get_mut(&block).unwrap().iter_mut().filter(|slot| **slot == from);
        let turned = slots.take(usize::try_from(amount).unwrap()).map(|slot| *slot = to).count();
        assert_eq!(i64::try_from(turned).unwrap(), amount, "{block} has fewer {from:?}");
    }

    /// What the blocks that serve give, in burn order.
    pub(super) fn shares(&self, amount: i64, serves: impl Fn(&BlockSpec) -> bool) -> Option<Vec<(Uuid, i64)>> {
        let mut left = amount;
        let mut shares = Vec::new();
        for spec in self.specs.iter().filter(|spec| serves(spec)) {
            let share = self.count(spec.id, |slot| slot == Slot::Free).min(left);
            if share > 0 {
                shares.push((spec.id, share));
            }
            left -= share;
        }
        (left == 0).then_some(shares)
    }

    pub(super) fn open(&self, hold: Uuid, now: DateTime<Utc>) -> Result<(), &'static str> {
        let expiry = self.holds.iter().find(|(id, _)| *id == hold).unwrap().1;
        match self.ended.get(&hold) {
            Some(how) => Err(how),
            None if expiry <= now => Err("RESERVATION_EXPIRED"),
            None => Ok(()),
        }
    }
}
