//! Which locations an item is for (2.4).

use super::prepared::{carries_base, is_in_effect, order_term};
use super::span::{End, Span};
use crate::catalog::{Catalog, Edition, LocationRule};
use crate::model::{Contract, Item, WorkOrder};

/// Whether an item is for a location.
#[derive(Debug, Clone)]
pub enum Reach {
    Never,
    Always,
    /// While an order that extends its base to there is in force.
    During(Vec<Stretch>),
}

/// While an order extends its base to a location.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub span: Span,
    pub end_cause: End,
    /// Row of the order that extends.
    pub order: usize,
}

impl Reach {
    pub fn at(&self, instant: chrono::DateTime<chrono::Utc>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::During(stretches) => stretches.iter().any(|stretch| stretch.span.contains(instant)),
        }
    }

    pub fn spans(&self) -> impl Iterator<Item = Span> {
        self.stretches().iter().map(|stretch| stretch.span)
    }

    pub fn stretches(&self) -> &[Stretch] {
        match self {
            Self::During(stretches) => stretches,
            Self::Never | Self::Always => &[],
        }
    }
}

/// An order in an excluded country that names a base: its locations are downstream of it.
#[derive(Debug)]
pub struct Extension<'a> {
    order: &'a WorkOrder,
    stretch: Stretch,
}

/// The orders that extend the base `order` carries, names, or — naming none — may lean on.
pub(super) fn extensions_of<'a>(
    contract: &'a Contract,
    catalog: &Catalog,
    order: &WorkOrder,
    edition: &Edition,
) -> Vec<Extension<'a>> {
    let is_its_base = |named: &str| {
        if carries_base(edition, order) {
            named == order.work_order_id
        } else {
            order.base_work_order_id.as_ref().is_none_or(|base| base == named)
        }
    };
    let extends = |(row, other): (usize, &'a WorkOrder)| {
        let named = other.base_work_order_id.as_deref()?;
        let host = contract.customer.location(&other.host_location_id)?;
        let excluded = catalog.edition(&other.edition_id)?.excludes_country(&host.country);
        if !excluded || !is_in_effect(other) || !is_its_base(named) {
            return None;
        }
        let term = order_term(other, host.time_zone);
        let stretch = Stretch { span: term.span(), end_cause: term.end_cause, order: row };
        Some(Extension { order: other, stretch })
    };
    contract.work_orders.iter().enumerate().filter_map(extends).collect()
}

/// Where a base item serves: the locations it lists, or every designated one and those of
/// the orders that extend it.
pub(super) fn base_reach(order: &WorkOrder, item: &Item, location_id: &str, extensions: &[Extension<'_>]) -> Reach {
    if !item.all_locations {
        return listed(order, item, location_id);
    }
    if order.designates(location_id) { Reach::Always } else { extended(location_id, extensions) }
}

/// Where any other item serves.
pub(super) fn reach_of(
    rule: LocationRule,
    order: &WorkOrder,
    item: &Item,
    location_id: &str,
    extensions: &[Extension<'_>],
) -> Reach {
    let is_at_host = item.all_locations || item.location_ids.contains(&order.host_location_id);
    match rule {
        LocationRule::HostServesAll if is_at_host => {
            if order.designates(location_id) {
                Reach::Always
            } else {
                extended(location_id, extensions)
            }
        }
        LocationRule::HostServesAll | LocationRule::Listed => listed(order, item, location_id),
    }
}

fn listed(order: &WorkOrder, item: &Item, location_id: &str) -> Reach {
    let is_named = item.all_locations || item.location_ids.iter().any(|id| id == location_id);
    if is_named && order.designates(location_id) { Reach::Always } else { Reach::Never }
}

fn extended(location_id: &str, extensions: &[Extension<'_>]) -> Reach {
    let designating = extensions.iter().filter(|extension| extension.order.designates(location_id));
    let stretches: Vec<_> = designating.map(|extension| extension.stretch).collect();
    if stretches.is_empty() { Reach::Never } else { Reach::During(stretches) }
}
