//! Adds a waiver to an item.

use super::diff::differences;
use super::refusal::Refusal;
use crate::model::{Waiver, WorkOrder};
use crate::noun::Noun;

/// The order as it is, if the item has this very waiver.
pub(super) fn record(order: &WorkOrder, item_id: &str, waiver: &Waiver) -> Result<WorkOrder, Refusal> {
    let mut changed = order.clone();
    let Some(item) = changed.items.iter_mut().find(|item| item.item_id == item_id) else {
        return Err(unknown_item(order, item_id));
    };
    match item.waiver(&waiver.code, &waiver.reference) {
        Some(stored) if stored == waiver => {}
        Some(stored) => {
            let fields = differences("waiver", stored, waiver);
            return Err(Refusal::Taken { noun: Noun::Waiver, id: name(&waiver.code, &waiver.reference), fields });
        }
        None => item.waivers.push(waiver.clone()),
    }
    Ok(changed)
}

pub(super) fn unknown_item(order: &WorkOrder, item_id: &str) -> Refusal {
    Refusal::unknown(Noun::Item, item_id, order.items.iter().map(|item| item.item_id.as_str()))
}

/// How a waiver is called in a message.
pub(super) fn name(code: &str, reference: &str) -> String {
    format!("{code} {reference}")
}

/// Where the waiver stands in the order, such as `items[0].waivers[1]`.
pub fn waiver_place(order: &WorkOrder, item_id: &str, waiver: &Waiver) -> Option<String> {
    let row = order.items.iter().position(|item| item.item_id == item_id)?;
    let waivers = &order.items.get(row)?.waivers;
    let place = waivers.iter().position(|other| other.code == waiver.code && other.reference == waiver.reference)?;
    Some(format!("items[{row}].waivers[{place}]"))
}
