//! The versions of documents: which one the caller has read, how a new one is recorded, and what is told of it.

use chrono::{DateTime, Utc};

use super::outcome::{ChangeOutcome, Judged};
use super::provenances::Provenances;
use super::state::ContractState;
use crate::contract::{ContractCommand, Document, NewVersion, Resource};
use crate::error::{Error, Result};
use crate::model::VersionInfo;
use crate::service::revision::etag;
use crate::store::{
    Epoch, NewVersionRow, NewestVersion, NewestVersions, StoredContract, Txn, VersionOrigin, put_versions_in_txn,
};

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
    pub newest: &'a NewestVersions,
    pub request_id: &'a str,
}

impl Recording<'_> {
    /// How each of the versions is recorded, in their order.
    pub(super) fn infos(&self, versions: &[NewVersion]) -> Vec<VersionInfo> {
        let mut infos: Vec<VersionInfo> = Vec::new();
        for NewVersion { document, effective_time } in versions {
            let mut earlier = versions.iter().zip(&infos).filter(|(version, _)| version.document.id() == document.id());
            let previous =
                earlier.next_back().map(|(_, info)| NewestVersion::from(info)).or_else(|| self.newest(document));
            infos.push(self.after(previous, *effective_time));
        }
        infos
    }

    fn newest(&self, document: &Document) -> Option<NewestVersion> {
        match document.id() {
            (Resource::Customer, _) => self.newest.customer,
            (Resource::WorkOrder, id) => self.newest.orders.get(id).copied(),
        }
    }

    /// A version is never recorded before the one it follows, whatever the clocks say.
    fn after(&self, previous: Option<NewestVersion>, effective_time: Option<DateTime<Utc>>) -> VersionInfo {
        let record_time = previous.map_or(self.time, |previous| self.time.max(previous.record_time));
        let version = previous.map_or(1, |previous| previous.version.saturating_add(1));
        VersionInfo { version, record_time, effective_time, actor: self.actor.to_owned() }
    }

    /// Adds the versions, each as it is recorded.
    pub(super) async fn put_in_txn(
        &self,
        txn: &Txn,
        versions: &[NewVersion],
        infos: &[VersionInfo],
        provenances: &Provenances,
    ) -> Result<()> {
        let of_versions: Vec<_> = versions.iter().map(|version| provenances.of(&version.document)).collect();
        let rows: Vec<_> = versions
            .iter()
            .zip(infos)
            .zip(&of_versions)
            .map(|((version, info), provenance)| {
                let origin = VersionOrigin { request_id: Some(self.request_id), provenance: provenance.as_ref() };
                NewVersionRow { document: &version.document, info, origin }
            })
            .collect();
        put_versions_in_txn(txn, &rows).await
    }
}

/// `recorded`: the revision of the write and how its versions were recorded; none if nothing was.
pub(super) fn written(
    command: &ContractCommand,
    judged: Judged,
    state: Option<&ContractState>,
    recorded: Option<(i64, &[VersionInfo])>,
) -> ChangeOutcome {
    let Judged { plan, warnings } = judged;
    let (stored, standing) = (state.map(|state| &state.stored), state.map(|state| &state.infos));
    let infos = recorded.map(|(_, infos)| infos).unwrap_or_default();
    let info_of = |resource: Resource, id: &str, stored: Option<&VersionInfo>| {
        // The one in effect when the change is. Others are for before it, or carry it into what is planned.
        let is_in_effect = |version: &NewVersion| version.effective_time <= Some(plan.as_of);
        let recorded = plan.versions.iter().zip(infos);
        let mut recorded =
            recorded.filter(|(version, _)| version.document.id() == (resource, id) && is_in_effect(version));
        recorded.next_back().map(|(_, info)| info).or(stored).cloned()
    };
    let stored_order = |id: &str| standing.and_then(|infos| infos.orders.get(id));
    let orders = command.work_order_ids().into_iter().filter_map(|(_, id)| {
        let order = plan.contract().work_order(id)?;
        Some((order.clone(), info_of(Resource::WorkOrder, id, stored_order(id))))
    });
    let work_orders = orders.collect();
    let customer_info = info_of(Resource::Customer, command.customer_id(), standing.map(|infos| &infos.customer));
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
        warnings,
        effects: None,
    }
}
