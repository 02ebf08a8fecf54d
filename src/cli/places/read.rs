//! Reads the zones of a customer for a table.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use super::Places;
use crate::cli::client::Client;
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, Format};
use crate::model::Zone;
use crate::proto::v1::{GetBlockRequest, GetCustomerRequest, GetReservationRequest, GetWorkOrderRequest, WorkOrder};

/// How many orders are read at a time.
const AT_ONCE: usize = 8;

/// What a command names, and by whose clocks its days are read.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Named<'a> {
    Location(&'a str),
    /// By its host, as that of what stands on it.
    Order(&'a str),
    Block(&'a str),
    Reservation(&'a str),
    /// Days are those of UTC.
    Nothing,
}

impl Named<'_> {
    /// What there is of these, in their order.
    pub(in crate::cli) fn first<const N: usize>(named: [Option<Self>; N]) -> Self {
        named.into_iter().flatten().next().unwrap_or(Self::Nothing)
    }
}

/// The zone in which days are read. Nothing is read of the server for instants.
pub(in crate::cli) async fn zone_of_days(
    connection: &Client,
    customer_id: &str,
    named: Named<'_>,
    times: &[Option<When>],
) -> Result<Zone, Failure> {
    if !times.iter().flatten().any(|time| time.is_day()) {
        return Ok(Zone::UTC);
    }
    let mut block = String::new();
    let mut order = String::new();
    if let Named::Reservation(reservation_id) = named {
        let request =
            GetReservationRequest { customer_id: customer_id.to_owned(), reservation_id: reservation_id.to_owned() };
        let held = connection.ledger().get_reservation(request).await?.into_inner().reservation.unwrap_or_default();
        block = held.parts.first().map(|part| part.block_id.clone()).unwrap_or_default();
    }
    if let Named::Block(block_id) = named {
        block_id.clone_into(&mut block);
    }
    if !block.is_empty() {
        let request = GetBlockRequest { customer_id: customer_id.to_owned(), block_id: block, as_of_time: None };
        order = connection.ledger().get_block(request).await?.into_inner().block.unwrap_or_default().work_order_id;
    }
    if let Named::Order(work_order_id) = named {
        work_order_id.clone_into(&mut order);
    }
    let location = match (named, order.is_empty()) {
        (Named::Location(location_id), _) => location_id.to_owned(),
        (_, true) => return Ok(Zone::UTC),
        (_, false) => {
            let (customer_id, work_order_id) = (customer_id.to_owned(), order);
            let request = GetWorkOrderRequest { customer_id, work_order_id, ..Default::default() };
            let answer = connection.contracts().get_work_order(request).await?.into_inner();
            answer.work_order.unwrap_or_default().host_location_id
        }
    };
    let request = GetCustomerRequest { customer_id: customer_id.to_owned(), as_of_time: None };
    let customer = connection.contracts().get_customer(request).await?.into_inner().customer.unwrap_or_default();
    Ok(Places::of(&customer).location(&location))
}

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
