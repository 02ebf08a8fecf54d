//! Which items are added, changed and removed.

use super::change::Change;
use super::rows::Rows;
use crate::model::{Item, WorkOrder};

/// What becomes of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    pub work_order_id: String,
    pub item_id: String,
    pub service_id: String,
    pub kind: ItemChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemChangeKind {
    Added,
    Changed,
    Removed,
}

/// By work order and item.
pub fn item_changes(change: &Change<'_>) -> Rows<ItemChange> {
    let mut found: Vec<ItemChange> = change.orders().flat_map(|(old, new)| of_order(old, new)).collect();
    found.sort_by(|one, other| (&one.work_order_id, &one.item_id).cmp(&(&other.work_order_id, &other.item_id)));
    Rows::of(found)
}

fn of_order(old: Option<&WorkOrder>, new: &WorkOrder) -> Vec<ItemChange> {
    let tell = |item: &Item, kind| ItemChange {
        work_order_id: new.work_order_id.clone(),
        item_id: item.item_id.clone(),
        service_id: item.service_id.clone(),
        kind,
    };
    let kept = new.items.iter().filter_map(|item| match old.and_then(|old| old.item(&item.item_id)) {
        None => Some(tell(item, ItemChangeKind::Added)),
        Some(old) => (old != item).then(|| tell(item, ItemChangeKind::Changed)),
    });
    let gone = old.into_iter().flat_map(|old| &old.items).filter(|item| new.item(&item.item_id).is_none());
    kept.chain(gone.map(|item| tell(item, ItemChangeKind::Removed))).collect()
}
