//! Instants as both databases keep them: microseconds since 1970.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, DbErr};

/// The database's own clock, as an SQL expression. PostgreSQL's runs on within a transaction.
pub fn clock(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        // SQLite counts milliseconds, as a floating point number of seconds.
        _ => "CAST(ROUND(unixepoch('now', 'subsec') * 1000) AS INTEGER) * 1000",
    }
}

pub fn from_micros(micros: i64) -> Result<DateTime<Utc>, DbErr> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| DbErr::Type(format!("no instant: {micros} µs")))
}
