//! Turns an error into the status that the caller sees. This is the only place that does so.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderValue;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, PreconditionViolation, StatusExt as _};

use super::request_id;
use crate::contract::Difference;
use crate::error::{Error, Noun, Violation};

/// The domain of every reason.
pub(super) const DOMAIN: &str = "entitled.v1";
pub(super) const RETRY_SOON: Duration = Duration::from_millis(500);

/// What the violations, or the fields, of one status may take: details travel in a header, in
/// base64, and the clients of some languages take no more than 8 KiB of headers in all.
const DETAILS_BUDGET: usize = 4_608;
/// What one of them takes besides its texts.
const FRAMING: usize = 12;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let code = code_of(&error);
        if code == Code::Internal {
            tracing::error!(error = ?error, "a call failed");
        } else {
            tracing::debug!(error = ?error, "a call was refused");
        }
        let mut details = ErrorDetails::new();
        let (reason, metadata) = reason_of(&error);
        details.set_error_info(reason, DOMAIN, metadata);
        add_details(&mut details, &error);
        Self::with_error_details(code, error.to_string(), details)
    }
}

/// An error inside of an answer, with the id of the call if it has one.
pub(super) fn to_message(error: Error, request_id: Option<&HeaderValue>) -> tonic_types::pb::Status {
    let status = Status::from(error);
    let decoded = tonic_types::pb::Status::decode(status.details());
    let mut message = decoded.unwrap_or_else(|_| tonic_types::pb::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    });
    if let Some(id) = request_id {
        request_id::put_into(&mut message, id);
    }
    message
}

fn code_of(error: &Error) -> Code {
    match error {
        Error::Violations(violations) if violations.iter().all(|violation| violation.clause) => {
            Code::FailedPrecondition
        }
        Error::Violations(_) | Error::RequestIdReused { .. } => Code::InvalidArgument,
        Error::Unauthenticated(_) => Code::Unauthenticated,
        Error::RoleMissing { .. } | Error::DelegationDenied { .. } | Error::CustomerNotAllowed { .. } => {
            Code::PermissionDenied
        }
        Error::NotFound { .. } => Code::NotFound,
        Error::AlreadyExists { .. } => Code::AlreadyExists,
        Error::StaleEtag { .. } | Error::Conflict => Code::Aborted,
        Error::NotFreshEnough | Error::Unavailable(_) | Error::KeysUnavailable | Error::CommitOutcomeUnknown(_) => {
            Code::Unavailable
        }
        Error::Overloaded | Error::AnswerTooLarge { .. } => Code::ResourceExhausted,
        Error::DeadlinePassed | Error::DeadlinePassedWriting => Code::DeadlineExceeded,
        Error::Unreadable { .. } | Error::Internal(_) => Code::Internal,
    }
}

