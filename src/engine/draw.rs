//! What a contract has of counted things, for the ledger.

use super::prepared::{Candidate, Prepared};
use crate::model::BlockSpec;

/// The blocks of a contract, as it has them now.
pub fn blocks_of(prepared: &Prepared) -> Vec<BlockSpec> {
    prepared.all_candidates().filter_map(|candidate| spec(prepared, candidate)).collect()
}

fn spec(prepared: &Prepared, candidate: &Candidate) -> Option<BlockSpec> {
    let block = candidate.block?;
    let order = prepared.contract().work_orders.get(candidate.order)?;
    let item = order.items.get(candidate.item)?;
    let span = candidate.term.span();
    let end = block.year_end.map_or(span.end, |end| end.min(span.end));
    Some(BlockSpec {
        id: block.id,
        work_order_id: order.work_order_id.clone(),
        item_id: item.item_id.clone(),
        service_id: item.service_id.clone(),
        unit: block.unit,
        days: false,
        granted: block.contracted,
        priority: item.priority,
        start: span.start,
        end,
    })
}
