//! Working out what can be known of a contract before any question.

use std::collections::HashMap;
use std::ops::RangeFrom;
use std::sync::Arc;

use super::block::block_of;
use super::candidate::{Candidate, Support};
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
    extensions: BaseExtensions<'a>,
}

/// An order while its items are made ready.
struct OrderParts<'a> {
    row: usize,
    order: &'a WorkOrder,
    prepared: &'a PreparedOrder,
    edition_row: usize,
    edition: &'a Edition,
    host: usize,
    zone: Zone,
    /// How an item leans on a base that is not one itself.
    support: Option<Arc<Bases>>,
    /// The designated locations, without and with those that extend the base.
    designated: Designations,
    extended: Designations,
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
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let rows: HashMap<&str, usize> = rows_by_id(self.contract);
        let orders = self.contract.work_orders.iter().zip(&self.orders).enumerate();
        let parts = orders.filter_map(|(row, (order, prepared))| self.order_parts(row, order, prepared, &rows));
        let parts: Vec<_> = parts.collect();
        let mut all: Vec<_> = parts.iter().flat_map(ItemParts::of_order).collect();
        all.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        let mut counted_rows = 0..;
        all.iter().map(|item| self.candidate(item, &mut counted_rows)).collect()
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
            let base = rows.get(named).filter(|row| self.is_of_family(**row, prepared.family));
            let base = base.and_then(|row| self.base_span(*row));
            Arc::new(Bases::new(base.into_iter().collect()))
        });
        let its_base = if prepared.carries_base { Some(order.work_order_id.as_str()) } else { named };
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
                    self.extensions.designation(prepared.family, its_base, location)
                },
            )
        }));
        Some(OrderParts { row, order, prepared, edition_row, edition, host, zone, support, designated, extended })
    }

    /// `counted_rows` gives the next counted item its row.
    fn candidate(&self, item: &ItemParts<'_>, counted_rows: &mut RangeFrom<usize>) -> Candidate {
        let ItemParts { order: parts, row, item, service, is_base } = *item;
        let OrderParts { order, edition, zone, .. } = *parts;
        let term = item_term(order, item, zone);
        let waivers = prepare_waivers(edition, item, zone);
        let block = block_of(service, order, item, zone, counted_rows);
        let support = match &parts.support {
            _ if is_base || parts.prepared.carries_base => Support::OwnOrder,
            None => Support::AnyCovering,
            Some(bases) => Support::Named(Arc::clone(bases)),
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
            designations: self.designations(parts, item, if is_base { None } else { Some(service.location_rule) }),
            transitions: transitions_of(&term, &waivers, block, item),
            block,
            life: term.span(),
            products: Sorted::of(&item.product_ids),
            tenants: folded_ids(&item.tenant_ids),
            waivers,
            term,
        }
    }

    /// Where an item serves: of a base item (without a rule) and one that serves from the host
    /// every designated location and those of the orders that extend the base, else what it lists.
    fn designations(&self, parts: &OrderParts<'_>, item: &Item, rule: Option<LocationRule>) -> Designations {
        let OrderParts { order, prepared, .. } = *parts;
        let serves_all = match rule {
            None => item.all_locations,
            Some(LocationRule::HostServesAll) => {
                item.all_locations || item.location_ids.contains(&order.host_location_id)
            }
            Some(LocationRule::Listed) => false,
        };
        if serves_all {
            return parts.extended.clone();
        }
        if item.all_locations {
            return parts.designated.clone();
        }
        let listed = item.location_ids.iter().filter_map(|id| self.location_rows.get(id).copied());
        Designations::new(listed.filter(|row| prepared.designates(*row)).map(|row| (row, Designation::Always)))
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
