use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Block, Entry, Performed, Reservation};
use crate::model::{BlockSpec, Since};

/// One customer's ledger in memory, as far as the commands at hand need it: whatever one of
/// them names and the book does not have, does not exist.
///
/// Commands are applied to it one after the other; each sees what those before it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub customer_id: String,
    pub blocks: BTreeMap<Uuid, Block>,
    pub reservations: BTreeMap<Uuid, Reservation>,
    /// Of the stored entries those a command wants to reverse; uses written meanwhile are added.
    pub reversible: BTreeMap<Uuid, Reversible>,
}

/// What must be known of a stored entry to reverse it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversible {
    pub entry_id: Uuid,
    pub block_id: Uuid,
    /// Whether it used something up: nothing else can be reversed.
    pub is_use: bool,
    pub amount: i64,
    /// What earlier reversals have not undone yet.
    pub left: i64,
    pub performed: Option<Performed>,
    pub location_id: Option<String>,
    pub product_id: Option<String>,
}

impl Book {
    pub fn new(customer_id: impl Into<String>) -> Self {
        Self {
            customer_id: customer_id.into(),
            blocks: BTreeMap::new(),
            reservations: BTreeMap::new(),
            reversible: BTreeMap::new(),
        }
    }

    pub fn add_block(&mut self, block: Block) {
        self.blocks.insert(block.id, block);
    }

    pub fn add_reservation(&mut self, reservation: Reservation) {
        self.reservations.insert(reservation.id, reservation);
    }

    /// A stored entry, and how much of it was reversed already.
    pub fn add_entry(&mut self, entry: &Entry, reversed: i64) {
        let reversible = Reversible { left: entry.amount.saturating_sub(reversed), ..Reversible::of(entry) };
        self.reversible.insert(entry.id, reversible);
    }

    /// Whether a contract that has each of these blocks since then would change nothing.
    pub fn has(&self, specs: &[BlockSpec], since: impl Fn(&BlockSpec) -> Since) -> bool {
        specs.iter().all(|spec| self.blocks.get(&spec.id).is_some_and(|block| block.is_of(spec, since(spec))))
    }

    /// The blocks of a contract, as [`Command::Grant`](super::Command::Grant) takes them; `since`: from when on it has each.
    pub fn continued(&self, specs: &[BlockSpec], since: impl Fn(&BlockSpec) -> Since) -> Vec<BlockSpec> {
        let of = |spec: &BlockSpec| self.blocks.get(&spec.id).map(|block| block.continued(spec, since(spec)));
        specs.iter().map(|spec| of(spec).unwrap_or_else(|| spec.clone())).collect()
    }

    /// Gives the blocks the terms the contract has for them now.
    pub fn renew<'a>(&mut self, specs: impl IntoIterator<Item = &'a BlockSpec>) {
        for spec in specs {
            if let Some(block) = self.blocks.get_mut(&spec.id) {
                block.renew(spec);
            }
        }
    }

    /// Open reservations whose time has run out. Expire them before anything else is applied,
    /// or what they hold is refused to those who come after.
    pub fn due(&self, now: DateTime<Utc>) -> Vec<Uuid> {
        self.reservations.values().filter(|held| held.is_due(now)).map(|held| held.id).collect()
    }
}

impl Reversible {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            entry_id: entry.id,
            block_id: entry.block_id,
            is_use: entry.kind.is_use(),
            amount: entry.amount,
            left: entry.amount,
            performed: entry.performed,
            location_id: entry.location_id.clone(),
            product_id: entry.product_id.clone(),
        }
    }
}
