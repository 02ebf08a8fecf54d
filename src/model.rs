//! What a customer has: plain data, serialisable, free of rules, clocks and wires.
//!
//! Rules that need the catalogue live in [`crate::engine`] and [`crate::purchase`].

mod customer;
mod product;
mod quantity;
mod time;
mod work_order;

pub use customer::{Contact, ContactRole, Customer, Location};
pub use product::{ProductId, ProductPattern};
pub use quantity::{MINUTES_PER_DAY, MINUTES_PER_HOUR, Quantity, Unit};
pub use time::{EARLIEST, LATEST, contract_year, day_of, instant_of, start_of_day};
pub use work_order::{DeliveryMode, Funding, IncludedHours, Item, PlannedEvent, Waiver, WorkOrder, WorkOrderState};

use serde::{Deserialize, Serialize};

/// Everything one customer has, at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub customer: Customer,
    /// In the order of their ids.
    pub work_orders: Vec<WorkOrder>,
    /// Counts the committed writes of this customer.
    pub revision: i64,
}

impl Contract {
    pub fn work_order(&self, work_order_id: &str) -> Option<&WorkOrder> {
        self.work_orders.iter().find(|order| order.work_order_id == work_order_id)
    }
}

/// What is said of a stored version besides its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// 1 for the first version of this document.
    pub version: i64,
    pub record_time: chrono::DateTime<chrono::Utc>,
    /// Who wrote it; `anonymous` where callers are not identified.
    pub actor: String,
}
