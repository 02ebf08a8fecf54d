//! What one counted item bought.

use std::ops::RangeFrom;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::catalog::{QuantityRule, Service};
use crate::model::{Item, Unit, WorkOrder, Zone, block_id};
use crate::terms::year_end;

/// The block of a counted item as it was bought, in the base unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoughtBlock {
    pub id: Uuid,
    /// Row among the contract's counted items: where its balance stands.
    pub row: usize,
    /// What the item says, without corrections.
    pub granted: i64,
    pub unit: Unit,
    /// End of the contract year, for what the flex allowance paid.
    pub year_end: Option<DateTime<Utc>>,
}

/// None where nothing is counted; otherwise its row is the next of `rows`.
pub(super) fn block_of(
    service: &Service,
    order: &WorkOrder,
    item: &Item,
    zone: Zone,
    rows: &mut RangeFrom<usize>,
) -> Option<BoughtBlock> {
    let unit = service.unit?;
    // A number of something else, as another edition may have sold, is no number of this.
    if item.quantity.is_some_and(|quantity| !service.is_sold_in(quantity.unit)) {
        return None;
    }
    let offered = service.granted_by_offering(item);
    let unit = offered.map_or(unit, |offered| offered.unit);
    let granted = match item.quantity.or(offered) {
        Some(quantity) => quantity.in_base_unit()?,
        None if service.purchase.quantity == QuantityRule::One => 1,
        None => return None,
    };
    let year_end = year_end(order, item, zone);
    let id = block_id(&order.customer_id, &order.work_order_id, &item.item_id, &item.service_id);
    Some(BoughtBlock { id, row: rows.next()?, granted, unit: unit.base(), year_end })
}
