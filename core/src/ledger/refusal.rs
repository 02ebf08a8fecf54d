//! Why a command was not carried out.

use std::fmt;

use crate::catalog::Rule;
use crate::noun::Noun;

/// A command was refused; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It addresses something the customer does not have.
    Unknown { noun: Noun, id: String },
    /// All that speaks against it, at least one.
    Against(Vec<CommandViolation>),
    /// The book contradicts itself: a bug, or a store that breaks its promises.
    Broken(String),
}

/// One thing that is wrong with a command. Unlike [`crate::violation::Violation`] it has the rule, by which the ledger
/// decides; violations lie below the catalogue and know no rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandViolation {
    /// A clause code (see [`code`]) or a technical reason (see [`reason`]): what callers are told. It decides nothing,
    /// for codes are data of an edition.
    pub reason: String,
    /// The rule of the clause; none where the reason is technical.
    pub rule: Option<Rule>,
    /// Whether the command makes no sense, whatever clauses, balances and the state of things say.
    pub is_malformed: bool,
    /// Path of the request field it is about, in proto names; empty: none in particular.
    pub field: String,
    pub description: String,
    /// Every variable part of the description.
    pub facts: Vec<(&'static str, String)>,
}

/// What the edition of an item calls what the ledger itself judges; what it has no clause for is called as the
/// embedded edition calls it (see [`code`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerCodes {
    pub exhausted: Option<String>,
    pub forfeited: Option<String>,
    pub not_started: Option<String>,
}

/// The codes of what the ledger itself judges, as the embedded edition has them.
pub mod code {
    pub const HOURS_EXHAUSTED: &str = "HOURS_EXHAUSTED";
    pub const QUANTITY_EXHAUSTED: &str = "QUANTITY_EXHAUSTED";
    pub const FORFEITED: &str = "FORFEITED";
    pub const WORK_ORDER_NOT_STARTED: &str = "WORK_ORDER_NOT_STARTED";
}

/// Technical reasons of the ledger, published in `error_reason.proto`.
pub mod reason {
    pub use crate::violation::reason::{FIELD_REQUIRED, UNIT_MISMATCH};

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

impl CommandViolation {
    /// What a balance or the state of things forbids.
    pub fn new(code: impl Into<String>, field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            reason: code.into(),
            rule: None,
            is_malformed: false,
            field: field.into(),
            description: description.into(),
            facts: Vec::new(),
        }
    }

    /// What a clause forbids.
    pub fn by(rule: Rule, code: impl Into<String>, field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { rule: Some(rule), ..Self::new(code, field, description) }
    }

    /// What makes no sense.
    pub fn malformed(code: &'static str, field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { is_malformed: true, ..Self::new(code, field, description) }
    }

    /// Whether it speaks of the delivery itself, its hours and its mode, and so also against a
    /// commit of what is held.
    pub fn is_of_delivery(&self) -> bool {
        self.rule.is_some_and(Rule::is_of_delivery)
    }

    /// The same of another field, which holds what is usually in `from`.
    pub fn moved(mut self, from: &str, to: &str) -> Self {
        if let Some(rest) = self.field.strip_prefix(from) {
            self.field = format!("{to}{rest}");
        }
        self
    }

    pub fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// Adds facts under names it has none of.
    pub(super) fn learn(&mut self, facts: &[(&'static str, String)]) {
        for fact in facts {
            if self.facts.iter().all(|(known, _)| *known != fact.0) {
                self.facts.push(fact.clone());
            }
        }
    }
}

impl Refusal {
    /// The code of the primary violation; for what is unknown or broken there is none.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Against(violations) => primary(violations).map(|violation| violation.reason.as_str()),
            Self::Unknown { .. } | Self::Broken(_) => None,
        }
    }
}

impl From<CommandViolation> for Refusal {
    fn from(violation: CommandViolation) -> Self {
        Self::Against(vec![violation])
    }
}

/// What makes no sense comes before what is forbidden.
fn primary(violations: &[CommandViolation]) -> Option<&CommandViolation> {
    violations.iter().find(|violation| violation.is_malformed).or_else(|| violations.first())
}

/// Collects what speaks against a command, so that one pass finds all of it.
#[derive(Debug, Default)]
pub(super) struct CommandViolations(Vec<CommandViolation>);

impl CommandViolations {
    pub(super) fn add(&mut self, violations: impl IntoIterator<Item = CommandViolation>) {
        self.0.extend(violations);
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.add(other.0);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value if nothing speaks against it; else what does is kept.
    pub(super) fn keep<T>(&mut self, outcome: Result<T, Vec<CommandViolation>>) -> Option<T> {
        outcome.map_err(|violations| self.add(violations)).ok()
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Against(self.0)) }
    }

    /// The value, if nothing speaks against it or anything else.
    pub(super) fn finish_with<T>(mut self, outcome: Result<T, Vec<CommandViolation>>) -> Result<T, Refusal> {
        match self.keep(outcome) {
            Some(value) => self.finish().map(|()| value),
            None => Err(Refusal::Against(self.0)),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { noun, id } => write!(f, "{noun} `{id}` does not exist"),
            Self::Against(violations) => {
                f.write_str(primary(violations).map_or("it is forbidden", |violation| violation.description.as_str()))
            }
            Self::Broken(what) => write!(f, "the ledger contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for Refusal {}
