//! A write that is sent again with its id: what was recorded by it is found by that id, and told once more.

use chrono::TimeDelta;
use prost_types::Timestamp;
use tonic::Code;

use crate::cli::Failure;
use crate::cli::client::Client;
use crate::cli::values::instant;
use crate::model::ProductPattern;
use crate::proto::v1::{
    AuditRecord, Funding, GetWorkOrderRequest, ListAuditRecordsRequest, ListWorkOrderVersionsRequest, WorkOrder,
    WorkOrderVersion,
};

/// A write is sent again soon: its versions are among the last ones.
const MOST_PAGES: usize = 3;
/// One write records fewer.
const VERSIONS_PER_PAGE: i32 = 100;

/// The version of an order that a write recorded.
#[derive(Debug)]
pub(in crate::cli) struct Recorded {
    /// As it was known until then; empty, where there was none.
    pub before: WorkOrder,
    pub order: WorkOrder,
    pub revision: String,
    pub etag: String,
    /// The first instant from which any of its versions holds; none: as long as there was a contract.
    pub first: Option<Timestamp>,
    /// By which call, and why, as the audit tells it.
    action: String,
    reason: String,
}

impl Recorded {
    /// None where the caller gave no id, or nothing is recorded under it: then the server is to be asked.
    pub(in crate::cli) async fn find(
        connection: &Client,
        (customer_id, work_order_id): (&str, &str),
        effective_time: Option<Timestamp>,
        request_id: Option<&str>,
    ) -> Result<Option<Self>, Failure> {
        let Some(request_id) = request_id else { return Ok(None) };
        let versions = versions(connection, (customer_id, work_order_id), request_id).await?;
        let first = versions.iter().map(|order| order.effective_time).min_by_key(|time| time.as_ref().map(key));
        let Some(order) = told_of(versions, effective_time) else { return Ok(None) };
        let read = async |request: GetWorkOrderRequest| {
            let (customer_id, work_order_id) = (customer_id.to_owned(), work_order_id.to_owned());
            super::read(connection, GetWorkOrderRequest { customer_id, work_order_id, ..request }).await
        };
        let current = read(GetWorkOrderRequest { version: Some(order.version), ..Default::default() }).await?;
        let before = if order.version > 1 {
            let as_of_time = effective_time.or(order.record_time);
            let known_time = order.record_time.as_ref().and_then(just_before);
            read(GetWorkOrderRequest { as_of_time, known_time, ..Default::default() }).await?.work_order
        } else {
            None
        };
        let before = before.unwrap_or_default();
        let Some(audit) = audit(connection, &order, customer_id, request_id).await? else { return Ok(None) };
        Ok(Some(Self {
            before,
            order,
            revision: current.revision,
            etag: current.etag,
            first: first.flatten(),
            action: audit.action,
            reason: audit.reason,
        }))
    }

    /// Whether it was this call, for this reason.
    pub(in crate::cli) fn is_by(&self, action: &str, reason: Option<&str>) -> bool {
        self.action == action && self.reason == reason.unwrap_or_default()
    }

    /// Whether it holds from this instant on; none: from when it was recorded.
    pub(in crate::cli) fn holds_from(&self, time: Option<Timestamp>) -> bool {
        self.is_at(self.first, time)
    }

    /// Whether the order ends at this instant; none: when that was recorded.
    pub(in crate::cli) fn ends_at(&self, time: Option<Timestamp>) -> bool {
        self.is_at(self.order.terminate_time, time)
    }

    fn is_at(&self, told: Option<Timestamp>, wanted: Option<Timestamp>) -> bool {
        let of = |time: Option<Timestamp>| time.as_ref().and_then(in_microseconds);
        of(told).is_some() && of(told) == of(wanted.or(self.order.record_time))
    }

    /// Whether this is what was sent, but for what the server says of it.
    pub(in crate::cli) fn is_of(&self, sent: &WorkOrder) -> bool {
        let WorkOrder { version, record_time, effective_time, actor, .. } = self.order.clone();
        as_stored(self.order.clone())
            == WorkOrder { version, record_time, effective_time, actor, ..as_stored(sent.clone()) }
    }
}

