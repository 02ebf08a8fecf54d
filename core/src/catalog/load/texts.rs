//! Texts name only what is there to be filled in: `{start_time}` in the text of a clause
//! that carries none would be shown to people as it is.

use std::collections::BTreeMap;

use super::raw::RawAside;
use super::source::Mistakes;
use super::table::ReadTable;
use crate::catalog::wording::DERIVED;
use crate::catalog::{Clause, Locale, RemedyKind, ResponseTerm, Rule, Text, Why};

const LOCALES: [(Locale, &str); 2] = [(Locale::English, "en"), (Locale::Indonesian, "id")];

/// What every reason carries. Where nobody bought anything there is neither order nor item,
/// and a note may stand there, too.
const ASKED: [&str; 2] = ["service_id", "location_id"];
const ANSWERING: [&str; 2] = ["work_order_id", "item_id"];

pub(super) fn clauses(clauses: &[ReadTable<Clause>], mistakes: &mut Mistakes<'_>) {
    for row in clauses {
        let Clause { code, rule, text, instead, date, dated, .. } = &row.value;
        let mut carried = [&ASKED, rule.row().facts, rule.row().optional_facts].concat();
        if !matches!(rule, Rule::Purchased | Rule::Note) {
            carried.extend(ANSWERING);
        }
        derive(&mut carried);
        judge(row, "text", text, &carried, code, mistakes);
        if let Some(instead) = instead {
            judge(row, "instead", instead, &carried, code, mistakes);
        }
        match (dated, date) {
            (Some(dated), Some(date)) => {
                carried.push(date.fact());
                judge(row, "dated", dated, &carried, code, mistakes);
            }
            (Some(_), None) => mistakes.add(row.key("dated"), "`dated` is told with a `date` alone"),
            (None, _) => {}
        }
    }
}

pub(super) fn asides(asides: &[ReadTable<RawAside>], mistakes: &mut Mistakes<'_>) {
    for row in asides {
        let mut carried = ASKED.to_vec();
        derive(&mut carried);
        judge(row, "text", &row.value.text, &carried, "an aside", mistakes);
    }
}

pub(super) fn remedies(row: &ReadTable<BTreeMap<RemedyKind, Text>>, head_at: usize, mistakes: &mut Mistakes<'_>) {
    for (kind, text) in &row.value {
        // Its own parts, and what its reason says of the question.
        let mut carried = [&["field", "value", "work_order_id", "item_id"][..], &ASKED].concat();
        if *kind == RemedyKind::AddQuantity {
            carried.push("unit");
        }
        if *kind == RemedyKind::Buy {
            carried.push("base_work_order_id");
        }
        if *kind == RemedyKind::AddProduct {
            carried.extend(["added_product", "lifted_product"]);
        }
        if *kind == RemedyKind::Renew {
            carried.extend(["renewed_order", "renewed_item", "moved_item", "activated_order"]);
        }
        derive(&mut carried);
        judge(row, kind.as_str(), text, &carried, "a remedy", mistakes);
    }
    missing(
        "remedies",
        RemedyKind::ALL.iter().filter(|kind| !row.value.contains_key(kind)).map(|kind| kind.as_str()),
        head_at,
        mistakes,
    );
}

pub(super) fn why(row: &ReadTable<BTreeMap<Why, Text>>, is_needed: bool, head_at: usize, mistakes: &mut Mistakes<'_>) {
    for (why, text) in &row.value {
        judge(row, why.as_str(), text, &[], "an offer that does not govern", mistakes);
    }
    if is_needed {
        let lacking = Why::ALL.iter().filter(|why| !row.value.contains_key(why)).map(|why| why.as_str());
        missing("response.why", lacking, head_at, mistakes);
    }
}

pub(super) fn terms(row: &ReadTable<BTreeMap<String, ResponseTerm>>, mistakes: &mut Mistakes<'_>) {
    for (name, term) in &row.value {
        judge(row, &format!("{name}.text"), &term.text, &[], "a response term", mistakes);
    }
}

/// Adds the words that follow from what is carried.
fn derive(carried: &mut Vec<&str>) {
    let follows = DERIVED.iter().filter(|(_, needs)| needs.iter().all(|need| carried.contains(need)));
    let follows: Vec<&str> = follows.map(|(name, _)| *name).collect();
    carried.extend(follows);
}

fn missing<'a>(table: &str, lacking: impl Iterator<Item = &'a str>, at: usize, mistakes: &mut Mistakes<'_>) {
    let lacking: Vec<_> = lacking.collect();
    if !lacking.is_empty() {
        mistakes.add(at, format!("`[{table}]` has no text for {}", lacking.join(", ")));
    }
}

fn judge<T>(row: &ReadTable<T>, key: &str, text: &Text, carried: &[&str], whose: &str, mistakes: &mut Mistakes<'_>) {
    for (locale, tag) in LOCALES {
        // Without a text of its own a language shows the English one.
        if locale == Locale::Indonesian && text.id.is_none() {
            continue;
        }
        for name in text.variables(locale).filter(|name| !carried.contains(name)) {
            let place = row.key(&format!("{key}.{tag}"));
            let known: Vec<String> = carried.iter().map(|name| format!("`{{{name}}}`")).collect();
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            mistakes.add(place, format!("`{{{name}}}` is never filled in: {whose} carries {known}"));
        }
    }
}
