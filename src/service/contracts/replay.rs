//! What is stored of a contract write, and how a repetition is answered from it.
//!
//! The documents are not stored with every request. A repetition must contain them again, or it is refused. A document
//! that the write did not change is not stored either. Where the request only names a work order, the answer has the
//! version that it was answered with: every version is kept.

use serde::{Deserialize, Serialize};

use super::outcome::ChangeOutcome;
use crate::contract::{ChangeKind, ContractChange, ContractCommand, Resource};
use crate::error::Result;
use crate::model::{VersionInfo, WorkOrder};
use crate::purchase::Warning;
use crate::service::idempotency::RequestIdentity;
use crate::store::{StoredRequest, Txn, load_work_order_version_in_txn};

#[derive(Debug, Serialize, Deserialize)]
struct StoredOutcome {
    revision: i64,
    contract_version: i64,
    /// Of documents that did not stay as they were.
    changes: Vec<ContractChange>,
    customer_info: Option<VersionInfo>,
    /// Of the one work order of a call that answers with it.
    order_info: Option<VersionInfo>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// What to store of a write that was carried out now.
pub(super) fn stored(identity: &RequestIdentity, written: &ChangeOutcome) -> Result<StoredRequest> {
    let ChangeOutcome {
        revision,
        contract_version,
        changes,
        customer_info,
        work_orders,
        warnings,
        customer_id: _,
        customer,
        effects: _,
    } = written;
    identity.stored(&StoredOutcome {
        revision: *revision,
        contract_version: *contract_version,
        changes: changes.iter().filter(|change| change.kind != ChangeKind::Unchanged).cloned().collect(),
        customer_info: customer_info.clone(),
        order_info: work_orders.first().filter(|_| customer.is_none()).and_then(|(_, info)| info.clone()),
        warnings: warnings.clone(),
    })
}

/// The first answer, if the request asks for the same.
pub(super) async fn replay_in_txn(
    txn: &Txn,
    identity: &RequestIdentity,
    command: &ContractCommand,
    request: &StoredRequest,
) -> Result<ChangeOutcome> {
    let stored: StoredOutcome = identity.outcome(request)?;
    let StoredOutcome { revision, contract_version, changes, customer_info, order_info, warnings } = stored;
    let change = |resource: Resource, id: &str| {
        let is_it = |change: &&ContractChange| change.resource == resource && change.id == id;
        let unchanged =
            || ContractChange { kind: ChangeKind::Unchanged, resource, id: id.to_owned(), fields: Vec::new() };
        changes.iter().find(is_it).cloned().unwrap_or_else(unchanged)
    };
    let ids = command.work_order_ids();
    let of_customer = command.customer().map(|customer| change(Resource::Customer, &customer.customer_id));
    let of_orders = ids.iter().map(|(_, id)| change(Resource::WorkOrder, id));
    let changes = of_customer.into_iter().chain(of_orders).collect();
    let brought = command.work_orders();
    let mut orders: Vec<WorkOrder> = brought.into_iter().cloned().collect();
    if let (Some((_, id)), Some(info), true) = (ids.first(), &order_info, orders.is_empty()) {
        orders.extend(load_work_order_version_in_txn(txn, command.customer_id(), id, info.version).await?);
    }
    Ok(ChangeOutcome {
        revision,
        contract_version,
        changes,
        customer_id: command.customer_id().to_owned(),
        customer: command.customer().cloned(),
        customer_info,
        work_orders: orders.into_iter().map(|order| (order, order_info.clone())).collect(),
        warnings,
        effects: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_outcome_stays_readable() {
        for text in [
            r#"{"revision":3,"contract_version":3,"changes":[{"kind":"updated","resource":"customer",
                "id":"contoso","fields":["customer.display_name"]},{"kind":"added","resource":"work_order",
                "id":"wo-1","fields":[]}],"customer_info":{"version":2,
                "record_time":"2026-03-02T09:00:00.000001Z","actor":"anonymous"},"order_info":{"version":1,
                "record_time":"2026-03-02T09:00:00.000001Z","actor":"anonymous"}}"#,
            r#"{"revision":1,"contract_version":1,"changes":[],"customer_info":null,"order_info":null}"#,
        ] {
            let text: String = text.lines().map(str::trim_start).collect();
            let outcome: StoredOutcome = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
        }
    }
}
