//! What a work order says of its base, its state and its time.

use chrono::{DateTime, Utc};

use super::span::Span;
use super::term::Term;
use super::window::days;
use crate::catalog::{Catalog, Edition};
use crate::model::{Funding, Item, WorkOrder, WorkOrderState, Zone, contract_year, start_of_day};

/// Whether the order buys the base package of its edition.
pub fn carries_base(edition: &Edition, order: &WorkOrder) -> bool {
    order.items.iter().any(|item| item.service_id == edition.base_package)
}

/// Whether the order is a base agreement. One of an unknown edition is read by any: that mistake is told once, not
/// again by every order that leans on it.
pub fn is_base_agreement(catalog: &Catalog, order: &WorkOrder) -> bool {
    match catalog.edition(&order.edition_id) {
        Some(edition) => carries_base(edition, order),
        None => catalog.editions().iter().any(|edition| carries_base(edition, order)),
    }
}

/// Whether the order is neither a draft nor suspended.
pub fn is_in_effect(order: &WorkOrder) -> bool {
    matches!(order.state, WorkOrderState::Active | WorkOrderState::Terminated)
}

/// The order's own term, by the clock of its host.
pub fn order_term(order: &WorkOrder, zone: Zone) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    Term::new(span, span, termination(order, span))
}

/// The term of one of its items.
pub fn item_term(order: &WorkOrder, item: &Item, zone: Zone) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    let own = days(zone, item.start_date.unwrap_or(order.start_date), item.end_date.unwrap_or(order.end_date));
    Term::new(span, own, termination(order, span))
}

/// A terminated order that does not say when has never begun: nothing unknown entitles.
fn termination(order: &WorkOrder, span: Span) -> Option<DateTime<Utc>> {
    match order.state {
        WorkOrderState::Terminated => Some(order.terminate_time.unwrap_or(span.start)),
        _ => order.terminate_time,
    }
}

/// The end of the contract year in which what the flex allowance paid must be used.
pub fn year_end(order: &WorkOrder, item: &Item, zone: Zone) -> Option<DateTime<Utc>> {
    let (_, next) = contract_year(order.start_date, item.start_date.unwrap_or(order.start_date));
    (item.funding == Funding::FlexAllowance).then(|| start_of_day(zone, next))
}
