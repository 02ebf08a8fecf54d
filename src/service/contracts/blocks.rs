//! The blocks that a change of a contract makes, grows, shrinks and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Contracts;
use super::state::ContractState;
use crate::contract::{ContractCommand, Period, Plan, Resource, Timeline};
use crate::engine::{Prepared, blocks_of};
use crate::model::{BlockSpec, Contract, IncludedHours, Item, Quantity, Since};
use crate::service::ledger::{BlocksSince, ContractBlocks};
use crate::store::{MOST_PLANNED, StoredContract};

impl Contracts {
    /// The blocks of the contract that a plan makes.
    pub(super) fn blocks(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        state: Option<&ContractState>,
        now: DateTime<Utc>,
    ) -> ContractBlocks {
        let standing = self.standing(command, plan, state, now);
        let shrunk = state.map(|before| self.shrunk_by(&before.timeline, plan, now, &standing.blocks));
        let history = self.history(&plan.timeline, now, &standing.blocks);
        let mut unmoved = standing.unmoved;
        // As a contract stands now it may be silent on what it was in the past.
        if let Some(before) = state.map(|state| &state.timeline).filter(|_| plan.as_of < now) {
            let old = self.history(before, now, &self.blocks_at(before, now).1);
            unmoved.retain(|id| is_unmoved(*id, &old, &history, plan.as_of));
        }
        ContractBlocks { history, shrunk: shrunk.unwrap_or_default(), unmoved, ..standing }
    }

    /// The same without its history and what shrinks: enough to tell what stays over.
    pub(super) fn standing(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        state: Option<&ContractState>,
        now: DateTime<Utc>,
    ) -> ContractBlocks {
        let (stored, timeline) = (state.map(|state| &state.stored), state.map(|state| &state.timeline));
        let (prepared, blocks) = self.blocks_at(&plan.timeline, now);
        let before = timeline.map(|timeline| self.blocks_at(timeline, now).1).unwrap_or_default();
        ContractBlocks {
            unmoved: unmoved(&before, &blocks),
            history: Vec::new(),
            blocks,
            since: Since { effective: Some(plan.as_of.min(now)), recorded: Some(now) },
            before: timeline.map(|timeline| since(timeline, stored, now)).unwrap_or_default(),
            shrunk: Vec::new(),
            effective_times: effective_times(plan, stored),
            prepared,
            fields: fields(command, plan),
            submitted: submitted(command, plan),
            may_shrink: command.force_reason().is_some(),
        }
    }

    /// The contract at an instant, and its blocks, with what is planned for later.
    pub(super) fn blocks_at(&self, timeline: &Timeline, at: DateTime<Utc>) -> (Prepared, Vec<BlockSpec>) {
        let later = timeline.since(at).filter(|period| period.from > Some(at)).take(MOST_PLANNED);
        let later = later.filter_map(|period| Some((period.from?, blocks_of(&self.prepare(&period.contract)))));
        self.prepare(timeline.at(Some(at))).with_planned(later.collect())
    }

    fn prepare(&self, contract: &Contract) -> Prepared {
        Prepared::new(Arc::clone(&self.context.catalog), contract.clone())
    }

    /// Which blocks there were from when on, and when; `blocks` are those of now.
    fn history(&self, timeline: &Timeline, now: DateTime<Utc>, blocks: &[BlockSpec]) -> Vec<BlocksSince> {
        let is_past = |period: &&Period| period.from.is_none_or(|from| from <= now);
        let past: Vec<_> = timeline.periods().take_while(is_past).collect();
        let lives = |blocks: &[BlockSpec]| blocks.iter().map(|block| (block.id, block.life())).collect();
        let Some((last, earlier)) = past.split_last() else { return Vec::new() };
        let earlier = earlier
            .iter()
            .map(|period| BlocksSince { from: period.from, lives: lives(&blocks_of(&self.prepare(&period.contract))) });
        earlier.chain([BlocksSince { from: last.from, lives: lives(blocks) }]).collect()
    }

