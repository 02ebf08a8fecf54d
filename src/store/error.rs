//! Turns the driver's errors into errors of this program. This is the only place that does so.

use std::time::Duration;

use sea_orm::DbErr;
use sea_orm::sqlx::error::{DatabaseError, Error as SqlxError};
use sea_orm::sqlx::postgres::{PgDatabaseError, PgSeverity};
use sea_orm::sqlx::sqlite::SqliteError;

use super::driver_error::{database_error, no_tls, redacted, sqlx_error};
use crate::error::{BoxError, Damage, Error};

/// What a failed call means for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorClass {
    /// It met another write; again from the start it may succeed.
    Conflict,
    /// The key is taken.
    Duplicate,
    /// The database cannot answer now.
    Unavailable,
    /// A bug, a wrong setting, or broken data.
    Broken,
}

pub(super) fn from_db(error: DbErr) -> Error {
    match classify(&error) {
        // The lock on the customer comes before every key, so a taken key is a write that came
        // between in spite of it: judged anew like any other conflict.
        failure @ (ErrorClass::Conflict | ErrorClass::Duplicate) => {
            tracing::debug!(?failure, %error, "a write met another one");
            Error::Conflict
        }
        ErrorClass::Unavailable if is_damage(&error) && is_postgres(&error) => {
            Error::Unavailable(Some(Damage(redacted(error)).into()))
        }
        ErrorClass::Unavailable => match sqlx_error(&error).and_then(no_tls) {
            Some(why) => Error::Unavailable(Some(why.into())),
            None => Error::Unavailable(Some(redacted(error))),
        },
        ErrorClass::Broken => Error::Internal(redacted(error)),
    }
}

/// The error of a `COMMIT`: only an answer of the database itself tells that nothing was written.
pub(super) fn at_commit(error: DbErr) -> Error {
    match database_error(&error) {
        Some(answer) if surely_undone(answer) => from_db(error),
        _ => Error::CommitOutcomeUnknown(redacted(error)),
    }
}

/// The database did not answer in time.
pub(super) fn silent(limit: Duration) -> Error {
    Error::Unavailable(Some(silence(limit)))
}

pub(super) fn silence(limit: Duration) -> BoxError {
    format!("the database did not answer within {limit:?}").into()
}

/// Whether the database says that what it keeps is damaged.
pub(super) fn is_damage(error: &DbErr) -> bool {
    let Some(answer) = database_error(error) else { return false };
    match answer.try_downcast_ref::<PgDatabaseError>() {
        // data_corrupted, index_corrupted
        Some(answer) => matches!(answer.code(), "XX001" | "XX002"),
        // CORRUPT, NOTADB
        None => matches!(sqlite_code(answer), Some(11 | 26)),
    }
}

fn is_postgres(error: &DbErr) -> bool {
    database_error(error).is_some_and(|answer| answer.try_downcast_ref::<PgDatabaseError>().is_some())
}

/// Whether another process keeps SQLite's file to itself for now.
pub(super) fn is_locked(error: &DbErr) -> bool {
    database_error(error).and_then(sqlite_code) == Some(5)
}

fn classify(error: &DbErr) -> ErrorClass {
    match (error, sqlx_error(error)) {
        (DbErr::ConnectionAcquire(_), _) => ErrorClass::Unavailable,
        (_, Some(SqlxError::Configuration(_))) => ErrorClass::Broken,
        // Whatever keeps a connection from coming up, a wrong password too, may be put right
        // while we run.
        (DbErr::Conn(_), _) => ErrorClass::Unavailable,
        (_, Some(SqlxError::Database(answer))) => classify_answer(&**answer),
        (
            _,
            Some(
                SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed
                | SqlxError::BeginFailed,
            ),
        ) => ErrorClass::Unavailable,
        _ => ErrorClass::Broken,
    }
}

