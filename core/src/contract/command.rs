//! What callers ask to change.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::model::{Customer, Waiver, WorkOrder};

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
        #[serde(skip_serializing_if = "Option::is_none")]
        effective_time: Option<DateTime<Utc>>,
    },
    CreateWorkOrder {
        work_order: WorkOrder,
    },
    /// A whole document.
    Apply {
        customer: Customer,
        work_orders: Vec<WorkOrder>,
        etag: String,
        /// Of what differs from what is stored.
        #[serde(skip_serializing_if = "Option::is_none")]
        effective_time: Option<DateTime<Utc>>,
    },
    AmendWorkOrder {
        /// The order as it shall be.
        work_order: WorkOrder,
        change: OrderChange,
        /// Why a block may be left with less than was taken from it; empty: it may not.
        #[serde(skip_serializing_if = "String::is_empty")]
        force_reason: String,
    },
    RenewWorkOrder {
        /// Of the order that is renewed.
        change: OrderChange,
        renewal: Renewal,
    },
    SuspendWorkOrder {
        change: OrderChange,
        reason: String,
    },
    ResumeWorkOrder {
        change: OrderChange,
    },
    /// Its effective time is when the order ends.
    TerminateWorkOrder {
        change: OrderChange,
        reason: String,
    },
    RecordWaiver {
        change: OrderChange,
        item_id: String,
        waiver: Waiver,
    },
    RevokeWaiver {
        change: OrderChange,
        item_id: String,
        code: String,
        reference: String,
    },
}

/// A stored work order, when a change of it takes effect, and what the caller has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderChange {
    pub customer_id: String,
    pub work_order_id: String,
    /// Absent: now, or what the command says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<DateTime<Utc>>,
    pub etag: String,
}

/// What is said of the order that goes on with another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewal {
    pub work_order_id: String,
    /// Absent: the day after the old order's last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Absent: as long as the old order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_date: Option<NaiveDate>,
    /// Absent: the renewal of the old base, or the old base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_work_order_id: Option<String>,
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
            Self::AmendWorkOrder { .. } => "AmendWorkOrder",
            Self::RenewWorkOrder { .. } => "RenewWorkOrder",
            Self::SuspendWorkOrder { .. } => "SuspendWorkOrder",
            Self::ResumeWorkOrder { .. } => "ResumeWorkOrder",
            Self::TerminateWorkOrder { .. } => "TerminateWorkOrder",
            Self::RecordWaiver { .. } => "RecordWaiver",
            Self::RevokeWaiver { .. } => "RevokeWaiver",
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
            _ => self.change().map_or("", |change| &change.customer_id),
        }
    }

    /// The customer document it brings.
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Self::CreateCustomer { customer }
            | Self::UpdateCustomer { customer, .. }
            | Self::Apply { customer, .. } => Some(customer),
            _ => None,
        }
    }

    /// The work orders it speaks of, by their ids as they are afterwards, each with the path of its fields.
    pub fn work_order_ids(&self) -> Vec<(String, &str)> {
        match self {
            Self::CreateCustomer { .. } | Self::UpdateCustomer { .. } => Vec::new(),
            Self::CreateWorkOrder { work_order } => vec![("work_order".to_owned(), &work_order.work_order_id)],
            Self::Apply { work_orders, .. } => {
                let rows = work_orders.iter().enumerate();
                rows.map(|(row, order)| (format!("work_orders[{row}]"), order.work_order_id.as_str())).collect()
            }
            // The fields of the request are those of the new order.
            Self::RenewWorkOrder { renewal, .. } => vec![(String::new(), &renewal.work_order_id)],
            _ => self
                .change()
                .map(|change| ("work_order".to_owned(), change.work_order_id.as_str()))
                .into_iter()
                .collect(),
        }
    }

    /// Whether the work orders it changes are brought in full, and not only named.
    pub fn brings_orders(&self) -> bool {
        matches!(
            self,
            Self::CreateWorkOrder { .. }
                | Self::Apply { .. }
                | Self::AmendWorkOrder { .. }
                | Self::RenewWorkOrder { .. }
        )
    }

    /// The work orders whose content the request has.
    pub fn work_orders(&self) -> Vec<&WorkOrder> {
        match self {
            Self::CreateWorkOrder { work_order } | Self::AmendWorkOrder { work_order, .. } => vec![work_order],
            Self::Apply { work_orders, .. } => work_orders.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The stored work order that it changes or renews.
    pub fn change(&self) -> Option<&OrderChange> {
        match self {
            Self::AmendWorkOrder { change, .. }
            | Self::RenewWorkOrder { change, .. }
            | Self::SuspendWorkOrder { change, .. }
            | Self::ResumeWorkOrder { change }
            | Self::TerminateWorkOrder { change, .. }
            | Self::RecordWaiver { change, .. }
            | Self::RevokeWaiver { change, .. } => Some(change),
            _ => None,
        }
    }

    /// Whether the customer need not exist.
    pub fn may_create(&self) -> bool {
        matches!(self, Self::CreateCustomer { .. } | Self::Apply { .. })
    }

    /// The version of the contract that the caller has read; empty if that does not matter.
    pub fn etag(&self) -> &str {
        match self {
            Self::UpdateCustomer { etag, .. } | Self::Apply { etag, .. } => etag,
            _ => self.change().map_or("", |change| &change.etag),
        }
    }

    /// The first instant whose contract it may change, or is worked out on.
    pub fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let instant = match (self, self.effective_time()) {
            // A waiver counts from its first day on, wherever on earth that begins; without one it always counts.
            (Self::RecordWaiver { waiver, .. }, None) => {
                let day_before = waiver.start_date.and_then(|date| date.pred_opt());
                day_before.map_or(DateTime::UNIX_EPOCH, |date| date.and_time(NaiveTime::MIN).and_utc())
            }
            (_, instant) => instant.unwrap_or(now),
        };
        instant.min(now)
    }

    /// Whether it says no more than from when on an order serves.
    pub fn sets_state_alone(&self) -> bool {
        matches!(self, Self::SuspendWorkOrder { .. } | Self::ResumeWorkOrder { .. } | Self::TerminateWorkOrder { .. })
    }

    /// Why a block may be left with less than was spent of it; none: it may not.
    pub fn force_reason(&self) -> Option<&str> {
        match self {
            Self::AmendWorkOrder { force_reason, .. } if !force_reason.is_empty() => Some(force_reason),
            _ => None,
        }
    }

    /// Why it is done, as the request says; empty where it does not.
    pub fn reason(&self) -> &str {
        match self {
            Self::AmendWorkOrder { force_reason, .. } => force_reason,
            Self::SuspendWorkOrder { reason, .. } | Self::TerminateWorkOrder { reason, .. } => reason,
            _ => "",
        }
    }

    /// When it takes effect, as the request says; absent where it does not.
    pub fn effective_time(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::UpdateCustomer { effective_time, .. } | Self::Apply { effective_time, .. } => *effective_time,
            _ => self.change().and_then(|change| change.effective_time),
        }
    }
}

#[cfg(test)]
mod tests;
