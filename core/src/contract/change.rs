//! What a command makes of documents.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Customer, WorkOrder};

/// What became, or would become, of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChange {
    pub kind: ChangeKind,
    pub resource: Resource,
    pub id: String,
    /// Paths of the fields that differ, for an update.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    Updated,
    Unchanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Customer,
    WorkOrder,
}

/// A version of a document that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// From when on it is in effect; none: as long as there was a contract.
    pub effective_time: Option<DateTime<Utc>>,
    pub document: Document,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "each write makes a few, and keeps none")]
pub enum Document {
    Customer(Customer),
    WorkOrder(WorkOrder),
}

impl Document {
    /// What it is, and its id.
    pub fn id(&self) -> (Resource, &str) {
        match self {
            Self::Customer(customer) => (Resource::Customer, &customer.customer_id),
            Self::WorkOrder(order) => (Resource::WorkOrder, &order.work_order_id),
        }
    }
}
