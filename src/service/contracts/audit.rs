//! The audit of contract writes: what a write changed, and the list of all writes.

use super::state::ContractState;
use crate::contract::{Difference, Document, NewVersion, changes};
use crate::error::Result;
use crate::model::VersionInfo;
use crate::service::Caller;
use crate::service::audit::{AuditedField, DocumentChange, Effects, work_orders_of};
use crate::service::ledger::Changes;
use crate::store::WriteAudit;

/// How many differing fields the record of one write tells, of all its documents.
const MOST_FIELDS: usize = 256;

/// What is recorded of a write: the documents that got versions, and the blocks that its grants moved.
pub(super) fn of_write(
    caller: &Caller,
    reason: &str,
    versions: &[NewVersion],
    infos: &[VersionInfo],
    state: Option<&ContractState>,
    granted: &Changes,
) -> Result<WriteAudit> {
    let mut room = MOST_FIELDS;
    let versions = versions.iter().zip(infos);
    let documents = versions.map(|(version, info)| document_change(version, info, state, &mut room)).collect();
    let effects = Effects { reason: reason.to_owned(), documents, ..Effects::of_entries(granted.entries()) };
    effects.stored(caller, work_orders_of(granted.entries()))
}

/// What a version changes of the document that was in effect at its instant. `room`: how many fields may still be told.
fn document_change(
    version: &NewVersion,
    info: &VersionInfo,
    state: Option<&ContractState>,
    room: &mut usize,
) -> DocumentChange {
    let before = state.map(|state| state.timeline.at(version.effective_time));
    let mut fields = before.and_then(|before| match &version.document {
        Document::Customer(after) => Some(changes(&before.customer, after)),
        Document::WorkOrder(after) => Some(changes(before.work_order(&after.work_order_id)?, after)),
    });
    let fields = fields.get_or_insert_default();
    let omitted = fields.len().saturating_sub(*room);
    fields.truncate(*room);
    *room = room.saturating_sub(fields.len());
    let (resource, id) = version.document.id();
    DocumentChange {
        resource,
        id: id.to_owned(),
        version_before: info.version.saturating_sub(1),
        version_after: info.version,
        effective_time: info.effective_time,
        fields: fields.drain(..).map(field).collect(),
        omitted,
    }
}

fn field(Difference { field, stored, sent }: Difference) -> AuditedField {
    AuditedField { field, old: stored, new: sent }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::contract::Timeline;
    use crate::model::{Contract, Customer, EffectivePeriod};
    use crate::service::contracts::periods::Infos;
    use crate::store::StoredContract;

    fn customer(count: usize, name: &str) -> Customer {
        let location = |row| {
            serde_json::json!({
                "location_id": format!("at-{row:04}"), "display_name": name, "country": "GB", "time_zone": "Europe/London",
            })
        };
        serde_json::from_value(serde_json::json!({
            "customer_id": "contoso", "display_name": "Contoso", "locations": (0..count).map(location).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn a_record_tells_so_many_fields_and_how_many_more_there_are() {
        for (count, told, omitted) in [(3, 3, 0), (MOST_FIELDS, 256, 0), (MOST_FIELDS + 44, 256, 44)] {
            let info = |version| VersionInfo {
                version,
                record_time: DateTime::UNIX_EPOCH,
                effective_time: None,
                actor: "ada".to_owned(),
            };
            let contract = Contract { customer: customer(count, "old"), work_orders: Vec::new() };
            let stored = StoredContract {
                contract: contract.clone(),
                revision: 9,
                contract_version: 9,
                customer_info: info(7),
                order_infos: Default::default(),
                balances: Default::default(),
                period: EffectivePeriod::default(),
                planned_from: None,
                bytes: 0,
                planned: Vec::new(),
            };
            let infos = Infos::of(&stored);
            let state = ContractState { stored, timeline: Timeline::of(contract), infos, bytes: 0 };
            let document = Document::Customer(customer(count, "new"));
            let versions = [NewVersion { effective_time: None, document }];
            let (caller, granted) = (Caller::anonymous(), Changes::default());
            let audit = of_write(&caller, "because", &versions, &[info(8)], Some(&state), &granted).unwrap();
            let effects: Effects = serde_json::from_str(&audit.content).unwrap();
            assert_eq!(effects.reason, "because");
            let [change] = effects.documents.as_slice() else { panic!("{effects:?}") };
            assert_eq!((change.version_before, change.version_after), (7, 8));
            assert_eq!((change.fields.len(), change.omitted), (told, omitted));
            let AuditedField { field, old, new } = &change.fields[0];
            assert_eq!([field, old, new].map(String::as_str), ["locations[at-0000].display_name", "old", "new"]);
            assert_eq!((audit.actor.as_str(), audit.work_order_ids.as_str()), ("anonymous", "[]"));
        }
    }
}
