//! Instants as both databases keep them: microseconds since 1970.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, DbErr};

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

pub(super) fn from_micros(micros: i64) -> Result<DateTime<Utc>, DbErr> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| DbErr::Type(format!("no instant: {micros} µs")))
}
