//! Reads the changes of stored work orders from the wire.

use prost_types::Timestamp;

use super::read::Reader;
use super::work_order::request::{read_waiver, read_work_order};
use crate::contract::{ContractCommand, OrderChange, Renewal};
use crate::error::reason;
use crate::model::Provenance;
use crate::proto::v1;

/// How a write is asked for.
pub(crate) struct Asked {
    pub request_id: String,
    pub validate_only: bool,
    pub strict: bool,
    /// Where a whole document comes from.
    pub provenance: Option<Provenance>,
}

impl Asked {
    pub(crate) fn new(request_id: String, validate_only: bool, strict: bool) -> Self {
        Self { request_id, validate_only, strict, provenance: None }
    }
}

/// None without the order.
pub(crate) fn read_amend(read: &mut Reader, message: v1::AmendWorkOrderRequest) -> (Option<ContractCommand>, Asked) {
    let v1::AmendWorkOrderRequest { work_order, effective_time, force_reason, request_id, validate_only, etag, strict } =
        message;
    let effective_time = read.timestamp("effective_time", effective_time);
    let force_reason = read.optional_text("force_reason", Some(force_reason)).unwrap_or_default();
    if !force_reason.is_empty() && force_reason.trim().is_empty() {
        read.refuse("force_reason", reason::FIELD_REQUIRED, "say why, or leave it out");
    }
    let asked = Asked::new(request_id, validate_only, strict);
    let Some(work_order) = work_order else {
        read.refuse("work_order", reason::FIELD_REQUIRED, "is required");
        return (None, asked);
    };
    let work_order = read_work_order(read, "work_order", work_order);
    let customer_id = read.required_id("work_order.customer_id", work_order.customer_id.clone());
    let work_order_id = read.required_id("work_order.work_order_id", work_order.work_order_id.clone());
    let change = OrderChange { customer_id, work_order_id, effective_time, etag };
    (Some(ContractCommand::AmendWorkOrder { work_order, change, force_reason }), asked)
}

pub(crate) fn read_renew(read: &mut Reader, message: v1::RenewWorkOrderRequest) -> (ContractCommand, Asked) {
    let v1::RenewWorkOrderRequest {
        customer_id,
        work_order_id,
        new_work_order_id,
        start_date,
        end_date,
        signed_date,
        base_work_order_id,
        request_id,
        validate_only,
        etag,
        strict,
    } = message;
    let change = read_change(read, customer_id, work_order_id, None, etag);
    let renewal = Renewal {
        work_order_id: read.required_id("new_work_order_id", new_work_order_id),
        start_date: read.optional_date("start_date", start_date),
        end_date: read.optional_date("end_date", end_date),
        signed_date: read.optional_date("signed_date", signed_date),
        base_work_order_id: read.optional_id("base_work_order_id", base_work_order_id),
    };
    (ContractCommand::RenewWorkOrder { change, renewal }, Asked::new(request_id, validate_only, strict))
}

/// What the changes of an order have in common, and then what is their own. Every field is taken out: one that is new does
/// not compile before it is read.
macro_rules! read_parts {
    ($read:expr, $request:ident { $($own:ident),* } = $message:expr) => {{
        let v1::$request {
            customer_id, work_order_id, effective_time, request_id, validate_only, etag, strict, $($own),*
        } = $message;
        let change = read_change($read, customer_id, work_order_id, effective_time, etag);
        (change, Asked::new(request_id, validate_only, strict), ($($own,)*))
    }};
}

pub(crate) fn read_suspend(read: &mut Reader, message: v1::SuspendWorkOrderRequest) -> (ContractCommand, Asked) {
    let (change, asked, (reason,)) = read_parts!(read, SuspendWorkOrderRequest { reason } = message);
    let reason = read.optional_text("reason", Some(reason)).unwrap_or_default();
    (ContractCommand::SuspendWorkOrder { change, reason }, asked)
}

pub(crate) fn read_resume(read: &mut Reader, message: v1::ResumeWorkOrderRequest) -> (ContractCommand, Asked) {
    let (change, asked, ()) = read_parts!(read, ResumeWorkOrderRequest {} = message);
    (ContractCommand::ResumeWorkOrder { change }, asked)
}

pub(crate) fn read_terminate(read: &mut Reader, message: v1::TerminateWorkOrderRequest) -> (ContractCommand, Asked) {
    let (change, asked, (reason,)) = read_parts!(read, TerminateWorkOrderRequest { reason } = message);
    let reason = read.optional_text("reason", Some(reason)).unwrap_or_default();
    (ContractCommand::TerminateWorkOrder { change, reason }, asked)
}

/// A waiver that is not there is told, and one without anything takes its place.
pub(crate) fn read_record(read: &mut Reader, message: v1::RecordWaiverRequest) -> (ContractCommand, Asked) {
    let (change, asked, (item_id, waiver)) = read_parts!(read, RecordWaiverRequest { item_id, waiver } = message);
    let item_id = read.required_id("item_id", item_id);
    if waiver.is_none() {
        read.refuse("waiver", reason::FIELD_REQUIRED, "is required");
    }
    let waiver = read_waiver(read, "waiver", waiver.unwrap_or_default());
    (ContractCommand::RecordWaiver { change, item_id, waiver }, asked)
}

pub(crate) fn read_revoke(read: &mut Reader, message: v1::RevokeWaiverRequest) -> (ContractCommand, Asked) {
    let (change, asked, (item_id, code, reference)) =
        read_parts!(read, RevokeWaiverRequest { item_id, code, reference } = message);
    let item_id = read.required_id("item_id", item_id);
    let mut required = |field: &str, value: String| {
        if value.is_empty() {
            read.refuse(field, reason::FIELD_REQUIRED, "is required");
        }
        read.optional_text(field, Some(value)).unwrap_or_default()
    };
    let (code, reference) = (required("code", code), required("reference", reference));
    (ContractCommand::RevokeWaiver { change, item_id, code, reference }, asked)
}

fn read_change(
    read: &mut Reader,
    customer_id: String,
    work_order_id: String,
    effective_time: Option<Timestamp>,
    etag: String,
) -> OrderChange {
    OrderChange {
        customer_id: read.required_id("customer_id", customer_id),
        work_order_id: read.required_id("work_order_id", work_order_id),
        effective_time: read.timestamp("effective_time", effective_time),
        etag,
    }
}
