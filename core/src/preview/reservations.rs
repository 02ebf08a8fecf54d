//! Which open reservations reach past a new end of a block.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::blocks::{BlockChange, BlockChangeKind};
use super::rows::Rows;
use crate::model::Unit;

/// What an open reservation holds of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenHold {
    pub reservation_id: Uuid,
    pub block_id: Uuid,
    pub amount: i64,
    pub expire_time: DateTime<Utc>,
}

/// A reservation that would still be open when a block that funds it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedReservation {
    pub reservation_id: Uuid,
    /// Those that end sooner.
    pub block_ids: Vec<Uuid>,
    /// What it holds of them.
    pub amount: i64,
    pub unit: Unit,
    pub expire_time: DateTime<Utc>,
    /// The first end of these blocks.
    pub block_end: DateTime<Utc>,
}

/// By their ids. Holds that have run out by `now` hold nothing any more.
pub fn affected_reservations(
    blocks: &[BlockChange],
    holds: &[OpenHold],
    now: DateTime<Utc>,
) -> Rows<AffectedReservation> {
    let ends: BTreeMap<Uuid, &BlockChange> = ended(blocks).map(|change| (change.new.id, change)).collect();
    let mut found: BTreeMap<Uuid, AffectedReservation> = BTreeMap::new();
    for hold in holds.iter().filter(|hold| hold.expire_time > now) {
        let Some(change) = ends.get(&hold.block_id).filter(|change| hold.expire_time > change.new.end) else {
            continue;
        };
        let told = found.entry(hold.reservation_id).or_insert_with(|| AffectedReservation {
            reservation_id: hold.reservation_id,
            block_ids: Vec::new(),
            amount: 0,
            unit: change.new.unit,
            expire_time: hold.expire_time,
            block_end: change.new.end,
        });
        told.block_ids.push(hold.block_id);
        told.amount = told.amount.saturating_add(hold.amount);
        told.block_end = told.block_end.min(change.new.end);
    }
    Rows::of(found.into_values())
}

fn ended(blocks: &[BlockChange]) -> impl Iterator<Item = &BlockChange> {
    blocks.iter().filter(|change| change.kind == BlockChangeKind::Ended)
}