/// The published reason, with its metadata.
fn reason_of(error: &Error) -> (String, HashMap<String, String>) {
    let (reason, metadata): (&str, Vec<(&str, String)>) = match error {
        Error::Violations(violations) => match primary(violations) {
            Some(first) => {
                let field = Some(first.field.clone()).filter(|field| !field.is_empty());
                let facts = first.facts.iter().map(|(name, value)| (*name, value.clone()));
                let metadata = field.map(|field| ("field", field)).into_iter().chain(facts).collect();
                (&first.reason, with_omitted(metadata, violations.len(), carried(violations).len()))
            }
            None => ("FIELD_INVALID", Vec::new()),
        },
        Error::Unauthenticated(_) => ("CREDENTIALS_INVALID", Vec::new()),
        Error::KeysUnavailable => ("KEYS_UNAVAILABLE", Vec::new()),
        Error::RoleMissing { role, method } | Error::DelegationDenied { role, method } => {
            ("PERMISSION_MISSING", vec![("role", (*role).to_owned()), ("method", method.clone())])
        }
        Error::CustomerNotAllowed { customer_id } => {
            ("CUSTOMER_NOT_ALLOWED", vec![("customer_id", customer_id.clone())])
        }
        Error::NotFound { noun, id, nearest } => {
            let (reason, key) = not_found(*noun);
            let nearest = nearest.iter().map(|name| ("nearest", name.clone()));
            (reason, std::iter::once((key, id.clone())).chain(nearest).collect())
        }
        Error::AlreadyExists { noun, id, fields } => {
            let resource = ("resource_type", resource_type(*noun).to_owned());
            let named = carried_fields(fields);
            let names: Vec<_> = named.iter().map(|it| it.field.as_str()).collect();
            let metadata = vec![resource, ("id", id.clone()), ("fields", names.join(","))];
            ("CONTENT_DIFFERS", with_omitted(metadata, fields.len(), named.len()))
        }
        Error::RequestIdReused { request_id } => ("REQUEST_ID_REUSED", vec![("request_id", request_id.clone())]),
        Error::StaleEtag { customer_id } => ("ETAG_MISMATCH", vec![("customer_id", customer_id.clone())]),
        Error::Conflict => ("WRITE_CONFLICT", Vec::new()),
        Error::NotFreshEnough => ("CONSISTENCY_NOT_REACHED", Vec::new()),
        Error::Overloaded => ("OVERLOADED", Vec::new()),
        Error::AnswerTooLarge { fitting } => ("ANSWER_TOO_LARGE", vec![("fitting", fitting.to_string())]),
        Error::DeadlinePassed => ("DEADLINE_PASSED", Vec::new()),
        Error::Unavailable(_) => ("STORE_UNAVAILABLE", Vec::new()),
        Error::DeadlinePassedWriting | Error::CommitOutcomeUnknown(_) => ("COMMIT_OUTCOME_UNKNOWN", Vec::new()),
        Error::Unreadable { noun, id, .. } => {
            ("RECORD_UNREADABLE", vec![("resource_type", resource_type(*noun).to_owned()), ("id", id.clone())])
        }
        Error::Internal(_) => ("INTERNAL", Vec::new()),
    };
    (reason.to_owned(), metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What does not fit is counted.
fn with_omitted(mut metadata: Vec<(&'static str, String)>, all: usize, carried: usize) -> Vec<(&'static str, String)> {
    if carried < all {
        metadata.push(("omitted", all.saturating_sub(carried).to_string()));
    }
    metadata
}

/// As many violations as a status can carry: at least the first, which decides the code.
fn carried(violations: &[Violation]) -> Vec<&Violation> {
    let first = primary(violations);
    let is_first = |violation: &Violation| first.is_some_and(|first| std::ptr::eq(first, violation));
    let rest = violations.iter().filter(|violation| !is_first(violation));
    let mut carried: Vec<&Violation> = within_budget(first.into_iter().chain(rest), |violation| {
        // The facts of the first alone become metadata.
        let facts = if is_first(violation) { violation.facts.as_slice() } else { &[] };
        let facts = facts.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(FRAMING));
        facts.fold(length(violation), usize::saturating_add)
    });
    // In the order of the request again.
    carried.sort_by_key(|it| violations.iter().position(|violation| std::ptr::eq(*it, violation)));
    carried
}

/// What a violation takes: its field, and the precondition that a clause is told as besides.
fn length(violation: &Violation) -> usize {
    let names = violation.field.len().saturating_add(violation.reason.len()).saturating_add(FRAMING);
    let field = names.saturating_add(violation.description.len());
    if !violation.clause {
        return field;
    }
    field.saturating_add(names).saturating_add(for_people(violation).len())
}

/// What it says to people: the words of the clause, else what is said of the field.
fn for_people(violation: &Violation) -> &str {
    violation.told.as_ref().map_or(&violation.description, |told| &told.message)
}

/// Whether there is room to tell the words of each clause a second time, beside its field.
fn is_roomy(violations: &[&Violation]) -> bool {
    let lengths = violations.iter().map(|violation| length(violation).saturating_add(for_people(violation).len()));
    lengths.fold(0_usize, usize::saturating_add) <= DETAILS_BUDGET
}

/// As many as a status can carry, each by its name and with both of its values.
fn carried_fields(fields: &[Difference]) -> Vec<&Difference> {
    within_budget(fields.iter(), |it| {
        let names = it.field.len().saturating_mul(2);
        names.saturating_add(it.stored.len()).saturating_add(it.sent.len()).saturating_add(4 * FRAMING)
    })
}

fn within_budget<'a, T>(all: impl Iterator<Item = &'a T>, length: impl Fn(&T) -> usize) -> Vec<&'a T> {
    let mut taken = 0_usize;
    all.take_while(|one| {
        let is_first = taken == 0;
        taken = taken.saturating_add(length(one));
        is_first || taken <= DETAILS_BUDGET
    })
    .collect()
}

