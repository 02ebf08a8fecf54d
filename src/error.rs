//! The one error of the service layers. What a caller sees of it is decided in one place,
//! `grpc/status.rs`.

use std::fmt;

use crate::suggest::hint;

/// Why a call could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request, or the document in it, is refused: every violation at once.
    #[error("{}", summary(.0))]
    Violations(Vec<Violation>),
    /// Something the call addresses does not exist.
    #[error("{noun} `{id}` does not exist{}", hint(.nearest.as_deref()))]
    NotFound { noun: Noun, id: String, nearest: Option<String> },
    /// The id is taken by other content; `fields` differ.
    #[error("{noun} `{id}` exists with other content in {}", few(fields))]
    AlreadyExists { noun: Noun, id: String, fields: Vec<String> },
    /// The request id was used for another request.
    #[error("request_id `{request_id}` was used for another request")]
    RequestIdReused { request_id: String },
    /// The document changed since the caller read it.
    #[error("the etag is stale: customer `{customer_id}` has changed since it was read")]
    StaleEtag { customer_id: String },
    /// The write met others again and again; nothing was written.
    #[error("the write met concurrent writes too often; nothing was written")]
    Conflict,
    /// The answer cannot be as fresh as asked.
    #[error("an answer as fresh as asked for cannot be given now")]
    NotFreshEnough,
    /// Too many writes wait already.
    #[error("too many writes are waiting; nothing was written")]
    Overloaded,
    /// The caller's deadline passed before the answer was there, or before the write began.
    #[error("the deadline passed; nothing was written")]
    DeadlinePassed,
    /// The caller's deadline passed while the write was under way; it goes on.
    #[error("the deadline passed during the write; the same request_id tells what became of it")]
    DeadlinePassedWriting,
    /// The store does not answer.
    #[error("the store cannot answer now")]
    Unavailable(#[source] Option<BoxError>),
    /// The connection was lost while the write was being committed.
    #[error("the connection was lost at commit; the same request_id tells what became of it")]
    CommitOutcomeUnknown(#[source] BoxError),
    /// A row of the ledger holds what no such row holds: it was changed past the service.
    #[error("{noun} `{id}` cannot be read: its row was changed past the service")]
    Unreadable { noun: Noun, id: String, source: BoxError },
    /// A bug, or a store that breaks its promises.
    #[error("internal error")]
    Internal(#[source] BoxError),
}

/// Why PostgreSQL cannot answer: a page or an index is damaged. What else it keeps may be well.
#[derive(Debug, thiserror::Error)]
#[error("the database says that its data are damaged: {0}")]
pub struct Damage(#[source] pub BoxError);

pub type Result<T, E = Error> = std::result::Result<T, E>;
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into().into())
    }

    /// Whether it is about data that are damaged.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unavailable(Some(source)) if source.is::<Damage>())
    }

    /// The same answer for another of those who wait for one result; what caused it is told
    /// once.
    pub fn repeated(&self) -> Self {
        match self {
            Self::Violations(violations) => Self::Violations(violations.clone()),
            Self::NotFound { noun, id, nearest } => {
                Self::NotFound { noun: *noun, id: id.clone(), nearest: nearest.clone() }
            }
            Self::AlreadyExists { noun, id, fields } => {
                Self::AlreadyExists { noun: *noun, id: id.clone(), fields: fields.clone() }
            }
            Self::RequestIdReused { request_id } => Self::RequestIdReused { request_id: request_id.clone() },
            Self::StaleEtag { customer_id } => Self::StaleEtag { customer_id: customer_id.clone() },
            Self::Conflict => Self::Conflict,
            Self::NotFreshEnough => Self::NotFreshEnough,
            Self::Overloaded => Self::Overloaded,
            Self::DeadlinePassed => Self::DeadlinePassed,
            Self::DeadlinePassedWriting => Self::DeadlinePassedWriting,
            Self::Unavailable(_) => Self::Unavailable(None),
            Self::CommitOutcomeUnknown(source) => Self::CommitOutcomeUnknown(source.to_string().into()),
            Self::Unreadable { noun, id, source } => {
                Self::Unreadable { noun: *noun, id: id.clone(), source: source.to_string().into() }
            }
            Self::Internal(source) => Self::Internal(source.to_string().into()),
        }
    }

    /// One violation of a request field.
    pub fn invalid(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self::Violations(vec![Violation::new(field, reason, description)])
    }
}

