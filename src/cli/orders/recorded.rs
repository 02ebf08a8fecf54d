//! A write that is sent again with its id: what was recorded by it is found by that id, and told once more.

use chrono::TimeDelta;
use prost_types::Timestamp;
use tonic::Code;

use crate::cli::Failure;
use crate::cli::client::Client;
use crate::cli::values::instant;
use crate::model::ProductPattern;
use crate::proto::v1::{Funding, GetWorkOrderRequest, ListWorkOrderVersionsRequest, WorkOrder, WorkOrderVersion};

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
        Ok(Some(Self { before, order, revision: current.revision, etag: current.etag }))
    }

    /// Whether it holds from this instant on; none: the caller did not say from when.
    pub(in crate::cli) fn holds_from(&self, time: Option<Timestamp>) -> bool {
        time.is_none() || time == self.order.effective_time
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
    let key = |time: &Timestamp| (time.seconds, time.nanos);
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

/// What is recorded is so to the microsecond.
fn just_before(time: &Timestamp) -> Option<Timestamp> {
    let before = instant(time)?.checked_sub_signed(TimeDelta::microseconds(1))?;
    Some(Timestamp { seconds: before.timestamp(), nanos: i32::try_from(before.timestamp_subsec_nanos()).ok()? })
}
