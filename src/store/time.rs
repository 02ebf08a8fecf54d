//! Instants as both databases keep them: microseconds since 1970.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, DbErr, FromQueryResult, Statement};

use super::Txn;
use crate::error::{Error, Result};

/// In what steps a customer's row tells when it changed.
pub(super) const CHANGE_STEP: Duration = Duration::from_secs(5);

/// The database's own clock, as an SQL expression. PostgreSQL's runs on within a transaction.
pub(super) fn clock(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        // SQLite counts milliseconds, as a floating point number of seconds.
        _ => "CAST(ROUND(unixepoch('now', 'subsec') * 1000) AS INTEGER) * 1000",
    }
}

/// When a change is made, as the customer's row tells it: the clock, rounded down to whole [`CHANGE_STEP`]s. A customer
/// that changes again within the step keeps its place in the index, so that PostgreSQL writes the row and no index.
pub(super) fn change_time(backend: DbBackend) -> String {
    let step = CHANGE_STEP.as_micros();
    format!("({}) / {step} * {step}", clock(backend))
}

/// The time of a write, by the clock that all who write to the database have in common: its own. `own` on SQLite, which
/// has one process and no other clock, and tells milliseconds only.
pub async fn time_in_txn(txn: &Txn, own: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let backend = txn.backend();
    if backend != DbBackend::Postgres {
        return Ok(own);
    }
    let statement = Statement::from_string(backend, format!("SELECT {} AS now", clock(backend)));
    let row = txn.run(TimeRow::find_by_statement(statement).one(txn.db())).await?;
    let row = row.ok_or_else(|| Error::internal("the database told no time"))?;
    from_micros(row.now).map_err(|error| Error::Internal(error.into()))
}

#[derive(Debug, FromQueryResult)]
struct TimeRow {
    now: i64,
}

pub(super) fn from_micros(micros: i64) -> Result<DateTime<Utc>, DbErr> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| DbErr::Type(format!("no instant: {micros} µs")))
}
