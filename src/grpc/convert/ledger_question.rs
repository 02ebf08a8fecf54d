//! What is read of the ledger, from the wire.

use super::question::page_of;
use super::read::Reader;
use crate::error::Result;
use crate::ledger::ReservationState;
use crate::proto::v1;
use crate::service::ledger::{BlockQuestion, BlocksQuestion, EntriesQuestion, ReservationsQuestion};

pub fn read_block_question(request: v1::GetBlockRequest) -> Result<BlockQuestion> {
    let v1::GetBlockRequest { customer_id, block_id, as_of_time } = request;
    let mut read = Reader::default();
    let question = BlockQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.required_uuid("block_id", &block_id),
        as_of_time: read.timestamp("as_of_time", as_of_time),
    };
    read.finish(question)
}

pub fn read_blocks_question(request: v1::ListBlocksRequest) -> Result<BlocksQuestion> {
    let v1::ListBlocksRequest { customer_id, page_size, page_token, work_order_id, service_id } = request;
    let mut read = Reader::default();
    let question = BlocksQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        work_order_id: read.optional_id("work_order_id", Some(work_order_id)),
        service_id: read.optional_id("service_id", Some(service_id)),
        page: page_of(&mut read, page_size, page_token),
    };
    read.finish(question)
}

pub fn read_reservations_question(request: v1::ListReservationsRequest) -> Result<ReservationsQuestion> {
    let v1::ListReservationsRequest { customer_id, page_size, page_token, state, block_id } = request;
    let mut read = Reader::default();
    let question = ReservationsQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.optional_uuid("block_id", &block_id),
        state: read.optional_enum("state", state).and_then(state_of),
        page: page_of(&mut read, page_size, page_token),
    };
    read.finish(question)
}

pub fn read_entries_question(request: v1::ListEntriesRequest) -> Result<EntriesQuestion> {
    let v1::ListEntriesRequest { customer_id, page_size, page_token, block_id, reservation_id } = request;
    let mut read = Reader::default();
    let question = EntriesQuestion {
        customer_id: read.required_id("customer_id", customer_id),
        block_id: read.optional_uuid("block_id", &block_id),
        reservation_id: read.optional_uuid("reservation_id", &reservation_id),
        page: page_of(&mut read, page_size, page_token),
    };
    read.finish(question)
}

fn state_of(state: v1::ReservationState) -> Option<ReservationState> {
    match state {
        v1::ReservationState::Unspecified => None,
        v1::ReservationState::Open => Some(ReservationState::Open),
        v1::ReservationState::Committed => Some(ReservationState::Committed),
        v1::ReservationState::Released => Some(ReservationState::Released),
        v1::ReservationState::Expired => Some(ReservationState::Expired),
    }
}
