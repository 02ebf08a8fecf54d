//! What is kept of a write with its request id, for its repetitions.
//!
//! A repetition brings the documents again, or it is refused: they are not kept with every request. Nor is a document
//! that stayed as it was.

use serde::{Deserialize, Serialize};

use super::Written;
use crate::error::{Error, Result};
use crate::model::VersionInfo;
use crate::service::plan::{Change, ChangeKind, Command, Resource};
use crate::store::StoredRequest;

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    revision: i64,
    contract_version: i64,
    /// Of documents that did not stay as they were.
    changes: Vec<Change>,
    customer_info: Option<VersionInfo>,
    /// Of the one work order of a call that answers with it.
    order_info: Option<VersionInfo>,
}

/// The text to keep.
pub(super) fn outcome(written: &Written) -> Result<String> {
    let Written { revision, contract_version, changes, customer_info, work_orders, customer_id: _, customer } = written;
    let kept = Kept {
        revision: *revision,
        contract_version: *contract_version,
        changes: changes.iter().filter(|change| change.kind != ChangeKind::Unchanged).cloned().collect(),
        customer_info: customer_info.clone(),
        order_info: work_orders.first().filter(|_| customer.is_none()).and_then(|(_, info)| info.clone()),
    };
    serde_json::to_string(&kept).map_err(|error| Error::Internal(error.into()))
}

/// A repetition gets the first answer; another request under the same id is refused.
pub(super) fn replay(request: StoredRequest, command: &Command, request_id: &str, hash: &str) -> Result<Written> {
    if request.method != command.method() || request.content_hash != hash {
        return Err(Error::RequestIdReused { request_id: request_id.to_owned() });
    }
    let kept: Kept = serde_json::from_str(&request.outcome).map_err(|error| Error::Internal(error.into()))?;
    let Kept { revision, contract_version, changes, customer_info, order_info } = kept;
    let change = |resource: Resource, id: &str| {
        let is_it = |change: &&Change| change.resource == resource && change.id == id;
        let unchanged = || Change { kind: ChangeKind::Unchanged, resource, id: id.to_owned(), fields: Vec::new() };
        changes.iter().find(is_it).cloned().unwrap_or_else(unchanged)
    };
    let orders = command.work_orders();
    let of_customer = command.customer().map(|customer| change(Resource::Customer, &customer.customer_id));
    let of_orders = orders.iter().map(|(_, order)| change(Resource::WorkOrder, &order.work_order_id));
    Ok(Written {
        revision,
        contract_version,
        changes: of_customer.into_iter().chain(of_orders).collect(),
        customer_id: command.customer_id().to_owned(),
        customer: command.customer().cloned(),
        customer_info,
        work_orders: orders.into_iter().map(|(_, order)| (order.clone(), order_info.clone())).collect(),
    })
}
