use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{ProductPattern, Quantity, Zone};

/// A signed order for services. One that has the base package among its items *is* a
/// Unified Support agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    pub work_order_id: String,
    pub customer_id: String,
    pub edition_id: String,
    /// First day, from 00:00 in the host location's zone.
    pub start_date: NaiveDate,
    /// Last day; it counts in full.
    pub end_date: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_date: Option<NaiveDate>,
    #[serde(default)]
    pub state: WorkOrderState,
    /// When a terminated order ends; before it everything still works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminate_time: Option<DateTime<Utc>>,
    pub host_location_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downstream_location_ids: Vec<String>,
    /// The order whose base package this one leans on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_work_order_id: Option<String>,
    /// The order this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews_work_order_id: Option<String>,
    pub covered_products: Vec<ProductPattern>,
    /// Excluded by name on the support portal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered_products_except: Vec<ProductPattern>,
    /// Services of its base package that it leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_services_except: Vec<String>,
    /// ISO 4217; every price of the order is in its minor units.
    pub currency: String,
    /// Per contract year, in minor units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flex_allowance: Option<i64>,
    pub items: Vec<Item>,
}

impl WorkOrder {
    /// The host and the downstream locations.
    pub fn designated_locations(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.host_location_id.as_str()).chain(self.downstream_location_ids.iter().map(String::as_str))
    }

    pub fn item(&self, item_id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.item_id == item_id)
    }

    pub fn designates(&self, location_id: &str) -> bool {
        self.designated_locations().any(|id| id == location_id)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkOrderState {
    Draft,
    #[default]
    Active,
    Suspended,
    Terminated,
}

impl WorkOrderState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// One service bought on a work order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub item_id: String,
    pub service_id: String,
    /// The locations it is for; empty with `all_locations`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub location_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_locations: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// An id from the catalogue's list for the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predefined_offering: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<ProductPattern>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenant_ids: Vec<String>,
    /// Absent: the catalogue's default for the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_mode: Option<DeliveryMode>,
    /// The zone agreed for its service hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// The exhibit that defines it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhibit: Option<String>,
    /// In minor units of the order's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
    #[serde(default)]
    pub funding: Funding,
    /// Narrower than the order's term, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_hours: Option<IncludedHours>,
    /// Burn order: lower burns first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<PlannedEvent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryMode {
    Remote,
    OnSite,
}

impl DeliveryMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "REMOTE",
            Self::OnSite => "ON_SITE",
        }
    }
}

/// What an item was paid from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Funding {
    #[default]
    Purchased,
    FlexAllowance,
    Credits,
}

/// Whole hours that come with a Unified Enhanced Response item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncludedHours {
    pub reactive_support_management: i64,
    pub service_delivery_management: i64,
}

/// A critical business event planned on an event-management item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEvent {
    pub event_id: String,
    pub solution_id: String,
    /// Empty: every product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<ProductPattern>,
    pub start_time: DateTime<Utc>,
    pub end_time: DateTime<Utc>,
    /// When it was confirmed in writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_time: Option<DateTime<Utc>>,
}

impl Item {
    /// The waiver of a clause that is written down there.
    pub fn waiver(&self, code: &str, reference: &str) -> Option<&Waiver> {
        self.waivers.iter().find(|waiver| waiver.code == code && waiver.reference == reference)
    }
}

/// A written agreement that lifts one clause for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub code: String,
    pub reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub granted_by: String,
    /// Absent: from the item's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Absent: to the item's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// Empty: every product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<ProductPattern>,
    /// Of a base item: the base services it is for; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_ids: Vec<String>,
}
