//! Why a command was not carried out.

use std::fmt;

use crate::error::Noun;

/// A command was refused; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The command makes no sense, whatever the balances are.
    Invalid(Ground),
    /// It addresses something the customer does not have.
    Unknown { noun: Noun, id: String },
    /// Clauses, balances or the state of things forbid it; the first ground is the primary one.
    Forbidden(Vec<Ground>),
    /// The book contradicts itself: a bug, or a store that breaks its promises.
    Broken(String),
}

/// One thing that speaks against a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// A clause code (see [`code`]) or a technical reason (see [`reason`]).
    pub code: String,
    /// Whether `code` is a clause.
    pub is_clause: bool,
    /// Whether it speaks of the delivery itself, its hours and its mode, and so also against a
    /// commit of what is held.
    pub is_of_delivery: bool,
    /// Path of the request field it is about, in proto names; empty: none in particular.
    pub field: &'static str,
    pub description: String,
    /// Every variable part of the description.
    pub facts: Vec<(&'static str, String)>,
}

/// Clause codes the ledger itself gives.
pub mod code {
    pub const HOURS_EXHAUSTED: &str = "HOURS_EXHAUSTED";
    pub const QUANTITY_EXHAUSTED: &str = "QUANTITY_EXHAUSTED";
    pub const FORFEITED: &str = "FORFEITED";
    pub const WORK_ORDER_NOT_STARTED: &str = "WORK_ORDER_NOT_STARTED";
}

/// Technical reasons of the ledger, published in `error_reason.proto`.
pub mod reason {
    pub use crate::error::reason::{FIELD_REQUIRED, UNIT_MISMATCH};

    pub const QUANTITY_ZERO: &str = "QUANTITY_ZERO";
    pub const QUANTITY_NEGATIVE: &str = "QUANTITY_NEGATIVE";
    pub const QUANTITY_TOO_LARGE: &str = "QUANTITY_TOO_LARGE";
    pub const PERFORMED_REVERSED: &str = "PERFORMED_REVERSED";
    pub const PERFORMED_IN_FUTURE: &str = "PERFORMED_IN_FUTURE";
    pub const EXPIRY_IN_PAST: &str = "EXPIRY_IN_PAST";
    pub const EXPIRY_TOO_FAR: &str = "EXPIRY_TOO_FAR";
    pub const EXPIRY_BEYOND_BLOCK: &str = "EXPIRY_BEYOND_BLOCK";
    pub const EXPIRY_NOT_LATER: &str = "EXPIRY_NOT_LATER";
    pub const RESERVATION_OF_OTHER_BLOCK: &str = "RESERVATION_OF_OTHER_BLOCK";
    pub const RESERVATION_COMMITTED: &str = "RESERVATION_COMMITTED";
    pub const RESERVATION_RELEASED: &str = "RESERVATION_RELEASED";
    pub const RESERVATION_EXPIRED: &str = "RESERVATION_EXPIRED";
    pub const RESERVATION_NOT_DUE: &str = "RESERVATION_NOT_DUE";
    pub const RESERVATION_EXCEEDED: &str = "RESERVATION_EXCEEDED";
    pub const ENTRY_NOT_REVERSIBLE: &str = "ENTRY_NOT_REVERSIBLE";
    pub const REVERSAL_EXCEEDS_ENTRY: &str = "REVERSAL_EXCEEDS_ENTRY";
    pub const GRANT_BELOW_SPENT: &str = "GRANT_BELOW_SPENT";
}

impl Ground {
    /// A technical reason.
    pub fn new(code: &'static str, field: &'static str, description: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            is_clause: false,
            is_of_delivery: false,
            field,
            description: description.into(),
            facts: Vec::new(),
        }
    }

    /// A violated clause.
    pub fn clause(code: impl Into<String>, field: &'static str, description: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            is_clause: true,
            is_of_delivery: false,
            field,
            description: description.into(),
            facts: Vec::new(),
        }
    }

    pub fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }
}

impl Refusal {
    /// The code of the primary ground; for what is unknown or broken there is none.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Invalid(ground) => Some(&ground.code),
            Self::Forbidden(grounds) => grounds.first().map(|ground| ground.code.as_str()),
            Self::Unknown { .. } | Self::Broken(_) => None,
        }
    }

    pub(super) fn invalid(code: &'static str, field: &'static str, description: impl Into<String>) -> Self {
        Self::Invalid(Ground::new(code, field, description))
    }

    pub(super) fn forbidden(ground: Ground) -> Self {
        Self::Forbidden(vec![ground])
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(ground) => f.write_str(&ground.description),
            Self::Unknown { noun, id } => write!(f, "{noun} `{id}` does not exist"),
            Self::Forbidden(grounds) => {
                f.write_str(grounds.first().map_or("it is forbidden", |ground| ground.description.as_str()))
            }
            Self::Broken(what) => write!(f, "the ledger contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for Refusal {}
