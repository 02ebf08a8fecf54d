//! By whose clocks the times of a table are told: those of the location, or of the order's host.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};

use super::client::Client;
use super::{CliContext, Format};
use crate::model::Zone;
use crate::proto::v1::{Customer, GetCustomerRequest, GetWorkOrderRequest, WorkOrder};

/// How many orders are read at a time.
const AT_ONCE: usize = 8;

/// The zones of a customer. What is not known is told in UTC.
#[derive(Debug, Default)]
pub(super) struct Places {
    locations: BTreeMap<String, Zone>,
    /// Of each order the location it dates by.
    hosts: BTreeMap<String, String>,
}

impl Places {
    pub(super) fn of(customer: &Customer) -> Self {
        let locations = customer.locations.iter();
        let locations = locations.filter_map(|it| Some((it.location_id.clone(), it.time_zone.parse().ok()?)));
        Self { locations: locations.collect(), hosts: BTreeMap::new() }
    }

    pub(super) fn with_orders<'a>(mut self, orders: impl IntoIterator<Item = &'a WorkOrder>) -> Self {
        let hosts = orders.into_iter().map(|order| (order.work_order_id.clone(), order.host_location_id.clone()));
        self.hosts.extend(hosts);
        self
    }

    pub(super) fn location(&self, location_id: &str) -> Zone {
        self.locations.get(location_id).copied().unwrap_or(Zone::UTC)
    }

    /// That of the order's host.
    pub(super) fn order(&self, work_order_id: &str) -> Zone {
        self.hosts.get(work_order_id).map_or(Zone::UTC, |host| self.location(host))
    }
}

impl CliContext {
    /// The zones of the customer's locations, for a table. What the caller may not read is told in UTC.
    pub(super) async fn places(&self, connection: &Client, customer_id: &str) -> Places {
        if self.format == Format::Json {
            return Places::default();
        }
        let request = GetCustomerRequest { customer_id: customer_id.to_owned() };
        let answer = connection.contracts().get_customer(request).await;
        let customer = answer.ok().and_then(|answer| answer.into_inner().customer);
        customer.as_ref().map(Places::of).unwrap_or_default()
    }

    /// The same, with the hosts of these orders.
    pub(super) async fn hosts<'a>(
        &self,
        connection: &Client,
        customer_id: &str,
        work_order_ids: impl Iterator<Item = &'a String>,
    ) -> Places {
        let places = self.places(connection, customer_id).await;
        if places.locations.is_empty() {
            return places;
        }
        let work_order_ids: std::collections::BTreeSet<&String> = work_order_ids.collect();
        let read = work_order_ids.into_iter().map(|work_order_id| {
            let (customer_id, work_order_id) = (customer_id.to_owned(), work_order_id.clone());
            let mut client = connection.contracts();
            async move {
                let request = GetWorkOrderRequest { customer_id, work_order_id };
                client.get_work_order(request).await.ok()?.into_inner().work_order
            }
        });
        let orders: Vec<WorkOrder> =
            stream::iter(read).buffered(AT_ONCE).filter_map(async |order| order).collect().await;
        places.with_orders(&orders)
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