fn classify_answer(answer: &dyn DatabaseError) -> ErrorClass {
    if answer.is_unique_violation() {
        return ErrorClass::Duplicate;
    }
    if let Some(answer) = answer.try_downcast_ref::<PgDatabaseError>() {
        return classify_sqlstate(answer.code());
    }
    sqlite_code(answer).map_or(ErrorClass::Broken, classify_sqlite)
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn classify_sqlstate(code: &str) -> ErrorClass {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => ErrorClass::Conflict,
        // query_canceled: statement_timeout; read_only_sql_transaction: a standby;
        // idle_in_transaction_session_timeout, transaction_timeout
        "57014" | "25006" | "25P03" | "25P04" => ErrorClass::Unavailable,
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => ErrorClass::Unavailable,
        // connection_exception, insufficient_resources, operator_intervention, system_error
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => ErrorClass::Unavailable,
        _ => ErrorClass::Broken,
    }
}

/// By primary result code: <https://www.sqlite.org/rescode.html>
fn classify_sqlite(code: i32) -> ErrorClass {
    match code {
        // BUSY, LOCKED
        5 | 6 => ErrorClass::Conflict,
        // NOMEM, READONLY, INTERRUPT (over its time limit), IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOLFS, NOTADB
        7..=11 | 13..=15 | 22 | 26 => ErrorClass::Unavailable,
        _ => ErrorClass::Broken,
    }
}

/// Whether this answer to `COMMIT` says that the transaction was undone.
fn surely_undone(answer: &dyn DatabaseError) -> bool {
    if let Some(answer) = answer.try_downcast_ref::<PgDatabaseError>() {
        // A session that is ended while it commits may have committed; 40003 says so itself.
        return answer.severity() == PgSeverity::Error && answer.code() != "40003";
    }
    // BUSY, LOCKED, READONLY, FULL, CONSTRAINT. After IOERR a frame may have reached the log.
    sqlite_code(answer).is_some_and(|code| matches!(code, 5 | 6 | 8 | 13 | 19))
}

/// The primary code; the extended one has it in its low byte.
fn sqlite_code(answer: &dyn DatabaseError) -> Option<i32> {
    answer.try_downcast_ref::<SqliteError>()?;
    answer.code()?.parse::<i32>().ok().map(|extended| extended & 0xff)
}

#[cfg(test)]
mod tests {
    use sea_orm::RuntimeErr;

    use super::*;

    #[test]
    fn codes_mean_what_their_databases_say() {
        for (code, expected) in [
            ("40001", ErrorClass::Conflict),
            ("40P01", ErrorClass::Conflict),
            ("55P03", ErrorClass::Conflict),
            ("57014", ErrorClass::Unavailable),
            ("57P01", ErrorClass::Unavailable),
            ("57P03", ErrorClass::Unavailable),
            ("53300", ErrorClass::Unavailable),
            ("53100", ErrorClass::Unavailable),
            ("25006", ErrorClass::Unavailable),
            ("08006", ErrorClass::Unavailable),
            ("58030", ErrorClass::Unavailable),
            ("XX001", ErrorClass::Unavailable),
            ("XX000", ErrorClass::Broken),
            ("42P01", ErrorClass::Broken),
            ("25P02", ErrorClass::Broken),
            ("23514", ErrorClass::Broken),
        ] {
            assert_eq!(classify_sqlstate(code), expected, "{code}");
        }
        for (extended, expected) in [
            (5, ErrorClass::Conflict),
            (261, ErrorClass::Conflict),
            (517, ErrorClass::Conflict),
            (13, ErrorClass::Unavailable),
            (8, ErrorClass::Unavailable),
            (9, ErrorClass::Unavailable),
            (11, ErrorClass::Unavailable),
            (19, ErrorClass::Broken),
        ] {
            assert_eq!(classify_sqlite(extended & 0xff), expected, "{extended}");
        }
    }

    #[test]
    fn a_connection_lost_at_commit_leaves_the_outcome_open() {
        let lost = || {
            let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            DbErr::Query(RuntimeErr::SqlxError(SqlxError::Io(error).into()))
        };
        assert!(matches!(at_commit(lost()), Error::CommitOutcomeUnknown(_)));
        assert!(matches!(from_db(lost()), Error::Unavailable(Some(_))));
    }
}
