//! What the items of an order share.

use std::collections::HashMap;

use crate::catalog::{Catalog, Edition};
use crate::engine::sorted::Sorted;
use crate::model::{Contract, WorkOrder};
use crate::terms::{Term, carries_base, order_term};

/// A work order made ready.
#[derive(Debug)]
pub(crate) struct PreparedOrder {
    /// Row of its edition; none if that is not loaded.
    pub edition: Option<usize>,
    /// Row of the first edition of its family: a base supports items of its own family alone.
    pub family: Option<usize>,
    /// Row of its host location, if the customer has that.
    pub host: Option<usize>,
    /// Its own term, by the clock of its host.
    pub term: Option<Term>,
    pub carries_base: bool,
    /// By location.
    designates: Vec<bool>,
    /// Of the products it covers.
    pub covered: Sorted,
    /// Of those it excepts.
    pub excepted: Sorted,
}

impl PreparedOrder {
    pub(crate) fn new(
        catalog: &Catalog,
        contract: &Contract,
        location_rows: &HashMap<String, usize>,
        order: &WorkOrder,
    ) -> Self {
        let edition = catalog.editions().iter().position(|edition| edition.id == order.edition_id);
        let host = location_rows.get(&order.host_location_id).copied();
        let zone = host.and_then(|host| contract.customer.locations.get(host)).map(|location| location.time_zone);
        let mut designates = vec![false; contract.customer.locations.len()];
        for row in order.designated_locations().filter_map(|id| location_rows.get(id)) {
            designates.get_mut(*row).into_iter().for_each(|designates| *designates = true);
        }
        let carries = |edition: &Edition| carries_base(edition, order);
        Self {
            edition,
            family: edition.map(|row| catalog.family_row(row)),
            host,
            term: zone.map(|zone| order_term(order, zone)),
            carries_base: edition.and_then(|row| catalog.editions().get(row)).is_some_and(carries),
            designates,
            covered: Sorted::of(&order.covered_products),
            excepted: Sorted::of(&order.covered_products_except),
        }
    }

    pub(crate) fn designates(&self, location: usize) -> bool {
        self.designates.get(location).copied().unwrap_or(false)
    }
}
