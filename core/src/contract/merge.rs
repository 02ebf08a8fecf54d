//! Carries a change of a document into a version that was planned for later.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// By which fields the entries of a list are known; lists of texts are sets.
const KEYS: [(&str, &[&str]); 5] = [
    ("items", &["item_id"]),
    ("events", &["event_id"]),
    ("waivers", &["code", "reference"]),
    ("locations", &["location_id"]),
    ("contacts", &["contact_id"]),
];
/// Fields that mean nothing without each other.
const WHOLE: [&str; 1] = ["quantity"];
/// How an order ended. Nothing that was planned for later revives it.
const END: [&str; 2] = ["state", "terminate_time"];
const TERMINATED: &str = "TERMINATED";

/// `planned` with what turned `base` into `changed`. A field that `planned` changed itself stays as planned.
pub(super) fn carried<T: Serialize + DeserializeOwned>(base: &T, changed: &T, planned: &T) -> Result<T> {
    let [base, changed, planned] = [base, changed, planned].map(serde_json::to_value);
    let merged = merge("", &base.map_err(internal)?, &changed.map_err(internal)?, &planned.map_err(internal)?);
    serde_json::from_value(merged).map_err(internal)
}

fn internal(error: serde_json::Error) -> Error {
    Error::Internal(error.to_string())
}

/// Null stands for what is absent, and for an empty list.
fn merge(field: &str, base: &Value, changed: &Value, planned: &Value) -> Value {
    if changed == base || changed == planned {
        return planned.clone();
    }
    if planned == base {
        return changed.clone();
    }
    let is_list = [base, changed, planned].iter().any(|value| value.is_array());
    match (base, changed, planned) {
        _ if WHOLE.contains(&field) => planned.clone(),
        (_, Value::Object(changed), Value::Object(planned)) => {
            let empty = Map::new();
            Value::Object(merge_fields(base.as_object().unwrap_or(&empty), changed, planned))
        }
        _ if is_list => merge_lists(field, base, changed, planned).unwrap_or_else(|| planned.clone()),
        _ => planned.clone(),
    }
}

fn merge_fields(
    base: &Map<String, Value>,
    changed: &Map<String, Value>,
    planned: &Map<String, Value>,
) -> Map<String, Value> {
    let has_ended = changed.get("state").and_then(Value::as_str) == Some(TERMINATED);
    let mut merged = Map::new();
    for name in planned.keys().chain(changed.keys()) {
        let [base, changed, planned] = [base, changed, planned].map(|object| object.get(name).unwrap_or(&Value::Null));
        let value = if has_ended && END.contains(&name.as_str()) {
            changed.clone()
        } else {
            merge(name, base, changed, planned)
        };
        if !value.is_null() {
            merged.insert(name.clone(), value);
        }
    }
    merged
}

/// Entry by entry; none if the entries are not known by names, each there once.
fn merge_lists(field: &str, base: &Value, changed: &Value, planned: &Value) -> Option<Value> {
    let [base, changed, planned] = [base, changed, planned].map(|list| entries(field, list));
    let (base, changed, planned) = (base?, changed?, planned?);
    let names = |list: &[(String, &Value)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    // The plan's own order counts only if it has one.
    let (before, behind) = match names(&planned) == names(&base) {
        true => (names(&changed), names(&planned)),
        false => (names(&planned), names(&changed)),
    };
    let mut merged: Vec<(String, Value)> = Vec::new();
    for name in before.into_iter().chain(behind) {
        if merged.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let [base, changed, planned] = [&base, &changed, &planned].map(|list| entry(list, &name));
        // What is an entry of both is merged by its fields; else who added, removed or kept it against the other counts.
        let value = merge("", base, changed, planned);
        if !value.is_null() {
            merged.push((name, value));
        }
    }
    Some(Value::Array(merged.into_iter().map(|(_, value)| value).collect()))
}

fn entry<'a>(list: &[(String, &'a Value)], name: &str) -> &'a Value {
    list.iter().find(|(known, _)| known == name).map_or(&Value::Null, |(_, value)| value)
}

/// The entries of a list by their names.
fn entries<'a>(field: &str, list: &'a Value) -> Option<Vec<(String, &'a Value)>> {
    let list = match list {
        Value::Null => return Some(Vec::new()),
        other => other.as_array()?,
    };
    let mut named: Vec<(String, &Value)> = Vec::new();
    for value in list {
        let name = name_of(field, value)?;
        if named.iter().any(|(known, _)| *known == name) {
            return None;
        }
        named.push((name, value));
    }
    Some(named)
}

fn name_of(field: &str, value: &Value) -> Option<String> {
    if let Value::String(text) = value {
        return Some(text.clone());
    }
    let (_, keys) = KEYS.iter().find(|(list, _)| *list == field)?;
    let parts: Option<Vec<&str>> = keys.iter().map(|key| value.get(key)?.as_str()).collect();
    // A text that no name has in it stands between the parts.
    parts.map(|parts| parts.join("\0"))
}

#[cfg(test)]
mod tests;
