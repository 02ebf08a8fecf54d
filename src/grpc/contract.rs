use std::sync::Arc;

use prost::Message;
use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::audit::{read_audit_question, write_audit_record};
use super::convert::change::{write_change, write_warnings};
use super::convert::common::read_page;
use super::convert::customer::{read_customer, write_customer};
use super::convert::effects::write_effects;
use super::convert::lifecycle::Asked;
use super::convert::read::Reader;
use super::convert::version::{
    read_diff, read_provenance, read_versions, read_work_order_question, write_diff, write_version,
};
use super::convert::work_order::request::{read_work_order, read_work_orders};
use super::convert::work_order::response::write_work_order;
use crate::contract::ContractCommand;
use crate::error::{Error, Result, reason};
use crate::model::{Customer, VersionInfo};
use crate::proto::v1;
use crate::proto::v1::contract_service_server::ContractService;
use crate::service::audit::AuditRecord;
use crate::service::{ChangeOutcome, Contracts, WriteOptions, revision};
use crate::store::Epoch;

/// `ContractService` on the wire.
#[derive(Debug)]
pub struct ContractApi {
    contracts: Contracts,
    epoch: Arc<Epoch>,
}

impl ContractApi {
    pub fn new(contracts: Contracts, epoch: Arc<Epoch>) -> Self {
        Self { contracts, epoch }
    }

    pub(super) async fn write(
        &self,
        call: &Call,
        command: ContractCommand,
        mut read: Reader,
        asked: Asked,
    ) -> Result<ChangeOutcome> {
        let Asked { request_id, validate_only, strict, provenance } = asked;
        let request_id = if validate_only { String::new() } else { read.request_id(&request_id) };
        let options =
            WriteOptions { request_id, validate_only, is_strict: strict, provenance, deadline: call.deadline.clone() };
        let written = self.contracts.write(&call.writer(), command, read.violations, options).await;
        written.map_err(|error| error.told(self.contracts.catalog(), call.locale))
    }

    fn customer_of(&self, written: &ChangeOutcome) -> Option<v1::Customer> {
        let customer = written.customer.as_ref()?;
        Some(write_customer(customer, written.customer_info.as_ref(), self.etag_of(written)))
    }

    /// Empty while nothing is stored.
    pub(super) fn token_of(&self, written: &ChangeOutcome) -> String {
        match written.revision {
            0 => String::new(),
            stored => revision::encode(&self.epoch, &written.customer_id, stored),
        }
    }

    pub(super) fn etag_of(&self, written: &ChangeOutcome) -> String {
        match written.contract_version {
            0 => String::new(),
            stored => revision::etag(&self.epoch, stored),
        }
    }
}

