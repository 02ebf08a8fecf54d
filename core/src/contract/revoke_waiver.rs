//! Takes a waiver off an item.

use super::record_waiver::{name, unknown_item};
use super::refusal::Refusal;
use crate::model::WorkOrder;
use crate::noun::Noun;

pub(super) fn revoke(order: &WorkOrder, item_id: &str, code: &str, reference: &str) -> Result<WorkOrder, Refusal> {
    let mut changed = order.clone();
    let Some(item) = changed.items.iter_mut().find(|item| item.item_id == item_id) else {
        return Err(unknown_item(order, item_id));
    };
    if item.waiver(code, reference).is_none() {
        let known: Vec<_> = item.waivers.iter().map(|waiver| name(&waiver.code, &waiver.reference)).collect();
        return Err(Refusal::unknown(Noun::Waiver, &name(code, reference), known.iter().map(String::as_str)));
    }
    item.waivers.retain(|waiver| waiver.code != code || waiver.reference != reference);
    Ok(changed)
}
