//! The one command that carries a remedy out, as `check` prints it.

mod command;
mod times;

pub(crate) use self::command::EXCEPTIONS;

use std::collections::BTreeMap;

use prost_types::Timestamp;

use super::CliContext;
use super::client::Client;
use super::places::Places;
use crate::proto::v1::{
    CheckEntitlementRequest, CheckEntitlementResponse, GetServiceRequest, GetWorkOrderRequest, Reason, RemedyKind,
    Service, WorkOrder,
};

/// What the commands are made of: the question, and the orders that its remedies are about. What could not be read is
/// not there, and its commands say less.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    request: CheckEntitlementRequest,
    /// By whose contract it was judged: when the work begins, and when it is asked about.
    judged: Option<Timestamp>,
    asked: Option<Timestamp>,
    /// As they stand at `judged`.
    orders: BTreeMap<String, WorkOrder>,
    /// What remedies tell to buy on them.
    services: BTreeMap<String, Service>,
    pub(crate) places: Places,
}

impl Acts {
    /// Reads what the remedies of an answer are about.
    pub(crate) async fn read(
        context: &CliContext,
        connection: &Client,
        request: &CheckEntitlementRequest,
        answer: &CheckEntitlementResponse,
    ) -> Self {
        let asked = answer.check_time;
        let start = request.delivery.as_ref().and_then(|it| it.start_time);
        let judged = times::earlier(start, asked).map(times::in_microseconds);
        let places = context.places(connection, &request.customer_id).await;
        let mut acts = Self { request: request.clone(), judged, asked, places, ..Self::default() };
        if context.format == super::Format::Json {
            return acts;
        }
        for reason in answer.reasons.iter().chain(&answer.open_conditions) {
            acts.read_for(connection, reason).await;
        }
        acts.places = acts.places.with_orders(acts.orders.values());
        acts
    }

    async fn read_for(&mut self, connection: &Client, reason: &Reason) {
        let Some(remedy) = reason.remedy.as_ref().filter(|it| !it.work_order_id.is_empty()) else { return };
        if !self.orders.contains_key(&remedy.work_order_id) {
            let request = GetWorkOrderRequest {
                customer_id: self.request.customer_id.clone(),
                work_order_id: remedy.work_order_id.clone(),
                as_of_time: self.judged,
                ..Default::default()
            };
            let answer = connection.contracts().get_work_order(request).await;
            let order = answer.ok().and_then(|answer| answer.into_inner().work_order);
            self.orders.extend(order.map(|order| (remedy.work_order_id.clone(), order)));
        }
        if remedy.kind() == RemedyKind::Buy && !self.services.contains_key(&remedy.value) {
            let edition_id = self.orders.get(&remedy.work_order_id).map(|order| order.edition_id.clone());
            let request = GetServiceRequest { edition_id, service_id: remedy.value.clone(), locale: None };
            let answer = connection.catalog().get_service(request).await;
            let service = answer.ok().and_then(|answer| answer.into_inner().service);
            self.services.extend(service.map(|service| (remedy.value.clone(), service)));
        }
    }
}

#[cfg(test)]
mod tests;
