//! Collects violations, and says the same thing of every field of the same form.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::catalog::{ClauseKind, Edition, Rule, Service};
use crate::model::{EARLIEST, LATEST, LONGEST_ID, is_id, wrong_id};
use crate::suggest::{self, nearest, nearest_of_kin, nearest_slip};
use crate::violation::{MOST_VIOLATIONS, Violation, reason};

pub(super) const LONGEST_TENANT_ID: usize = 128;
pub(super) const LONGEST_TEXT: usize = 200;
/// Most entries of an ordinary list.
pub(super) const LONGEST_LIST: usize = 1_000;
/// Most locations of a customer: there are fewer countries.
pub(super) const MOST_LOCATIONS: usize = 250;
/// Most events, and most waivers, of one item.
pub(super) const LONGEST_AGREED_LIST: usize = 100;

/// Names a validation looks for slips in: each is compared with every known name, and a
/// large document of nothing but unknown names must not hold up the caller.
const MOST_HINTS: usize = 20;

/// A clause that is enforced when a contract is written, and what it is enforced on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enforced<'a> {
    pub row: usize,
    pub code: &'a str,
    pub edition_id: &'a str,
    /// Empty where it is about an order or an item as a whole.
    pub service_id: &'a str,
    pub work_order_id: &'a str,
    /// Empty where it is about an order as a whole.
    pub item_id: &'a str,
}

impl<'a> Enforced<'a> {
    /// The clause with this rule, if the service is subject to it.
    pub(super) fn on(edition: &'a Edition, service: &'a Service, rule: Rule) -> Option<Self> {
        let uses = service.clauses.iter().filter(|clause| clause.rule == rule);
        let clause = uses.map(|clause| usize::from(clause.row)).find_map(|row| Self::at(edition, row))?;
        Some(Self { service_id: &service.id, ..clause })
    }

    /// The clause with this rule, whichever services are subject to it.
    pub(super) fn in_edition(edition: &'a Edition, rule: Rule) -> Option<Self> {
        let rows = edition.clauses.iter().enumerate().filter(|(_, clause)| clause.rule == rule);
        rows.map(|(row, _)| row).find_map(|row| Self::at(edition, row))
    }

    fn at(edition: &'a Edition, row: usize) -> Option<Self> {
        let clause = edition.clauses.get(row)?;
        clause.kinds.contains(&ClauseKind::Purchase).then_some(Self {
            row,
            code: &clause.code,
            edition_id: &edition.id,
            service_id: "",
            work_order_id: "",
            item_id: "",
        })
    }

    fn facts(&self) -> impl Iterator<Item = (&'static str, String)> {
        let facts = [
            ("edition_id", self.edition_id),
            ("work_order_id", self.work_order_id),
            ("item_id", self.item_id),
            ("service_id", self.service_id),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned()))
    }
}

/// The violation just found, for what its texts name besides.
#[derive(Debug)]
pub(super) struct Found<'f>(Option<&'f mut Violation>);

impl Found<'_> {
    pub(super) fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        if let Some(violation) = &mut self.0 {
            violation.facts.push((name, value.to_string()));
        }
        self
    }
}

#[derive(Debug, Default)]
pub(super) struct Findings {
    violations: Vec<Violation>,
    /// Of the document at hand, with the clause's row in the catalogue.
    clauses: Vec<(usize, Violation)>,
    hints: usize,
}

impl Findings {
    /// The document at hand is judged: its clauses follow its structural violations.
    pub(super) fn end_document(&mut self) {
        self.clauses.sort_by_key(|(row, _)| *row);
        self.violations.extend(self.clauses.drain(..).map(|(_, violation)| violation));
        self.violations.truncate(MOST_VIOLATIONS);
    }

    pub(super) fn into_violations(mut self) -> Vec<Violation> {
        self.end_document();
        self.violations
    }

