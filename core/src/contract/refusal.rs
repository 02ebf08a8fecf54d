//! Why a command cannot be carried out on the contract there is.

use super::diff::Difference;
use crate::noun::Noun;
use crate::suggest::nearest;
use crate::violation::Violation;

/// Why a command cannot be carried out on the contract there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The time, or the state of the order, forbids it.
    Violations(Vec<Violation>),
    NotFound {
        noun: Noun,
        id: String,
        nearest: Option<String>,
    },
    /// An id that something stored has, with other content in `fields`.
    Taken {
        noun: Noun,
        id: String,
        fields: Vec<Difference>,
    },
}

impl Refusal {
    /// Something that is named and is none of what is known.
    pub(super) fn unknown<'a>(noun: Noun, id: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::NotFound { noun, id: id.to_owned(), nearest: nearest(id, known) }
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::Violations(vec![violation])
    }
}
