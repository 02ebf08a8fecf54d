//! By whose clocks the times of a table are told: those of the location, or of the order's host.

mod read;

pub(super) use self::read::{Named, zone_of_days};

use std::collections::BTreeMap;

use crate::model::Zone;
use crate::proto::v1::{Customer, WorkOrder};

/// The zones of a customer. What is not known is told in UTC.
#[derive(Debug, Default)]
pub(super) struct Places {
    locations: BTreeMap<String, Zone>,
    /// Of each order the location it dates by.
    hosts: BTreeMap<String, String>,
    /// Of each order the currency of its prices.
    currencies: BTreeMap<String, String>,
}

impl Places {
    pub(super) fn of(customer: &Customer) -> Self {
        let locations = customer.locations.iter();
        let locations = locations.filter_map(|it| Some((it.location_id.clone(), it.time_zone.parse().ok()?)));
        Self { locations: locations.collect(), ..Self::default() }
    }

    pub(super) fn with_orders<'a>(mut self, orders: impl IntoIterator<Item = &'a WorkOrder>) -> Self {
        for order in orders {
            self.hosts.insert(order.work_order_id.clone(), order.host_location_id.clone());
            self.currencies.insert(order.work_order_id.clone(), order.currency.clone());
        }
        self
    }

    pub(super) fn location(&self, location_id: &str) -> Zone {
        self.locations.get(location_id).copied().unwrap_or(Zone::UTC)
    }

    /// That of the order's host.
    pub(super) fn order(&self, work_order_id: &str) -> Zone {
        self.hosts.get(work_order_id).map_or(Zone::UTC, |host| self.location(host))
    }

    /// That of the order's prices, where the order is known.
    pub(super) fn currency(&self, work_order_id: &str) -> Option<&str> {
        self.currencies.get(work_order_id).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::Location;

    #[test]
    fn times_are_told_by_the_clocks_of_the_place() {
        let location = |id: &str, zone: &str| Location {
            location_id: id.to_owned(),
            time_zone: zone.to_owned(),
            ..Location::default()
        };
        let locations = vec![location("jp-tokyo", "Asia/Tokyo"), location("mars", "Mars/Olympus")];
        let order = WorkOrder {
            work_order_id: "wo-1".to_owned(),
            host_location_id: "jp-tokyo".to_owned(),
            ..WorkOrder::default()
        };
        let places = Places::of(&Customer { locations, ..Customer::default() }).with_orders([&order]);
        assert_eq!(places.location("jp-tokyo").name(), "Asia/Tokyo");
        assert_eq!(places.order("wo-1").name(), "Asia/Tokyo");
        // What this program does not know is told in UTC.
        assert_eq!([places.location("mars"), places.location("x"), places.order("x")], [Zone::UTC; 3]);
    }
}
