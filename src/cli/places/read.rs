//! Reads the zones of a customer for a table.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use super::Places;
use crate::cli::client::Client;
use crate::cli::{CliContext, Format};
use crate::proto::v1::{GetCustomerRequest, GetWorkOrderRequest, WorkOrder};

/// How many orders are read at a time.
const AT_ONCE: usize = 8;

impl CliContext {
    /// The zones of the customer's locations, for a table. What the caller may not read is told in UTC.
    pub(in crate::cli) async fn places(&self, connection: &Client, customer_id: &str) -> Places {
        if self.format == Format::Json {
            return Places::default();
        }
        let request = GetCustomerRequest { customer_id: customer_id.to_owned(), as_of_time: None };
        let answer = connection.contracts().get_customer(request).await;
        let customer = answer.ok().and_then(|answer| answer.into_inner().customer);
        customer.as_ref().map(Places::of).unwrap_or_default()
    }

    /// The same, with the hosts of these orders.
    pub(in crate::cli) async fn hosts<'a>(
        &self,
        connection: &Client,
        customer_id: &str,
        work_order_ids: impl Iterator<Item = &'a String>,
    ) -> Places {
        let places = self.places(connection, customer_id).await;
        if places.locations.is_empty() {
            return places;
        }
        let work_order_ids: BTreeSet<&String> = work_order_ids.collect();
        let read = work_order_ids.into_iter().map(|work_order_id| {
            let (customer_id, work_order_id) = (customer_id.to_owned(), work_order_id.clone());
            let mut client = connection.contracts();
            async move {
                let request = GetWorkOrderRequest { customer_id, work_order_id, ..Default::default() };
                client.get_work_order(request).await.ok()?.into_inner().work_order
            }
        });
        let orders: Vec<WorkOrder> =
            stream::iter(read).buffered(AT_ONCE).filter_map(async |order| order).collect().await;
        places.with_orders(&orders)
    }
}
