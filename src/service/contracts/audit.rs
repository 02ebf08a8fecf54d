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
    versions: &[NewVersion],
    infos: &[VersionInfo],
    state: Option<&ContractState>,
    granted: &Changes,
) -> Result<WriteAudit> {
    let mut room = MOST_FIELDS;
    let versions = versions.iter().zip(infos);
    let documents = versions.map(|(version, info)| document_change(version, info, state, &mut room)).collect();
    let effects = Effects { documents, ..Effects::of_entries(granted.entries()) };
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
