//! The versions of documents: which one the caller has read, how a new one is recorded, and what is told of it.

use chrono::{DateTime, Utc};

use super::outcome::ChangeOutcome;
use crate::contract::{ContractCommand, Plan, Resource};
use crate::error::{Error, Result};
use crate::model::VersionInfo;
use crate::service::revision::etag;
use crate::store::{Epoch, StoredContract, Txn, put_customer_version_in_txn, put_work_order_version_in_txn};

/// The caller has read the contract as it is, or does not say what it has read.
pub(super) fn match_etag(epoch: &Epoch, command: &ContractCommand, stored: Option<&StoredContract>) -> Result<()> {
    let current = stored.map(|stored| etag(epoch, stored.contract_version));
    if command.etag().is_empty() || current.as_deref() == Some(command.etag()) {
        return Ok(());
    }
    Err(Error::StaleEtag { customer_id: command.customer_id().to_owned() })
}

/// Who records new versions, when, and on top of what.
pub(super) struct Recording<'a> {
    pub time: DateTime<Utc>,
    pub actor: &'a str,
    pub stored: Option<&'a StoredContract>,
}

impl Recording<'_> {
    fn customer_info(&self) -> VersionInfo {
        self.after(self.stored.map(|stored| &stored.customer_info))
    }

    fn order_info(&self, work_order_id: &str) -> VersionInfo {
        self.after(self.stored.and_then(|stored| stored.order_infos.get(work_order_id)))
    }

    /// A version is never recorded before the one it follows, whatever the clocks say.
    fn after(&self, previous: Option<&VersionInfo>) -> VersionInfo {
        let record_time = previous.map_or(self.time, |previous| self.time.max(previous.record_time));
        let version = previous.map_or(1, |previous| previous.version.saturating_add(1));
        VersionInfo { version, record_time, effective_time: None, actor: self.actor.to_owned() }
    }

    pub(super) async fn put(&self, txn: &Txn, command: &ContractCommand, plan: &Plan) -> Result<()> {
        if plan.changes(Resource::Customer, command.customer_id()) {
            put_customer_version_in_txn(txn, &plan.contract.customer, &self.customer_info()).await?;
        }
        for (_, order) in command.work_orders() {
            if plan.changes(Resource::WorkOrder, &order.work_order_id) {
                put_work_order_version_in_txn(txn, order, &self.order_info(&order.work_order_id)).await?;
            }
        }
        Ok(())
    }
}

/// `recorded`: the revision of the write and how it was recorded; none if nothing was.
pub(super) fn written(
    command: &ContractCommand,
    plan: Plan,
    stored: Option<&StoredContract>,
    recorded: Option<(i64, &Recording<'_>)>,
) -> ChangeOutcome {
    let recording = recorded.map(|(_, recording)| recording);
    let info_of = |resource: Resource, id: &str, stored: Option<&VersionInfo>| match recording {
        Some(recording) if plan.changes(resource, id) => Some(match resource {
            Resource::Customer => recording.customer_info(),
            Resource::WorkOrder => recording.order_info(id),
        }),
        _ => stored.cloned(),
    };
    let stored_order = |id: &str| stored.and_then(|stored| stored.order_infos.get(id));
    let orders = command.work_orders().into_iter();
    let work_orders = orders.map(|(_, order)| {
        let id = order.work_order_id.as_str();
        (order.clone(), info_of(Resource::WorkOrder, id, stored_order(id)))
    });
    let work_orders = work_orders.collect();
    let customer_info = info_of(Resource::Customer, command.customer_id(), stored.map(|stored| &stored.customer_info));
    let revision = recorded.map(|(revision, _)| revision).or(stored.map(|stored| stored.revision)).unwrap_or(0);
    let contract_version = match (&recorded, stored) {
        (Some(_), _) if !plan.is_empty() => revision,
        (_, Some(stored)) => stored.contract_version,
        _ => 0,
    };
    ChangeOutcome {
        revision,
        contract_version,
        changes: plan.changes,
        customer_id: command.customer_id().to_owned(),
        customer: command.customer().cloned(),
        customer_info,
        work_orders,
    }
}
