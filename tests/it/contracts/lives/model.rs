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

    fn changes_after(&self, instant: Instant) -> impl Iterator<Item = Instant> {
        self.later.keys().copied().filter(move |at| *at > instant)
    }
}

/// The products an item may name, and the references of waivers it may have.
pub(super) const PRODUCTS: [&str; 3] = ["azure/*", "windows-server/*", "sql-server/*"];
pub(super) const WAIVERS: [&str; 3] = ["letter 1", "letter 2", "letter 3"];

/// What varies of the order with the hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub state: Field<v1::WorkOrderState>,
    pub terminate_time: Field<Option<Instant>>,
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
        let Standing { state, terminate_time, hours, price, end_date, products, waivers } = Standing::of(order);
        Self {
            state: Field::new(state),
            terminate_time: Field::new(terminate_time),
            hours: Field::new(hours),
            price: Field::new(price),
            end_date: Field::new(end_date),
            products: products.map(Field::new),
            waivers: waivers.map(Field::new),
        }
    }

    pub(super) fn at(&self, instant: Instant) -> Standing {
        Standing {
            state: *self.state.at(instant),
            terminate_time: *self.terminate_time.at(instant),
            hours: *self.hours.at(instant),
            price: *self.price.at(instant),
            end_date: self.end_date.at(instant).clone(),
            products: self.products.each_ref().map(|field| *field.at(instant)),
            waivers: self.waivers.each_ref().map(|field| *field.at(instant)),
        }
    }

    /// What an amendment does: the fields that it changes are set.
    pub(super) fn amend(&mut self, from: Instant, to: &Standing) {
        self.state.set(from, to.state);
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

    pub(super) fn set_state(&mut self, from: Instant, state: v1::WorkOrderState) {
        self.state.set(from, state);
        // What serves again is known to end.
        let planned = self.terminate_time.later.range(from..).find_map(|(_, end)| *end);
        if let (v1::WorkOrderState::Active, Some(end)) = (state, planned) {
            self.know_end(from, end);
        }
    }

    pub(super) fn terminate(&mut self, from: Instant, end: Instant) {
        let begin = from.min(end);
        self.know_end(begin, end);
        self.state.set_for_good(end, v1::WorkOrderState::Terminated);
        self.terminate_time.set_for_good(end, Some(end));
    }

    /// Until it ends an order is known to end where it serves, and held where it is held.
    fn know_end(&mut self, from: Instant, end: Instant) {
        let changes = self.state.changes_after(from).filter(|at| *at < end);
        let begins: Vec<Instant> = std::iter::once(from).filter(|from| *from < end).chain(changes).collect();
        let states: Vec<_> = begins.iter().map(|at| (*at, *self.state.at(*at))).collect();
        for (at, state) in states {
            let serves = state == v1::WorkOrderState::Active;
            self.state.later.insert(at, if serves { v1::WorkOrderState::Terminated } else { state });
            self.terminate_time.later.insert(at, serves.then_some(end));
        }
        self.state.later.insert(end, v1::WorkOrderState::Terminated);
        self.terminate_time.later.insert(end, Some(end));
        self.state.tidy();
        self.terminate_time.tidy();
    }

    pub(super) fn set_waiver(&mut self, from: Instant, row: usize, is_there: bool) {
        self.waivers[row].set(from, is_there);
    }

    /// How many versions tell a change that is made from an instant on: one of then, and one of each change behind it.
    pub(super) fn versions_from(&self, from: Instant) -> usize {
        let mut instants: Vec<Instant> = self.state.changes_after(from).collect();
        instants.extend(self.terminate_time.changes_after(from));
        instants.extend(self.hours.changes_after(from));
        instants.extend(self.price.changes_after(from));
        instants.extend(self.end_date.changes_after(from));
        for field in self.products.iter().chain(&self.waivers) {
            instants.extend(field.changes_after(from));
        }
        instants.sort();
        instants.dedup();
        instants.len() + 1
    }
}