#[tonic::async_trait]
impl ContractService for ContractApi {
    async fn create_customer(
        &self,
        request: Request<v1::CreateCustomerRequest>,
    ) -> Result<Response<v1::CreateCustomerResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::CreateCustomerRequest { customer, request_id, validate_only, strict } = message;
        let mut read = Reader::default();
        let Some(customer) = customer else {
            return Err(without_document(read, "customer", &request_id, validate_only).into());
        };
        let customer = read_customer(&mut read, "customer", customer);
        let asked = Asked::new(request_id, validate_only, strict);
        let written = self.write(&call, ContractCommand::CreateCustomer { customer }, read, asked).await?;
        Ok(Response::new(v1::CreateCustomerResponse {
            customer: self.customer_of(&written),
            revision: self.token_of(&written),
            warnings: write_warnings(&written.warnings),
        }))
    }

    async fn get_customer(
        &self,
        request: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::GetCustomerRequest { customer_id, as_of_time } = message;
        let mut read = Reader::default();
        let asked = (read.required_id("customer_id", customer_id), read.timestamp("as_of_time", as_of_time));
        let (customer_id, as_of_time) = read.finish(asked)?;
        let found = self.contracts.customer(&call.caller, &customer_id, as_of_time).await?;
        let etag = revision::etag(&self.epoch, found.contract_version);
        let customer = Some(write_customer(&found.document, found.info.as_ref(), etag));
        let revision = revision::encode(&self.epoch, &customer_id, found.revision);
        Ok(Response::new(v1::GetCustomerResponse { customer, revision }))
    }

    async fn list_customers(
        &self,
        request: Request<v1::ListCustomersRequest>,
    ) -> Result<Response<v1::ListCustomersResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListCustomersRequest { page_size, page_token } = message;
        let mut read = Reader::default();
        let page = read_page(&mut read, page_size, page_token);
        let tell = |customer: &Customer, info: &VersionInfo| write_customer(customer, Some(info), String::new());
        let (customers, next_page_token) = self.contracts.customers(&call.caller, &read.finish(page)?, tell).await?;
        Ok(Response::new(v1::ListCustomersResponse { customers, next_page_token }))
    }

    async fn update_customer(
        &self,
        request: Request<v1::UpdateCustomerRequest>,
    ) -> Result<Response<v1::UpdateCustomerResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::UpdateCustomerRequest { customer, request_id, validate_only, etag, effective_time, strict } = message;
        let mut read = Reader::default();
        let Some(customer) = customer else {
            return Err(without_document(read, "customer", &request_id, validate_only).into());
        };
        let customer = read_customer(&mut read, "customer", customer);
        let effective_time = read.timestamp("effective_time", effective_time);
        let command = ContractCommand::UpdateCustomer { customer, etag, effective_time };
        let written = self.write(&call, command, read, Asked::new(request_id, validate_only, strict)).await?;
        let answer = v1::UpdateCustomerResponse {
            customer: self.customer_of(&written),
            revision: self.token_of(&written),
            warnings: write_warnings(&written.warnings),
            effects: None,
        };
        let effects = effects_of(&written, &answer);
        Ok(Response::new(v1::UpdateCustomerResponse { effects, ..answer }))
    }

    async fn create_work_order(
        &self,
        request: Request<v1::CreateWorkOrderRequest>,
    ) -> Result<Response<v1::CreateWorkOrderResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::CreateWorkOrderRequest { work_order, request_id, validate_only, strict } = message;
        let mut read = Reader::default();
        let Some(work_order) = work_order else {
            return Err(without_document(read, "work_order", &request_id, validate_only).into());
        };
        let work_order = read_work_order(&mut read, "work_order", work_order);
        read.required_id("work_order.customer_id", work_order.customer_id.clone());
        let asked = Asked::new(request_id, validate_only, strict);
        let written = self.write(&call, ContractCommand::CreateWorkOrder { work_order }, read, asked).await?;
        let answer = v1::CreateWorkOrderResponse {
            work_order: written.work_orders.first().map(|(order, info)| write_work_order(order, info.as_ref())),
            revision: self.token_of(&written),
            warnings: write_warnings(&written.warnings),
            effects: None,
        };
        let effects = effects_of(&written, &answer);
        Ok(Response::new(v1::CreateWorkOrderResponse { effects, ..answer }))
    }

    async fn get_work_order(
        &self,
        request: Request<v1::GetWorkOrderRequest>,
    ) -> Result<Response<v1::GetWorkOrderResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_work_order_question(message)?;
        let found = self.contracts.work_order(&call.caller, &question).await?;
        let work_order = Some(write_work_order(&found.document, found.info.as_ref()));
        let revision = revision::encode(&self.epoch, &question.customer_id, found.revision);
        let etag = revision::etag(&self.epoch, found.contract_version);
        Ok(Response::new(v1::GetWorkOrderResponse { work_order, revision, etag }))
    }

    async fn list_work_order_versions(
        &self,
        request: Request<v1::ListWorkOrderVersionsRequest>,
    ) -> Result<Response<v1::ListWorkOrderVersionsResponse>, Status> {
        let (call, message) = Call::open(request);
        let (customer_id, work_order_id, page) = read_versions(message)?;
        let listed = self.contracts.versions(&call.caller, &customer_id, &work_order_id, &page, write_version).await?;
        let (work_order_versions, next_page_token) = listed;
        Ok(Response::new(v1::ListWorkOrderVersionsResponse { work_order_versions, next_page_token }))
    }

    async fn diff_work_order_versions(
        &self,
        request: Request<v1::DiffWorkOrderVersionsRequest>,
    ) -> Result<Response<v1::DiffWorkOrderVersionsResponse>, Status> {
        let (call, message) = Call::open(request);
        let (customer_id, work_order_id, old, new) = read_diff(message)?;
        let difference = self.contracts.diff(&call.caller, &customer_id, &work_order_id, old, new).await?;
        Ok(Response::new(write_diff(&difference)))
    }

    async fn list_work_orders(
        &self,
        request: Request<v1::ListWorkOrdersRequest>,
    ) -> Result<Response<v1::ListWorkOrdersResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListWorkOrdersRequest { customer_id, page_size, page_token } = message;
        let mut read = Reader::default();
        let customer_id = read.required_id("customer_id", customer_id);
        let page = read_page(&mut read, page_size, page_token);
        let (customer_id, page) = read.finish((customer_id, page))?;
        let listed = self.contracts.work_orders(&call.caller, &customer_id, &page, write_work_order).await?;
        let (work_orders, next_page_token) = listed;
        Ok(Response::new(v1::ListWorkOrdersResponse { work_orders, next_page_token }))
    }

    async fn apply_contract(
        &self,
        request: Request<v1::ApplyContractRequest>,
    ) -> Result<Response<v1::ApplyContractResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ApplyContractRequest {
            customer,
            work_orders,
            request_id,
            validate_only,
            etag,
            effective_time,
            strict,
            provenance,
        } = message;
        let mut read = Reader::default();
        let Some(customer) = customer else {
            return Err(without_document(read, "customer", &request_id, validate_only).into());
        };
        let customer = read_customer(&mut read, "customer", customer);
        let work_orders = read_work_orders(&mut read, &customer, work_orders);
        let effective_time = read.timestamp("effective_time", effective_time);
        if effective_time.is_some() && etag.is_empty() {
            read.refuse("etag", reason::FIELD_REQUIRED, "is required with `effective_time`: what is stored is changed");
        }
        let command = ContractCommand::Apply { customer, work_orders, etag, effective_time };
        let provenance = read_provenance(&mut read, provenance);
        let asked = Asked { provenance, ..Asked::new(request_id, validate_only, strict) };
        let written = self.write(&call, command, read, asked).await?;
        let answer = v1::ApplyContractResponse {
            changes: written.changes.iter().map(write_change).collect(),
            revision: self.token_of(&written),
            etag: self.etag_of(&written),
            warnings: write_warnings(&written.warnings),
            effects: None,
        };
        let effects = effects_of(&written, &answer);
        Ok(Response::new(v1::ApplyContractResponse { effects, ..answer }))
    }

    async fn amend_work_order(
        &self,
        request: Request<v1::AmendWorkOrderRequest>,
    ) -> Result<Response<v1::AmendWorkOrderResponse>, Status> {
        Ok(Response::new(self.amend(request).await?))
    }

    async fn renew_work_order(
        &self,
        request: Request<v1::RenewWorkOrderRequest>,
    ) -> Result<Response<v1::RenewWorkOrderResponse>, Status> {
        Ok(Response::new(self.renew(request).await?))
    }

    async fn suspend_work_order(
        &self,
        request: Request<v1::SuspendWorkOrderRequest>,
    ) -> Result<Response<v1::SuspendWorkOrderResponse>, Status> {
        Ok(Response::new(self.suspend(request).await?))
    }

    async fn resume_work_order(
        &self,
        request: Request<v1::ResumeWorkOrderRequest>,
    ) -> Result<Response<v1::ResumeWorkOrderResponse>, Status> {
        Ok(Response::new(self.resume(request).await?))
    }

    async fn terminate_work_order(
        &self,
        request: Request<v1::TerminateWorkOrderRequest>,
    ) -> Result<Response<v1::TerminateWorkOrderResponse>, Status> {
        Ok(Response::new(self.terminate(request).await?))
    }

    async fn record_waiver(
        &self,
        request: Request<v1::RecordWaiverRequest>,
    ) -> Result<Response<v1::RecordWaiverResponse>, Status> {
        Ok(Response::new(self.record(request).await?))
    }

    async fn revoke_waiver(
        &self,
        request: Request<v1::RevokeWaiverRequest>,
    ) -> Result<Response<v1::RevokeWaiverResponse>, Status> {
        Ok(Response::new(self.revoke(request).await?))
    }

    async fn list_audit_records(
        &self,
        request: Request<v1::ListAuditRecordsRequest>,
    ) -> Result<Response<v1::ListAuditRecordsResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_audit_question(message)?;
        let tell = |record: &AuditRecord| write_audit_record(&self.epoch, record);
        let (audit_records, next_page_token) = self.contracts.audit_records(&call.caller, &question, tell).await?;
        Ok(Response::new(v1::ListAuditRecordsResponse { audit_records, next_page_token }))
    }
}

/// Within the bytes that the rest of the answer leaves.
pub(super) fn effects_of(written: &ChangeOutcome, rest: &impl Message) -> Option<v1::ContractEffects> {
    written.effects.as_ref().map(|effects| write_effects(effects, rest.encoded_len()))
}

/// There is nothing to judge but the request around it.
fn without_document(mut read: Reader, field: &str, request_id: &str, validate_only: bool) -> Error {
    read.refuse(field, reason::FIELD_REQUIRED, "is required");
    if !validate_only {
        read.request_id(request_id);
    }
    Error::Violations(read.violations)
}
