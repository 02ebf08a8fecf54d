//! Why a question or a document cannot be judged.

use crate::noun::Noun;
use crate::suggest::hint;
use crate::violation::{Violation, summary};

/// What the core answers instead of a decision. It never fails for another reason: it waits for nothing and reads
/// nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request, or the document in it, is refused: every violation at once.
    #[error("{}", summary(.0))]
    Violations(Vec<Violation>),
    /// Something the question addresses does not exist.
    #[error("{noun} `{id}` does not exist{}", hint(.nearest.as_deref()))]
    NotFound { noun: Noun, id: String, nearest: Option<String> },
    /// A bug: the catalogue lacks what loading it should have asked for, or plain data has no JSON.
    #[error("{0}")]
    Internal(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One violation of a request field.
    pub fn invalid(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self::Violations(vec![Violation::new(field, reason, description)])
    }
}
