//! A contract over time: what is in effect from when on.

use std::collections::BTreeMap;
use std::iter;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::course::{self, NewEnd};
use super::merge::{Conflict, Winner, carried};
use super::row::Row;
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
    pub fn period(&self, instant: Option<DateTime<Utc>>) -> &Period {
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

    /// Puts a customer into effect from an instant on.
    pub(super) fn put_customer(&mut self, from: Option<DateTime<Utc>>, customer: &Customer) -> Result<Put<Customer>> {
        let mut rows = self.rows(from, |contract| Some(&contract.customer));
        if rows.first().and_then(|row| row.old.as_ref()) == Some(customer) {
            return Ok(Put::default());
        }
        let conflicts = carry(&mut rows, customer)?;
        let overruled = told(&rows, conflicts);
        let set = |contract: &mut Contract, customer: &Customer| contract.customer.clone_from(customer);
        Ok(self.write(from, rows, overruled, set))
    }

    /// The same of a work order, which may be new. Its state and its end are carried each by itself.
    pub(super) fn put_work_order(&mut self, from: Option<DateTime<Utc>>, order: &WorkOrder) -> Result<Put<WorkOrder>> {
        let mut rows = self.rows(from, |contract| contract.work_order(&order.work_order_id));
        let stored = rows.first().and_then(|row| row.old.clone());
        if stored.as_ref() == Some(order) {
            return Ok(Put::default());
        }
        let ends = course::parted(&mut rows);
        let state = rows.first().and_then(|row| row.new.as_ref()).map_or(WorkOrderState::Active, |held| held.state);
        let mut conflicts = carry(&mut rows, &course::held(order, state))?;
        let (ends, of_ends) = course::changed(&ends, NewEnd::of(stored.as_ref(), order));
        conflicts.extend(of_ends);
        let overruled = told(&rows, conflicts);
        Ok(self.write(from, course::joined(rows, &ends), overruled, set_work_order))
    }

    /// Ends a work order at an instant, which is known from an earlier one on. A period in which the order is held, or a
    /// draft, stays as it is until the end.
    pub(super) fn end_work_order(
        &mut self,
        from: Option<DateTime<Utc>>,
        end: DateTime<Utc>,
        work_order_id: &str,
    ) -> Put<WorkOrder> {
        let mut rows = self.rows(from, |contract| contract.work_order(work_order_id));
        let ends = course::parted(&mut rows);
        let (ends, _) = course::changed(&ends, NewEnd::Replaced(end));
        self.write(from, course::joined(rows, &ends), Vec::new(), set_work_order)
    }

    /// What there is of a document from an instant on.
    fn rows<T: Clone>(&self, from: Option<DateTime<Utc>>, find: impl Fn(&Contract) -> Option<&T>) -> Vec<Row<T>> {
        let begin = from.max(self.first.from);
        let is_later = |period: &&Period| period.from > begin;
        let later = self.periods().filter(is_later).map(|period| (period.from, &period.contract));
        let rows = iter::once((begin, self.at(begin))).chain(later);
        let row = |(from, contract)| {
            let old = find(contract).cloned();
            Row { from, new: old.clone(), old }
        };
        rows.map(row).collect()
    }

    /// Makes the contract what the rows say of a document. The newest version in effect counts, so that a later row needs a
    /// version of its own if it differs from the one before.
    fn write<T: Clone + PartialEq>(
        &mut self,
        from: Option<DateTime<Utc>>,
        rows: Vec<Row<T>>,
        overruled: Vec<Overruled>,
        set: impl Fn(&mut Contract, &T),
    ) -> Put<T> {
        rows.iter().for_each(|row| self.begin(row.from));
        let begin = rows.first().and_then(|row| row.from);
        let periods = iter::once(&mut self.first).chain(&mut self.later).filter(|period| period.from >= begin);
        let (mut versions, mut replaced): (Vec<Dated<T>>, _) = (Vec::new(), None);
        for (period, row) in periods.zip(rows) {
            let Some(new) = row.new else { continue };
            set(&mut period.contract, &new);
            let before = versions.last().map(|version| &version.document).or(row.old.as_ref());
            if before != Some(&new) {
                // What is there before the first period that is known, too, begins as it was asked to.
                let from = if row.from == begin { from } else { row.from };
                if versions.is_empty() {
                    replaced = row.old;
                }
                versions.push(Dated { from, document: new });
            }
        }
        Put { versions, replaced, overruled }
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

/// Each later row is what its plan makes of the one before: what the plan changes there stays changed, and everything else
/// follows. By rows, what does not agree with the plan.
fn carry<T: Clone + PartialEq + Serialize + DeserializeOwned>(
    rows: &mut [Row<T>],
    document: &T,
) -> Result<Vec<(usize, Conflict)>> {
    let mut conflicts = Vec::new();
    let mut before = rows.first().and_then(|row| row.new.clone());
    let mut changed = document.clone();
    for (number, row) in rows.iter_mut().enumerate() {
        if let (Some(before), Some(planned)) = (&before, &row.new)
            && before != planned
        {
            let (carried, found) = carried(before, &changed, planned)?;
            changed = carried;
            conflicts.extend(found.into_iter().map(|conflict| (number, conflict)));
        }
        before = row.new.replace(changed.clone());
    }
    Ok(conflicts)
}

/// By the instants of what is planned, and who wins.
fn told<T>(rows: &[Row<T>], conflicts: Vec<(usize, Conflict)>) -> Vec<Overruled> {
    let mut told: BTreeMap<(usize, Winner), Vec<String>> = BTreeMap::new();
    for (number, Conflict { field, winner }) in conflicts {
        told.entry((number, winner)).or_default().push(field);
    }
    let from = |number: usize| rows.get(number)?.from;
    told.into_iter()
        .filter_map(|((number, winner), fields)| Some(Overruled { from: from(number)?, winner, fields }))
        .collect()
}

fn set_work_order(contract: &mut Contract, order: &WorkOrder) {
    let id = order.work_order_id.as_str();
    let orders = &mut contract.work_orders;
    match orders.binary_search_by(|stored| stored.work_order_id.as_str().cmp(id)) {
        Ok(row) => orders.get_mut(row).into_iter().for_each(|stored| stored.clone_from(order)),
        Err(row) => orders.insert(row, order.clone()),
    }
}

/// A document, and from when on it is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated<T> {
    pub from: Option<DateTime<Utc>>,
    pub document: T,
}

/// What a change of one document comes to.
#[derive(Debug)]
pub(super) struct Put<T> {
    /// Those to be recorded.
    pub versions: Vec<Dated<T>>,
    /// What was there in the place of the first of them.
    pub replaced: Option<T>,
    pub overruled: Vec<Overruled>,
}

impl<T> Default for Put<T> {
    fn default() -> Self {
        Self { versions: Vec::new(), replaced: None, overruled: Vec::new() }
    }
}

/// A change that is planned for an instant and does not agree with a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruled {
    pub from: DateTime<Utc>,
    pub winner: Winner,
    /// Their paths in the document.
    pub fields: Vec<String>,
}

#[cfg(test)]
mod tests;