/// What may be written in more than one way is written in one.
fn as_stored(mut order: WorkOrder) -> WorkOrder {
    let all = [&mut order.covered_products, &mut order.covered_products_except];
    let patterns = all.into_iter().chain(order.items.iter_mut().flat_map(|item| {
        if item.funding() == Funding::Unspecified {
            item.set_funding(Funding::Purchased);
        }
        let of_waivers = item.waivers.iter_mut().map(|waiver| &mut waiver.product_ids);
        let of_events = item.events.iter_mut().map(|event| &mut event.product_ids);
        [&mut item.product_ids].into_iter().chain(of_waivers).chain(of_events)
    }));
    for pattern in patterns.flatten() {
        *pattern = ProductPattern::from(pattern.as_str()).to_string();
    }
    order
}

/// What a write answers with, of all that it recorded: the order as it is at its instant.
fn told_of(versions: Vec<WorkOrder>, effective_time: Option<Timestamp>) -> Option<WorkOrder> {
    let at = effective_time.or(versions.first()?.record_time).as_ref().map(key);
    let from = |order: &WorkOrder| order.effective_time.as_ref().map(key);
    versions.into_iter().filter(|order| from(order) <= at).max_by_key(from)
}

/// The versions that have the id; they are recorded at once.
async fn versions(connection: &Client, of: (&str, &str), request_id: &str) -> Result<Vec<WorkOrder>, Failure> {
    let is_it = |version: &WorkOrderVersion| {
        version.request_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(request_id))
    };
    let is_complete =
        |found: &[WorkOrderVersion]| found.iter().any(is_it) && found.last().is_some_and(|last| !is_it(last));
    let found = last_versions(connection, of, is_complete).await?;
    Ok(found.into_iter().filter(is_it).filter_map(|version| version.work_order).collect())
}

/// The last versions of an order, newest first, until there are enough; none of an order that is not there.
pub(in crate::cli) async fn last_versions(
    connection: &Client,
    (customer_id, work_order_id): (&str, &str),
    are_enough: impl Fn(&[WorkOrderVersion]) -> bool,
) -> Result<Vec<WorkOrderVersion>, Failure> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    for _ in 0..MOST_PAGES {
        let request = ListWorkOrderVersionsRequest {
            customer_id: customer_id.to_owned(),
            work_order_id: work_order_id.to_owned(),
            page_size: VERSIONS_PER_PAGE,
            page_token,
        };
        let page = match connection.contracts().list_work_order_versions(request).await {
            Ok(page) => page.into_inner(),
            // It is not there yet.
            Err(status) if status.code() == Code::NotFound => break,
            Err(status) => return Err(status.into()),
        };
        found.extend(page.work_order_versions);
        page_token = page.next_page_token;
        if page_token.is_empty() || are_enough(&found) {
            break;
        }
    }
    Ok(found)
}

/// What the audit tells of the write that recorded a version.
async fn audit(
    connection: &Client,
    order: &WorkOrder,
    customer_id: &str,
    request_id: &str,
) -> Result<Option<AuditRecord>, Failure> {
    let request = ListAuditRecordsRequest {
        customer_id: customer_id.to_owned(),
        work_order_id: order.work_order_id.clone(),
        start_time: order.record_time,
        end_time: order.record_time.as_ref().and_then(just_after),
        ..Default::default()
    };
    let page = connection.contracts().list_audit_records(request).await?.into_inner();
    Ok(page.audit_records.into_iter().find(|record| record.request_id.eq_ignore_ascii_case(request_id)))
}

fn key(time: &Timestamp) -> (i64, i32) {
    (time.seconds, time.nanos)
}

fn in_microseconds(time: &Timestamp) -> Option<i64> {
    Some(instant(time)?.timestamp_micros())
}

/// What is recorded is so to the microsecond.
pub(in crate::cli) fn just_before(time: &Timestamp) -> Option<Timestamp> {
    moved(time, TimeDelta::microseconds(-1))
}

fn just_after(time: &Timestamp) -> Option<Timestamp> {
    moved(time, TimeDelta::microseconds(1))
}

fn moved(time: &Timestamp, by: TimeDelta) -> Option<Timestamp> {
    let moved = instant(time)?.checked_add_signed(by)?;
    Some(Timestamp { seconds: moved.timestamp(), nanos: i32::try_from(moved.timestamp_subsec_nanos()).ok()? })
}
