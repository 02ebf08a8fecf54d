//! A customer ready for deciding: its documents, and what is left of what they bought.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::engine::{Prepared, PreparedBalances, blocks_of};
use crate::funding::ended_blocks;
use crate::ledger::{Block, Book};
use crate::model::{Balances, BlockSpec, Contract, EffectivePeriod, Since, VersionInfo};
use crate::store::StoredContract;

/// One customer at one revision.
#[derive(Debug)]
pub struct Snapshot {
    pub documents: Arc<Documents>,
    pub balances: PreparedBalances,
    /// As they are stored: of the same customer at another instant, the documents are others and these are the same.
    pub stored_balances: Arc<Balances>,
    pub revision: i64,
}

/// A customer's documents in one version of the contract, as they are in effect for a time. The ledger leaves them as
/// they are.
#[derive(Debug)]
pub struct Documents {
    pub prepared: Prepared,
    /// What the contract grants, whatever was used of it, in the order of their ids.
    pub blocks: Vec<BlockSpec>,
    /// The revision of the last change of a document.
    pub contract_version: i64,
    pub customer_info: VersionInfo,
    /// By work order id.
    pub order_infos: BTreeMap<String, VersionInfo>,
    /// From when to when they are in effect together.
    pub period: EffectivePeriod,
    /// Since when they stand as they do.
    pub since: Since,
    /// When the last of them took effect that was planned.
    planned_from: Option<DateTime<Utc>>,
    /// The bytes they take in the store.
    pub bytes: usize,
    /// What they take of the memory, roughly, in bytes, with the balances.
    pub(super) weight: u64,
}

/// The bytes a document takes in memory for each byte it takes in the store, and an item for each location.
const PER_BYTE: u64 = 4;
const PER_REACH: u64 = 32;
/// What every customer takes.
const LEAST_WEIGHT: u64 = 1_024;

impl Snapshot {
    pub fn new(catalog: &Arc<Catalog>, mut stored: StoredContract) -> Self {
        let (revision, balances) = (stored.revision, std::mem::take(&mut stored.balances));
        Self::of(Arc::new(Documents::new(catalog, stored)), Arc::new(balances), revision)
    }

    /// The same documents with other balances.
    pub fn of(documents: Arc<Documents>, stored_balances: Arc<Balances>, revision: i64) -> Self {
        let balances = documents.prepared.balances(&stored_balances, |id, order| documents.since(id, order));
        Self { documents, balances, stored_balances, revision }
    }

    pub fn prepared(&self) -> &Prepared {
        &self.documents.prepared
    }
}

impl Documents {
    pub fn new(catalog: &Arc<Catalog>, stored: StoredContract) -> Self {
        let since = stored.since();
        let StoredContract {
            contract,
            revision: _,
            contract_version,
            customer_info,
            order_infos,
            balances: _,
            period,
            planned_from,
            bytes,
            planned,
        } = stored;
        let weight = weight(&contract, bytes);
        let prepare = |contract| Prepared::new(Arc::clone(catalog), contract);
        let planned = planned.into_iter().map(|planned| (planned.from, blocks_of(&prepare(planned.contract))));
        let (prepared, blocks) = prepare(contract).until(period.until).with_planned(planned.collect());
        Self {
            prepared,
            blocks,
            contract_version,
            customer_info,
            order_infos,
            period,
            since,
            planned_from,
            bytes,
            weight,
        }
    }

    /// Whether they judge what is asked at `now`. Another clock may have read them, and be ahead of this one.
    pub fn stand_at(&self, now: DateTime<Utc>) -> bool {
        self.planned_from.is_none_or(|from| from <= now) && !self.period.has_ended(now)
    }

    /// Whether what was read are these documents.
    pub fn are_of(&self, stored: &StoredContract) -> bool {
        self.contract_version == stored.contract_version
            && self.customer_info == stored.customer_info
            && self.order_infos == stored.order_infos
    }

    /// What brings a customer's book up to date: the blocks as the contract has them, and the end of those it does not
    /// have any more. None if that would change nothing.
    pub fn blocks_to_grant(&self, book: &Book) -> Option<Vec<BlockSpec>> {
        let absent_since =
            |block: &Block| self.order_infos.get(&block.work_order_id).and_then(|info| info.effective_time);
        let ended = ended_blocks(&self.prepared, &self.blocks, book, absent_since);
        let since = |spec: &BlockSpec| self.since(spec.id, &spec.work_order_id);
        let is_new = !ended.is_empty() || !book.has(&self.blocks, since);
        is_new.then(|| book.continued(&self.blocks, since).into_iter().chain(ended).collect())
    }

    /// Since when the contract has a block as it does: one that lasts as its own order says, since that stands so.
    pub fn since(&self, block_id: Uuid, work_order_id: &str) -> Since {
        let own = self.order_infos.get(work_order_id).filter(|_| self.prepared.lasts_as_ordered(block_id));
        own.map_or(self.since, |own| Since { effective: own.effective_time, recorded: Some(own.record_time) })
    }

    /// When the last of them was recorded, by a clock that another one may be ahead of.
    pub fn recorded_by(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.since.recorded.map_or(now, |recorded| recorded.min(now))
    }

    /// Whether the contract has a block.
    pub fn has_block(&self, block_id: Uuid) -> bool {
        self.blocks.binary_search_by_key(&block_id, |block| block.id).is_ok()
    }

    pub fn customer_id(&self) -> &str {
        &self.prepared.contract().customer.customer_id
    }
}

fn weight(contract: &Contract, bytes: usize) -> u64 {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let items = contract.work_orders.iter().map(|order| count(order.items.len())).fold(0, u64::saturating_add);
    let reach = items.saturating_mul(count(contract.customer.locations.len())).saturating_mul(PER_REACH);
    count(bytes).saturating_mul(PER_BYTE).saturating_add(reach).saturating_add(LEAST_WEIGHT)
}

#[cfg(test)]
mod tests;
