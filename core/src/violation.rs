//! What is wrong with a request or a document: every violation at once.

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
    /// What the clause says to people, in the language they asked for; none until it is told.
    pub told: Option<Told>,
}

/// A text for people, and the language it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// A primary subtag: `en`.
    pub language: &'static str,
    pub message: String,
}

impl Violation {
    pub fn new(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.to_owned(),
            description: description.into(),
            clause: false,
            facts: Vec::new(),
            told: None,
        }
    }

    pub fn clause(field: impl Into<String>, code: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: code.into(),
            description: description.into(),
            clause: true,
            facts: Vec::new(),
            told: None,
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
    pub const EPOCH_MISMATCH: &str = "EPOCH_MISMATCH";
    /// A change would take effect outside the term of its order.
    pub const EFFECTIVE_TIME_OUTSIDE_TERM: &str = "EFFECTIVE_TIME_OUTSIDE_TERM";
    /// A terminated order changes no more.
    pub const WORK_ORDER_ALREADY_TERMINATED: &str = "WORK_ORDER_ALREADY_TERMINATED";
    pub const WORK_ORDER_NOT_ACTIVE: &str = "WORK_ORDER_NOT_ACTIVE";
    pub const WORK_ORDER_NOT_SUSPENDED: &str = "WORK_ORDER_NOT_SUSPENDED";
    /// A renewal runs at the same time as what it renews, or as another renewal of that.
    pub const RENEWAL_OVERLAPS: &str = "RENEWAL_OVERLAPS";
    /// A warning where none is allowed.
    pub const WARNINGS_NOT_ALLOWED: &str = "WARNINGS_NOT_ALLOWED";
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

/// The first violation, and how many more there are.
pub fn summary(violations: &[Violation]) -> String {
    let first = violations.first().map_or_else(String::new, |first| format!("{}: {}", first.field, first.description));
    match violations.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count.saturating_sub(1)),
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
