//! Which fields of two documents differ.

use serde::Serialize;
use serde_json::Value;

/// The paths at which two documents differ, below `path`.
pub(super) fn differing_fields(path: &str, one: &impl Serialize, other: &impl Serialize) -> Vec<String> {
    let mut fields = Vec::new();
    match (serde_json::to_value(one), serde_json::to_value(other)) {
        (Ok(one), Ok(other)) => collect(path, &one, &other, &mut fields),
        _ => fields.push(path.to_owned()),
    }
    fields
}

fn collect(path: &str, one: &Value, other: &Value, fields: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let [one, other] = [one, other].map(|object| object.get(name).unwrap_or(&Value::Null));
                collect(&format!("{path}.{name}"), one, other, fields);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (row, (one, other)) in one.iter().zip(other).enumerate() {
                collect(&format!("{path}[{row}]"), one, other, fields);
            }
        }
        _ if one != other => fields.push(path.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_differing_fields_are_named() {
        let one = serde_json::json!({"id": "a", "items": [{"amount": 1, "unit": "HOURS"}], "gone": 1});
        let other = serde_json::json!({"id": "a", "items": [{"amount": 2, "unit": "HOURS"}], "new": [1]});
        assert_eq!(differing_fields("doc", &one, &other), ["doc.gone", "doc.items[0].amount", "doc.new"]);
        assert!(differing_fields("doc", &one, &one).is_empty());
    }
}
