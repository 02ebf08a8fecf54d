//! Reads the requests of EntitlementService as questions. Every field is named, so that a new field breaks the build
//! until it is read.

use std::collections::HashMap;

use crate::catalog::Locale;
use crate::error::{Result, reason};
use crate::grpc::convert::common::{read_consistency, read_locale, read_page, read_solutions, read_view};
use crate::grpc::convert::enums::{read_channel, read_mode, read_outcome, read_severity};
use crate::grpc::convert::read::Reader;
use crate::proto::v1;
use crate::service::{Consistency, ListQuestion, Question, View, revision};
use crate::store::Epoch;

pub(crate) const MOST_CHECKS: usize = 1_000;

/// `preferred`: the language of texts where the request names none.
pub(crate) fn read_check(request: v1::CheckEntitlementRequest, preferred: Locale, epoch: &Epoch) -> Result<Question> {
    let v1::CheckEntitlementRequest {
        customer_id,
        location_id,
        product_id,
        service_id,
        check_time,
        known_time,
        severity,
        channel,
        language,
        contact_id,
        tenant_id,
        activity,
        quantity,
        delivery,
        incident_close_time,
        consistency,
        locale,
        view,
    } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let location_id = read.required_id("location_id", location_id);
    let product_id = read.required_product("product_id", product_id);
    let v1::Delivery { start_time, end_time, mode, requested_time, confirmed_time, solution_ids } =
        delivery.unwrap_or_default();
    let start_time = read.timestamp("delivery.start_time", start_time);
    let end_time = read.timestamp("delivery.end_time", end_time);
    read.in_order("delivery.end_time", start_time, end_time);
    let question = Question {
        location_id,
        product_id,
        service_id: read.required_id("service_id", service_id),
        check_time: read.timestamp("check_time", check_time),
        known_time: read.timestamp("known_time", known_time),
        severity: read.optional_enum("severity", severity).and_then(read_severity),
        channel: read.optional_enum("channel", channel).and_then(read_channel),
        language: read.optional_language("language", language),
        contact_id: read.optional_id("contact_id", contact_id),
        tenant_id: read.optional_text("tenant_id", tenant_id),
        activity: read.optional_text("activity", activity),
        quantity: read.optional_quantity("quantity", quantity),
        start_time,
        end_time,
        mode: read.optional_enum("delivery.mode", mode).and_then(read_mode),
        requested_time: read.timestamp("delivery.requested_time", requested_time),
        confirmed_time: read.timestamp("delivery.confirmed_time", confirmed_time),
        solution_ids: read_solutions(&mut read, "delivery.solution_ids", solution_ids),
        incident_close_time: read.timestamp("incident_close_time", incident_close_time),
        consistency: read_consistency(&mut read, epoch, "consistency", &customer_id, consistency),
        locale: read_locale(&mut read, locale, preferred),
        view: read_view(&mut read, view),
        customer_id,
    };
    read.finish(question)
}

/// `preferred`: the language of texts where the request names none.
pub(crate) fn read_list(
    request: v1::ListEntitlementsRequest,
    preferred: Locale,
    epoch: &Epoch,
) -> Result<ListQuestion> {
    let v1::ListEntitlementsRequest {
        customer_id,
        location_id,
        product_id,
        check_time,
        group,
        decision,
        view,
        locale,
        consistency,
        page_size,
        page_token,
        known_time,
    } = request;
    let mut read = Reader::default();
    let customer_id = read.required_id("customer_id", customer_id);
    let question = ListQuestion {
        location_id: read.optional_id("location_id", location_id),
        product_id: read.optional_product("product_id", product_id),
        check_time: read.timestamp("check_time", check_time),
        known_time: read.timestamp("known_time", known_time),
        group: read.optional_id("group", group),
        outcome: read.optional_enum("decision", decision).and_then(read_outcome),
        consistency: read_consistency(&mut read, epoch, "consistency", &customer_id, consistency),
        locale: read_locale(&mut read, locale, preferred),
        view: read_view(&mut read, view),
        page: read_page(&mut read, page_size, page_token),
        customer_id,
    };
    read.finish(question)
}

/// The questions of a batch; one that cannot be read has its own error.
pub(crate) fn read_batch(
    request: v1::BatchCheckEntitlementsRequest,
    preferred: Locale,
    epoch: &Epoch,
) -> Result<Vec<Result<Question>>> {
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
    let bounds = read_bounds(&mut read, epoch, at_least_revisions);
    let batch_view = read_view(&mut read, view);
    let mut questions = Vec::with_capacity(checks.len());
    for check in checks {
        let has_view = check.view != 0;
        let bound = match bounds.get(&check.customer_id) {
            Some(revision) => Consistency::AtLeast(*revision),
            None => read_consistency(&mut read, epoch, "consistency", &check.customer_id, consistency.clone()),
        };
        questions.push(read_check(check, preferred, epoch).map(|question| {
            let view: View = if has_view { question.view } else { batch_view };
            Question { consistency: bound, view, ..question }
        }));
    }
    // The same mistake of `consistency` is found for every check.
    read.violations.dedup();
    read.finish(questions)
}

/// One revision a customer at most.
fn read_bounds(read: &mut Reader, epoch: &Epoch, tokens: Vec<String>) -> HashMap<String, i64> {
    let mut bounds = HashMap::new();
    for (row, token) in tokens.into_iter().enumerate() {
        let field = format!("at_least_revisions[{row}]");
        match revision::decode(epoch, &token) {
            Err(mistake) => read.refuse(field, mistake.reason(), mistake.message()),
            Ok((customer_id, revision)) => {
                if bounds.insert(customer_id, revision).is_some() {
                    read.refuse(field, reason::DUPLICATE_ID, "a second token of the same customer");
                }
            }
        }
    }
    bounds
}
