//! What a customer has: plain data, serialisable, free of rules, clocks and wires.
//!
//! Rules that need the catalogue live in [`crate::engine`] and [`crate::purchase`].

mod block;
mod canonical;
pub mod codes;
mod customer;
mod effect;
mod foreign;
mod id;
mod language;
mod life;
mod price;
mod product;
mod provenance;
mod quantity;
mod time;
mod work_order;
mod zone;

pub use block::{BlockSpec, burn_key};
pub use canonical::Canonical;
pub use customer::{Contact, ContactRole, Customer, Location};
pub use effect::EffectivePeriod;
pub use foreign::folded;
pub use id::{LONGEST_ID, first_hidden, is_id, wrong_id};
pub use language::{canonical_language, primary_language};
pub use life::{Life, Since};
pub use price::cost;
pub use product::{ProductId, ProductPattern};
pub use provenance::Provenance;
pub use quantity::{Balance, Balances, MINUTES_PER_DAY, MINUTES_PER_HOUR, Quantity, Release, Unit};
pub use time::{EARLIEST, LATEST, anniversary, contract_year, contract_years_begun, day_of, rfc3339, start_of_day};
pub use work_order::{DeliveryMode, Funding, IncludedHours, Item, PlannedEvent, Waiver, WorkOrder, WorkOrderState};
#[cfg(test)]
pub(crate) use zone::zone;
pub use zone::{UnknownZone, Zone, ZoneOrigin, ZoneTable, current_zones, replace_zones};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Everything one customer has, but for what was used of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub customer: Customer,
    /// In the order of their ids.
    pub work_orders: Vec<WorkOrder>,
}

impl Contract {
    pub fn work_order(&self, work_order_id: &str) -> Option<&WorkOrder> {
        self.work_orders.iter().find(|order| order.work_order_id == work_order_id)
    }

    /// Every zone as a table has it.
    pub fn renew_zones(&mut self, zones: &ZoneTable) {
        let items = self.work_orders.iter_mut().flat_map(|order| &mut order.items);
        let agreed = items.filter_map(|item| item.time_zone.as_mut());
        let own = self.customer.locations.iter_mut().map(|location| &mut location.time_zone);
        own.chain(agreed).for_each(|zone| *zone = zones.renewed_zone(*zone));
    }
}

/// The id of the block an item's counted service makes: always the same for the same item,
/// so that it needs no registry and no order of writes.
pub fn block_id(customer_id: &str, work_order_id: &str, item_id: &str, service_id: &str) -> Uuid {
    let mut hasher = Sha256::new();
    for part in [customer_id, work_order_id, item_id, service_id] {
        hasher.update(part.as_bytes());
        // Ids never hold a zero byte.
        hasher.update([0]);
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hasher.finalize().iter()).for_each(|(to, from)| *to = *from);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// What is said of a stored version besides its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// 1 for the first version of this document.
    pub version: i64,
    pub record_time: chrono::DateTime<chrono::Utc>,
    /// From when on the contract stands as it says, until a later version takes effect; none: as long as there was a
    /// contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<chrono::DateTime<chrono::Utc>>,
    /// Who wrote it; `anonymous` where callers are not identified.
    pub actor: String,
}
