//! What the items of an order share.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::catalog::{Catalog, Edition};
use crate::engine::sorted::Sorted;
use crate::engine::span::{Span, Term};
use crate::model::{Contract, WorkOrder, WorkOrderState, start_of_day};

/// A work order made ready.
#[derive(Debug)]
pub struct PreparedOrder {
    /// Row of its edition; none if that is not loaded.
    pub edition: Option<usize>,
    /// Row of its host location, if the customer has that.
    pub host: Option<usize>,
    /// Its own term, by the clock of its host.
    pub term: Option<Term>,
    pub carries_base: bool,
    /// By location.
    designates: Vec<bool>,
    /// Of the products it covers.
    pub covered: Sorted,
}

impl PreparedOrder {
    pub fn new(
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
            host,
            term: zone.map(|zone| order_term(order, zone)),
            carries_base: edition.and_then(|row| catalog.editions().get(row)).is_some_and(carries),
            designates,
            covered: Sorted::of(&order.covered_products),
        }
    }

    pub fn designates(&self, location: usize) -> bool {
        self.designates.get(location).copied().unwrap_or(false)
    }
}

fn carries_base(edition: &Edition, order: &WorkOrder) -> bool {
    order.items.iter().any(|item| item.service_id == edition.base_package)
}

/// Whether the order is neither a draft nor suspended.
pub(super) fn is_in_effect(order: &WorkOrder) -> bool {
    matches!(order.state, WorkOrderState::Active | WorkOrderState::Terminated)
}

/// The order's own term.
pub(super) fn order_term(order: &WorkOrder, zone: Tz) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    Term::new(span, span, termination(order, span))
}

/// A terminated order that does not say when has never begun: nothing unknown entitles.
pub(super) fn termination(order: &WorkOrder, span: Span) -> Option<DateTime<Utc>> {
    match order.state {
        WorkOrderState::Terminated => Some(order.terminate_time.unwrap_or(span.start)),
        _ => order.terminate_time,
    }
}

/// From the first instant of `first` to the last of `last`.
pub(super) fn days(zone: Tz, first: NaiveDate, last: NaiveDate) -> Span {
    Span { start: start_of_day(zone, first), end: start_of_day(zone, last.succ_opt().unwrap_or(last)) }
}
