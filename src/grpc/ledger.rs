use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::ledger::request::{
    ParsedWrite, read_adjust, read_block_question, read_blocks_question, read_commit, read_consume,
    read_entries_question, read_extend, read_release, read_reservations_question, read_reserve, read_reverse,
};
use super::convert::ledger::response::{Effects, write_block, write_effects, write_entry, write_reservation};
use super::convert::read::Reader;
use crate::error::Result;
use crate::proto::v1;
use crate::proto::v1::ledger_service_server::LedgerService;
use crate::service::ledger::{WriteOutcome, WriteRequest};
use crate::service::{Ledger, revision};
use crate::store::Epoch;
use crate::telemetry::call::note_customer;

/// `LedgerService` on the wire.
#[derive(Debug)]
pub struct LedgerApi {
    ledger: Ledger,
    epoch: Arc<Epoch>,
}

impl LedgerApi {
    pub fn new(ledger: Ledger, epoch: Arc<Epoch>) -> Self {
        Self { ledger, epoch }
    }

    /// What a write did, and the token of its revision.
    async fn write<T>(
        &self,
        request: Request<T>,
        read: impl FnOnce(T) -> ParsedWrite,
    ) -> Result<(WriteOutcome, String)> {
        let (call, message) = Call::open(request);
        let ParsedWrite { customer_id, request_id, command, violations } = read(message);
        note_customer(&customer_id);
        if !violations.is_empty() {
            return Err(self.ledger.misread(&command, violations));
        }
        let owner = customer_id.clone();
        let caller = call.writer();
        let request = WriteRequest { customer_id, command, request_id, deadline: call.deadline };
        let outcome = self.ledger.write(&caller, request).await;
        let outcome = outcome.map_err(|error| error.told(self.ledger.catalog(), call.locale))?;
        let token = revision::encode(&self.epoch, &owner, outcome.revision);
        Ok((outcome, token))
    }
}

#[tonic::async_trait]
impl LedgerService for LedgerApi {
    async fn consume_units(
        &self,
        request: Request<v1::ConsumeUnitsRequest>,
    ) -> Result<Response<v1::ConsumeUnitsResponse>, Status> {
        let (outcome, revision) = self.write(request, read_consume).await?;
        let Effects { entries, balances, reservation: _ } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::ConsumeUnitsResponse { entries, balances, revision, replayed }))
    }

    async fn reserve_units(
        &self,
        request: Request<v1::ReserveUnitsRequest>,
    ) -> Result<Response<v1::ReserveUnitsResponse>, Status> {
        let (outcome, revision) = self.write(request, read_reserve).await?;
        let Effects { entries, balances, reservation } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::ReserveUnitsResponse { entries, reservation, balances, revision, replayed }))
    }

    async fn extend_reservation(
        &self,
        request: Request<v1::ExtendReservationRequest>,
    ) -> Result<Response<v1::ExtendReservationResponse>, Status> {
        let (outcome, revision) = self.write(request, read_extend).await?;
        let Effects { entries, balances, reservation } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::ExtendReservationResponse { entries, reservation, balances, revision, replayed }))
    }

    async fn commit_reservation(
        &self,
        request: Request<v1::CommitReservationRequest>,
    ) -> Result<Response<v1::CommitReservationResponse>, Status> {
        let (outcome, revision) = self.write(request, read_commit).await?;
        let Effects { entries, balances, reservation } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::CommitReservationResponse { entries, reservation, balances, revision, replayed }))
    }

    async fn release_reservation(
        &self,
        request: Request<v1::ReleaseReservationRequest>,
    ) -> Result<Response<v1::ReleaseReservationResponse>, Status> {
        let (outcome, revision) = self.write(request, read_release).await?;
        let Effects { entries, balances, reservation } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::ReleaseReservationResponse { entries, reservation, balances, revision, replayed }))
    }

    async fn reverse_entry(
        &self,
        request: Request<v1::ReverseEntryRequest>,
    ) -> Result<Response<v1::ReverseEntryResponse>, Status> {
        let (outcome, revision) = self.write(request, read_reverse).await?;
        let Effects { entries, balances, reservation: _ } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::ReverseEntryResponse { entries, balances, revision, replayed }))
    }

    async fn adjust_block(
        &self,
        request: Request<v1::AdjustBlockRequest>,
    ) -> Result<Response<v1::AdjustBlockResponse>, Status> {
        let (outcome, revision) = self.write(request, read_adjust).await?;
        let Effects { entries, balances, reservation: _ } = write_effects(&outcome);
        let replayed = outcome.replayed;
        Ok(Response::new(v1::AdjustBlockResponse { entries, balances, revision, replayed }))
    }

    async fn get_block(&self, request: Request<v1::GetBlockRequest>) -> Result<Response<v1::GetBlockResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_block_question(message)?;
        let (block, at, revision) = self.ledger.block(&call.caller, &question).await?;
        let revision = revision::encode(&self.epoch, &question.customer_id, revision);
        Ok(Response::new(v1::GetBlockResponse { block: Some(write_block(&block, at)), revision }))
    }

    async fn list_blocks(
        &self,
        request: Request<v1::ListBlocksRequest>,
    ) -> Result<Response<v1::ListBlocksResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_blocks_question(message)?;
        let (blocks, revision, next_page_token) = self.ledger.blocks(&call.caller, &question, write_block).await?;
        let revision = revision::encode(&self.epoch, &question.customer_id, revision);
        Ok(Response::new(v1::ListBlocksResponse { blocks, next_page_token, revision }))
    }

    async fn get_reservation(
        &self,
        request: Request<v1::GetReservationRequest>,
    ) -> Result<Response<v1::GetReservationResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::GetReservationRequest { customer_id, reservation_id } = message;
        let mut read = Reader::default();
        let customer_id = read.required_id("customer_id", customer_id);
        let reservation_id = read.required_uuid("reservation_id", &reservation_id);
        let (customer_id, reservation_id) = read.finish((customer_id, reservation_id))?;
        let (reservation, revision) = self.ledger.reservation(&call.caller, &customer_id, reservation_id).await?;
        let revision = revision::encode(&self.epoch, &customer_id, revision);
        let reservation = Some(write_reservation(&reservation));
        Ok(Response::new(v1::GetReservationResponse { reservation, revision }))
    }

    async fn list_reservations(
        &self,
        request: Request<v1::ListReservationsRequest>,
    ) -> Result<Response<v1::ListReservationsResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_reservations_question(message)?;
        let (reservations, next_page_token) =
            self.ledger.reservations(&call.caller, &question, write_reservation).await?;
        Ok(Response::new(v1::ListReservationsResponse { reservations, next_page_token }))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_entries_question(message)?;
        let (entries, next_page_token) = self.ledger.entries(&call.caller, &question, write_entry).await?;
        Ok(Response::new(v1::ListEntriesResponse { entries, next_page_token }))
    }
}
