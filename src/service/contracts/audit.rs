//! The audit of contract writes: what a write changed, and the list of all writes.

use crate::contract::{ChangeKind, ContractChange, Difference, Plan, Resource, differences};
use crate::error::Result;
use crate::service::Caller;
use crate::service::audit::{DocumentChange, Effects, FieldChange, work_orders_of};
use crate::service::ledger::Changes;
use crate::store::{StoredContract, WriteAudit};

/// How many differing fields the record of one write tells, of all its documents.
const MOST_FIELDS: usize = 256;

/// What is recorded of a write: the documents it changed, and the blocks that its grants moved.
pub(super) fn of_write(
    caller: &Caller,
    plan: &Plan,
    stored: Option<&StoredContract>,
    granted: &Changes,
) -> Result<WriteAudit> {
    let mut room = MOST_FIELDS;
    let changed = plan.changes.iter().filter(|change| change.kind != ChangeKind::Unchanged);
    let documents = changed.map(|change| document_change(change, plan, stored, &mut room)).collect();
    let effects = Effects { documents, ..Effects::of_entries(granted.entries()) };
    effects.stored(caller, work_orders_of(granted.entries()))
}

/// `room`: how many fields may still be told.
fn document_change(
    change: &ContractChange,
    plan: &Plan,
    stored: Option<&StoredContract>,
    room: &mut usize,
) -> DocumentChange {
    let (version_before, mut fields) = match change.resource {
        Resource::Customer => {
            let before = stored.map(|stored| (stored.customer_info.version, &stored.contract.customer));
            before.map_or_else(Default::default, |(version, customer)| {
                (version, differences("customer", customer, &plan.contract.customer))
            })
        }
        Resource::WorkOrder => {
            let before = stored
                .and_then(|stored| stored.order_infos.get(&change.id).zip(stored.contract.work_order(&change.id)));
            before.zip(plan.contract.work_order(&change.id)).map_or_else(Default::default, |((info, before), after)| {
                (info.version, differences("work_order", before, after))
            })
        }
    };
    let omitted = fields.len().saturating_sub(*room);
    fields.truncate(*room);
    *room = room.saturating_sub(fields.len());
    DocumentChange {
        resource: change.resource,
        id: change.id.clone(),
        version_before,
        version_after: version_before.saturating_add(1),
        fields: fields.into_iter().map(field_change).collect(),
        omitted,
    }
}

fn field_change(Difference { field, stored, sent }: Difference) -> FieldChange {
    FieldChange { field, old: stored, new: sent }
}
