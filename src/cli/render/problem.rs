//! An error as JSON: a `google.rpc.Status` with its details, as proto3 JSON has it.

use serde_json::{Map, Value, json};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::status::{message, reason};
use crate::cli::document::DocumentMistake;
use crate::legible;

/// The domain of the reasons that this program has itself; those of the server are of `entitled.v1`.
const OWN_DOMAIN: &str = "entitled.cli";
/// What the types of the details begin with.
const TYPE: &str = "type.googleapis.com/google.rpc.";

/// An error that no server told.
pub(crate) fn own(code: Code, message: &str, reason: &str, metadata: &[(&str, &str)]) -> Status {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let details =
        ErrorDetails::with_error_info(reason, OWN_DOMAIN, metadata.collect::<std::collections::HashMap<_, _>>());
    Status::with_error_details(code, message, details)
}

/// `line_of` finds the line of a field in the document that was sent; the description then begins with it.
pub(crate) fn json(status: &Status, line_of: impl Fn(&str) -> Option<usize>) -> String {
    written(&value(status, &message(status), line_of))
}

/// Of a write that may have been applied: its request id is among the details.
pub(crate) fn unsettled(status: &Status, request_id: &str) -> String {
    let message = format!("it is not known whether the write was applied: {}", message(status));
    let mut value = value_with(status, &message, "OUTCOME_UNKNOWN", |_| None);
    push(&mut value, detail("RequestInfo", json!({"request_id": request_id})));
    written(&value)
}

/// Of a file, which is named among the details.
pub(crate) fn of_file(status: &Status, file: &str, line_of: impl Fn(&str) -> Option<usize>) -> String {
    let mut value = value(status, &message(status), line_of);
    push(&mut value, detail("ResourceInfo", json!({"resource_type": "file", "resource_name": file})));
    written(&value)
}

/// What is wrong with a document that was not sent.
pub(crate) fn of_mistakes(file: &str, mistakes: &[DocumentMistake]) -> String {
    let status = own(Code::InvalidArgument, "the document has mistakes; nothing was sent", "DOCUMENT_INVALID", &[]);
    let mut value = value(&status, status.message(), |_| None);
    let violations = mistakes.iter().map(|DocumentMistake { line, violation }| {
        let description = lined(*line, &violation.description);
        json!({"field": violation.field, "reason": violation.reason, "description": description})
    });
    let violations: Vec<Value> = violations.collect();
    push(&mut value, detail("BadRequest", json!({"field_violations": violations})));
    push(&mut value, detail("ResourceInfo", json!({"resource_type": "file", "resource_name": file})));
    written(&value)
}

fn value(status: &Status, message: &str, line_of: impl Fn(&str) -> Option<usize>) -> Value {
    value_with(status, message, &reason(status), line_of)
}

/// `reason`: of an error that has none, since it is not of the service.
fn value_with(status: &Status, message: &str, reason: &str, line_of: impl Fn(&str) -> Option<usize>) -> Value {
    let found = status.get_error_details();
    let info = match found.error_info() {
        Some(info) => json!({"reason": info.reason, "domain": info.domain, "metadata": info.metadata}),
        None => json!({"reason": reason, "domain": OWN_DOMAIN, "metadata": {}}),
    };
    let mut details = vec![detail("ErrorInfo", info)];
    if let Some(bad) = found.bad_request() {
        let violations = bad.field_violations.iter().map(|one| {
            let description = lined(line_of(&one.field), &one.description);
            json!({"field": one.field, "reason": one.reason, "description": description})
        });
        details.push(detail("BadRequest", json!({"field_violations": violations.collect::<Vec<_>>()})));
    }
    if let Some(failure) = found.precondition_failure() {
        let violations = failure.violations.iter().map(|one| {
            let description = lined(line_of(&one.subject), &one.description);
            json!({"type": one.r#type, "subject": one.subject, "description": description})
        });
        details.push(detail("PreconditionFailure", json!({"violations": violations.collect::<Vec<_>>()})));
    }
    if let Some(delay) = found.retry_info().and_then(|retry| retry.retry_delay) {
        let delay = format!("{}.{:03}s", delay.as_secs(), delay.subsec_millis());
        details.push(detail("RetryInfo", json!({"retry_delay": delay})));
    }
    if let Some(info) = found.resource_info() {
        let info = json!({"resource_type": info.resource_type, "resource_name": info.resource_name,
            "owner": info.owner, "description": info.description});
        details.push(detail("ResourceInfo", info));
    }
    json!({"code": i32::from(status.code()), "message": message, "details": details})
}

fn detail(name: &str, fields: Value) -> Value {
    let mut detail = Map::new();
    detail.insert("@type".to_owned(), Value::String(format!("{TYPE}{name}")));
    if let Value::Object(fields) = fields {
        detail.extend(fields);
    }
    Value::Object(detail)
}

fn push(value: &mut Value, detail: Value) {
    if let Some(Value::Array(details)) = value.get_mut("details") {
        details.push(detail);
    }
}

fn lined(line: Option<usize>, description: &str) -> String {
    line.map_or_else(|| description.to_owned(), |line| format!("line {line}: {description}"))
}

fn written(value: &Value) -> String {
    legible::json(&format!("{value:#}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_status_with_its_details() {
        let mut details =
            ErrorDetails::with_error_info("MINIMUM_ENGAGEMENT", "entitled.v1", [("a".into(), "b".into())]);
        details.add_bad_request_violation("items[0].quantity", "at least 40 hours");
        let status = Status::with_error_details(Code::FailedPrecondition, "refused", details);
        let value: Value =
            serde_json::from_str(&json(&status, |field| (field == "items[0].quantity").then_some(7))).unwrap();
        assert_eq!((&value["code"], &value["message"]), (&9.into(), &"refused".into()));
        let [info, bad] = value["details"].as_array().unwrap().as_slice() else { panic!("{value}") };
        assert_eq!((&info["reason"], &info["metadata"]["a"]), (&"MINIMUM_ENGAGEMENT".into(), &"b".into()));
        assert_eq!(bad["field_violations"][0]["description"], "line 7: at least 40 hours");
        let value: Value = serde_json::from_str(&unsettled(&Status::unknown("gone"), "r-1")).unwrap();
        let [info, request] = value["details"].as_array().unwrap().as_slice() else { panic!("{value}") };
        assert_eq!((&info["reason"], &info["domain"]), (&"OUTCOME_UNKNOWN".into(), &"entitled.cli".into()));
        assert_eq!(request["request_id"], "r-1");
        assert!(value["message"].as_str().unwrap().contains("not known whether the write was applied"));
        // What a proxy says has no reason of the service.
        let value: Value = serde_json::from_str(&json(&Status::deadline_exceeded(""), |_| None)).unwrap();
        assert_eq!(value["details"][0]["reason"], "DEADLINE_EXCEEDED");
        assert_eq!(value["details"][0]["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    }

    #[test]
    fn no_control_of_an_error_reaches_the_terminal() {
        let evil = "\u{1b}[2J\u{202e}";
        let told = json(&own(Code::Unknown, evil, evil, &[(evil, evil)]), |_| None);
        assert!(!told.contains(|letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}'), "{told}");
    }
}
