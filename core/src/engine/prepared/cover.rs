//! Working out what the orders of a contract are to each other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::build::Builder;
use super::candidate::{BasesAt, Candidate, FamilyBases};
use super::order::PreparedOrder;
use crate::engine::base::{BaseSpan, Bases};
use crate::engine::designation::Designation;
use crate::terms::{is_in_effect, multi_country_turns};

impl Builder<'_> {
    /// The term of an order as a base: none if it carries no base, is a draft or suspended, or
    /// was terminated before it began.
    pub(super) fn base_span(&self, row: usize) -> Option<BaseSpan> {
        let (order, prepared) = (self.contract.work_orders.get(row)?, self.orders.get(row)?);
        if !is_in_effect(order) || !prepared.carries_base {
            return None;
        }
        let term = prepared.term?;
        let base = BaseSpan { order: row, span: term.span(), end_cause: term.end_cause, ended_by: row };
        (!base.span.is_empty()).then_some(base)
    }

    /// Whether the order is of an edition of this family.
    pub(super) fn is_of_family(&self, row: usize, family: Option<usize>) -> bool {
        self.orders.get(row).is_some_and(|order| order.family == family)
    }

    /// By family of editions: the bases that cover each location. Of several base items each serves its own locations.
    pub(super) fn bases_at(&self, base_items: &[Candidate]) -> BasesAt {
        let of_family = |family| FamilyBases {
            own: self.covering(base_items, family, false),
            extended: self.covering(base_items, family, true),
        };
        BasesAt((0..self.catalog.editions().len()).map(of_family).collect())
    }

    fn covering(&self, base_items: &[Candidate], family: usize, with_extensions: bool) -> Vec<Bases> {
        let mut all: Vec<Vec<BaseSpan>> = vec![Vec::new(); self.contract.customer.locations.len()];
        for candidate in base_items.iter().filter(|candidate| candidate.family == family) {
            let Some(base) = self.base_span(candidate.order) else { continue };
            for location in candidate.designations.locations() {
                let designation = candidate.designations.at(location);
                if let Some(bases) = all.get_mut(location)
                    && (with_extensions || matches!(designation, Designation::Always))
                {
                    add_base(bases, base, designation);
                }
            }
        }
        let id = |row: usize| self.contract.work_orders.get(row).map(|order| &order.work_order_id);
        let key = |base: &BaseSpan| (base.span.start, base.span.end, id(base.order), id(base.ended_by));
        all.iter_mut().for_each(|bases| bases.sort_by(|one, other| key(one).cmp(&key(other))));
        all.into_iter().map(Bases::new).collect()
    }

    /// When any base, in effect or not, or any order that names one, begins and ends: then an
    /// item may gain or lose its base, or what would give it one.
    pub(super) fn base_transitions(&self) -> Vec<DateTime<Utc>> {
        let orders = self.contract.work_orders.iter().zip(&self.orders);
        let about_bases =
            orders.filter(|(order, prepared)| order.base_work_order_id.is_some() || prepared.carries_base);
        let terms = about_bases.filter_map(|(_, prepared)| Some(prepared.term?.span()));
        let transitions: BTreeSet<_> = terms.flat_map(|span| [span.start, span.end]).collect();
        transitions.into_iter().collect()
    }

    /// By location: the order with the first id that designates it.
    pub(super) fn designated_by(&self) -> Vec<Option<usize>> {
        let id = |row: &usize| self.contract.work_orders.get(*row).map(|order| &order.work_order_id);
        let rows = || self.orders.iter().enumerate();
        let first = |location| {
            let designating = rows().filter(|(_, order)| order.designates(location));
            designating.map(|(row, _)| row).min_by(|one, other| id(one).cmp(&id(other)))
        };
        (0..self.contract.customer.locations.len()).map(first).collect()
    }

    /// When the designated locations of the orders in force begin and cease to lie in more than one country, in turn.
    pub(super) fn multi_country(&self) -> Vec<DateTime<Utc>> {
        let locations = &self.contract.customer.locations;
        let countries = |order: &PreparedOrder| -> BTreeSet<&str> {
            let own = locations.iter().enumerate().filter(|(row, _)| order.designates(*row));
            own.map(|(_, location)| location.country.as_str()).collect()
        };
        let orders = self.contract.work_orders.iter().zip(&self.orders).filter(|(order, _)| is_in_effect(order));
        let in_force = orders.filter_map(|(_, prepared)| {
            let span = prepared.term?.span();
            (!span.is_empty()).then(|| (span, countries(prepared)))
        });
        multi_country_turns(in_force)
    }
}

fn add_base(bases: &mut Vec<BaseSpan>, base: BaseSpan, designation: &Designation) {
    match designation {
        Designation::Never => {}
        Designation::Always => bases.push(base),
        Designation::During(_) => {
            let parts = designation.extensions().iter().filter_map(|extension| {
                let span = base.span.intersect(extension.span)?;
                if span.end == base.span.end {
                    return Some(BaseSpan { span, ..base });
                }
                Some(BaseSpan { span, end_cause: extension.end_cause, ended_by: extension.order, ..base })
            });
            bases.extend(parts);
        }
    }
}
