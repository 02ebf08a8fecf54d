//! What a document would change of what is stored, field by field.

use std::collections::BTreeMap;

use prost_types::Timestamp;
use tonic::Code;

use crate::cli::client::Client;
use crate::cli::document::write;
use crate::cli::places::Places;
use crate::cli::render::differences::{self, Difference};
use crate::cli::{Failure, customers, orders, reflect};
use crate::error::BoxError;
use crate::proto::v1::{ApplyContractRequest, Customer, Funding, WorkOrder, WorkOrderState};

/// A customer and its orders as they are stored.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub customer: Customer,
    orders: Vec<WorkOrder>,
}

impl Stored {
    /// As it stands when differences take effect. Nothing of a customer that is not there yet.
    pub(super) async fn read(
        connection: &Client,
        customer_id: &str,
        effective: Option<Timestamp>,
    ) -> Result<Self, Failure> {
        let customer = match customers::read_at(connection, customer_id, effective).await {
            Ok(answer) => answer.customer.unwrap_or_default(),
            Err(Failure::Status(status)) if status.code() == Code::NotFound => return Ok(Self::default()),
            Err(failure) => return Err(failure),
        };
        Ok(Self { customer, orders: orders::all_at(connection, customer_id, effective).await? })
    }

    /// The zones with the document: those of its customer, and of both its orders and the stored ones.
    pub(super) fn places(&self, request: &ApplyContractRequest) -> Places {
        let customer = request.customer.as_ref().unwrap_or(&self.customer);
        Places::of(customer).with_orders(&self.orders).with_orders(&request.work_orders)
    }

    /// By the id of the order, or of the customer, what the document has otherwise. What is not stored yet is left out.
    pub(super) fn differences(
        &self,
        request: &ApplyContractRequest,
    ) -> Result<BTreeMap<String, Vec<Difference>>, BoxError> {
        let mut found = BTreeMap::new();
        let Some(customer) = request.customer.as_ref().filter(|_| !self.customer.customer_id.is_empty()) else {
            return Ok(found);
        };
        let legible = |order: &WorkOrder| reflect::without_controls("entitled.v1.WorkOrder", order);
        let stored = reflect::without_controls("entitled.v1.Customer", &self.customer)?;
        let wanted = reflect::without_controls("entitled.v1.Customer", customer)?;
        let of_customer = differences::of(&write::customer(&stored)?, &write::customer(&wanted)?);
        found.insert(customer.customer_id.clone(), of_customer);
        let places = Places::of(&self.customer).with_orders(&self.orders);
        for order in &request.work_orders {
            let Some(stored) = self.orders.iter().find(|it| it.work_order_id == order.work_order_id) else { continue };
            let zone = places.order(&order.work_order_id);
            let wanted = WorkOrder { customer_id: stored.customer_id.clone(), ..with_defaults(legible(order)?) };
            let of_order = differences::of(&write::order(&legible(stored)?, zone)?, &write::order(&wanted, zone)?);
            found.insert(order.work_order_id.clone(), of_order);
        }
        Ok(found)
    }
}

/// As it is stored where the document leaves something out.
fn with_defaults(mut order: WorkOrder) -> WorkOrder {
    if order.state() == WorkOrderState::Unspecified {
        order.set_state(WorkOrderState::Active);
    }
    for item in order.items.iter_mut().filter(|item| item.funding() == Funding::Unspecified) {
        item.set_funding(Funding::Purchased);
    }
    order
}
