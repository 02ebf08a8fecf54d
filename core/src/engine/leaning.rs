//! Which items lean on a base of another order, and when it covers them.

use super::prepared::Prepared;
use crate::terms::Span;

/// One item at one location that leans on a base of another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaningItem<'a> {
    pub work_order_id: &'a str,
    pub item_id: &'a str,
    pub location_id: &'a str,
    /// The item's own time.
    pub term: Span,
    /// The unbroken time in which bases cover it there; none: never.
    pub cover: Option<Span>,
}

/// All of them, in no particular order.
pub fn leaning_items(prepared: &Prepared) -> Vec<LeaningItem<'_>> {
    let contract = prepared.contract();
    let mut found = Vec::new();
    for candidate in prepared.all_candidates() {
        let Some(order) = contract.work_orders.get(candidate.order) else { continue };
        let Some(item) = order.items.get(candidate.item) else { continue };
        for location in candidate.designations.locations() {
            let Some(coverage) = prepared.base_coverage(candidate, location) else { break };
            let Some(place) = contract.customer.locations.get(location) else { continue };
            found.push(LeaningItem {
                work_order_id: &order.work_order_id,
                item_id: &item.item_id,
                location_id: &place.location_id,
                term: candidate.term.span(),
                cover: coverage.span(),
            });
        }
    }
    found
}