    pub(super) fn add(&mut self, path: &str, field: &str, reason: &'static str, description: impl Into<String>) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation::new(below(path, field), reason, description));
        }
    }

    pub(super) fn clause(
        &mut self,
        clause: Enforced<'_>,
        path: &str,
        field: &str,
        description: impl Into<String>,
    ) -> Found<'_> {
        if self.clauses.len() >= MOST_VIOLATIONS {
            return Found(None);
        }
        let mut violation = Violation::clause(below(path, field), clause.code, description);
        violation.facts.extend(clause.facts());
        self.clauses.push((clause.row, violation));
        Found(self.clauses.last_mut().map(|(_, violation)| violation))
    }

    /// The clause where the service is subject to it, else the technical reason: what is
    /// wrong stays wrong.
    pub(super) fn clause_or(
        &mut self,
        clause: Option<Enforced<'_>>,
        reason: &'static str,
        path: &str,
        field: &str,
        description: impl Into<String>,
    ) -> Found<'_> {
        if let Some(clause) = clause {
            return self.clause(clause, path, field, description);
        }
        self.add(path, field, reason, description);
        Found(None)
    }

    /// What the state of things forbids, and no clause: it is told behind the clauses.
    pub(super) fn forbid(
        &mut self,
        path: &str,
        field: &str,
        reason: &'static str,
        description: String,
        facts: Vec<(&'static str, String)>,
    ) {
        if self.clauses.len() < MOST_VIOLATIONS {
            let violation = Violation::clause(below(path, field), reason, description);
            self.clauses.push((usize::MAX, Violation { facts, ..violation }));
        }
    }

    pub(super) fn required(&mut self, path: &str, field: &str, what: &str) {
        self.add(path, field, reason::FIELD_REQUIRED, format!("is required: {what}"));
    }

    pub(super) fn out_of_range(&mut self, path: &str, field: &str, description: impl Into<String>) {
        self.add(path, field, reason::FIELD_OUT_OF_RANGE, description);
    }

    pub(super) fn conflict(&mut self, path: &str, field: &str, description: impl Into<String>) {
        self.add(path, field, reason::FIELD_CONFLICT, description);
    }

    /// A name that refers to nothing, with the known name it is most likely a slip of.
    pub(super) fn unknown<'k>(
        &mut self,
        path: &str,
        field: &str,
        noun: &str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let is_searched = name.len() <= LONGEST_ID && self.hints < MOST_HINTS;
        let hint = match noun {
            _ if !is_searched => None,
            "location" => nearest_of_kin(name, known),
            "product family" => nearest_slip(name, known),
            _ => nearest(name, known),
        };
        self.hints = self.hints.saturating_add(usize::from(is_searched));
        let hint = suggest::hint(hint.as_deref());
        self.add(path, field, reason::REFERENCE_UNKNOWN, format!("{noun} {} does not exist{hint}", shown(name)));
    }

    pub(super) fn id(&mut self, path: &str, field: &str, id: &str) {
        if id.is_empty() {
            self.required(path, field, "1 to 64 of `a-z 0-9 . _ -`");
        } else if !is_id(id) {
            self.add(path, field, reason::FIELD_INVALID, wrong_id(id));
        }
    }

    /// A text that must say something.
    pub(super) fn name(&mut self, path: &str, field: &str, text: &str) {
        if text.trim().is_empty() {
            self.required(path, field, "1 to 200 characters");
        } else {
            self.text(path, field, text);
        }
    }

    /// A text that may be empty. Control characters are refused: no store or screen is sure
    /// to give them back.
    pub(super) fn text(&mut self, path: &str, field: &str, text: &str) {
        let length = text.chars().count();
        if length > LONGEST_TEXT {
            self.out_of_range(path, field, format!("has {length} characters; at most {LONGEST_TEXT} are allowed"));
        } else if text.contains(char::is_control) {
            let description = format!("{} has control characters; leave them out", shown(text));
            self.add(path, field, reason::FIELD_INVALID, description);
        }
    }

    pub(super) fn at_most(&mut self, path: &str, field: &str, length: usize, most: usize) {
        if length > most {
            self.out_of_range(path, field, format!("has {length} entries; at most {most} are allowed"));
        }
    }

    pub(super) fn not_negative(&mut self, path: &str, field: &str, number: i64) {
        if number < 0 {
            self.out_of_range(path, field, format!("`{number}` is negative; it must be 0 or more"));
        }
    }

    pub(super) fn date(&mut self, path: &str, field: &str, date: Option<NaiveDate>) {
        if let Some(date) = date.filter(|date| !(1970..=9999).contains(&date.year())) {
            self.out_of_range(path, field, format!("`{date}` must lie in the years 1970 to 9999"));
        }
    }

    /// The first and the last day of one thing.
    pub(super) fn dates(&mut self, path: &str, start: Option<NaiveDate>, end: Option<NaiveDate>) {
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            self.conflict(path, "end_date", format!("`{end}` is before the start date; it must be `{start}` or later"));
        }
    }

    pub(super) fn instant(&mut self, path: &str, field: &str, instant: Option<DateTime<Utc>>) {
        if instant.is_some_and(|instant| !is_in_range(instant)) {
            self.out_of_range(path, field, "must lie in the years 1970 to 9999");
        }
    }

    /// Every value that is there a second time; `entry` is the field of one of them, given
    /// its place.
    pub(super) fn distinct<'v>(
        &mut self,
        path: &str,
        values: impl IntoIterator<Item = &'v str>,
        entry: impl Fn(usize) -> String,
    ) {
        let mut seen = HashSet::new();
        for (index, value) in values.into_iter().enumerate() {
            // An empty one is told as missing.
            if !value.is_empty() && !seen.insert(value) {
                let description = format!("{} is there twice; give it once", shown(value));
                self.add(path, &entry(index), reason::DUPLICATE_ID, description);
            }
        }
    }
}

pub(super) fn is_in_range(instant: DateTime<Utc>) -> bool {
    (EARLIEST..=LATEST).contains(&instant)
}

pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Input as it stands in a description: in backticks, on one line, never long.
pub(super) fn shown(input: &str) -> String {
    let line = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    let clipped: String = input.chars().take(LONGEST_ID).map(line).collect();
    let rest = if input.chars().nth(LONGEST_ID).is_some() { "…" } else { "" };
    format!("`{clipped}{rest}`")
}

/// Names of the catalogue as an enumeration.
pub(super) fn listed<'v>(names: impl IntoIterator<Item = &'v str>) -> String {
    let names: Vec<_> = names.into_iter().map(shown).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_short() {
        for (id, good) in [
            ("a", true),
            ("gb-london_1.x", true),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
            ("", false),
            ("A", false),
            ("a b", false),
            ("a/b", false),
            ("é", false),
        ] {
            assert_eq!(is_id(id), good, "{id}");
        }
    }

    #[test]
    fn input_is_shown_on_one_short_line() {
        assert_eq!(shown("a\nb"), "`a\u{fffd}b`");
        assert_eq!(shown(&"é".repeat(70)), format!("`{}…`", "é".repeat(64)));
    }
}
