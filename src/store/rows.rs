//! Many rows as one parameter.
//!
//! A batch is of any size. Were each of its values a parameter, every size would be another
//! text to parse and plan; as one JSON array they share one, and one round trip.

use sea_orm::{DbBackend, Value};
use serde_json::Value as Json;

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

/// The parameter [`given`] reads.
pub(super) fn parameter(rows: Vec<Json>) -> Value {
    Json::Array(rows).to_string().into()
}

/// The columns' names, joined by commas.
pub(super) fn names(columns: &[(&str, Kind)]) -> String {
    joined(columns.iter().map(|(name, _)| (*name).to_owned()))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
