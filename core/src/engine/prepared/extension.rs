//! Orders in an excluded country that name a base: their locations are downstream of it (2.4).

use std::collections::HashMap;

use super::order::PreparedOrder;
use crate::catalog::Catalog;
use crate::engine::designation::{Designation, Extension};
use crate::model::{Contract, WorkOrder};
use crate::terms::is_in_effect;

/// An order that extends the base it names.
#[derive(Debug)]
struct BaseExtension<'a> {
    base: &'a str,
    family: Option<usize>,
    extension: Extension,
}

/// Where the orders that extend a base bring it to.
#[derive(Debug)]
pub(super) struct BaseExtensions<'a> {
    /// By family of editions and the base that is named, then by location.
    found: HashMap<(Option<usize>, &'a str), Vec<Designation>>,
}

impl<'a> BaseExtensions<'a> {
    pub(super) fn new(catalog: &Catalog, contract: &'a Contract, orders: &[PreparedOrder]) -> Self {
        let extends = |(row, (order, prepared)): (usize, (&'a WorkOrder, &PreparedOrder))| {
            let base = order.base_work_order_id.as_deref()?;
            let host = contract.customer.locations.get(prepared.host?)?;
            let edition = catalog.editions().get(prepared.edition?)?;
            if !edition.excludes_country(&host.country) || !is_in_effect(order) {
                return None;
            }
            let term = prepared.term?;
            Some(BaseExtension {
                base,
                family: prepared.family,
                extension: Extension { span: term.span(), end_cause: term.end_cause, order: row },
            })
        };
        let all: Vec<_> = contract.work_orders.iter().zip(orders).enumerate().filter_map(extends).collect();
        let locations = contract.customer.locations.len();
        let mut found = HashMap::new();
        for (family, base) in all.iter().map(|own| (own.family, own.base)) {
            found.entry((family, base)).or_insert_with(|| {
                let of_base: Vec<_> = all.iter().filter(|own| own.family == family && own.base == base).collect();
                designations(&of_base, orders, locations)
            });
        }
        Self { found }
    }

    /// How the base of this family and id reaches a location by being extended.
    pub(super) fn designation(&self, family: Option<usize>, base: &str, location: usize) -> Designation {
        let found = self.found.get(&(family, base)).and_then(|designations| designations.get(location));
        found.cloned().unwrap_or(Designation::Never)
    }
}

fn designations(of_base: &[&BaseExtension<'_>], orders: &[PreparedOrder], locations: usize) -> Vec<Designation> {
    let designation = |location| {
        let designates = |row: usize| orders.get(row).is_some_and(|order| order.designates(location));
        let here = of_base.iter().filter(|own| designates(own.extension.order));
        Designation::during(here.map(|own| own.extension).collect())
    };
    (0..locations).map(designation).collect()
}
