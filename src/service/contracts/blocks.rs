//! The blocks that a change of a contract makes, grows, shrinks and ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Contracts;
use crate::contract::{ContractCommand, Period, Plan};
use crate::engine::{Prepared, blocks_of};
use crate::model::Contract;
use crate::service::ledger::{BlocksSince, ContractBlocks};
use crate::store::StoredContract;

impl Contracts {
    /// The blocks of the contract that a plan makes.
    pub(super) fn blocks(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        stored: Option<&StoredContract>,
        now: DateTime<Utc>,
    ) -> ContractBlocks {
        let prepare = |contract: &Contract| Prepared::new(Arc::clone(&self.context.catalog), contract.clone());
        let prepared = prepare(plan.timeline.at(Some(now)));
        let planned = plan.timeline.since(now).skip(1).flat_map(|period| blocks_of(&prepare(&period.contract)));
        let is_past = |period: &&Period| period.from.is_none_or(|from| from <= now);
        let history = plan.timeline.periods().take_while(is_past).map(|period| BlocksSince {
            from: period.from,
            ids: blocks_of(&prepare(&period.contract)).into_iter().map(|block| block.id).collect(),
        });
        ContractBlocks {
            blocks: blocks_of(&prepared),
            planned: planned.collect(),
            history: history.collect(),
            effective_times: effective_times(plan, stored),
            prepared,
            fields: fields(command, plan),
            may_shrink: command.force_reason().is_some(),
        }
    }
}

/// From when on each order stands as it did before the change, where the change is worked out on that.
fn effective_times(plan: &Plan, stored: Option<&StoredContract>) -> BTreeMap<String, Option<DateTime<Utc>>> {
    let begins_with =
        |stored: &&StoredContract| plan.timeline.periods().next().is_some_and(|first| first.from == stored.period.from);
    let infos = stored.filter(begins_with).into_iter().flat_map(|stored| &stored.order_infos);
    infos.map(|(id, info)| (id.clone(), info.effective_time)).collect()
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
