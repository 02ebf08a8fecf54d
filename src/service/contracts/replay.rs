//! What is stored of a contract write, and how a repetition is answered from it.
//!
//! The documents are not stored with every request. A repetition must contain them again, or it is refused. A document
//! that the write did not change is not stored either.

use serde::{Deserialize, Serialize};

use super::outcome::ChangeOutcome;
use crate::contract::{ChangeKind, ContractChange, ContractCommand, Resource};
use crate::error::Result;
use crate::model::VersionInfo;
use crate::service::idempotency::RequestIdentity;
use crate::store::StoredRequest;

#[derive(Debug, Serialize, Deserialize)]
struct StoredOutcome {
    revision: i64,
    contract_version: i64,
    /// Of documents that did not stay as they were.
    changes: Vec<ContractChange>,
    customer_info: Option<VersionInfo>,
    /// Of the one work order of a call that answers with it.
    order_info: Option<VersionInfo>,
}

/// What to store of a write that was carried out now.
pub(super) fn stored(identity: &RequestIdentity, written: &ChangeOutcome) -> Result<StoredRequest> {
    let ChangeOutcome { revision, contract_version, changes, customer_info, work_orders, customer_id: _, customer } =
        written;
    identity.stored(&StoredOutcome {
        revision: *revision,
        contract_version: *contract_version,
        changes: changes.iter().filter(|change| change.kind != ChangeKind::Unchanged).cloned().collect(),
        customer_info: customer_info.clone(),
        order_info: work_orders.first().filter(|_| customer.is_none()).and_then(|(_, info)| info.clone()),
    })
}

/// The first answer, if the request asks for the same.
pub(super) fn replay(
    identity: &RequestIdentity,
    command: &ContractCommand,
    request: &StoredRequest,
) -> Result<ChangeOutcome> {
    let StoredOutcome { revision, contract_version, changes, customer_info, order_info } = identity.outcome(request)?;
    let change = |resource: Resource, id: &str| {
        let is_it = |change: &&ContractChange| change.resource == resource && change.id == id;
        let unchanged =
            || ContractChange { kind: ChangeKind::Unchanged, resource, id: id.to_owned(), fields: Vec::new() };
        changes.iter().find(is_it).cloned().unwrap_or_else(unchanged)
    };
    let orders = command.work_orders();
    let of_customer = command.customer().map(|customer| change(Resource::Customer, &customer.customer_id));
    let of_orders = orders.iter().map(|(_, order)| change(Resource::WorkOrder, &order.work_order_id));
    Ok(ChangeOutcome {
        revision,
        contract_version,
        changes: of_customer.into_iter().chain(of_orders).collect(),
        customer_id: command.customer_id().to_owned(),
        customer: command.customer().cloned(),
        customer_info,
        work_orders: orders.into_iter().map(|(_, order)| (order.clone(), order_info.clone())).collect(),
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
