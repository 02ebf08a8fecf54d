//! Many rows as parameters of one statement.
//!
//! A batch has any size. If each of its values were a parameter, every size would be another text to parse and plan.
//! With one parameter per column all sizes share one text and one plan, and take one round trip.

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Value};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// Rows, given column by column: each column has a cell for every row.
#[derive(Debug)]
pub(super) struct ColumnBatch {
    count: usize,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: &'static str,
    cells: Cells,
}

#[derive(Debug)]
enum Cells {
    Text(Vec<String>),
    /// An empty text is none, here and in the tables.
    OptionalText(Vec<String>),
    Number(Vec<i64>),
    /// [`NONE`] is none.
    OptionalNumber(Vec<i64>),
}

/// Stands for NULL; no row has this number. sea-orm gives PostgreSQL no arrays with NULL in them.
const NONE: i64 = i64::MAX.wrapping_neg();

impl ColumnBatch {
    pub(super) fn new(count: usize) -> Self {
        Self { count, columns: Vec::new() }
    }

    pub(super) fn text(self, name: &'static str, cells: impl Iterator<Item = impl ToString>) -> Self {
        self.with(name, Cells::Text(cells.map(|cell| cell.to_string()).collect()))
    }

    pub(super) fn optional_text(self, name: &'static str, cells: impl Iterator<Item = Option<impl ToString>>) -> Self {
        self.with(
            name,
            Cells::OptionalText(cells.map(|cell| cell.map(|cell| cell.to_string()).unwrap_or_default()).collect()),
        )
    }

    pub(super) fn number(self, name: &'static str, cells: impl Iterator<Item = i64>) -> Self {
        self.with(name, Cells::Number(cells.collect()))
    }

    pub(super) fn optional_number(self, name: &'static str, cells: impl Iterator<Item = Option<i64>>) -> Self {
        self.with(name, Cells::OptionalNumber(cells.map(|cell| cell.unwrap_or(NONE)).collect()))
    }

    fn with(mut self, name: &'static str, cells: Cells) -> Self {
        self.columns.push(Column { name, cells });
        self
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The columns' names, joined by commas.
    pub(super) fn names(&self) -> String {
        joined(self.columns.iter().map(|column| column.name.to_owned()))
    }

    /// A relation named `given`; its parameters are added to `values`.
    pub(super) fn given(self, backend: DbBackend, values: &mut Vec<Value>) -> Result<String> {
        if self.columns.iter().any(|column| column.cells.len() != self.count) {
            return Err(Error::internal("a column has not as many cells as there are rows"));
        }
        match backend {
            DbBackend::Postgres => Ok(self.arrays(values)),
            _ => self.json(values),
        }
    }

    /// One array a column.
    fn arrays(self, values: &mut Vec<Value>) -> String {
        let names = self.names();
        let first = values.len().saturating_add(1);
        let arrays = (first..).zip(&self.columns).map(|(number, column)| match column.cells {
            Cells::Text(_) | Cells::OptionalText(_) => format!("CAST(${number} AS TEXT[])"),
            Cells::Number(_) | Cells::OptionalNumber(_) => format!("CAST(${number} AS BIGINT[])"),
        });
        let arrays = joined(arrays);
        let columns = joined(self.columns.iter().map(|Column { name, cells }| match cells {
            Cells::Text(_) | Cells::Number(_) => (*name).to_owned(),
            Cells::OptionalText(_) => format!("NULLIF({name}, '') AS {name}"),
            Cells::OptionalNumber(_) => format!("NULLIF({name}, {NONE}) AS {name}"),
        }));
        values.extend(self.columns.into_iter().map(|column| column.cells.into_array()));
        format!("(SELECT {columns} FROM unnest({arrays}) AS cells ({names})) AS given")
    }

    /// One JSON array of rows, each an array of its cells.
    fn json(self, values: &mut Vec<Value>) -> Result<String> {
        let number = values.len().saturating_add(1);
        let names = self.columns.iter().map(|column| column.name);
        let cells =
            (0..).zip(names).map(|(place, name): (usize, _)| format!("json_extract(value, '$[{place}]') AS {name}"));
        let relation = format!("(SELECT {} FROM json_each(${number})) AS given", joined(cells));
        let rows: Vec<_> = (0..self.count).map(|place| InputRow { columns: &self.columns, place }).collect();
        values.push(serde_json::to_string(&rows).map_err(|error| Error::Internal(error.into()))?.into());
        Ok(relation)
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) | Self::OptionalText(cells) => cells.len(),
            Self::Number(cells) | Self::OptionalNumber(cells) => cells.len(),
        }
    }

    fn into_array(self) -> Value {
        let (kind, cells): (_, Vec<Value>) = match self {
            Self::Text(cells) | Self::OptionalText(cells) => {
                (ArrayType::String, cells.into_iter().map(Value::from).collect())
            }
            Self::Number(cells) | Self::OptionalNumber(cells) => {
                (ArrayType::BigInt, cells.into_iter().map(Value::from).collect())
            }
        };
        Value::Array(kind, Some(Box::new(cells)))
    }
}

/// A row as the array of its cells.
struct InputRow<'a> {
    columns: &'a [Column],
    place: usize,
}

impl Serialize for InputRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.columns.iter().map(|Column { cells, .. }| Cell { cells, place: self.place }))
    }
}

struct Cell<'a> {
    cells: &'a Cells,
    place: usize,
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.cells {
            Cells::Text(cells) => cells.get(self.place).serialize(serializer),
            Cells::OptionalText(cells) => cells.get(self.place).filter(|cell| !cell.is_empty()).serialize(serializer),
            Cells::Number(cells) => cells.get(self.place).serialize(serializer),
            Cells::OptionalNumber(cells) => cells.get(self.place).filter(|cell| **cell != NONE).serialize(serializer),
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
