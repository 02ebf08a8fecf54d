//! Changes of many rows, written together.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};

use super::Txn;
use super::rows::Rows;
use crate::error::{Error, Result};

/// Statements over given [`Rows`], each of which changes one row for each of them. No step sees what another one
/// changes.
#[derive(Debug)]
pub struct Steps {
    backend: DbBackend,
    /// On PostgreSQL they share `values`, elsewhere each has its own.
    steps: Vec<Step>,
    values: Vec<Value>,
    /// How many rows are to be changed in all.
    expected: u64,
}

#[derive(Debug)]
struct Step {
    sql: String,
    values: Vec<Value>,
}

impl Steps {
    /// None yet, to be run in this transaction.
    pub fn of(txn: &Txn) -> Self {
        Self { backend: txn.backend(), steps: Vec::new(), values: Vec::new(), expected: 0 }
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Adds a statement over rows, which it finds as the relation it is told; none if there are no rows.
    pub(super) fn push(&mut self, rows: Rows, sql: impl FnOnce(&str) -> String) -> Result<()> {
        if rows.count() == 0 {
            return Ok(());
        }
        self.expected = self.expected.saturating_add(u64::try_from(rows.count()).unwrap_or(u64::MAX));
        let mut own = Vec::new();
        let values = if self.backend == DbBackend::Postgres { &mut self.values } else { &mut own };
        let sql = sql(&rows.given(self.backend, values)?);
        self.steps.push(Step { sql, values: own });
        Ok(())
    }

    /// Carries all of them out. That each has met all its rows is part of the promise: a use without its block's
    /// new balance would be a lost hour.
    pub async fn run_in_txn(self, txn: &Txn) -> Result<()> {
        let changed = match self.backend {
            _ if self.steps.is_empty() => 0,
            DbBackend::Postgres => together(txn, &self.steps, self.values).await?,
            _ => one_by_one(txn, self.steps).await?,
        };
        let expected = self.expected;
        if changed == expected {
            Ok(())
        } else {
            Err(Error::internal(format!("{changed} rows were changed instead of {expected}")))
        }
    }
}

/// In one statement, for the price of one round trip.
async fn together(txn: &Txn, steps: &[Step], values: Vec<Value>) -> Result<u64> {
    let (parts, counts): (Vec<_>, Vec<_>) = (1..)
        .zip(steps)
        .map(|(number, Step { sql, .. })| {
            (format!("step_{number} AS ({sql} RETURNING 1)"), format!("(SELECT count(*) FROM step_{number})"))
        })
        .unzip();
    let sql = format!("WITH {} SELECT {}", parts.join(", "), counts.join(" + "));
    let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
    let changed = txn.run(async {
        let row = txn.db().query_one_raw(statement).await?;
        row.map(|row| row.try_get_by_index::<i64>(0)).transpose()
    });
    Ok(changed.await?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

async fn one_by_one(txn: &Txn, steps: Vec<Step>) -> Result<u64> {
    let mut changed: u64 = 0;
    for Step { sql, values } in steps {
        let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
        changed = changed.saturating_add(txn.run(txn.db().execute_raw(statement)).await?.rows_affected());
    }
    Ok(changed)
}
