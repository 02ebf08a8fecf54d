//! The one error of the service layers. What a caller sees of it is decided in one place,
//! `grpc/status.rs`.

use entitled_core::catalog::{Catalog, Locale};
use entitled_core::contract::{Difference, Refusal};
pub use entitled_core::noun::Noun;
use entitled_core::suggest::hint;
use entitled_core::violation::summary;
pub use entitled_core::violation::{MOST_VIOLATIONS, Violation, merge_violations, reason};

/// Why a call could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request, or the document in it, is refused: every violation at once.
    #[error("{}", summary(.0))]
    Violations(Vec<Violation>),
    /// The call does not tell who makes it, or not so that it can be believed.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The keys that tell whether a token can be believed are not there.
    #[error("the keys of the token's issuer cannot be fetched now")]
    KeysUnavailable,
    /// The caller may not make such calls.
    #[error("`{method}` needs the role `{role}`, which the caller does not have")]
    RoleMissing { role: &'static str, method: String },
    /// The caller names a user on whose behalf it calls, and may not.
    #[error("only callers with the role `{role}` may call on behalf of others")]
    DelegationDenied { role: &'static str, method: String },
    /// The caller may not know anything of this customer, not even whether there is one.
    #[error("customer `{customer_id}` is none of those that the caller may see")]
    CustomerNotAllowed { customer_id: String },
    /// Something the call addresses does not exist.
    #[error("{noun} `{id}` does not exist{}", hint(.nearest.as_deref()))]
    NotFound { noun: Noun, id: String, nearest: Option<String> },
    /// The id is taken by other content; `fields` differ.
    #[error("{noun} `{id}` exists with other content in {}", few(fields))]
    AlreadyExists { noun: Noun, id: String, fields: Vec<Difference> },
    /// The request id was used for another request.
    #[error("request_id `{request_id}` was used for another request; give this one an id of its own")]
    RequestIdReused { request_id: String },
    /// The document changed since the caller read it.
    #[error(
        "the etag is stale: customer `{customer_id}` has changed since it was read; read it again, and send the change \
         that is right then with the new etag"
    )]
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
    /// The answers of a batch take more bytes than one message may; those of so many did not.
    #[error(
        "the answers take more than 3 MiB; those of {fitting} fit: ask for at most that many at a time, or in the BASIC view"
    )]
    AnswerTooLarge { fitting: usize },
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

/// Why there is no connection to PostgreSQL: TLS, as the URL of the database asks for it, cannot be had.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no TLS connection to the database: {0}")]
pub struct NoTls(pub &'static str);

pub type Result<T, E = Error> = std::result::Result<T, E>;
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl From<entitled_core::Error> for Error {
    fn from(error: entitled_core::Error) -> Self {
        match error {
            entitled_core::Error::Violations(violations) => Self::Violations(violations),
            entitled_core::Error::NotFound { noun, id, nearest } => Self::NotFound { noun, id, nearest },
            entitled_core::Error::Internal(why) => Self::internal(why),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Violations(violations) => Self::Violations(violations),
            Refusal::NotFound { noun, id, nearest } => Self::NotFound { noun, id, nearest },
            Refusal::Taken { noun, id, fields } => Self::AlreadyExists { noun, id, fields },
        }
    }
}

impl Error {
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into().into())
    }

    /// Whether it is about data that are damaged.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unavailable(Some(source)) if source.is::<Damage>())
    }

    /// Whether no TLS connection to the database can be had.
    pub fn is_no_tls(&self) -> bool {
        matches!(self, Self::Unavailable(Some(source)) if source.is::<NoTls>())
    }

    /// The same answer for another of those who wait for one result; what caused it is told
    /// once.
    pub fn repeated(&self) -> Self {
        match self {
            Self::Violations(violations) => Self::Violations(violations.clone()),
            Self::Unauthenticated(why) => Self::Unauthenticated(why),
            Self::KeysUnavailable => Self::KeysUnavailable,
            Self::RoleMissing { role, method } => Self::RoleMissing { role, method: method.clone() },
            Self::DelegationDenied { role, method } => Self::DelegationDenied { role, method: method.clone() },
            Self::CustomerNotAllowed { customer_id } => Self::CustomerNotAllowed { customer_id: customer_id.clone() },
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
            Self::AnswerTooLarge { fitting } => Self::AnswerTooLarge { fitting: *fitting },
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

    /// With the clauses that refuse it in words, in the language of the caller.
    pub fn told(mut self, catalog: &Catalog, locale: Locale) -> Self {
        if let Self::Violations(violations) = &mut self {
            catalog.tell(violations, locale);
        }
        self
    }

    /// One violation of a request field.
    pub fn invalid(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self::Violations(vec![Violation::new(field, reason, description)])
    }
}

/// The first of many fields, with their values.
fn few(fields: &[Difference]) -> String {
    const FEW: usize = 5;
    let told = |field: &Difference| format!("{} ({})", field.field, field.words());
    let first = fields.iter().take(FEW).map(told).collect::<Vec<_>>().join(", ");
    match fields.len().saturating_sub(FEW) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
