//! Working out what can be known of a contract before any question.

use std::collections::HashMap;
use std::ops::RangeFrom;
use std::sync::Arc;

use super::block::block_of;
use super::candidate::{BasesAt, Candidate, Support};
use super::extension::BaseExtensions;
use super::item::{prepare_waivers, transitions_of};
use super::order::PreparedOrder;
use crate::catalog::{Catalog, Edition, LocationRule, Service};
use crate::engine::base::Bases;
use crate::engine::designation::{Designation, Designations};
use crate::engine::sorted::Sorted;
use crate::model::{Contract, Item, WorkOrder, Zone, folded};
use crate::terms::item_term;

pub(super) struct Builder<'a> {
    pub catalog: &'a Catalog,
    pub contract: &'a Contract,
    location_rows: &'a HashMap<String, usize>,
    pub orders: Vec<PreparedOrder>,
    pub extensions: BaseExtensions<'a>,
}

/// An order while its items are made ready.
pub(super) struct OrderParts<'a> {
    pub row: usize,
    pub order: &'a WorkOrder,
    pub prepared: &'a PreparedOrder,
    pub edition_row: usize,
    pub edition: &'a Edition,
    pub host: usize,
    pub zone: Zone,
    /// How an item leans on a base that is not one itself.
    pub support: Option<(Arc<Bases>, Option<usize>)>,
    /// The designated locations, without and with those of orders that extend its own base.
    pub designated: Designations,
    pub extended: Designations,
}

/// An item that can answer, while it is made ready.
struct ItemParts<'p> {
    order: &'p OrderParts<'p>,
    row: usize,
    item: &'p Item,
    service: &'p Service,
    is_base: bool,
}

impl<'p> ItemParts<'p> {
    /// Without the items of a service that the edition does not have.
    fn of_order(order: &'p OrderParts<'p>) -> impl Iterator<Item = Self> {
        order.order.items.iter().enumerate().filter_map(move |(row, item)| {
            let service = order.edition.service(&item.service_id)?;
            let is_base = item.service_id == order.edition.base_package;
            Some(Self { order, row, item, service, is_base })
        })
    }

    fn sort_key(&self) -> impl Ord + use<'p> {
        let service_id = (!self.is_base).then_some(self.item.service_id.as_str());
        (!self.is_base, service_id, self.order.order.work_order_id.as_str(), self.item.item_id.as_str())
    }
}

impl<'a> Builder<'a> {
    pub(super) fn new(catalog: &'a Catalog, contract: &'a Contract, location_rows: &'a HashMap<String, usize>) -> Self {
        let order = |order| PreparedOrder::new(catalog, contract, location_rows, order);
        let orders: Vec<_> = contract.work_orders.iter().map(order).collect();
        let extensions = BaseExtensions::new(catalog, contract, &orders);
        Self { catalog, contract, location_rows, orders, extensions }
    }

    /// The base items, then the others service by service, each in the order of their ids.
    /// With the bases that cover each location.
    pub(super) fn candidates(&self) -> (Vec<Candidate>, BasesAt) {
        let rows: HashMap<&str, usize> = rows_by_id(self.contract);
        let orders = self.contract.work_orders.iter().zip(&self.orders).enumerate();
        let parts = orders.filter_map(|(row, (order, prepared))| self.order_parts(row, order, prepared, &rows));
        let parts: Vec<_> = parts.collect();
        let mut all: Vec<_> = parts.iter().flat_map(ItemParts::of_order).collect();
        all.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        let mut counted_rows = 0..;
        let bases = all.partition_point(|item| item.is_base);
        let none = BasesAt::default();
        let mut candidates: Vec<_> =
            all.iter().take(bases).map(|item| self.candidate(item, &none, &mut counted_rows)).collect();
        let bases_at = self.bases_at(&candidates);
        candidates.extend(all.iter().skip(bases).map(|item| self.candidate(item, &bases_at, &mut counted_rows)));
        (candidates, bases_at)
    }

