//! In which fields two documents differ, and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::legible::excerpt;

/// A field with two values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub field: String,
    /// The value that is stored, as a message shows it: its beginning. Empty: none.
    pub stored: String,
    /// The value that was sent.
    pub sent: String,
}

impl Difference {
    /// Both values, in words.
    pub fn words(&self) -> String {
        let quoted = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") };
        format!("stored {}, sent {}", quoted(&self.stored), quoted(&self.sent))
    }
}

/// What differs between what is stored and what was sent, at paths below `path`.
pub(super) fn differences(path: &str, stored: &impl Serialize, sent: &impl Serialize) -> Vec<Difference> {
    let mut found = Vec::new();
    match (serde_json::to_value(stored), serde_json::to_value(sent)) {
        (Ok(stored), Ok(sent)) => collect(path, &stored, &sent, &mut found),
        _ => found.push(Difference { field: path.to_owned(), stored: String::new(), sent: String::new() }),
    }
    found
}

fn collect(path: &str, stored: &Value, sent: &Value, found: &mut Vec<Difference>) {
    match (stored, sent) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let [one, other] = [one, other].map(|object| object.get(name).unwrap_or(&Value::Null));
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, one, other, found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (row, (one, other)) in one.iter().zip(other).enumerate() {
                collect(&format!("{path}[{row}]"), one, other, found);
            }
        }
        _ if stored != sent => {
            found.push(Difference { field: path.to_owned(), stored: told(stored), sent: told(sent) });
        }
        _ => {}
    }
}

/// The same for people who read it: the rows of a list are told by their ids, and what was added or removed as a whole.
pub fn changes(stored: &impl Serialize, sent: &impl Serialize) -> Vec<Difference> {
    let mut found = Vec::new();
    if let (Ok(stored), Ok(sent)) = (serde_json::to_value(stored), serde_json::to_value(sent)) {
        collect_by_id("", &stored, &sent, &mut found);
    }
    found
}

/// The same of two values at a path.
pub(super) fn changes_below(path: &str, stored: &Value, sent: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    collect_by_id(path, stored, sent, &mut found);
    found
}

fn collect_by_id(path: &str, stored: &Value, sent: &Value, found: &mut Vec<Difference>) {
    match (stored, sent) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let [one, other] = [one, other].map(|object| object.get(name).unwrap_or(&Value::Null));
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_by_id(&path, one, other, found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one != other => match (by_id(one), by_id(other)) {
            (Some(one), Some(other)) => {
                let ids: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
                for id in ids {
                    let [one, other] = [&one, &other].map(|rows| rows.get(id).copied().unwrap_or(&Value::Null));
                    collect_by_id(&format!("{path}[{id}]"), one, other, found);
                }
            }
            _ => found.push(Difference { field: path.to_owned(), stored: told(stored), sent: told(sent) }),
        },
        _ if stored != sent => {
            found.push(Difference { field: path.to_owned(), stored: told(stored), sent: told(sent) });
        }
        _ => {}
    }
}

/// The rows of a list by their ids; none if they have no ids of their own.
fn by_id(rows: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let id_of = |row: &Value| {
        let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let waiver = || Some(format!("{} {}", text("code")?, text("reference").unwrap_or_default()));
        ["item_id", "location_id", "contact_id", "event_id"].iter().find_map(|name| text(name)).or_else(waiver)
    };
    let by_id: Option<BTreeMap<String, &Value>> = rows.iter().map(|row| Some((id_of(row)?, row))).collect();
    by_id.filter(|by_id| by_id.len() == rows.len())
}

/// The beginning of a value, as it is written in a document.
fn told(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => excerpt(text),
        other => excerpt(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_differing_fields_are_named_with_both_values() {
        let one = serde_json::json!({"id": "a", "items": [{"amount": 1, "unit": "HOURS"}], "gone": 1});
        let other = serde_json::json!({"id": "a", "items": [{"amount": 2, "unit": "HOURS"}], "new": ["x"]});
        let found = differences("doc", &one, &other);
        let told: Vec<_> = found.iter().map(|it| format!("{}: {}", it.field, it.words())).collect();
        assert_eq!(
            told,
            [
                "doc.gone: stored `1`, sent nothing",
                "doc.items[0].amount: stored `1`, sent `2`",
                "doc.new: stored nothing, sent `[\"x\"]`",
            ]
        );
        assert!(differences("doc", &one, &one).is_empty());
        let long = differences("doc", &"x".repeat(10_000), &"a\u{1b}[2J");
        assert!(long[0].stored.len() < 70 && long[0].sent == "a\\u{1b}[2J", "{long:?}");
    }

    #[test]
    fn rows_with_ids_are_compared_by_them() {
        let one = serde_json::json!({"end": "2026-12-31", "items": [
            {"item_id": "a", "amount": 1, "product_ids": ["x"]}, {"item_id": "b"}]});
        let other = serde_json::json!({"end": "2027-12-31", "items": [
            {"item_id": "c"}, {"item_id": "a", "amount": 2, "product_ids": ["x", "y"]}]});
        let told: Vec<_> = changes(&one, &other).iter().map(|it| format!("{}: {}", it.field, it.words())).collect();
        assert_eq!(
            told,
            [
                "end: stored `2026-12-31`, sent `2027-12-31`",
                "items[a].amount: stored `1`, sent `2`",
                "items[a].product_ids: stored `[\"x\"]`, sent `[\"x\",\"y\"]`",
                "items[b]: stored `{\"item_id\":\"b\"}`, sent nothing",
                "items[c]: stored nothing, sent `{\"item_id\":\"c\"}`",
            ]
        );
        let waivers = |reference: &str| serde_json::json!([{"code": "X", "reference": "old"}, {"code": "X", "reference": reference}]);
        assert_eq!(changes(&waivers("1"), &waivers("2")).len(), 2);
        assert_eq!(changes(&waivers("1"), &waivers("1")), []);
    }
}
