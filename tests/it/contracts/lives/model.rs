//! What a work order must be like, by the plainest reckoning: each field has a value from some instant on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entitled::proto::v1;

type Instant = DateTime<Utc>;

/// One field over time. It begins with a value, and takes others at instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<T> {
    first: T,
    later: BTreeMap<Instant, T>,
}

impl<T: Clone + PartialEq> Field<T> {
    fn new(first: T) -> Self {
        Self { first, later: BTreeMap::new() }
    }

    pub(super) fn at(&self, instant: Instant) -> &T {
        self.later.range(..=instant).next_back().map_or(&self.first, |(_, value)| value)
    }

    /// From an instant until the field changes next.
    fn set(&mut self, from: Instant, value: T) {
        if *self.at(from) == value {
            return;
        }
        self.later.insert(from, value);
        self.tidy();
    }

    /// From an instant on, whatever was planned.
    fn set_for_good(&mut self, from: Instant, value: T) {
        self.later.retain(|instant, _| *instant < from);
        self.later.insert(from, value);
        self.tidy();
    }

    /// An instant at which nothing changes is none.
    fn tidy(&mut self) {
        let mut before = self.first.clone();
        self.later.retain(|_, value| {
            let changes = *value != before;
            before = value.clone();
            changes
        });
    }

    /// What it is from each of these instants on, and before all of them.
    fn rebuilt(&mut self, first: T, later: impl IntoIterator<Item = (Instant, T)>) {
        (self.first, self.later) = (first, later.into_iter().collect());
        self.tidy();
    }
}

/// The products an item may name, and the references of waivers it may have.
pub(super) const PRODUCTS: [&str; 3] = ["azure/*", "windows-server/*", "sql-server/*"];
pub(super) const WAIVERS: [&str; 3] = ["letter 1", "letter 2", "letter 3"];

/// What varies of the order with the hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    is_held: Field<bool>,
    end: Field<Option<Instant>>,
    pub hours: Field<i64>,
    pub price: Field<Option<i64>>,
    pub end_date: Field<String>,
    pub products: [Field<bool>; 3],
    pub waivers: [Field<bool>; 3],
}

/// The same at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub state: v1::WorkOrderState,
    pub terminate_time: Option<Instant>,
    pub hours: i64,
    pub price: Option<i64>,
    pub end_date: String,
    pub products: [bool; 3],
    pub waivers: [bool; 3],
}

impl Standing {
    /// As a document tells it.
    pub(super) fn of(order: &v1::WorkOrder) -> Self {
        let item = &order.items[0];
        Self {
            state: order.state(),
            terminate_time: order.terminate_time.map(|time| super::super::changes::instant(Some(time))),
            hours: item.quantity.unwrap().amount,
            price: item.unit_price,
            end_date: order.end_date.clone(),
            products: PRODUCTS.map(|product| item.product_ids.iter().any(|named| named == product)),
            waivers: WAIVERS.map(|reference| item.waivers.iter().any(|waiver| waiver.reference == reference)),
        }
    }
}

impl Order {
    pub(super) fn of(order: &v1::WorkOrder) -> Self {
        let Standing { state: _, terminate_time: _, hours, price, end_date, products, waivers } = Standing::of(order);
        Self {
            is_held: Field::new(false),
            end: Field::new(None),
            hours: Field::new(hours),
            price: Field::new(price),
            end_date: Field::new(end_date),
            products: products.map(Field::new),
            waivers: waivers.map(Field::new),
        }
    }

