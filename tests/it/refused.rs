//! The words of refused writes: every clause is told in full, with what to do instead.

use entitled::catalog::{Catalog, Clause, Text};
use tonic_types::StatusExt as _;

/// What a refusal should have said to people and did not.
pub(crate) fn untold(status: &tonic::Status) -> Vec<String> {
    let catalog = Catalog::embedded().unwrap();
    let details = status.get_error_details();
    let told = details.precondition_failure().map(|failure| failure.violations.clone()).unwrap_or_default();
    let clauses = told.iter().filter_map(|told| Some((catalog.default_edition().clause(&told.r#type)?, told)));
    clauses.flat_map(|(clause, told)| lacking(clause, &told.description)).collect()
}

fn lacking(clause: &Clause, told: &str) -> Vec<String> {
    let Clause { code, section, text, instead, .. } = clause;
    let mut wanted = fragments(text);
    wanted.extend(instead.iter().flat_map(fragments));
    if section != "ours" {
        wanted.push(format!("(section {section})"));
    }
    let lacking = wanted.into_iter().filter(|part| !told.contains(part.as_str()));
    let mut lacking: Vec<_> = lacking.map(|part| format!("{code}: `{part}` is not in `{told}`")).collect();
    if told.contains(['{', '}', '[', ']']) {
        lacking.push(format!("{code}: a gap in `{told}`"));
    }
    lacking
}

/// What stands in a text whatever the facts are.
fn fragments(text: &Text) -> Vec<String> {
    let without_parts = text.en.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    let fixed =
        without_parts.flat_map(|part| part.split('{')).map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    fixed.map(str::to_owned).collect()
}
