use chrono::NaiveDate;
use serde::Deserialize;

use super::format::positive;
use super::{Channel, ClauseUse, ServiceHours, Severity, Text};
use crate::model::{DeliveryMode, Item, ProductId, ProductPattern, Quantity, Unit, WorkOrder, contract_years_begun};

/// A group services are shown in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub id: String,
    pub name: Text,
}

/// A section of the service description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: String,
    pub title: Text,
}

/// Everything the rules know about one service.
#[derive(Debug, Clone)]
pub struct Service {
    pub id: String,
    pub name: Text,
    /// What it is.
    pub description: Option<Text>,
    /// What it brings.
    pub deliverables: Vec<Text>,
    /// Ids of each [`Section`] that describes it.
    pub source: Vec<String>,
    /// Id of a [`Group`].
    pub group: String,
    pub plan: ServicePlan,
    /// What is counted; none for what is used as needed.
    pub unit: Option<Unit>,
    /// Whether days of 8 hours are accepted for it.
    pub days: bool,
    /// Longest single use, in minutes; makes a time accepted in checks of an uncounted service.
    pub longest_minutes: Option<i64>,
    pub purchase: PurchaseRule,
    /// Ways it can be sold; the first is the default.
    pub delivery_modes: Vec<DeliveryMode>,
    /// Ways that need no agreement, whatever was sold.
    pub included_delivery_modes: Vec<DeliveryMode>,
    pub service_hours: Option<ServiceHours>,
    /// Languages by product; the first row that fits decides, none: any language.
    pub languages: Vec<RestrictedTo<String>>,
    /// Channels by product, likewise.
    pub channels: Vec<RestrictedTo<Channel>>,
    /// Severities it serves; empty: all.
    pub severities: Vec<Severity>,
    /// Whether it answers incidents.
    pub incident: bool,
    pub location_rule: LocationRule,
    /// Products it can serve; empty: all.
    pub products_only: Vec<ProductPattern>,
    pub products_except: Vec<ProductPattern>,
    /// Products it serves only where that was agreed: a recorded waiver settles it.
    pub products_open: Vec<ProductPattern>,
    /// A family of which the work order must cover something.
    pub covered_family: Option<String>,
    /// Countries (ISO) it is sold in; empty: everywhere.
    pub countries_only: Vec<String>,
    pub countries_except: Vec<String>,
    /// Countries (ISO) it is delivered in on site; empty: everywhere.
    pub on_site_countries_only: Vec<String>,
    pub on_site_countries_except: Vec<String>,
    /// Whether an order with it needs a support administrator at its host, base package or not.
    pub needs_administrator: bool,
    /// The service that is bought for work outside of its hours.
    pub extended_by: Option<String>,
    /// First day of delivery.
    pub delivery_starts: Option<NaiveDate>,
    /// Activities in scope; empty: none is judged.
    pub activities: Vec<String>,
    /// Activities out of its scope.
    pub activities_except: Vec<String>,
    /// A licence the customer must hold.
    pub license: Option<String>,
    pub tenants: Option<Tenants>,
    pub event: Option<EventRule>,
    /// Which services the hours that come with it are used for.
    pub included_hours: Option<IncludedServices>,
    /// The clauses it is subject to, in catalogue order.
    pub clauses: Vec<ClauseUse>,
    /// Those of them that every check judges, but for …
    pub gates: Vec<ClauseUse>,
    /// … those that compare with what all items that serve have left.
    pub pool_gates: Vec<ClauseUse>,
    /// Those that the ledger judges before it takes anything, but for what is left.
    pub takes: Vec<ClauseUse>,
}

impl Service {
    /// Whether a quantity of `unit` can be asked of it: as it is sold, or as one of its offerings grants it.
    pub fn accepts(&self, unit: Unit) -> bool {
        let mut granted = self.purchase.predefined.iter().filter_map(|offering| offering.grants);
        self.is_sold_in(unit) || granted.any(|grants| grants.unit == unit)
    }

    /// Whether an item can carry a quantity of `unit`.
    pub fn is_sold_in(&self, unit: Unit) -> bool {
        match self.unit {
            Some(own) if own.is_time() => unit.is_time() && (unit != Unit::Days || self.days),
            Some(own) => own == unit,
            None => self.longest_minutes.is_some() && unit.is_time() && unit != Unit::Days,
        }
    }

    /// What the item's predefined offering grants, if that is counted.
    pub fn granted_by_offering(&self, item: &Item) -> Option<Quantity> {
        let id = item.predefined_offering.as_deref()?;
        self.purchase.predefined.iter().find(|offering| offering.id == id)?.grants
    }

