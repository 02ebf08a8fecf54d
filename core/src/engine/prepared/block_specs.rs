//! The specs of the blocks of an item: that of what it counts, and those of the hours that come with it.

use uuid::Uuid;

use super::candidate::{BasesAt, Candidate};
use crate::catalog::{Catalog, Edition, IncludedServices, Service};
use crate::model::{
    BlockSpec, Contract, IncludedHours, Item, Quantity, Unit, WorkOrder, WorkOrderState, Zone, block_id,
};
use crate::terms::{Span, year_end};

/// The specs of the blocks of one item.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct BlockSpecs<'a> {
    candidate: &'a Candidate,
    edition: &'a Edition,
    service: &'a Service,
    order: &'a WorkOrder,
    item: &'a Item,
    zone: Zone,
}

impl<'a> BlockSpecs<'a> {
    pub(crate) fn new(catalog: &'a Catalog, contract: &'a Contract, candidate: &'a Candidate) -> Option<Self> {
        let edition = catalog.editions().get(candidate.edition)?;
        let order = contract.work_orders.get(candidate.order)?;
        let item = order.items.get(candidate.item)?;
        let service = edition.service(&item.service_id)?;
        let zone = contract.customer.locations.get(candidate.host)?.time_zone;
        Some(Self { candidate, edition, service, order, item, zone })
    }

    /// The block of what the item itself counts.
    pub(crate) fn own(&self) -> Option<BlockSpec> {
        let block = self.candidate.block?;
        Some(self.spec(self.service, block.id, block.granted, block.unit))
    }

    /// The blocks of the hours that come with it; none for 0 hours.
    pub(crate) fn included(&self) -> Vec<BlockSpec> {
        let hours = self.service.included_hours.as_ref().zip(self.item.included_hours);
        let of = |(services, hours): (&IncludedServices, IncludedHours)| {
            [
                self.included_block(&services.reactive_support_management, hours.reactive_support_management),
                self.included_block(&services.service_delivery_management, hours.service_delivery_management),
            ]
        };
        hours.into_iter().flat_map(of).flatten().collect()
    }

    /// The ids of all of them.
    pub(crate) fn ids(&self) -> Vec<Uuid> {
        let included = self.included().into_iter().map(|block| block.id);
        self.candidate.block.map(|block| block.id).into_iter().chain(included).collect()
    }

    fn included_block(&self, service_id: &str, hours: i64) -> Option<BlockSpec> {
        let service = self.edition.service(service_id)?;
        let granted = Quantity { amount: hours, unit: Unit::Hours }.in_base_unit().filter(|granted| *granted > 0)?;
        let id = block_id(&self.order.customer_id, &self.order.work_order_id, &self.item.item_id, service_id);
        Some(self.spec(service, id, granted, Unit::Minutes))
    }

    fn spec(&self, service: &Service, id: Uuid, granted: i64, unit: Unit) -> BlockSpec {
        let Span { start, end } = self.candidate.life;
        BlockSpec {
            id,
            work_order_id: self.order.work_order_id.clone(),
            item_id: self.item.item_id.clone(),
            service_id: service.id.clone(),
            unit,
            days: service.days,
            granted,
            priority: self.item.priority,
            start,
            end,
        }
    }

    /// From the first instant at which it can serve any of its locations to the last: bases may
    /// cover them for different times.
    pub(crate) fn worked_out_life(&self, bases_at: &BasesAt) -> Span {
        let own = self.candidate.term.span();
        let covers = || {
            let locations = self.candidate.designations.locations();
            locations.filter_map(|location| self.candidate.base_coverage(bases_at, location))
        };
        let covered = covers().filter_map(|cover| {
            let cover = cover.span()?;
            Some(Span { start: own.start.max(cover.start), end: own.end.min(cover.end) })
        });
        let whole =
            covered.reduce(|one, other| Span { start: one.start.min(other.start), end: one.end.max(other.end) });
        let life = match whole {
            Some(whole) => whole,
            None if covers().next().is_none() => own,
            // It may still wait for its base, and until its own end nothing of it is told to be lost.
            None if self.order.state == WorkOrderState::Draft => Span { start: own.end, ..own },
            None => Span { end: own.start, ..own },
        };
        self.within_its_year(life)
    }

    /// The same if nothing but the order itself bounded it.
    pub(crate) fn ordered_life(&self) -> Span {
        self.within_its_year(self.candidate.term.span())
    }

    fn within_its_year(&self, life: Span) -> Span {
        let year_end = year_end(self.order, self.item, self.zone);
        let end = year_end.map_or(life.end, |end| end.min(life.end));
        // What is over before it begins, or is never covered, has no time at all.
        Span { start: life.start.min(end), end }
    }

    /// The location a block is judged at if nobody names one: the first its item lists, else the
    /// host.
    pub(crate) fn usual_location(&self) -> &'a str {
        self.item.location_ids.first().unwrap_or(&self.order.host_location_id)
    }
}
