//! Changes of many rows, written together.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};
use serde::Serialize;

use super::Txn;
use super::rows::parameter;
use crate::error::{Error, Result};

/// Statements over [`given`](super::rows::given) rows, each of which changes one row for each of them. No step sees
/// what another one changes.
#[derive(Debug)]
pub struct Steps {
    backend: DbBackend,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    /// Its rows are `$1`.
    sql: String,
    rows: Value,
    count: u64,
}

impl Steps {
    /// None yet, to be run in this transaction.
    pub fn of(txn: &Txn) -> Self {
        Self { backend: txn.backend(), steps: Vec::new() }
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.backend
    }

    pub(super) fn push<T: Serialize>(&mut self, sql: String, rows: &[T]) -> Result<()> {
        if !rows.is_empty() {
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            self.steps.push(Step { sql, rows: parameter(rows)?, count });
        }
        Ok(())
    }

    /// Carries all of them out. That each has met all its rows is part of the promise: a use without its block's
    /// new balance would be a lost hour.
    pub async fn run_in_txn(self, txn: &Txn) -> Result<()> {
        let expected = self.steps.iter().fold(0, |sum: u64, step| sum.saturating_add(step.count));
        let changed = match self.backend {
            _ if self.steps.is_empty() => 0,
            DbBackend::Postgres => together(txn, self.steps).await?,
            _ => one_by_one(txn, self.steps).await?,
        };
        if changed == expected {
            Ok(())
        } else {
            Err(Error::internal(format!("{changed} rows were changed instead of {expected}")))
        }
    }
}

/// In one statement, for the price of one round trip.
async fn together(txn: &Txn, steps: Vec<Step>) -> Result<u64> {
    let (mut parts, mut counts, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (number, Step { sql, rows, .. }) in (1..).zip(steps) {
        parts.push(format!("step_{number} AS ({} RETURNING 1)", sql.replace("$1", &format!("${number}"))));
        counts.push(format!("(SELECT count(*) FROM step_{number})"));
        values.push(rows);
    }
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
    for Step { sql, rows, .. } in steps {
        let statement = Statement::from_sql_and_values(txn.backend(), sql, [rows]);
        changed = changed.saturating_add(txn.run(txn.db().execute_raw(statement)).await?.rows_affected());
    }
    Ok(changed)
}
