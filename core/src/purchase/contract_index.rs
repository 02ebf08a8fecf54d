//! What a violation is judged against: the contract, the order, the item and its service.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::catalog::{Catalog, Edition, Rule, Service};
use crate::model::{Contract, Item, Location, WorkOrder, Zone};
use crate::terms::{Span, days, is_base_agreement, is_in_effect};

use super::counts::Counts;
use super::findings::{Enforced, below};

/// An order that is a base agreement, with its term up to its termination.
pub(super) struct Base<'a> {
    pub order: &'a WorkOrder,
    /// The family of its edition; none if that is unknown, which is told once.
    pub family_id: Option<&'a str>,
    pub span: Span,
}

impl Base<'_> {
    /// Whether what is bought under the edition may lean on it.
    pub(super) fn supports(&self, edition: &Edition) -> bool {
        self.family_id.is_none_or(|family_id| family_id == edition.family_id)
    }
}

/// The whole contract, with what every order asks of it found once.
pub(super) struct ContractIndex<'a> {
    pub catalog: &'a Catalog,
    pub contract: &'a Contract,
    pub locations: HashMap<&'a str, &'a Location>,
    pub bases: Vec<Base<'a>>,
    pub counts: Counts<'a>,
}

impl<'a> ContractIndex<'a> {
    pub(super) fn new(catalog: &'a Catalog, contract: &'a Contract) -> Self {
        let locations: HashMap<_, _> =
            contract.customer.locations.iter().map(|location| (location.location_id.as_str(), location)).collect();
        let counts = Counts::new(contract);
        let mut index = Self { catalog, contract, locations, bases: Vec::new(), counts };
        let bases = contract.work_orders.iter().filter(|order| is_base_agreement(catalog, order));
        index.bases = bases.map(|order| index.base(order)).collect();
        index
    }

    fn base(&self, order: &'a WorkOrder) -> Base<'a> {
        let family_id = self.catalog.edition(&order.edition_id).map(|edition| edition.family_id.as_str());
        Base { order, family_id, span: self.term(order) }
    }

    pub(super) fn is_base(&self, order: &WorkOrder) -> bool {
        self.base_of(order).is_some()
    }

    pub(super) fn base_of(&self, order: &WorkOrder) -> Option<&Base<'a>> {
        self.bases.iter().find(|base| std::ptr::eq(base.order, order))
    }

    pub(super) fn country(&self, location_id: &str) -> Option<&'a str> {
        self.locations.get(location_id).map(|location| location.country.as_str())
    }

    /// From its first instant to the end of its last day, or to its termination. An unknown host is told
    /// elsewhere; here its zone counts as UTC.
    pub(super) fn term(&self, order: &WorkOrder) -> Span {
        let host = self.locations.get(order.host_location_id.as_str());
        let zone = host.map_or(Zone::UTC, |location| location.time_zone);
        let span = days(zone, within_calendar(order.start_date), within_calendar(order.end_date));
        let end = order.terminate_time.map_or(span.end, |terminated| span.end.min(terminated));
        Span { end, ..span }
    }

    /// Whether the designated locations of the order, and of those in effect that overlap its term, lie in more
    /// than one country (2.4).
    pub(super) fn is_multi_country(&self, order: &WorkOrder) -> bool {
        let term = self.term(order);
        let overlaps = |other: &WorkOrder| is_in_effect(other) && self.term(other).intersect(term).is_some();
        let is_beside = |other: &&WorkOrder| std::ptr::eq(*other, order) || overlaps(other);
        let orders = self.contract.work_orders.iter().filter(is_beside);
        let mut countries = orders.flat_map(WorkOrder::designated_locations).filter_map(|id| self.country(id));
        countries.next().is_some_and(|first| countries.any(|country| country != first))
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
    pub index: &'a ContractIndex<'a>,
    pub order: &'a WorkOrder,
    /// Without it only what needs no catalogue is judged.
    pub edition: Option<&'a Edition>,
    pub path: &'a str,
}

impl<'a> Order<'a> {
    pub(super) fn new(index: &'a ContractIndex<'a>, order: &'a WorkOrder, path: &'a str) -> Self {
        Self { index, order, edition: index.catalog.edition(&order.edition_id), path }
    }

    pub(super) fn has_own_base(&self) -> bool {
        self.index.is_base(self.order)
    }

    /// Whether something on it asks for a support administrator at the host.
    pub(super) fn needs_administrator(&self) -> bool {
        let services = self.order.items.iter().filter_map(|item| self.edition?.service(&item.service_id));
        services.into_iter().any(|service| service.needs_administrator)
    }

    pub(super) fn item_path(&self, index: usize) -> String {
        below(self.path, &format!("items[{index}]"))
    }

    /// The clause with this rule, if any service on the order is subject to it.
    pub(super) fn enforced(&self, rule: Rule) -> Option<Enforced<'a>> {
        let edition = self.edition?;
        let services = self.order.items.iter().filter_map(|item| edition.service(&item.service_id));
        let clause = services.into_iter().find_map(|service| Enforced::on(edition, service, rule))?;
        Some(Enforced { service_id: "", work_order_id: &self.order.work_order_id, ..clause })
    }
}

/// One item of a submitted order, with the service it buys.
#[derive(Clone, Copy)]
pub(super) struct BoughtItem<'a> {
    pub order: Order<'a>,
    pub edition: &'a Edition,
    pub service: &'a Service,
    pub item: &'a Item,
    pub path: &'a str,
}

impl<'a> BoughtItem<'a> {
    pub(super) fn enforced(&self, rule: Rule) -> Option<Enforced<'a>> {
        let clause = Enforced::on(self.edition, self.service, rule)?;
        Some(Enforced { work_order_id: &self.order.order.work_order_id, item_id: &self.item.item_id, ..clause })
    }

    pub(super) fn is_base_package(&self) -> bool {
        self.service.id == self.edition.base_package
    }
}