/// A malformed field comes before a violated clause: it decides the code.
fn primary(violations: &[Violation]) -> Option<&Violation> {
    violations.iter().find(|violation| !violation.clause).or_else(|| violations.first())
}

fn not_found(noun: Noun) -> (&'static str, &'static str) {
    match noun {
        Noun::Customer => ("CUSTOMER_NOT_FOUND", "customer_id"),
        Noun::Location => ("LOCATION_NOT_FOUND", "location_id"),
        Noun::WorkOrder => ("WORK_ORDER_NOT_FOUND", "work_order_id"),
        Noun::Item => ("ITEM_NOT_FOUND", "item_id"),
        Noun::Waiver => ("WAIVER_NOT_FOUND", "waiver"),
        Noun::Service => ("SERVICE_NOT_FOUND", "service_id"),
        Noun::ProductFamily => ("PRODUCT_FAMILY_NOT_FOUND", "product_family"),
        Noun::Edition => ("EDITION_NOT_FOUND", "edition_id"),
        Noun::Block => ("BLOCK_NOT_FOUND", "block_id"),
        Noun::Reservation => ("RESERVATION_NOT_FOUND", "reservation_id"),
        Noun::Entry => ("ENTRY_NOT_FOUND", "entry_id"),
        Noun::WorkOrderVersion => ("WORK_ORDER_VERSION_NOT_FOUND", "version"),
    }
}

fn resource_type(noun: Noun) -> &'static str {
    match noun {
        Noun::Customer => "customer",
        Noun::Location => "location",
        Noun::WorkOrder => "work_order",
        Noun::Item => "item",
        Noun::Waiver => "waiver",
        Noun::Service => "service",
        Noun::ProductFamily => "product_family",
        Noun::Edition => "edition",
        Noun::Block => "block",
        Noun::Reservation => "reservation",
        Noun::Entry => "entry",
        Noun::WorkOrderVersion => "work_order_version",
    }
}

fn add_details(details: &mut ErrorDetails, error: &Error) {
    match error {
        Error::Violations(violations) => {
            let violations = carried(violations);
            let is_roomy = is_roomy(&violations);
            let fields = violations.iter().map(|violation| FieldViolation {
                field: violation.field.clone(),
                description: violation.description.clone(),
                reason: violation.reason.clone(),
                localized_message: violation
                    .told
                    .as_ref()
                    .filter(|_| is_roomy)
                    .map(|told| LocalizedMessage::new(told.language, &told.message)),
            });
            details.set_bad_request(fields.collect::<Vec<_>>());
            let clauses = violations.iter().filter(|violation| violation.clause);
            let clauses: Vec<_> = clauses
                .map(|violation| PreconditionViolation::new(&violation.reason, &violation.field, for_people(violation)))
                .collect();
            if !clauses.is_empty() {
                details.set_precondition_failure(clauses);
            }
        }
        Error::RequestIdReused { .. } => {
            let mut violation = FieldViolation::new("request_id", error.to_string());
            violation.reason = "REQUEST_ID_REUSED".to_owned();
            details.set_bad_request(vec![violation]);
        }
        Error::AlreadyExists { noun, id, fields } => {
            details.set_resource_info(resource_type(*noun), id, "", error.to_string());
            let told = carried_fields(fields);
            let told = told.iter().map(|it| PreconditionViolation::new("CONTENT_DIFFERS", &it.field, it.words()));
            details.set_precondition_failure(told.collect::<Vec<_>>());
        }
        Error::NotFound { noun, id, .. } | Error::Unreadable { noun, id, .. } => {
            details.set_resource_info(resource_type(*noun), id, "", error.to_string());
        }
        Error::NotFreshEnough | Error::Unavailable(_) | Error::KeysUnavailable | Error::Overloaded => {
            details.set_retry_info(Some(RETRY_SOON));
        }
        Error::Unauthenticated(_)
        | Error::RoleMissing { .. }
        | Error::DelegationDenied { .. }
        | Error::CustomerNotAllowed { .. }
        | Error::StaleEtag { .. }
        | Error::Conflict
        | Error::AnswerTooLarge { .. }
        | Error::DeadlinePassed
        | Error::DeadlinePassedWriting
        | Error::CommitOutcomeUnknown(_)
        | Error::Internal(_) => {}
    }
}
