//! What one counted item bought, and what is left of it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::catalog::QuantityRule;
use crate::model::{Funding, Item, Release, Unit, WorkOrder, block_id, contract_year, start_of_day};

/// The balance of a counted item, in the base unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub id: Uuid,
    /// With every correction.
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    /// The holds that run out first; later ones come with the revision that tells of these.
    pub release: Option<Release>,
    pub unit: Unit,
    /// End of the contract year, for what the flex allowance paid.
    pub year_end: Option<DateTime<Utc>>,
}

impl Block {
    /// As time has left it: what ran out by then is not held any more, written down or not.
    pub fn at(self, at: DateTime<Utc>) -> Self {
        match self.release {
            Some(release) if release.at <= at => {
                Self { reserved: self.reserved.saturating_sub(release.amount), release: None, ..self }
            }
            _ => self,
        }
    }

    pub fn available(&self) -> i64 {
        self.granted.saturating_sub(self.used).saturating_sub(self.reserved)
    }
}

/// The end of the contract year in which what the flex allowance paid must be used.
pub(super) fn year_end(order: &WorkOrder, item: &Item, zone: Tz) -> Option<DateTime<Utc>> {
    let (_, next) = contract_year(order.start_date, item.start_date.unwrap_or(order.start_date));
    (item.funding == Funding::FlexAllowance).then(|| start_of_day(zone, next))
}

pub(super) fn block_of(
    unit: Option<Unit>,
    rule: QuantityRule,
    order: &WorkOrder,
    item: &Item,
    zone: Tz,
) -> Option<Block> {
    let unit = unit?;
    let granted = match item.quantity {
        Some(quantity) => quantity.in_base_unit()?,
        None if rule == QuantityRule::One => 1,
        None => return None,
    };
    let year_end = year_end(order, item, zone);
    let id = block_id(&order.customer_id, &order.work_order_id, &item.item_id, &item.service_id);
    Some(Block { id, granted, used: 0, reserved: 0, release: None, unit: unit.base(), year_end })
}