    pub(super) fn at(&self, instant: Instant) -> Standing {
        // What is held says nothing of its end until that has come.
        let (state, terminate_time) = match (*self.end.at(instant), self.is_held(instant)) {
            (Some(end), is_held) if !is_held || end <= instant => (v1::WorkOrderState::Terminated, Some(end)),
            (_, true) => (v1::WorkOrderState::Suspended, None),
            (_, false) => (v1::WorkOrderState::Active, None),
        };
        Standing {
            state,
            terminate_time,
            hours: *self.hours.at(instant),
            price: *self.price.at(instant),
            end_date: self.end_date.at(instant).clone(),
            products: self.products.each_ref().map(|field| *field.at(instant)),
            waivers: self.waivers.each_ref().map(|field| *field.at(instant)),
        }
    }

    /// What an amendment does: the fields that it changes are set.
    pub(super) fn amend(&mut self, from: Instant, to: &Standing) {
        self.hours.set(from, to.hours);
        self.price.set(from, to.price);
        self.end_date.set(from, to.end_date.clone());
        for (field, value) in self.products.iter_mut().zip(to.products) {
            field.set(from, value);
        }
        for (field, value) in self.waivers.iter_mut().zip(to.waivers) {
            field.set(from, value);
        }
    }

    pub(super) fn is_held(&self, at: Instant) -> bool {
        *self.is_held.at(at)
    }

    /// At the very instant of its end it has ended.
    pub(super) fn has_ended(&self, at: Instant) -> bool {
        self.end.at(at).is_some_and(|end| end <= at)
    }

    pub(super) fn set_held(&mut self, from: Instant, is_held: bool) {
        self.forget();
        self.is_held.set(from, is_held);
    }

    /// However it was planned to end, if it is known from an instant on.
    pub(super) fn terminate(&mut self, known: Instant, end: Instant) {
        self.forget();
        self.end.set_for_good(known, Some(end));
    }

    pub(super) fn withdraw_end(&mut self, from: Instant) {
        self.forget();
        self.end.set(from, None);
    }

    /// What no document tells follows from those around: what is held ends as what comes next, and what has ended was held
    /// if it was before.
    fn forget(&mut self) {
        let instants = self.instants();
        let mut ends = Vec::new();
        let mut end = None;
        for at in instants.iter().rev() {
            let is_told = self.has_ended(*at) || !self.is_held(*at);
            end = if is_told { *self.end.at(*at) } else { end };
            ends.push((*at, end));
        }
        let first_end = if self.is_held.first { end } else { self.end.first };
        let mut is_held = self.is_held.first;
        let mut helds = Vec::new();
        for at in &instants {
            is_held = if self.has_ended(*at) { is_held } else { self.is_held(*at) };
            helds.push((*at, is_held));
        }
        self.end.rebuilt(first_end, ends);
        self.is_held.rebuilt(self.is_held.first, helds);
    }

    /// Every instant at which something may change.
    fn instants(&self) -> Vec<Instant> {
        let mut instants: Vec<Instant> = self.is_held.later.keys().chain(self.end.later.keys()).copied().collect();
        instants.extend(self.end.later.values().filter_map(|end| *end));
        instants.extend(self.hours.later.keys());
        instants.extend(self.price.later.keys());
        instants.extend(self.end_date.later.keys());
        for field in self.products.iter().chain(&self.waivers) {
            instants.extend(field.later.keys());
        }
        instants.sort();
        instants.dedup();
        instants
    }

    pub(super) fn set_waiver(&mut self, from: Instant, row: usize, is_there: bool) {
        self.waivers[row].set(from, is_there);
    }

    /// How many versions tell a change that was made from an instant on: one of the first that differs, and one of each
    /// change behind it.
    pub(super) fn versions_since(&self, before: &Self, from: Instant) -> usize {
        let mut instants: Vec<Instant> = [from].into_iter().chain(self.instants()).chain(before.instants()).collect();
        instants.retain(|at| *at >= from);
        instants.sort();
        instants.dedup();
        let Some(first) = instants.iter().position(|at| self.at(*at) != before.at(*at)) else { return 0 };
        let changes = instants[first..].windows(2).filter(|pair| self.at(pair[0]) != self.at(pair[1]));
        1 + changes.count()
    }
}
