//! Reads what is asked of the audit, and writes its records.

use super::common::read_page;
use super::enums::write_unit;
use super::read::Reader;
use super::timestamp;
use crate::contract::Resource;
use crate::error::{Result, reason};
use crate::grpc::method;
use crate::ledger::Totals;
use crate::proto::v1;
use crate::service::audit::{AuditRecord, AuditedField, BlockChange, DocumentChange};
use crate::service::{AuditQuestion, revision};
use crate::store::Epoch;
use crate::suggest::nearest_or_all;

pub(crate) fn read_audit_question(request: v1::ListAuditRecordsRequest) -> Result<AuditQuestion> {
    let v1::ListAuditRecordsRequest {
        customer_id,
        work_order_id,
        actor,
        action,
        start_time,
        end_time,
        page_size,
        page_token,
    } = request;
    let mut read = Reader::default();
    let question = AuditQuestion {
        customer_id: read.optional_id("customer_id", Some(customer_id)),
        work_order_id: read.optional_id("work_order_id", Some(work_order_id)),
        actor: read.optional_text("actor", Some(actor)),
        action: read_action(&mut read, action),
        start: read.timestamp("start_time", start_time),
        end: read.timestamp("end_time", end_time),
        page: read_page(&mut read, page_size, page_token),
    };
    if question.work_order_id.is_some() && question.customer_id.is_none() {
        read.refuse(
            "customer_id",
            reason::FIELD_REQUIRED,
            "is required with `work_order_id`: each customer has its own",
        );
    }
    read.in_order("end_time", question.start, question.end);
    read.finish(question)
}

/// A misspelt call would look like one that nobody made.
fn read_action(read: &mut Reader, action: String) -> Option<String> {
    if action.is_empty() {
        return None;
    }
    let writes = method::writes();
    if !writes.contains(&action.as_str()) {
        let hint = nearest_or_all(&action, &writes);
        read.refuse("action", reason::REFERENCE_UNKNOWN, format!("is no call that writes; {hint}"));
    }
    Some(action)
}

pub(crate) fn write_audit_record(epoch: &Epoch, record: &AuditRecord) -> v1::AuditRecord {
    let AuditRecord {
        customer_id,
        request_id,
        record_time,
        actor,
        peer_address,
        user_agent,
        action,
        work_order_ids,
        reason,
        documents,
        blocks,
        entry_ids,
        reservation_id,
        revision,
    } = record;
    v1::AuditRecord {
        customer_id: customer_id.clone(),
        request_id: request_id.clone(),
        record_time: Some(timestamp(*record_time)),
        actor: actor.clone(),
        action: action.clone(),
        work_order_ids: work_order_ids.clone(),
        reason: reason.clone(),
        peer_address: peer_address.clone(),
        user_agent: user_agent.clone(),
        documents: documents.iter().map(write_document).collect(),
        blocks: blocks.iter().map(write_block).collect(),
        entry_ids: entry_ids.iter().map(ToString::to_string).collect(),
        reservation_id: reservation_id.map(|id| id.to_string()).unwrap_or_default(),
        revision: revision::encode(epoch, customer_id, *revision),
    }
}

fn write_document(change: &DocumentChange) -> v1::AuditedDocument {
    let DocumentChange { resource, id, version_before, version_after, effective_time, fields, omitted } = change;
    v1::AuditedDocument {
        work_order_id: match resource {
            Resource::Customer => String::new(),
            Resource::WorkOrder => id.clone(),
        },
        version_before: *version_before,
        version_after: *version_after,
        fields: fields.iter().map(write_field).collect(),
        effective_time: effective_time.map(timestamp),
        omitted_fields: i32::try_from(*omitted).unwrap_or(i32::MAX),
    }
}

fn write_field(AuditedField { field, old, new }: &AuditedField) -> v1::FieldChange {
    v1::FieldChange { field: field.clone(), old_value: old.clone(), new_value: new.clone() }
}

fn write_block(BlockChange { id, unit, before, after }: &BlockChange) -> v1::AuditedBlock {
    v1::AuditedBlock {
        block_id: id.to_string(),
        unit: write_unit(*unit).into(),
        before: before.map(write_sums),
        after: Some(write_sums(*after)),
    }
}

fn write_sums(Totals { granted, used, reserved }: Totals) -> v1::AuditedSums {
    v1::AuditedSums { granted, used, reserved }
}
