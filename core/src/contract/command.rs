//! What callers ask to change.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::model::{Customer, WorkOrder};

/// A change of a contract, as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractCommand {
    CreateCustomer {
        customer: Customer,
    },
    UpdateCustomer {
        customer: Customer,
        etag: String,
    },
    CreateWorkOrder {
        work_order: WorkOrder,
    },
    /// A whole document.
    Apply {
        customer: Customer,
        work_orders: Vec<WorkOrder>,
        etag: String,
    },
}

/// What tells whether a repeated request asks for the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    /// SHA-256 of its JSON, in hexadecimal.
    pub hash: String,
    /// What its JSON takes.
    pub bytes: usize,
}

impl ContractCommand {
    /// The name of the call, as kept with its request id.
    pub fn method(&self) -> &'static str {
        match self {
            Self::CreateCustomer { .. } => "CreateCustomer",
            Self::UpdateCustomer { .. } => "UpdateCustomer",
            Self::CreateWorkOrder { .. } => "CreateWorkOrder",
            Self::Apply { .. } => "ApplyContract",
        }
    }

    /// The same for the same command, whatever the wire looked like.
    pub fn content(&self) -> Result<Content> {
        let content = serde_json::to_vec(self).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Content { hash: hex::encode(Sha256::digest(&content)), bytes: content.len() })
    }

    /// Whose contract it changes.
    pub fn customer_id(&self) -> &str {
        match self {
            Self::CreateCustomer { customer }
            | Self::UpdateCustomer { customer, .. }
            | Self::Apply { customer, .. } => &customer.customer_id,
            Self::CreateWorkOrder { work_order } => &work_order.customer_id,
        }
    }

    /// The customer document it brings.
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Self::CreateCustomer { customer }
            | Self::UpdateCustomer { customer, .. }
            | Self::Apply { customer, .. } => Some(customer),
            Self::CreateWorkOrder { .. } => None,
        }
    }

    /// The work orders it brings, each with the path it stands at.
    pub fn work_orders(&self) -> Vec<(String, &WorkOrder)> {
        match self {
            Self::CreateCustomer { .. } | Self::UpdateCustomer { .. } => Vec::new(),
            Self::CreateWorkOrder { work_order } => vec![("work_order".to_owned(), work_order)],
            Self::Apply { work_orders, .. } => {
                let rows = work_orders.iter().enumerate();
                rows.map(|(row, order)| (format!("work_orders[{row}]"), order)).collect()
            }
        }
    }

    /// Whether the customer need not exist.
    pub fn may_create(&self) -> bool {
        match self {
            Self::CreateCustomer { .. } | Self::Apply { .. } => true,
            Self::UpdateCustomer { .. } | Self::CreateWorkOrder { .. } => false,
        }
    }

    /// The version of the contract that the caller has read; empty if that does not matter.
    pub fn etag(&self) -> &str {
        match self {
            Self::UpdateCustomer { etag, .. } | Self::Apply { etag, .. } => etag,
            Self::CreateCustomer { .. } | Self::CreateWorkOrder { .. } => "",
        }
    }
}

#[cfg(test)]
mod tests;
