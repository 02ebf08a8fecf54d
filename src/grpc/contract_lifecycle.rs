//! The calls of `ContractService` that change a stored work order.

use tonic::Request;

use super::call::Call;
use super::contract::{ContractApi, effects_of};
use super::convert::change::write_warnings;
use super::convert::lifecycle::{
    Asked, read_amend, read_record, read_renew, read_resume, read_revoke, read_suspend, read_terminate,
};
use super::convert::read::Reader;
use super::convert::work_order::response::write_work_order;
use crate::contract::ContractCommand;
use crate::error::{Error, Result};
use crate::proto::v1;

/// What each of these calls answers with.
struct Changed {
    work_order: Option<v1::WorkOrder>,
    revision: String,
    etag: String,
    warnings: Vec<v1::Warning>,
    effects: Option<v1::ContractEffects>,
}

impl ContractApi {
    async fn change(&self, call: &Call, command: ContractCommand, read: Reader, asked: Asked) -> Result<Changed> {
        let written = self.write(call, command, read, asked).await?;
        // All of these calls answer with the same.
        let rest = v1::AmendWorkOrderResponse {
            work_order: written.work_orders.first().map(|(order, info)| write_work_order(order, info.as_ref())),
            revision: self.token_of(&written),
            etag: self.etag_of(&written),
            warnings: write_warnings(&written.warnings),
            effects: None,
        };
        let effects = effects_of(&written, &rest);
        let v1::AmendWorkOrderResponse { work_order, revision, etag, warnings, .. } = rest;
        Ok(Changed { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn amend(
        &self,
        request: Request<v1::AmendWorkOrderRequest>,
    ) -> Result<v1::AmendWorkOrderResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_amend(&mut read, message);
        let Some(command) = command else {
            if !asked.validate_only {
                read.request_id(&asked.request_id);
            }
            return Err(Error::Violations(read.violations));
        };
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::AmendWorkOrderResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn renew(
        &self,
        request: Request<v1::RenewWorkOrderRequest>,
    ) -> Result<v1::RenewWorkOrderResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_renew(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::RenewWorkOrderResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn suspend(
        &self,
        request: Request<v1::SuspendWorkOrderRequest>,
    ) -> Result<v1::SuspendWorkOrderResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_suspend(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::SuspendWorkOrderResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn resume(
        &self,
        request: Request<v1::ResumeWorkOrderRequest>,
    ) -> Result<v1::ResumeWorkOrderResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_resume(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::ResumeWorkOrderResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn terminate(
        &self,
        request: Request<v1::TerminateWorkOrderRequest>,
    ) -> Result<v1::TerminateWorkOrderResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_terminate(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::TerminateWorkOrderResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn record(&self, request: Request<v1::RecordWaiverRequest>) -> Result<v1::RecordWaiverResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_record(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::RecordWaiverResponse { work_order, revision, etag, warnings, effects })
    }

    pub(super) async fn revoke(&self, request: Request<v1::RevokeWaiverRequest>) -> Result<v1::RevokeWaiverResponse> {
        let (call, message) = Call::open(request);
        let mut read = Reader::default();
        let (command, asked) = read_revoke(&mut read, message);
        let Changed { work_order, revision, etag, warnings, effects } =
            self.change(&call, command, read, asked).await?;
        Ok(v1::RevokeWaiverResponse { work_order, revision, etag, warnings, effects })
    }
}
