//! Reads the ledger's commands and questions from the wire. The ledger itself judges amounts and times, each with its
//! own reason.

use chrono::TimeDelta;

use crate::error::{Result, Violation, reason};
use crate::grpc::convert::common::{read_page, read_solutions};
use crate::grpc::convert::enums::{read_mode, read_reservation_state, read_unit};
use crate::grpc::convert::read::Reader;
use crate::ledger::{Adjustment, Command, Performed, Take, Target};
use crate::model::{Quantity, Unit};
use crate::proto::v1;
use crate::service::ledger::{BlockQuestion, BlocksQuestion, EntriesQuestion, ReservationsQuestion};

/// A write as far as it could be read.
#[derive(Debug)]
pub(crate) struct ParsedWrite {
    pub customer_id: String,
    pub request_id: String,
    /// With placeholders for what could not be read.
    pub command: Command,
    /// What could not be read.
    pub violations: Vec<Violation>,
}

pub(crate) fn read_consume(request: v1::ConsumeUnitsRequest) -> ParsedWrite {
    let v1::ConsumeUnitsRequest {
        customer_id,
        block_id,
        location_id,
        product_id,
        service_id,
        quantity,
        performed,
        delivery_mode,
        note,
        request_id,
        solution_ids,
    } = request;
    let mut read = Reader::default();
    let target = read_target(&mut read, &block_id, location_id, product_id, service_id, delivery_mode);
    let quantity = required_quantity(&mut read, quantity);
    let performed = read_performed(&mut read, performed);
    let solution_ids = read_solutions(&mut read, "solution_ids", solution_ids);
    let note = read_note(&mut read, "note", note);
    let command = Command::Consume(Take { target, quantity, performed, solution_ids, note });
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_reserve(request: v1::ReserveUnitsRequest) -> ParsedWrite {
    let v1::ReserveUnitsRequest {
        customer_id,
        block_id,
        location_id,
        product_id,
        service_id,
        quantity,
        performed,
        delivery_mode,
        expire_time,
        note,
        request_id,
        solution_ids,
    } = request;
    let mut read = Reader::default();
    let target = read_target(&mut read, &block_id, location_id, product_id, service_id, delivery_mode);
    let quantity = required_quantity(&mut read, quantity);
    let performed = read_performed(&mut read, performed);
    let solution_ids = read_solutions(&mut read, "solution_ids", solution_ids);
    let note = read_note(&mut read, "note", note);
    let expire_time = read.timestamp("expire_time", expire_time);
    let take = Take { target, quantity, performed, solution_ids, note };
    let command = Command::Reserve { take, expire_time };
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_extend(request: v1::ExtendReservationRequest) -> ParsedWrite {
    let v1::ExtendReservationRequest { customer_id, reservation_id, block_id, expire_time, request_id } = request;
    let mut read = Reader::default();
    if expire_time.is_none() {
        read.refuse("expire_time", reason::FIELD_REQUIRED, "is required");
    }
    let command = Command::Extend {
        reservation_id: read.required_uuid("reservation_id", &reservation_id),
        block_id: read.optional_uuid("block_id", &block_id),
        expire_time: read.timestamp("expire_time", expire_time).unwrap_or_default(),
    };
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_commit(request: v1::CommitReservationRequest) -> ParsedWrite {
    let v1::CommitReservationRequest {
        customer_id,
        reservation_id,
        block_id,
        quantity,
        allow_more,
        performed,
        note,
        request_id,
    } = request;
    let mut read = Reader::default();
    let command = Command::Commit {
        reservation_id: read.required_uuid("reservation_id", &reservation_id),
        block_id: read.optional_uuid("block_id", &block_id),
        quantity: optional_quantity(&mut read, "quantity", quantity),
        allow_more,
        performed: read_performed(&mut read, performed),
        note: read_note(&mut read, "note", note),
    };
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_release(request: v1::ReleaseReservationRequest) -> ParsedWrite {
    let v1::ReleaseReservationRequest { customer_id, reservation_id, block_id, note, request_id } = request;
    let mut read = Reader::default();
    let command = Command::Release {
        reservation_id: read.required_uuid("reservation_id", &reservation_id),
        block_id: read.optional_uuid("block_id", &block_id),
        note: read_note(&mut read, "note", note),
    };
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_reverse(request: v1::ReverseEntryRequest) -> ParsedWrite {
    let v1::ReverseEntryRequest { customer_id, entry_id, quantity, note, request_id } = request;
    let mut read = Reader::default();
    let command = Command::Reverse {
        entry_id: read.required_uuid("entry_id", &entry_id),
        quantity: optional_quantity(&mut read, "quantity", quantity),
        note: read_note(&mut read, "note", note),
    };
    parsed_write(read, customer_id, request_id, command)
}

pub(crate) fn read_adjust(request: v1::AdjustBlockRequest) -> ParsedWrite {
    use v1::adjust_block_request::Change as Wire;
    let v1::AdjustBlockRequest { customer_id, block_id, change, reason: why, request_id } = request;
    let mut read = Reader::default();
    let block_id = read.required_uuid("block_id", &block_id);
    let change = match change {
        Some(Wire::Delta(quantity)) => optional_quantity(&mut read, "delta", Some(quantity)).map(Adjustment::By),
        Some(Wire::Granted(quantity)) => optional_quantity(&mut read, "granted", Some(quantity)).map(Adjustment::To),
        None => {
            read.refuse("delta", reason::FIELD_REQUIRED, "one of `delta` and `granted` is required");
            None
        }
    };
    let why = read_note(&mut read, "reason", why);
    if why.trim().is_empty() {
        read.refuse("reason", reason::FIELD_REQUIRED, "say why the block is adjusted");
    }
    let change = change.unwrap_or(Adjustment::By(PLACEHOLDER));
    parsed_write(read, customer_id, request_id, Command::Adjust { block_id, change, reason: why })
}

pub(crate) fn read_block_question(request: v1::GetBlockRequest) -> Result<BlockQuestion> {
    let v1::GetBlockRequest { customer_id, block_id, as_of_time } = request;
    let mut read = Reader::default();
    let question = BlockQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.required_uuid("block_id", &block_id),
        as_of_time: read.timestamp("as_of_time", as_of_time),
    };
    read.finish(question)
}

pub(crate) fn read_blocks_question(request: v1::ListBlocksRequest) -> Result<BlocksQuestion> {
    let v1::ListBlocksRequest { customer_id, page_size, page_token, work_order_id, service_id } = request;
    let mut read = Reader::default();
    let question = BlocksQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        work_order_id: read.optional_id("work_order_id", Some(work_order_id)),
        service_id: read.optional_id("service_id", Some(service_id)),
        page: read_page(&mut read, page_size, page_token),
    };
    read.finish(question)
}

pub(crate) fn read_reservations_question(request: v1::ListReservationsRequest) -> Result<ReservationsQuestion> {
    let v1::ListReservationsRequest { customer_id, page_size, page_token, state, block_id } = request;
    let mut read = Reader::default();
    let question = ReservationsQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.optional_uuid("block_id", &block_id),
        state: read.optional_enum("state", state).and_then(read_reservation_state),
        page: read_page(&mut read, page_size, page_token),
    };
    read.finish(question)
}

pub(crate) fn read_entries_question(request: v1::ListEntriesRequest) -> Result<EntriesQuestion> {
    let v1::ListEntriesRequest {
        customer_id,
        page_size,
        page_token,
        block_id,
        reservation_id,
        work_order_id,
        start_time,
        end_time,
    } = request;
    let mut read = Reader::default();
    let start_time = read.timestamp("start_time", start_time);
    let end_time = read.timestamp("end_time", end_time);
    if start_time.zip(end_time).is_some_and(|(start, end)| start >= end) {
        read.refuse("end_time", reason::FIELD_OUT_OF_RANGE, "is not after `start_time`");
    }
    let question = EntriesQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.optional_uuid("block_id", &block_id),
        reservation_id: read.optional_uuid("reservation_id", &reservation_id),
        work_order_id: read.optional_id("work_order_id", Some(work_order_id)),
        start_time,
        end_time,
        page: read_page(&mut read, page_size, page_token),
    };
    read.finish(question)
}

/// A placeholder for what could not be read; it violates nothing.
const PLACEHOLDER: Quantity = Quantity { amount: 1, unit: Unit::Minutes };

fn parsed_write(mut read: Reader, customer_id: String, request_id: String, command: Command) -> ParsedWrite {
    let customer_id = read.required_id("customer_id", customer_id);
    let request_id = read.request_id(&request_id);
    ParsedWrite { customer_id, request_id, command, violations: read.violations }
}

/// A block, or location, product and service; a block may be named with any of them.
fn read_target(
    read: &mut Reader,
    block_id: &str,
    location_id: String,
    product_id: String,
    service_id: String,
    mode: i32,
) -> Target {
    if block_id.is_empty() {
        for (field, value) in [("location_id", &location_id), ("product_id", &product_id), ("service_id", &service_id)]
        {
            if value.is_empty() {
                read.refuse(field, reason::FIELD_REQUIRED, "is required without `block_id`");
            }
        }
    }
    Target {
        block_id: read.optional_uuid("block_id", block_id),
        location_id: read.optional_id("location_id", Some(location_id)),
        product_id: read.optional_product("product_id", Some(product_id)),
        service_id: read.optional_id("service_id", Some(service_id)),
        mode: read.optional_enum("delivery_mode", mode).and_then(read_mode),
    }
}

fn required_quantity(read: &mut Reader, quantity: Option<v1::Quantity>) -> Quantity {
    if quantity.is_none() {
        read.refuse("quantity", reason::FIELD_REQUIRED, "is required");
    }
    optional_quantity(read, "quantity", quantity).unwrap_or(PLACEHOLDER)
}

/// Takes any amount: the ledger judges it.
fn optional_quantity(read: &mut Reader, field: &str, quantity: Option<v1::Quantity>) -> Option<Quantity> {
    let v1::Quantity { amount, unit } = quantity?;
    let field = format!("{field}.unit");
    if unit == 0 {
        read.refuse(field.as_str(), reason::FIELD_REQUIRED, "is required");
    }
    let unit = read.optional_enum::<v1::Unit>(&field, unit).and_then(read_unit);
    Some(Quantity { amount, unit: unit.unwrap_or(PLACEHOLDER.unit) })
}

/// Both ends, or nothing at all.
fn read_performed(read: &mut Reader, performed: Option<v1::Performed>) -> Option<Performed> {
    let v1::Performed { start_time, end_time } = performed?;
    for (field, time) in [("performed.start_time", &start_time), ("performed.end_time", &end_time)] {
        if time.is_none() {
            read.refuse(field, reason::FIELD_REQUIRED, "is required");
        }
    }
    let start = read.timestamp("performed.start_time", start_time);
    let end = read.timestamp("performed.end_time", end_time)?;
    // What could not be read begins just before the end, which is judged all the same.
    let start = start.or_else(|| end.checked_sub_signed(TimeDelta::seconds(1)))?;
    Some(Performed { start, end })
}

fn read_note(read: &mut Reader, field: &str, note: String) -> String {
    read.optional_text(field, Some(note)).unwrap_or_default()
}
