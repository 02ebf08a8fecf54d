//! Many rows as one parameter.
//!
//! A batch is of any size. Were each of its values a parameter, every size would be another
//! text to parse and plan; as one JSON array they share one, and one round trip.

use sea_orm::{DbBackend, Value};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};

/// The type of a column, alike on both databases.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
}

/// A relation named `given`, made of the JSON array of objects that is the parameter `$1`.
pub(super) fn given(backend: DbBackend, columns: &[(&str, Kind)]) -> String {
    match backend {
        DbBackend::Postgres => {
            let columns = columns.iter().map(|(name, kind)| match kind {
                Kind::Text => format!("{name} TEXT"),
                Kind::Number => format!("{name} BIGINT"),
            });
            format!("json_to_recordset(CAST($1 AS JSON)) AS given ({})", joined(columns))
        }
        _ => {
            let columns = columns.iter().map(|(name, _)| format!("json_extract(value, '$.{name}') AS {name}"));
            format!("(SELECT {} FROM json_each($1)) AS given", joined(columns))
        }
    }
}

/// The parameter [`given`] reads: each row has the columns for its fields. A field that is an
/// object or an array becomes its own JSON text.
pub(super) fn parameter<T: Serialize>(rows: &[T]) -> Result<Value> {
    serde_json::to_string(rows).map(Value::from).map_err(|error| Error::Internal(error.into()))
}

/// Text that is JSON already goes into a row as it is, not as a string of JSON.
pub(super) fn raw<S: serde::Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(json).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

/// A customer, where nothing but its id is given.
#[derive(Debug, Serialize)]
pub(super) struct CustomerRow<'a> {
    pub customer_id: &'a str,
}

/// The columns' names, joined by commas.
pub(super) fn names(columns: &[(&str, Kind)]) -> String {
    joined(columns.iter().map(|(name, _)| (*name).to_owned()))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
