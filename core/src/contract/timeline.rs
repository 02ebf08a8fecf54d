//! A contract over time: what is in effect from when on.

use std::iter;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::merge::carried;
use crate::error::Result;
use crate::model::{Contract, Customer, WorkOrder, WorkOrderState};

/// From when on a contract stands as it does; none: as long as there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub from: Option<DateTime<Utc>>,
    pub contract: Contract,
}

/// A contract as it stands from an instant on, and what is planned to change it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    first: Period,
    /// Each begins later than the one before.
    later: Vec<Period>,
}

impl Timeline {
    /// A contract that nothing changes.
    pub fn of(contract: Contract) -> Self {
        Self { first: Period { from: None, contract }, later: Vec::new() }
    }

    /// Periods in any order, each with a beginning of its own; none if there are none.
    pub fn new(mut periods: Vec<Period>) -> Option<Self> {
        periods.sort_by_key(|period| period.from);
        let mut periods = periods.into_iter();
        Some(Self { first: periods.next()?, later: periods.collect() })
    }

    pub fn periods(&self) -> impl Iterator<Item = &Period> {
        iter::once(&self.first).chain(&self.later)
    }

    /// The period an instant lies in; none, and every instant before the first, is in the first one.
    fn period(&self, instant: Option<DateTime<Utc>>) -> &Period {
        self.later.iter().rev().find(|period| period.from <= instant).unwrap_or(&self.first)
    }

    /// The contract in effect at an instant; none: the first one.
    pub fn at(&self, instant: Option<DateTime<Utc>>) -> &Contract {
        &self.period(instant).contract
    }

    /// The contract once everything planned is in effect.
    pub fn last(&self) -> &Contract {
        &self.later.last().unwrap_or(&self.first).contract
    }

    /// The period an instant lies in, and those that follow.
    pub fn since(&self, instant: DateTime<Utc>) -> impl Iterator<Item = &Period> {
        let from = self.period(Some(instant)).from;
        self.periods().filter(move |period| period.from >= from)
    }

    /// Puts a customer into effect from an instant on. What the versions of it are that are to be recorded.
    pub(super) fn put_customer(
        &mut self,
        from: Option<DateTime<Utc>>,
        customer: &Customer,
    ) -> Result<Vec<Put<Customer>>> {
        let set = |contract: &mut Contract, customer: &Customer| contract.customer.clone_from(customer);
        self.put(from, customer, |contract| Some(&contract.customer), set)
    }

    /// The same of a work order, which may be new.
    pub(super) fn put_work_order(
        &mut self,
        from: Option<DateTime<Utc>>,
        order: &WorkOrder,
    ) -> Result<Vec<Put<WorkOrder>>> {
        let id = order.work_order_id.as_str();
        let set = |contract: &mut Contract, order: &WorkOrder| {
            let orders = &mut contract.work_orders;
            match orders.binary_search_by(|stored| stored.work_order_id.as_str().cmp(id)) {
                Ok(row) => orders.get_mut(row).into_iter().for_each(|stored| stored.clone_from(order)),
                Err(row) => orders.insert(row, order.clone()),
            }
        };
        self.put(from, order, |contract| contract.work_order(id), set)
    }

    /// Ends a work order at an instant, which is known from an earlier one on. A period in which the order is held, or a
    /// draft, stays as it is until the end.
    pub(super) fn end_work_order(
        &mut self,
        from: Option<DateTime<Utc>>,
        end: DateTime<Utc>,
        work_order_id: &str,
    ) -> Vec<Put<WorkOrder>> {
        let begin = from.max(self.first.from);
        self.begin(begin);
        self.begin(self.first.from.max(Some(end)));
        let mut versions: Vec<Put<WorkOrder>> = Vec::new();
        for period in iter::once(&mut self.first).chain(&mut self.later).filter(|period| period.from >= begin) {
            let orders = &mut period.contract.work_orders;
            let Some(order) = orders.iter_mut().find(|order| order.work_order_id == work_order_id) else { continue };
            let planned = order.clone();
            let ends_sooner = order.terminate_time.is_some_and(|other| other <= end);
            if order.state == WorkOrderState::Active || (period.from >= Some(end) && !ends_sooner) {
                (order.state, order.terminate_time) = (WorkOrderState::Terminated, Some(end));
            }
            let before = versions.last().map_or(&planned, |version| &version.document);
            if before != &*order {
                let from = if period.from == begin { from } else { period.from };
                versions.push(Put { from, document: order.clone() });
            }
        }
        versions
    }

    /// Each later period is what its plan makes of the one before: what the plan changes there stays changed, and
    /// everything else follows. The newest version in effect counts, so that a later period needs a version of its own if
    /// it differs from the one before.
    fn put<T: Clone + PartialEq + Serialize + DeserializeOwned>(
        &mut self,
        from: Option<DateTime<Utc>>,
        document: &T,
        find: impl Fn(&Contract) -> Option<&T>,
        set: impl Fn(&mut Contract, &T),
    ) -> Result<Vec<Put<T>>> {
        let begin = from.max(self.first.from);
        let mut before = find(self.at(begin)).cloned();
        if before.as_ref() == Some(document) {
            return Ok(Vec::new());
        }
        self.begin(begin);
        let mut changed = document.clone();
        // What is there before the first period that is known, too, begins as it was asked to.
        let mut versions = vec![Put { from, document: changed.clone() }];
        for period in iter::once(&mut self.first).chain(&mut self.later).filter(|period| period.from >= begin) {
            let planned = find(&period.contract).cloned();
            if let (Some(before), Some(planned)) = (&before, &planned)
                && before != planned
            {
                changed = carried(before, &changed, planned)?;
            }
            set(&mut period.contract, &changed);
            if versions.last().is_none_or(|version| version.document != changed) {
                versions.push(Put { from: period.from, document: changed.clone() });
            }
            before = planned;
        }
        Ok(versions)
    }

    /// Makes a period begin at an instant.
    fn begin(&mut self, from: Option<DateTime<Utc>>) {
        let period = self.period(from);
        if period.from != from {
            let begun = Period { from, contract: period.contract.clone() };
            let place = self.later.iter().take_while(|later| later.from < from).count();
            self.later.insert(place, begun);
        }
    }
}

/// A document, and from when on it is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put<T> {
    pub from: Option<DateTime<Utc>>,
    pub document: T,
}

#[cfg(test)]
mod tests;
