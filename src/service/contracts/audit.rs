//! What the audit keeps of a contract write.

use super::version::Recording;
use crate::contract::{ChangeKind, ContractChange, Difference, Plan, Resource, differences};
use crate::error::Result;
use crate::service::Caller;
use crate::service::audit::{DocumentChange, Effects, FieldChange, work_orders_of};
use crate::service::ledger::Changes;
use crate::store::WriteAudit;

/// How many differing fields the record of one write tells, of all its documents.
const MOST_FIELDS: usize = 256;

/// What is recorded of a write: the documents it changed, and the blocks that its grants moved.
pub(super) fn of_write(
    caller: &Caller,
    plan: &Plan,
    recording: &Recording<'_>,
    granted: &Changes,
) -> Result<WriteAudit> {
    let mut room = MOST_FIELDS;
    let changed = plan.changes.iter().filter(|change| change.kind != ChangeKind::Unchanged);
    let documents = changed.map(|change| document_change(change, plan, recording, &mut room)).collect();
    let effects = Effects { documents, ..Effects::of_entries(granted.entries()) };
    effects.stored(caller, work_orders_of(granted.entries()))
}

/// `room`: how many fields may still be told.
fn document_change(
    change: &ContractChange,
    plan: &Plan,
    recording: &Recording<'_>,
    room: &mut usize,
) -> DocumentChange {
    let stored = recording.stored;
    let ((version_before, mut fields), info) = match change.resource {
        Resource::Customer => {
            let before = stored.map(|stored| (stored.customer_info.version, &stored.contract.customer));
            let differing = before
                .map(|(version, before)| (version, differences("customer", before, &plan.contract.customer)))
                .unwrap_or_default();
            (differing, recording.customer_info())
        }
        Resource::WorkOrder => {
            let before = stored.and_then(|it| it.order_infos.get(&change.id).zip(it.contract.work_order(&change.id)));
            let differing = before
                .zip(plan.contract.work_order(&change.id))
                .map(|((info, before), after)| (info.version, differences("work_order", before, after)))
                .unwrap_or_default();
            (differing, recording.order_info(&change.id))
        }
    };
    let omitted = fields.len().saturating_sub(*room);
    fields.truncate(*room);
    *room = room.saturating_sub(fields.len());
    DocumentChange {
        resource: change.resource,
        id: change.id.clone(),
        version_before,
        version_after: info.version,
        fields: fields.into_iter().map(field_change).collect(),
        omitted,
    }
}

fn field_change(Difference { field, stored, sent }: Difference) -> FieldChange {
    FieldChange { field, old: stored, new: sent }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contract::{ContractCommand, plan};
    use crate::model::{Contract, Customer, EffectivePeriod, VersionInfo};
    use crate::store::StoredContract;

    fn customer(licenses: impl Iterator<Item = String>) -> Customer {
        serde_json::from_value(serde_json::json!({
            "customer_id": "contoso", "display_name": "Contoso", "locations": [], "licenses": licenses.collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn a_record_tells_so_many_fields_and_how_many_more_there_are() {
        for (count, told, omitted) in [(3, 3, 0), (MOST_FIELDS, 256, 0), (MOST_FIELDS + 44, 256, 44)] {
            let before = customer((0..count).map(|row| format!("old-{row}")));
            let after = customer((0..count).map(|row| format!("new-{row}")));
            let record_time = chrono::DateTime::UNIX_EPOCH;
            let info = VersionInfo { version: 7, record_time, effective_time: None, actor: "ada".to_owned() };
            let stored = StoredContract {
                contract: Contract { customer: before, work_orders: Vec::new() },
                revision: 9,
                contract_version: 9,
                customer_info: info,
                order_infos: BTreeMap::new(),
                balances: Default::default(),
                period: EffectivePeriod::default(),
                bytes: 0,
            };
            let command = ContractCommand::UpdateCustomer { customer: after, etag: String::new() };
            let plan = plan(&command, Some(&stored.contract)).unwrap();
            let caller = Caller::anonymous();
            let recording = Recording { time: record_time, actor: "ada", stored: Some(&stored) };
            let audit = of_write(&caller, &plan, &recording, &Changes::default()).unwrap();
            let effects: Effects = serde_json::from_str(&audit.content).unwrap();
            let [change] = effects.documents.as_slice() else { panic!("{effects:?}") };
            assert_eq!((change.version_before, change.version_after), (7, 8));
            assert_eq!((change.fields.len(), change.omitted), (told, omitted));
            let FieldChange { field, old, new } = &change.fields[0];
            assert_eq!((field.as_str(), old.as_str(), new.as_str()), ("customer.licenses[0]", "old-0", "new-0"));
            assert_eq!((audit.actor.as_str(), audit.work_order_ids.as_str()), ("anonymous", "[]"));
        }
    }
}
