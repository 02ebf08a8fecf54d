use chrono::{DateTime, Utc};

use super::Page;
use crate::catalog::{Channel, Locale, Severity};
use crate::engine::{Delivery, Incident, Outcome, Query};
use crate::model::{DeliveryMode, ProductId, Quantity};

/// How fresh the contract behind an answer must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Consistency {
    /// From the cache, at most the configured staleness old.
    #[default]
    MinimizeLatency,
    /// At least as new as this revision of the customer.
    AtLeast(i64),
    /// As new as everything committed before.
    Full,
}

/// How much of a decision is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    Basic,
    Full,
}

/// One question as a caller put it, with everything that bears on the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    pub customer_id: String,
    pub location_id: String,
    pub product_id: Option<String>,
    pub service_id: String,
    pub check_time: Option<DateTime<Utc>>,
    /// Judge by what was recorded up to then.
    pub known_time: Option<DateTime<Utc>>,
    pub severity: Option<Severity>,
    pub channel: Option<Channel>,
    pub language: Option<String>,
    pub contact_id: Option<String>,
    pub tenant_id: Option<String>,
    pub activity: Option<String>,
    pub quantity: Option<Quantity>,
    pub start_time: Option<DateTime<Utc>>,
    pub end_time: Option<DateTime<Utc>>,
    pub mode: Option<DeliveryMode>,
    pub requested_time: Option<DateTime<Utc>>,
    pub confirmed_time: Option<DateTime<Utc>>,
    pub solution_ids: Vec<String>,
    pub incident_close_time: Option<DateTime<Utc>>,
    pub consistency: Consistency,
    pub locale: Locale,
    pub view: View,
}

impl Question {
    /// The contract of which instant judges it: of the start of the delivery, else of the check. Absent: now.
    pub fn contract_time(&self) -> Option<DateTime<Utc>> {
        self.start_time.or(self.check_time)
    }

    /// What the engine is asked.
    pub fn query(&self) -> Query<'_> {
        Query {
            location_id: &self.location_id,
            product: self.product_id.as_deref().map(ProductId::new),
            service_id: &self.service_id,
            check_time: self.check_time,
            severity: self.severity,
            channel: self.channel,
            language: self.language.as_deref(),
            contact_id: self.contact_id.as_deref(),
            tenant_id: self.tenant_id.as_deref(),
            activity: self.activity.as_deref(),
            quantity: self.quantity,
            delivery: Delivery {
                start_time: self.start_time,
                end_time: self.end_time,
                mode: self.mode,
                requested_time: self.requested_time,
                confirmed_time: self.confirmed_time,
                solution_ids: self.solution_ids.iter().map(String::as_str).collect(),
            },
            incident_close_time: self.incident_close_time,
            with_notes: self.view == View::Full,
        }
    }

    /// The incident the question is about, opened at the time of the check; none without a
    /// severity.
    pub fn incident(&self, check_time: DateTime<Utc>) -> Option<Incident<'_>> {
        let solution_id = match self.solution_ids.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        };
        Some(Incident {
            location_id: &self.location_id,
            product: ProductId::new(self.product_id.as_deref()?),
            severity: self.severity?,
            channel: self.channel,
            language: self.language.as_deref(),
            open_time: check_time,
            tenant_id: self.tenant_id.as_deref(),
            solution_id,
        })
    }
}

/// Which rows of a customer's entitlements are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuestion {
    pub customer_id: String,
    pub location_id: Option<String>,
    pub product_id: Option<String>,
    pub check_time: Option<DateTime<Utc>>,
    /// Judge by what was recorded up to then.
    pub known_time: Option<DateTime<Utc>>,
    pub group: Option<String>,
    pub outcome: Option<Outcome>,
    pub consistency: Consistency,
    pub locale: Locale,
    pub view: View,
    pub page: Page,
}

/// An incident as a caller put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetQuestion {
    pub customer_id: String,
    pub location_id: String,
    pub product_id: String,
    pub severity: Severity,
    pub channel: Option<Channel>,
    pub language: Option<String>,
    /// Absent: now.
    pub open_time: Option<DateTime<Utc>>,
    /// Judge by what was recorded up to then.
    pub known_time: Option<DateTime<Utc>>,
    pub tenant_id: Option<String>,
    pub solution_id: Option<String>,
    pub consistency: Consistency,
    pub locale: Locale,
}

impl TargetQuestion {
    /// What the engine is asked.
    pub fn incident(&self, now: DateTime<Utc>) -> Incident<'_> {
        Incident {
            location_id: &self.location_id,
            product: ProductId::new(&self.product_id),
            severity: self.severity,
            channel: self.channel,
            language: self.language.as_deref(),
            open_time: self.open_time.unwrap_or(now),
            tenant_id: self.tenant_id.as_deref(),
            solution_id: self.solution_id.as_deref(),
        }
    }
}
