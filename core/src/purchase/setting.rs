//! What a violation is judged against: the contract, the order, the item and its service.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::catalog::{Catalog, Edition, Rule, Service};
use crate::model::{Contract, Item, Location, WorkOrder, start_of_day};

use super::counts::Counts;
use super::findings::{Enforced, below};

/// An order that is a base agreement, with its term up to its termination.
pub(super) struct Base<'a> {
    pub order: &'a WorkOrder,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// The whole contract, with what every order asks of it found once.
pub(super) struct Setting<'a> {
    pub catalog: &'a Catalog,
    pub contract: &'a Contract,
    pub locations: HashMap<&'a str, &'a Location>,
    pub bases: Vec<Base<'a>>,
    /// Whether the designated locations of all orders lie in more than one country.
    pub is_multi_country: bool,
    pub counts: Counts<'a>,
}

impl<'a> Setting<'a> {
    pub(super) fn new(catalog: &'a Catalog, contract: &'a Contract) -> Self {
        let locations: HashMap<_, _> =
            contract.customer.locations.iter().map(|location| (location.location_id.as_str(), location)).collect();
        let designated = contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
        let countries: HashSet<_> =
            designated.filter_map(|id| locations.get(id)).map(|location| location.country.as_str()).collect();
        let is_multi_country = countries.len() > 1;
        let counts = Counts::new(contract);
        let mut setting = Self { catalog, contract, locations, bases: Vec::new(), is_multi_country, counts };
        let bases = contract.work_orders.iter().filter(|order| is_base_agreement(catalog, order));
        setting.bases = bases.map(|order| setting.base(order)).collect();
        setting
    }

    fn base(&self, order: &'a WorkOrder) -> Base<'a> {
        let (start, end) = self.term(order);
        Base { order, start, end: order.terminate_time.map_or(end, |terminated| end.min(terminated)) }
    }

    pub(super) fn is_base(&self, order: &WorkOrder) -> bool {
        self.bases.iter().any(|base| std::ptr::eq(base.order, order))
    }

    pub(super) fn country(&self, location_id: &str) -> Option<&'a str> {
        self.locations.get(location_id).map(|location| location.country.as_str())
    }

    /// From its first instant to the end of its last day. An unknown host is told elsewhere;
    /// here its zone counts as UTC.
    pub(super) fn term(&self, order: &WorkOrder) -> (DateTime<Utc>, DateTime<Utc>) {
        let host = self.locations.get(order.host_location_id.as_str());
        let zone = host.map_or(Tz::UTC, |location| location.time_zone);
        let end = within_calendar(order.end_date);
        (start_of_day(zone, within_calendar(order.start_date)), start_of_day(zone, end.succ_opt().unwrap_or(end)))
    }
}

/// An order of an unknown edition is read by any: that mistake is told once, not again by
/// every order that leans on it.
fn is_base_agreement(catalog: &Catalog, order: &WorkOrder) -> bool {
    let carries = |edition: &Edition| order.items.iter().any(|item| item.service_id == edition.base_package);
    match catalog.edition(&order.edition_id) {
        Some(edition) => carries(edition),
        None => catalog.editions().iter().any(carries),
    }
}

fn within_calendar(date: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default();
    date.clamp(first, last)
}

/// One submitted order.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub setting: &'a Setting<'a>,
    pub order: &'a WorkOrder,
    /// Without it only what needs no catalogue is judged.
    pub edition: Option<&'a Edition>,
    pub path: &'a str,
}

impl<'a> Order<'a> {
    pub(super) fn new(setting: &'a Setting<'a>, order: &'a WorkOrder, path: &'a str) -> Self {
        Self { setting, order, edition: setting.catalog.edition(&order.edition_id), path }
    }

    pub(super) fn has_own_base(&self) -> bool {
        self.setting.is_base(self.order)
    }

    pub(super) fn item_path(&self, index: usize) -> String {
        below(self.path, &format!("items[{index}]"))
    }

    /// The clause with this rule, if any service on the order is subject to it.
    pub(super) fn enforced(&self, rule: Rule) -> Option<Enforced<'a>> {
        let edition = self.edition?;
        let services = self.order.items.iter().filter_map(|item| edition.service(&item.service_id));
        services.into_iter().find_map(|service| Enforced::on(edition, service, rule))
    }
}

/// One item of a submitted order, with the service it buys.
#[derive(Clone, Copy)]
pub(super) struct Bought<'a> {
    pub order: Order<'a>,
    pub edition: &'a Edition,
    pub service: &'a Service,
    pub item: &'a Item,
    pub path: &'a str,
}

impl<'a> Bought<'a> {
    pub(super) fn enforced(&self, rule: Rule) -> Option<Enforced<'a>> {
        Enforced::on(self.edition, self.service, rule)
    }

    pub(super) fn is_base_package(&self) -> bool {
        self.service.id == self.edition.base_package
    }
}
