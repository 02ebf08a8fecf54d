//! Where an item serves that is bought for the host of its base alone (2.3).

use chrono::{DateTime, Utc};

use super::build::{Builder, OrderParts};
use super::candidate::{BasesAt, Support};
use crate::engine::designation::{Designation, Designations};
use crate::model::Item;
use crate::terms::Span;

impl Builder<'_> {
    /// At the host of its base it serves every location that the base's order designates, its own order, and the
    /// orders that extend the base; elsewhere what it lists. Also whether it is at the host of the base its order
    /// carries or names.
    pub(super) fn host_designations(
        &self,
        parts: &OrderParts<'_>,
        item: &Item,
        support: &Support,
        bases_at: &BasesAt,
        start: DateTime<Utc>,
    ) -> (Designations, bool) {
        let base = match support {
            Support::OwnOrder => Some(parts.row),
            Support::Named(_, base) => *base,
            Support::AnyCovering => return (self.covering_designations(parts, item, bases_at, start), false),
        };
        match base.filter(|base| self.is_at_host(parts, item, *base)) {
            Some(base) => (self.base_designations(parts, base), true),
            None => (self.designations(parts, item, false), false),
        }
    }

    /// Whether an item serves the host of the base of this row.
    fn is_at_host(&self, parts: &OrderParts<'_>, item: &Item, base: usize) -> bool {
        let Some(host) = self.orders.get(base).and_then(|order| order.host) else { return false };
        let location = self.contract.customer.locations.get(host);
        let is_listed = location.is_some_and(|location| item.location_ids.contains(&location.location_id));
        parts.prepared.designates(host) && (item.all_locations || is_listed)
    }

    fn base_designations(&self, parts: &OrderParts<'_>, base: usize) -> Designations {
        let base_id = self.contract.work_orders.get(base).map_or("", |order| &order.work_order_id);
        let is_bases = |location| self.orders.get(base).is_some_and(|order| order.designates(location));
        Designations::new((0..self.contract.customer.locations.len()).map(|location| {
            let is_designated = parts.prepared.designates(location) || is_bases(location);
            let extension = || self.extensions.designation(parts.prepared.family, base_id, location);
            (location, if is_designated { Designation::Always } else { extension() })
        }))
    }

    /// What leans on any base that covers: of each location, by the bases that do.
    fn covering_designations(
        &self,
        parts: &OrderParts<'_>,
        item: &Item,
        bases_at: &BasesAt,
        start: DateTime<Utc>,
    ) -> Designations {
        let listed = self.designations(parts, item, false);
        Designations::new((0..self.contract.customer.locations.len()).map(|location| {
            if matches!(listed.at(location), Designation::Always) {
                return (location, Designation::Always);
            }
            let bases = bases_at.at(parts.prepared.family, location, true).spans().iter();
            let bases: Vec<(Span, bool)> =
                bases.map(|base| (base.span, self.is_at_host(parts, item, base.order))).collect();
            (location, Designation::from_host(&bases, start))
        }))
    }
}