    /// None where no item can answer: its edition is not loaded, or its host unknown.
    fn order_parts<'m>(
        &'m self,
        row: usize,
        order: &'m WorkOrder,
        prepared: &'m PreparedOrder,
        rows: &HashMap<&str, usize>,
    ) -> Option<OrderParts<'m>> {
        let (edition_row, host) = (prepared.edition?, prepared.host?);
        let edition = self.catalog.editions().get(edition_row)?;
        let zone = self.contract.customer.locations.get(host)?.time_zone;
        let named = order.base_work_order_id.as_deref();
        let support = named.map(|named| {
            let base = rows.get(named).copied().filter(|row| self.is_of_family(*row, prepared.family));
            let span = base.and_then(|row| self.base_span(row));
            let base = base.filter(|row| self.orders.get(*row).is_some_and(|order| order.carries_base));
            (Arc::new(Bases::new(span.into_iter().collect())), base)
        });
        let locations = || 0..self.contract.customer.locations.len();
        let designated = Designations::new(
            locations()
                .filter(|location| prepared.designates(*location))
                .map(|location| (location, Designation::Always)),
        );
        let extended = Designations::new(locations().map(|location| {
            let is_designated = prepared.designates(location);
            (
                location,
                if is_designated {
                    Designation::Always
                } else {
                    self.extensions.designation(prepared.family, &order.work_order_id, location)
                },
            )
        }));
        Some(OrderParts { row, order, prepared, edition_row, edition, host, zone, support, designated, extended })
    }

    /// `counted_rows` gives the next counted item its row.
    fn candidate(&self, item: &ItemParts<'_>, bases_at: &BasesAt, counted_rows: &mut RangeFrom<usize>) -> Candidate {
        let ItemParts { order: parts, row, item, service, is_base } = *item;
        let OrderParts { order, edition, zone, .. } = *parts;
        let term = item_term(order, item, zone);
        let waivers = prepare_waivers(edition, item, zone);
        let block = block_of(service, order, item, zone, counted_rows);
        let support = match &parts.support {
            _ if is_base || parts.prepared.carries_base => Support::OwnOrder,
            None => Support::AnyCovering,
            Some((bases, base)) => Support::Named(Arc::clone(bases), *base),
        };
        let serves_from_host = !is_base && service.location_rule == LocationRule::HostServesAll;
        let (designations, is_at_host) = if serves_from_host {
            self.host_designations(parts, item, &support, bases_at, term.start())
        } else {
            (self.designations(parts, item, is_base), false)
        };
        Candidate {
            order: parts.row,
            item: row,
            is_base,
            edition: parts.edition_row,
            family: self.catalog.family_row(parts.edition_row),
            host: parts.host,
            state: order.state,
            support,
            designations,
            is_extended: is_base || serves_from_host,
            is_at_host,
            transitions: transitions_of(&term, &waivers, block, item),
            block,
            life: term.span(),
            planned_end: None,
            products: Sorted::of(&item.product_ids),
            tenants: folded_ids(&item.tenant_ids),
            waivers,
            term,
        }
    }

    /// Where an item serves: what it lists, or every designated location; of a base item those of the orders
    /// that extend it, too.
    pub(super) fn designations(&self, parts: &OrderParts<'_>, item: &Item, is_base: bool) -> Designations {
        if item.all_locations {
            return if is_base { parts.extended.clone() } else { parts.designated.clone() };
        }
        let listed = item.location_ids.iter().filter_map(|id| self.location_rows.get(id).copied());
        Designations::new(listed.filter(|row| parts.prepared.designates(*row)).map(|row| (row, Designation::Always)))
    }
}

/// Of equal ids, the first.
fn rows_by_id(contract: &Contract) -> HashMap<&str, usize> {
    let mut rows = HashMap::new();
    for (row, order) in contract.work_orders.iter().enumerate() {
        rows.entry(order.work_order_id.as_str()).or_insert(row);
    }
    rows
}

/// Folded and sorted, to be looked into by name.
fn folded_ids(ids: &[String]) -> Box<[String]> {
    let mut folded: Box<[String]> = ids.iter().map(|id| folded(id)).collect();
    folded.sort_unstable();
    folded
}
