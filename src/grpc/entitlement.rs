use std::collections::HashMap;

use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::decision::{write_entitlement, write_response};
use super::convert::question::{consistency_of, read_check, read_list, view_of};
use super::convert::read::Reader;
use super::convert::target::{read_target, write_target, write_target_response};
use super::convert::timestamp;
use super::status;
use crate::catalog::Locale;
use crate::engine::{Decision, TargetAnswer};
use crate::error::{Result, reason};
use crate::proto::v1;
use crate::proto::v1::entitlement_service_server::EntitlementService;
use crate::service::{Consistency, Entitlements, Question, View, revision};

const MOST_CHECKS: usize = 1_000;

/// `EntitlementService` on the wire.
#[derive(Debug)]
pub struct EntitlementApi {
    entitlements: Entitlements,
}

impl EntitlementApi {
    pub fn new(entitlements: Entitlements) -> Self {
        Self { entitlements }
    }
}

#[tonic::async_trait]
impl EntitlementService for EntitlementApi {
    async fn check_entitlement(
        &self,
        request: Request<v1::CheckEntitlementRequest>,
    ) -> Result<Response<v1::CheckEntitlementResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_check(message, call.locale)?;
        let response = self.entitlements.check(&call.caller, &question, write_response).await?;
        Ok(Response::new(response))
    }

    async fn batch_check_entitlements(
        &self,
        request: Request<v1::BatchCheckEntitlementsRequest>,
    ) -> Result<Response<v1::BatchCheckEntitlementsResponse>, Status> {
        let (call, message) = Call::open(request);
        let questions = read_batch(message, call.locale)?;
        let results = self.entitlements.check_all(&call.caller, questions, write_response).await?;
        let results = results.into_iter().map(|result| {
            let result = match result {
                Ok(response) => v1::batch_check_result::Result::Response(response),
                Err(error) => v1::batch_check_result::Result::Status(status::to_message(error)),
            };
            v1::BatchCheckResult { result: Some(result) }
        });
        Ok(Response::new(v1::BatchCheckEntitlementsResponse { results: results.collect() }))
    }

    async fn list_entitlements(
        &self,
        request: Request<v1::ListEntitlementsRequest>,
    ) -> Result<Response<v1::ListEntitlementsResponse>, Status> {
        let (call, message) = Call::open(request);
        let question = read_list(message, call.locale)?;
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
        let question = read_target(message, call.locale)?;
        let tell = |answer: &TargetAnswer<'_>| write_target(answer, question.locale);
        let (target, open_time, revision) = self.entitlements.response_target(&call.caller, &question, tell).await?;
        Ok(Response::new(write_target_response(target, open_time, revision)))
    }
}

/// The questions of a batch; one that cannot be read has its own error.
fn read_batch(request: v1::BatchCheckEntitlementsRequest, preferred: Locale) -> Result<Vec<Result<Question>>> {
    let v1::BatchCheckEntitlementsRequest { checks, at_least_revisions, consistency, view } = request;
    let mut read = Reader::default();
    if checks.is_empty() {
        read.refuse("checks", reason::FIELD_REQUIRED, format!("1 to {MOST_CHECKS} are required"));
    }
    if checks.len() > MOST_CHECKS {
        let message = format!("{} are more than {MOST_CHECKS}", checks.len());
        read.refuse("checks", reason::FIELD_OUT_OF_RANGE, message);
        return read.finish(Vec::new());
    }
    for (row, _) in checks.iter().enumerate().filter(|(_, check)| check.consistency.is_some()) {
        read.refuse(
            format!("checks[{row}].consistency"),
            reason::FIELD_CONFLICT,
            "a batch has one consistency for all",
        );
    }
    if consistency.is_some() && !at_least_revisions.is_empty() {
        read.refuse("at_least_revisions", reason::FIELD_CONFLICT, "does not go together with `consistency`");
    }
    let bounds = read_bounds(&mut read, at_least_revisions);
    let batch_view = view_of(&mut read, view);
    let mut questions = Vec::with_capacity(checks.len());
    for check in checks {
        let has_view = check.view != 0;
        let bound = match bounds.get(&check.customer_id) {
            Some(revision) => Consistency::AtLeast(*revision),
            None => consistency_of(&mut read, "consistency", &check.customer_id, consistency.clone()),
        };
        questions.push(read_check(check, preferred).map(|question| {
            let view: View = if has_view { question.view } else { batch_view };
            Question { consistency: bound, view, ..question }
        }));
    }
    // The same mistake of `consistency` is found for every check.
    read.violations.dedup();
    read.finish(questions)
}

/// One revision a customer at most.
fn read_bounds(read: &mut Reader, tokens: Vec<String>) -> HashMap<String, i64> {
    let mut bounds = HashMap::new();
    for (row, token) in tokens.into_iter().enumerate() {
        let field = format!("at_least_revisions[{row}]");
        match revision::decode(&token) {
            None => read.refuse(field, reason::REVISION_INVALID, "the token is not one this service gave"),
            Some((customer_id, revision)) => {
                if bounds.insert(customer_id, revision).is_some() {
                    read.refuse(field, reason::DUPLICATE_ID, "a second token of the same customer");
                }
            }
        }
    }
    bounds
}