/// The things calls address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Customer,
    Location,
    WorkOrder,
    Service,
    ProductFamily,
    Edition,
    Block,
    Reservation,
    Entry,
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::WorkOrder => "work order",
            Self::Service => "service",
            Self::ProductFamily => "product family",
            Self::Edition => "edition",
            Self::Block => "block",
            Self::Reservation => "reservation",
            Self::Entry => "entry",
        })
    }
}

/// One thing that is wrong with a request or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path in proto names: `work_orders[0].items[2].quantity.amount`.
    pub field: String,
    /// A technical reason (see [`reason`]) or the code of a violated clause.
    pub reason: String,
    pub description: String,
    /// Whether the request is well formed, but the service description, a balance or the
    /// state of things forbids it; `reason` is then the clause, if it is one.
    pub clause: bool,
    /// The variable parts of the description.
    pub facts: Vec<(&'static str, String)>,
}

impl Violation {
    pub fn new(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.to_owned(),
            description: description.into(),
            clause: false,
            facts: Vec::new(),
        }
    }

    pub fn clause(field: impl Into<String>, code: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: code.into(),
            description: description.into(),
            clause: true,
            facts: Vec::new(),
        }
    }
}

/// Technical reasons of violations, published in `error_reason.proto`.
pub mod reason {
    /// A required field is absent or empty.
    pub const FIELD_REQUIRED: &str = "FIELD_REQUIRED";
    /// The value is malformed.
    pub const FIELD_INVALID: &str = "FIELD_INVALID";
    /// The value is outside its range, or a list is too long.
    pub const FIELD_OUT_OF_RANGE: &str = "FIELD_OUT_OF_RANGE";
    /// A name in the document refers to nothing.
    pub const REFERENCE_UNKNOWN: &str = "REFERENCE_UNKNOWN";
    /// An id is there twice.
    pub const DUPLICATE_ID: &str = "DUPLICATE_ID";
    /// The unit does not fit the service.
    pub const UNIT_MISMATCH: &str = "UNIT_MISMATCH";
    /// Two fields contradict each other.
    pub const FIELD_CONFLICT: &str = "FIELD_CONFLICT";
    /// The page token is not of this list.
    pub const PAGE_TOKEN_INVALID: &str = "PAGE_TOKEN_INVALID";
    /// The revision token was altered or is another customer's.
    pub const REVISION_INVALID: &str = "REVISION_INVALID";
}

/// The most violations that are gathered of one request: a large document of nothing but
/// mistakes must not fill the memory.
pub const MOST_VIOLATIONS: usize = 1_000;

/// Appends `other` to `violations`, without what only follows from a mistake already told
/// of the same field, of one above it or of a part of it. The entries of a list are no parts
/// in this sense: the rest of the list still says something.
pub fn merge_violations(violations: &mut Vec<Violation>, other: Vec<Violation>) {
    let told: Vec<String> = violations.iter().map(|violation| violation.field.clone()).collect();
    let follows = |field: &str| told.iter().any(|known| is_within(field, known) || is_part(known, field));
    violations.extend(other.into_iter().filter(|violation| !follows(&violation.field)));
}

fn is_within(field: &str, ancestor: &str) -> bool {
    field.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn is_part(field: &str, whole: &str) -> bool {
    field.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.') && !rest.contains('['))
}

fn summary(violations: &[Violation]) -> String {
    let first = violations.first().map_or_else(String::new, |first| format!("{}: {}", first.field, first.description));
    match violations.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count.saturating_sub(1)),
    }
}

/// The first of many names.
fn few(names: &[String]) -> String {
    const FEW: usize = 5;
    let shown = names.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(FEW) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_told_mistake_is_left_out() {
        let told = || vec![Violation::new("items[1].quantity", reason::FIELD_INVALID, "no unit")];
        let mut all = told();
        merge_violations(&mut all, vec![Violation::clause("items[1].quantity", "HOURS_OR_PREDEFINED", "")]);
        merge_violations(&mut all, vec![Violation::clause("items[1].quantity.amount", "MINIMUM_ENGAGEMENT", "")]);
        assert_eq!(all, told());
        merge_violations(&mut all, vec![Violation::clause("items[10]", "EXHIBIT_REQUIRED", "")]);
        assert_eq!(all.len(), 2);
        merge_violations(&mut all, vec![Violation::clause("items", "BASE_AGREEMENT_REQUIRED", "")]);
        assert_eq!(all.len(), 3);
        let mut all = vec![Violation::new("quantity.unit", reason::FIELD_REQUIRED, "")];
        merge_violations(&mut all, vec![Violation::clause("quantity", "HOURS_OR_PREDEFINED", "")]);
        assert_eq!(all.len(), 1);
    }
}
