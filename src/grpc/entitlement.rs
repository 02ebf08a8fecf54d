use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::entitlement::request::{read_batch, read_check, read_list};
use super::convert::entitlement::response::{write_entitlement, write_response};
use super::convert::target::{read_target, write_target, write_target_response};
use super::convert::timestamp;
use super::{decision_record, status};
use crate::engine::{Decision, TargetAnswer};
use crate::error::Error;
use crate::proto::v1;
use crate::proto::v1::entitlement_service_server::EntitlementService;
use crate::service::{Bytes, CheckAnswer, Entitlements};
use crate::store::Epoch;
use crate::telemetry::Telemetry;

/// `EntitlementService` on the wire.
#[derive(Debug)]
pub struct EntitlementApi {
    entitlements: Entitlements,
    telemetry: Arc<Telemetry>,
    epoch: Arc<Epoch>,
}

impl EntitlementApi {
    pub fn new(entitlements: Entitlements, telemetry: Arc<Telemetry>, epoch: Arc<Epoch>) -> Self {
        Self { entitlements, telemetry, epoch }
    }

    fn line(&self, answer: &CheckAnswer<'_>) -> Option<Vec<u8>> {
        decision_record::line(&self.telemetry, answer)
    }
}

/// A result of a batch, and the line of its decision, which is logged once the result is given.
struct Told {
    result: v1::BatchCheckResult,
    line: Option<Vec<u8>>,
}

impl Bytes for Told {
    fn bytes(&self) -> usize {
        self.result.bytes()
    }
}

#[tonic::async_trait]
impl EntitlementService for EntitlementApi {
    async fn check_entitlement(
        &self,
        request: Request<v1::CheckEntitlementRequest>,
    ) -> Result<Response<v1::CheckEntitlementResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_check(message, call.locale, &self.epoch)?;
        let tell = |answer: &CheckAnswer<'_>| (write_response(answer), self.line(answer));
        let (response, line) = self.entitlements.check(&call.caller, &question, tell).await?;
        decision_record::log(&self.telemetry, line);
        Ok(Response::new(response))
    }

    async fn batch_check_entitlements(
        &self,
        request: Request<v1::BatchCheckEntitlementsRequest>,
    ) -> Result<Response<v1::BatchCheckEntitlementsResponse>, Status> {
        let (call, message) = Call::open(request);
        let questions = read_batch(message, call.locale, &self.epoch)?;
        let tell = |answer: Result<&CheckAnswer<'_>, Error>| {
            let (result, line) = match answer {
                Ok(answer) => (v1::batch_check_result::Result::Response(write_response(answer)), self.line(answer)),
                Err(error) => {
                    (v1::batch_check_result::Result::Status(status::to_message(error, call.request_id.as_ref())), None)
                }
            };
            Told { result: v1::BatchCheckResult { result: Some(result) }, line }
        };
        let told = self.entitlements.check_all(&call.caller, questions, tell).await?;
        let given = told.into_iter().map(|Told { result, line }| {
            decision_record::log(&self.telemetry, line);
            result
        });
        Ok(Response::new(v1::BatchCheckEntitlementsResponse { results: given.collect() }))
    }

    async fn list_entitlements(
        &self,
        request: Request<v1::ListEntitlementsRequest>,
    ) -> Result<Response<v1::ListEntitlementsResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_list(message, call.locale, &self.epoch)?;
        let without_product = question.product_id.is_none();
        let tell = |location_id: &str, decision: &Decision<'_>| {
            write_entitlement(location_id, decision, question.locale, question.view, without_product)
        };
        let listed = self.entitlements.list(&call.caller, &question, tell).await?;
        Ok(Response::new(v1::ListEntitlementsResponse {
            entitlements: listed.rows,
            next_page_token: listed.next_page_token,
            revision: listed.revision,
            check_time: Some(timestamp(listed.check_time)),
        }))
    }

    async fn get_response_target(
        &self,
        request: Request<v1::GetResponseTargetRequest>,
    ) -> Result<Response<v1::GetResponseTargetResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_target(message, call.locale, &self.epoch)?;
        let tell = |answer: &TargetAnswer<'_>| write_target(answer, question.locale);
        let (target, open_time, revision) = self.entitlements.response_target(&call.caller, &question, tell).await?;
        Ok(Response::new(write_target_response(target, open_time, revision)))
    }
}
