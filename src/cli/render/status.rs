//! An error of the API as one block: what, why, where, and what to do next.

use std::error::Error as _;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt};

use super::changes;
use crate::cli::cause::{root, root_cause};
use crate::cli::document::DocumentMistake;
use crate::cli::exit;
use crate::cli::screen::{Screen, Tone};
use crate::error::Violation;
use crate::legible::shown;
use crate::suggest::did_you_mean;

/// The metadata key of the known name that was probably meant.
const NEAREST: &str = "nearest";

/// With which the server itself does not know what became of a write.
const UNSETTLED: [&str; 2] = ["COMMIT_OUTCOME_UNKNOWN", "INTERNAL"];

/// Whether it says that nothing was written. What comes from elsewhere, or from this side, does not, unless it is why
/// a call never reached the service.
pub(crate) fn is_refusal(status: &Status) -> bool {
    match status.get_details_error_info() {
        Some(info) => !UNSETTLED.contains(&info.reason.as_str()),
        None => matches!(status.code(), Code::Unimplemented | Code::Unauthenticated | Code::PermissionDenied),
    }
}

/// The exit status of a command that gets this answer.
pub(crate) fn exit_status(status: &Status) -> u8 {
    match status.code() {
        _ if lost(status).is_some() => exit::UNREACHABLE,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => exit::UNREACHABLE,
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => exit::FAILED,
        _ => exit::REFUSED,
    }
}

/// `line_of` finds the line of a field in the document that was sent.
pub(crate) fn text(status: &Status, screen: &Screen, line_of: impl Fn(&str) -> Option<usize>) -> String {
    block(status, screen, line_of, advice(status))
}

/// Of a write that may have been applied, and how to find out.
pub(crate) fn unsettled(status: &Status, screen: &Screen, repeat: &str) -> String {
    block(status, screen, |_| None, Some(format!("it is not known whether it was applied\n  {repeat}")))
}

fn block(status: &Status, screen: &Screen, line_of: impl Fn(&str) -> Option<usize>, advice: Option<String>) -> String {
    let details = status.get_error_details();
    let (reason, metadata) = match details.error_info() {
        Some(info) => (info.reason.as_str(), sorted(&info.metadata)),
        None => ("", Vec::new()),
    };
    let violations = violations(&details, line_of);
    let name = code_name(status.code());
    let reason_words =
        if reason.is_empty() { String::new() } else { format!(" {}", screen.paint(Tone::Heading, &shown(reason))) };
    let message = message(status);
    let message = shown(&message);
    let mut parts = vec![format!("{} {name}{reason_words}\n  {message}", screen.paint(Tone::Bad, "error:"))];
    // The table tells every field.
    let metadata = metadata.iter().filter(|(key, _)| violations.is_empty() || !matches!(*key, "field" | "fields"));
    let metadata: Vec<_> = metadata.collect();
    if !metadata.is_empty() {
        let metadata: Vec<_> = metadata.iter().map(|(key, value)| (shown(key), shown(value))).collect();
        parts.push(screen.pairs(metadata.iter().map(|(key, value)| (key.as_ref(), value.clone().into_owned()))));
    }
    if !violations.is_empty() {
        parts.push(changes::mistakes(&violations, screen));
    }
    if let Some(advice) = advice {
        parts.push(format!("  {advice}"));
    }
    parts.join("\n\n")
}

/// What the server says, or why it says nothing.
pub(crate) fn message(status: &Status) -> String {
    match (lost(status), status.message()) {
        (Some(cause), _) => format!("the connection to the server was lost before it answered: {cause}"),
        (None, "") => status.code().description().to_owned(),
        (None, message) => message.to_owned(),
    }
}

/// Why there is no answer, in a word, where the service does not say it.
pub(crate) fn reason(status: &Status) -> String {
    if lost(status).is_some() { "CONNECTION_LOST".to_owned() } else { code_name(status.code()) }
}

/// The violations of the request, by line.
fn violations(details: &ErrorDetails, line_of: impl Fn(&str) -> Option<usize>) -> Vec<DocumentMistake> {
    let violation = |field: &str, reason: &str, description: &str| DocumentMistake {
        line: line_of(field),
        violation: Violation::clause(shown(field), shown(reason), shown(description)),
    };
    let mut found: Vec<DocumentMistake> = match (details.bad_request(), details.precondition_failure()) {
        (Some(bad), _) => {
            bad.field_violations.iter().map(|one| violation(&one.field, &one.reason, &one.description)).collect()
        }
        (None, Some(failure)) => {
            failure.violations.iter().map(|one| violation(&one.subject, &one.r#type, &one.description)).collect()
        }
        (None, None) => differences(details).map(|field| violation(field, "", "differs from what is stored")).collect(),
    };
    found.sort_by_key(|mistake| mistake.line);
    found
}

/// The paths in which a document differs from what is stored.
fn differences(details: &ErrorDetails) -> impl Iterator<Item = &str> {
    let info = details.error_info().filter(|info| info.reason == "CONTENT_DIFFERS");
    let fields = info.and_then(|info| info.metadata.get("fields"));
    fields.into_iter().flat_map(|fields| fields.split(',')).map(str::trim).filter(|field| !field.is_empty())
}

fn sorted(metadata: &std::collections::HashMap<String, String>) -> Vec<(&str, &str)> {
    let mut sorted: Vec<(&str, &str)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .filter(|(key, value)| !value.is_empty() && *key != NEAREST)
        .collect();
    sorted.sort_unstable();
    sorted
}

/// Why the connection was lost, if it was.
fn lost(status: &Status) -> Option<String> {
    let error = status.source()?;
    (!root(error).is::<TimeoutExpired>()).then(|| root_cause(error))
}

fn advice(status: &Status) -> Option<String> {
    let details = status.get_error_details();
    let nearest =
        details.error_info().and_then(|info| info.metadata.get(NEAREST)).filter(|nearest| !nearest.is_empty());
    if let Some(nearest) = nearest {
        let is_told = status.message().contains("did you mean");
        return (!is_told).then(|| did_you_mean(&shown(nearest)));
    }
    let is_told = |wanted: &str| violations(&details, |_| None).iter().any(|it| it.violation.reason == wanted);
    if is_told("GRANT_BELOW_SPENT") {
        return Some("`orders amend --force REASON` keeps what was used and held beyond it as an excess".to_owned());
    }
    let delay = details.retry_info().and_then(|info| info.retry_delay);
    let later = delay.map_or_else(|| "try again".to_owned(), |delay| format!("try again in {:?}", delay));
    let advice = match status.code() {
        _ if lost(status).is_some() => {
            "try again; if it stays so, is it `entitled serve` that listens there, and does its address begin with https://?"
        }
        // To ask the same again would not help.
        Code::ResourceExhausted if delay.is_none() => return None,
        Code::Unavailable | Code::ResourceExhausted => return Some(later),
        Code::DeadlineExceeded | Code::Cancelled => "no answer came in time; try again",
        Code::Aborted => "it changed meanwhile; read it again and try again",
        Code::Unauthenticated => "sign in with --token or ENTITLED_TOKEN",
        Code::PermissionDenied => "this token does not allow it; use another one with --token or ENTITLED_TOKEN",
        Code::AlreadyExists => "what is stored under this id is different; nothing was changed",
        Code::Unimplemented => "the server does not know this call; is it of another version?",
        Code::Internal | Code::Unknown | Code::DataLoss => "the cause stands in the server's log",
        _ => return None,
    };
    Some(advice.to_owned())
}

/// `INVALID_ARGUMENT`, as the documentation of the API has it.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
