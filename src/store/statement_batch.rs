//! Collects changes of many rows and writes them together.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};

use super::Txn;
use super::column_batch::ColumnBatch;
use crate::error::{Error, Result};

/// Statements, each over the rows of a [`ColumnBatch`]: for each of those it changes one row. No statement sees what another one
/// changes.
#[derive(Debug)]
pub struct StatementBatch {
    backend: DbBackend,
    /// On PostgreSQL they share `values`, elsewhere each has its own.
    statements: Vec<SqlStatement>,
    values: Vec<Value>,
    /// How many rows are to be changed in all.
    expected: u64,
}

#[derive(Debug)]
struct SqlStatement {
    sql: String,
    values: Vec<Value>,
    /// Whether it must change a row for each of those given.
    is_counted: bool,
}

impl StatementBatch {
    /// None yet, to be run in this transaction.
    pub fn of(txn: &Txn) -> Self {
        Self { backend: txn.backend(), statements: Vec::new(), values: Vec::new(), expected: 0 }
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Adds a statement over rows, which it finds as the relation it is told; none if there are no rows.
    pub(super) fn push(&mut self, rows: ColumnBatch, sql: impl FnOnce(&str) -> String) -> Result<()> {
        self.expected = self.expected.saturating_add(u64::try_from(rows.count()).unwrap_or(u64::MAX));
        self.add(rows, sql, true)
    }

    /// Adds one that changes as many rows as it finds.
    pub(super) fn push_any(&mut self, rows: ColumnBatch, sql: impl FnOnce(&str) -> String) -> Result<()> {
        self.add(rows, sql, false)
    }

    fn add(&mut self, rows: ColumnBatch, sql: impl FnOnce(&str) -> String, is_counted: bool) -> Result<()> {
        if rows.count() == 0 {
            return Ok(());
        }
        let mut own = Vec::new();
        let values = if self.backend == DbBackend::Postgres { &mut self.values } else { &mut own };
        let sql = sql(&rows.given(self.backend, values)?);
        self.statements.push(SqlStatement { sql, values: own, is_counted });
        Ok(())
    }

    /// Carries all of them out. That each has met all its rows is part of the promise: a use without its block's
    /// new balance would be a lost hour.
    pub async fn run_in_txn(self, txn: &Txn) -> Result<()> {
        let changed = match self.backend {
            _ if self.statements.is_empty() => 0,
            DbBackend::Postgres => together(txn, &self.statements, self.values).await?,
            _ => one_by_one(txn, self.statements).await?,
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
async fn together(txn: &Txn, statements: &[SqlStatement], values: Vec<Value>) -> Result<u64> {
    let numbered = || (1..).zip(statements);
    let parts = numbered()
        .map(|(number, SqlStatement { sql, .. }): (usize, _)| format!("step_{number} AS ({sql} RETURNING 1)"));
    let with_count = numbered().filter(|(_, statement)| statement.is_counted);
    let counts = with_count.map(|(number, _)| format!("(SELECT count(*) FROM step_{number})"));
    let counts: Vec<_> = std::iter::once("0".to_owned()).chain(counts).collect();
    let sql = format!("WITH {} SELECT {}", parts.collect::<Vec<_>>().join(", "), counts.join(" + "));
    let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
    let changed = txn.run(async {
        let row = txn.db().query_one_raw(statement).await?;
        row.map(|row| row.try_get_by_index::<i64>(0)).transpose()
    });
    Ok(changed.await?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

async fn one_by_one(txn: &Txn, statements: Vec<SqlStatement>) -> Result<u64> {
    let mut changed: u64 = 0;
    for SqlStatement { sql, values, is_counted } in statements {
        let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
        let rows = txn.run(txn.db().execute_raw(statement)).await?.rows_affected();
        changed = changed.saturating_add(if is_counted { rows } else { 0 });
    }
    Ok(changed)
}
