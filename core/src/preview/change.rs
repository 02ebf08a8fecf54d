use chrono::{DateTime, Utc};

use crate::contract::Timeline;
use crate::model::{Contract, WorkOrder, Zone};
use crate::terms::order_term;

/// A contract over time, without and with a change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub old: &'a Timeline,
    pub new: &'a Timeline,
    pub effective_time: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// When the last change before it was recorded.
    pub recorded: Option<DateTime<Utc>>,
}

impl<'a> Change<'a> {
    /// When the change takes effect, or now: whichever is later. What was counted and held stands as of now.
    pub fn latest(&self) -> DateTime<Utc> {
        self.effective_time.max(self.now)
    }

    /// Both contracts when the change takes effect.
    pub fn contracts(&self) -> [&'a Contract; 2] {
        [self.old, self.new].map(|timeline| timeline.at(Some(self.effective_time)))
    }

    /// When the first of the orders that it brings begins, if that is later.
    pub(super) fn begins(&self) -> Option<DateTime<Utc>> {
        let [_, new] = self.contracts();
        let zone =
            |order: &WorkOrder| new.customer.location(&order.host_location_id).map_or(Zone::UTC, |it| it.time_zone);
        let brought =
            self.orders().filter(|(old, _)| old.is_none()).map(|(_, order)| order_term(order, zone(order)).start());
        brought.filter(|start| *start > self.latest()).min()
    }

    /// The work orders that differ then, by their ids. A work order is never removed.
    pub(super) fn orders(&self) -> impl Iterator<Item = (Option<&'a WorkOrder>, &'a WorkOrder)> + use<'a> {
        let [old, new] = self.contracts();
        let pairs = new.work_orders.iter().map(|order| (old.work_order(&order.work_order_id), order));
        pairs.filter(|(old, new)| *old != Some(*new))
    }
}
