//! Reads what the commands are made of.

use std::collections::BTreeSet;

use prost_types::Timestamp;

use super::times::{earlier, in_microseconds, key};
use super::{Acts, Failed, Stand, failed};
use crate::cli::client::Client;
use crate::cli::orders::recorded::last_versions;
use crate::cli::{CliContext, Format};
use crate::proto::v1::{
    CheckEntitlementRequest, CheckEntitlementResponse, Delivery, GetServiceRequest, GetWorkOrderRequest, Reason,
    RemedyKind, WorkOrder,
};

/// So many changes are looked at of an order while the work is done.
const MOST_CHANGES: usize = 16;

impl Acts {
    /// Reads what the remedies of an answer are about.
    pub(crate) async fn read(
        context: &CliContext,
        connection: &Client,
        request: &CheckEntitlementRequest,
        answer: &CheckEntitlementResponse,
    ) -> Self {
        let asked = answer.check_time.map(in_microseconds);
        let start = request.delivery.as_ref().and_then(|it| it.start_time).map(in_microseconds);
        let places = context.places(connection, &request.customer_id).await;
        let mut acts =
            Self { request: request.clone(), asked, judged: earlier(start, asked), places, ..Self::default() };
        if context.format == Format::Json {
            return acts;
        }
        for reason in reasons(answer) {
            acts.read_for(connection, reason).await;
        }
        let orders: Vec<_> = acts.orders.values().flatten().map(|stand| &stand.order).cloned().collect();
        acts.places = acts.places.with_orders(&orders);
        acts.renewed = reasons(answer).filter_map(|reason| acts.renews(reason)).collect();
        acts
    }

    async fn read_for(&mut self, connection: &Client, reason: &Reason) {
        let Some(remedy) = reason.remedy.as_ref().filter(|it| !it.work_order_id.is_empty()) else { return };
        if !self.orders.contains_key(&remedy.work_order_id) {
            let stands = self.stands(connection, &remedy.work_order_id).await;
            self.orders.insert(remedy.work_order_id.clone(), stands);
        }
        if remedy.kind() == RemedyKind::Buy && !self.services.contains_key(&remedy.value) {
            let edition_id = self.stand(reason).map(|stand| stand.order.edition_id.clone());
            let request = GetServiceRequest { edition_id, service_id: remedy.value.clone(), locale: None };
            let answer = connection.catalog().get_service(request).await;
            let service = answer.ok().and_then(|answer| answer.into_inner().service);
            self.services.extend(service.map(|service| (remedy.value.clone(), service)));
        }
    }

    /// How an order stands when the work begins, or when it is asked about, and how it changes while the work is done.
    async fn stands(&self, connection: &Client, order_id: &str) -> Vec<Stand> {
        let (start, end) = self.request.delivery.as_ref().map_or((None, None), |it| (it.start_time, it.end_time));
        let start = start.map(in_microseconds);
        let begin = start.or(self.asked);
        let Some(order) = self.order_at(connection, order_id, begin).await else { return Vec::new() };
        // What stands so until then is changed at once, or from when on it does.
        let is_ahead = begin.as_ref().map(key) > self.asked.as_ref().map(key);
        let from = if is_ahead { self.asked.into_iter().chain(order.effective_time).max_by_key(key) } else { begin };
        let mut stands = vec![Stand { from, order, ..Stand::default() }];
        let changes = match (start, end) {
            (Some(start), Some(end)) => changes(connection, (&self.request.customer_id, order_id), start, end).await,
            _ => Vec::new(),
        };
        let mut parts = vec![start];
        for time in changes {
            let Some(order) = self.order_at(connection, order_id, Some(time)).await else { continue };
            if stands.last().is_some_and(|last| last.order.version != order.version) {
                stands.push(Stand { from: Some(time), order, ..Stand::default() });
                parts.push(Some(time));
            }
        }
        if stands.len() > 1 {
            let ends = parts.iter().skip(1).copied().chain([end]);
            for (stand, part) in stands.iter_mut().zip(parts.iter().copied().zip(ends)) {
                stand.failed = self.failed_in(connection, part).await;
            }
        }
        stands
    }

    async fn order_at(&self, connection: &Client, order_id: &str, as_of_time: Option<Timestamp>) -> Option<WorkOrder> {
        let request = GetWorkOrderRequest {
            customer_id: self.request.customer_id.clone(),
            work_order_id: order_id.to_owned(),
            as_of_time,
            ..Default::default()
        };
        connection.contracts().get_work_order(request).await.ok()?.into_inner().work_order
    }

    /// What forbids a part of the work.
    async fn failed_in(
        &self,
        connection: &Client,
        (start_time, end_time): (Option<Timestamp>, Option<Timestamp>),
    ) -> BTreeSet<Failed> {
        let delivery = self.request.delivery.clone().map(|whole| Delivery { start_time, end_time, ..whole });
        let request = CheckEntitlementRequest { check_time: self.asked, delivery, ..self.request.clone() };
        let answer = connection.entitlements().check_entitlement(request).await;
        answer.map(|answer| reasons(&answer.into_inner()).filter_map(failed).collect()).unwrap_or_default()
    }
}

fn reasons(answer: &CheckEntitlementResponse) -> impl Iterator<Item = &Reason> {
    answer.reasons.iter().chain(&answer.open_conditions)
}

/// When an order may change between two instants, as far as its last versions tell.
async fn changes(connection: &Client, of: (&str, &str), start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let versions = last_versions(connection, of, |_| false).await.unwrap_or_default();
    let times = versions.into_iter().filter_map(|version| version.work_order?.effective_time);
    let mut times: Vec<_> = times.filter(|time| key(&start) < key(time) && key(time) < key(&end)).collect();
    times.sort_by_key(key);
    times.dedup();
    times.truncate(MOST_CHANGES);
    times
}
