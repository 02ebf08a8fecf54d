//! Why PostgreSQL ends a session or refuses one, without PostgreSQL's message. The message names the user and the
//! database, which are parts of the URL; PostgreSQL's own log has it.

use sea_orm::DbErr;
use sea_orm::sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::error::database_error;
use crate::error::BoxError;

/// The error as it may be told and logged.
pub(super) fn untold(error: DbErr) -> BoxError {
    let answer = database_error(&error).and_then(|answer| answer.try_downcast_ref::<PgDatabaseError>());
    match answer.filter(|answer| matches!(answer.severity(), PgSeverity::Fatal | PgSeverity::Panic)) {
        Some(answer) => format!("{} (SQLSTATE {})", words(answer.code()), answer.code()).into(),
        None => error.into(),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn words(code: &str) -> &'static str {
    match code {
        "3D000" => "the database server has no database of this name",
        "42501" => "the database server does not let this user into the database",
        "53300" => "the database server has no connection left",
        "57P01" | "57P02" => "the database server ended the session",
        "57P03" => "the database server is starting or stopping",
        _ if code.starts_with("28") => "the database server refuses this user or password",
        _ => "the database server refuses the session",
    }
}
