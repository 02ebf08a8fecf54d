//! In which fields two documents differ, and how.

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
}
