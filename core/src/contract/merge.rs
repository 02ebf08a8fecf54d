//! Carries a change of a document into a version that was planned for later.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::diff::changes_below;
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

/// Who wins where a change and a plan do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Winner {
    /// The plan changes what the change takes away: that is gone then, too.
    Change,
    /// Both changed it: from then on it is as planned.
    Plan,
}

/// A field on which a change and a plan do not agree; entries of lists are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    pub field: String,
    pub winner: Winner,
}

/// `planned` with what turned `base` into `changed`. A field that `planned` changed itself stays as planned, unless it is
/// one of an entry that was taken away.
pub(super) fn carried<T: Serialize + DeserializeOwned>(
    base: &T,
    changed: &T,
    planned: &T,
) -> Result<(T, Vec<Conflict>)> {
    let [base, changed, planned] = [base, changed, planned].map(serde_json::to_value);
    let mut merge = Merge::default();
    let merged =
        merge.value("", "", &base.map_err(internal)?, &changed.map_err(internal)?, &planned.map_err(internal)?);
    Ok((serde_json::from_value(merged).map_err(internal)?, merge.conflicts))
}

fn internal(error: serde_json::Error) -> Error {
    Error::Internal(error.to_string())
}

#[derive(Debug, Default)]
struct Merge {
    conflicts: Vec<Conflict>,
}

impl Merge {
    /// Null stands for what is absent, and for an empty list.
    fn value(&mut self, path: &str, field: &str, base: &Value, changed: &Value, planned: &Value) -> Value {
        if changed == base || changed == planned {
            return planned.clone();
        }
        if planned == base {
            return changed.clone();
        }
        let is_list = [base, changed, planned].iter().any(|value| value.is_array());
        match (base, changed, planned) {
            (_, Value::Object(changed), Value::Object(planned)) if !WHOLE.contains(&field) => {
                let empty = Map::new();
                return Value::Object(self.fields(path, base.as_object().unwrap_or(&empty), changed, planned));
            }
            _ if is_list => {
                if let Some(merged) = self.lists(path, field, base, changed, planned) {
                    return merged;
                }
            }
            _ => {}
        }
        self.conflicts.push(Conflict { field: path.to_owned(), winner: Winner::Plan });
        planned.clone()
    }

    fn fields(
        &mut self,
        path: &str,
        base: &Map<String, Value>,
        changed: &Map<String, Value>,
        planned: &Map<String, Value>,
    ) -> Map<String, Value> {
        let names: BTreeSet<&String> = planned.keys().chain(changed.keys()).collect();
        let mut merged = Map::new();
        for name in names {
            let [base, changed, planned] =
                [base, changed, planned].map(|object| object.get(name).unwrap_or(&Value::Null));
            let value = self.value(&below(path, name), name, base, changed, planned);
            if !value.is_null() {
                merged.insert(name.clone(), value);
            }
        }
        merged
    }

    /// Entry by entry; none if the entries are not known by names, each there once.
    fn lists(&mut self, path: &str, field: &str, base: &Value, changed: &Value, planned: &Value) -> Option<Value> {
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
            let value = self.entry(&format!("{path}[{}]", name.replace('\0', " ")), base, changed, planned);
            if !value.is_null() {
                merged.push((name, value));
            }
        }
        Some(Value::Array(merged.into_iter().map(|(_, value)| value).collect()))
    }

    /// What is an entry of both is merged by its fields. What only one of them took away is gone; what it took away and the
    /// other one changed is gone, too.
    fn entry(&mut self, path: &str, base: &Value, changed: &Value, planned: &Value) -> Value {
        if !base.is_null() && changed.is_null() && !planned.is_null() {
            let dropped = changes_below(path, base, planned).into_iter();
            self.conflicts.extend(dropped.map(|field| Conflict { field: field.field, winner: Winner::Change }));
            return Value::Null;
        }
        self.value(path, "", base, changed, planned)
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
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
