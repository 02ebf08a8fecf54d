//! How much of everything a contract has.

use std::collections::HashMap;

use crate::model::{Contract, Item};

/// How much there is of a service.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub items: usize,
    pub waivers: usize,
    pub events: usize,
}

impl Count {
    pub(super) fn add(&mut self, item: &Item) {
        self.items = self.items.saturating_add(1);
        self.waivers = self.waivers.saturating_add(item.waivers.len());
        self.events = self.events.saturating_add(item.events.len());
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_sub(other.items),
            waivers: self.waivers.saturating_sub(other.waivers),
            events: self.events.saturating_sub(other.events),
        }
    }
}

/// How much there is of everything.
#[derive(Debug, Default)]
pub(super) struct Counts<'a> {
    pub items: usize,
    services: HashMap<&'a str, Count>,
}

impl<'a> Counts<'a> {
    pub(super) fn new(contract: &'a Contract) -> Self {
        Self::of(contract.work_orders.iter().flat_map(|order| &order.items))
    }

    pub(super) fn of(items: impl Iterator<Item = &'a Item>) -> Self {
        let mut counts = Self::default();
        for item in items {
            counts.items = counts.items.saturating_add(1);
            counts.services.entry(&item.service_id).or_default().add(item);
        }
        counts
    }

    pub(super) fn of_service(&self, service_id: &str) -> Count {
        self.services.get(service_id).copied().unwrap_or_default()
    }
}