    /// Blocks that grant less by the change than they did before it, now or in what is planned for later.
    fn shrunk_by(&self, before: &Timeline, plan: &Plan, now: DateTime<Utc>, blocks: &[BlockSpec]) -> Vec<BlockSpec> {
        let mut shrunk = Vec::new();
        for period in plan.timeline.since(now) {
            let begin = period.from.max(Some(now));
            let (old, new) = (before.at(begin), &period.contract);
            // Most changes are of something else, and to prepare a contract is costly.
            if grants_alike(old, new) {
                continue;
            }
            let old = blocks_of(&self.prepare(old)).into_iter();
            let old: BTreeMap<Uuid, i64> = old.map(|block| (block.id, block.granted)).collect();
            let is_now = begin == Some(now);
            let new = if is_now { blocks.to_vec() } else { blocks_of(&self.prepare(new)) };
            shrunk.extend(new.into_iter().filter(|block| old.get(&block.id).is_some_and(|old| block.granted < *old)));
        }
        shrunk
    }
}

/// Whether each block that both have grants the same in both.
fn grants_alike(old: &Contract, new: &Contract) -> bool {
    new.work_orders.iter().all(|order| {
        let Some(old) = old.work_order(&order.work_order_id) else { return true };
        old.edition_id == order.edition_id && old.items.iter().map(granting).eq(order.items.iter().map(granting))
    })
}

/// What of an item, by an edition, says what its blocks grant.
fn granting(item: &Item) -> (&str, &str, Option<Quantity>, Option<&str>, Option<IncludedHours>) {
    let Item { item_id, service_id, quantity, predefined_offering, included_hours, .. } = item;
    (item_id, service_id, *quantity, predefined_offering.as_deref(), *included_hours)
}

/// Since when a contract stands as it does at an instant, as far as it is stored.
pub(super) fn since(timeline: &Timeline, stored: Option<&StoredContract>, at: DateTime<Utc>) -> Since {
    let recorded = stored.and_then(|stored| stored.since().recorded);
    Since { effective: timeline.period(Some(at)).from, recorded }
}

/// Whether a block was there by both contracts alike, from an instant on.
fn is_unmoved(id: Uuid, old: &[BlocksSince], new: &[BlocksSince], since: DateTime<Utc>) -> bool {
    let at = |periods: &[BlocksSince], instant: Option<DateTime<Utc>>| {
        let period = periods.iter().rfind(|period| period.from <= instant)?;
        period.lives.get(&id).copied()
    };
    let begins = old.iter().chain(new).filter_map(|period| period.from).filter(|from| *from > since);
    begins.chain([since]).all(|instant| at(old, Some(instant)) == at(new, Some(instant)))
}

/// Blocks that begin and end by a contract as by the other.
fn unmoved(before: &[BlockSpec], blocks: &[BlockSpec]) -> BTreeSet<Uuid> {
    let terms: BTreeMap<Uuid, _> = before.iter().map(|block| (block.id, (block.start, block.end))).collect();
    let is_same = |block: &&BlockSpec| terms.get(&block.id) == Some(&(block.start, block.end));
    blocks.iter().filter(is_same).map(|block| block.id).collect()
}

/// From when on each order stands as it did before the change, where the change is worked out on that.
fn effective_times(plan: &Plan, stored: Option<&StoredContract>) -> BTreeMap<String, Option<DateTime<Utc>>> {
    let begins_with =
        |stored: &&StoredContract| plan.timeline.periods().next().is_some_and(|first| first.from == stored.period.from);
    let infos = stored.filter(begins_with).into_iter().flat_map(|stored| &stored.order_infos);
    infos.map(|(id, info)| (id.clone(), info.effective_time)).collect()
}

/// The orders that the command is about, and that it changes.
fn submitted(command: &ContractCommand, plan: &Plan) -> BTreeSet<String> {
    let ids = command.work_order_ids().into_iter().map(|(_, id)| id);
    let changed = ids.filter(|id| !command.sets_state_alone() && plan.changes(Resource::WorkOrder, id));
    changed.map(str::to_owned).collect()
}

/// Where the request says how much each item has.
fn fields(command: &ContractCommand, plan: &Plan) -> BTreeMap<(String, String), String> {
    let mut fields = BTreeMap::new();
    for (path, id) in command.work_order_ids() {
        let items = plan.contract().work_order(id).map(|order| order.items.as_slice()).unwrap_or_default();
        for (row, item) in items.iter().enumerate().filter(|_| !path.is_empty()) {
            fields.insert((id.to_owned(), item.item_id.clone()), format!("{path}.items[{row}].quantity"));
        }
    }
    fields
}