    pub fn is_base(&self) -> bool {
        self.plan == ServicePlan::Base
    }

    pub fn default_delivery_mode(&self) -> DeliveryMode {
        self.delivery_modes.first().copied().unwrap_or(DeliveryMode::Remote)
    }

    /// Whether a pattern has any product in common with those it is for, or may be for.
    pub fn touches(&self, pattern: &ProductPattern) -> bool {
        let any = |patterns: &[ProductPattern]| patterns.iter().any(|own| own.overlaps(pattern));
        let is_listed = self.products_only.is_empty() || any(&self.products_only) || any(&self.products_open);
        is_listed && !self.products_except.iter().any(|except| except.includes(pattern))
    }

    /// Whether the product is among those it is for.
    pub fn serves(&self, product: ProductId<'_>) -> bool {
        let any = |patterns: &[ProductPattern]| patterns.iter().any(|pattern| pattern.matches(product));
        (self.products_only.is_empty() || any(&self.products_only)) && !any(&self.products_except)
    }

    pub fn is_available_in(&self, country: &str) -> bool {
        is_among(country, &self.countries_only, &self.countries_except)
    }

    pub fn is_on_site_in(&self, country: &str) -> bool {
        is_among(country, &self.on_site_countries_only, &self.on_site_countries_except)
    }
}

/// An empty list of those that are let in lets in all.
fn is_among(country: &str, only: &[String], except: &[String]) -> bool {
    let has = |countries: &[String]| countries.iter().any(|known| known == country);
    (only.is_empty() || has(only)) && !has(except)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServicePlan {
    /// Part of the base package.
    Base,
    /// Bought beside it.
    AddOn,
    /// An enhanced service or solution, bought beside it.
    Enhanced,
}

/// For these products only these values are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedTo<T> {
    /// Empty: every product.
    pub products: Vec<ProductPattern>,
    pub only: Vec<T>,
}

impl<T> RestrictedTo<T> {
    /// Without a product, only a row for every product fits.
    pub fn fits(&self, product: Option<ProductId<'_>>) -> bool {
        self.products.is_empty()
            || product.is_some_and(|product| self.products.iter().any(|pattern| pattern.matches(product)))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationRule {
    /// The item lists the location, or is for all of the order's.
    #[default]
    Listed,
    /// As listed, and also where a designated contact stands (2.5).
    ListedOrContact,
    /// An item at the host of its base serves every designated location (2.3 UER).
    HostServesAll,
}

/// How a service is bought.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PurchaseRule {
    pub quantity: QuantityRule,
    /// Offerings that stand for a quantity.
    pub predefined: Vec<PredefinedOffering>,
    #[serde(deserialize_with = "positive")]
    pub minimum_minutes: Option<i64>,
    #[serde(deserialize_with = "positive")]
    pub step_minutes: Option<i64>,
    #[serde(deserialize_with = "positive")]
    pub exact_minutes: Option<i64>,
    /// At most this many of it, over all items of an order.
    #[serde(deserialize_with = "positive")]
    pub maximum: Option<i64>,
    /// At most this many per contract year begun, over all items of an order.
    #[serde(deserialize_with = "positive")]
    pub maximum_per_contract_year: Option<i64>,
}

impl PurchaseRule {
    /// The most of it that an order may carry, over all its items.
    pub fn most_on(&self, order: &WorkOrder) -> Option<i64> {
        let years = contract_years_begun(order.start_date, order.end_date);
        let yearly = self.maximum_per_contract_year.map(|most| most.saturating_mul(years));
        [self.maximum, yearly].into_iter().flatten().min()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuantityRule {
    /// It is not counted; a quantity is a mistake.
    #[default]
    None,
    /// An absent quantity is one.
    One,
    Optional,
    /// A quantity, or a predefined offering where the service has one.
    Required,
    /// A predefined offering, never a quantity.
    PredefinedOnly,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredefinedOffering {
    pub id: String,
    pub name: Text,
    /// What it counts as; none: nothing that is counted.
    #[serde(default)]
    pub grants: Option<Quantity>,
}

/// How many tenants an item names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenants {
    pub minimum: usize,
    pub maximum: Option<usize>,
}

/// The services whose hours come with an item of another: each becomes a block of that item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncludedServices {
    pub reactive_support_management: String,
    pub service_delivery_management: String,
}

/// What one event of an event-management service covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// Days between written confirmation and start.
    pub notice_days: u32,
    /// Consecutive calendar days one event covers.
    #[serde(deserialize_with = "positive")]
    pub days: i64,
    /// Whether each further solution takes as many events again.
    pub per_solution: bool,
}
