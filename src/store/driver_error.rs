//! Looks into the errors of the driver, and says how much of them may be answered and logged.

use rustls::{CertificateError, Error as TlsError};
use sea_orm::sqlx::error::{DatabaseError, Error as SqlxError};
use sea_orm::sqlx::postgres::{PgDatabaseError, PgSeverity};
use sea_orm::{DbErr, RuntimeErr};

use crate::error::{BoxError, NoTls};

/// The answer of the database, if the error is one.
pub(super) fn database_error(error: &DbErr) -> Option<&dyn DatabaseError> {
    match sqlx_error(error)? {
        SqlxError::Database(answer) => Some(&**answer),
        _ => None,
    }
}

pub(super) fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The error as it may be answered and logged.
///
/// If PostgreSQL ended a session or refused one, its message names the user and the database, which are parts of the URL.
/// The error then has a message of ours; PostgreSQL's own log has the original one.
pub(super) fn redacted(error: DbErr) -> BoxError {
    let answer = database_error(&error).and_then(|answer| answer.try_downcast_ref::<PgDatabaseError>());
    match answer.filter(|answer| matches!(answer.severity(), PgSeverity::Fatal | PgSeverity::Panic)) {
        Some(answer) => format!("{} (SQLSTATE {})", words(answer.code()), answer.code()).into(),
        None => error.into(),
    }
}

/// Why there is no TLS connection. What TLS itself says names the host, which is a part of the URL.
pub(super) fn no_tls(error: &SqlxError) -> Option<NoTls> {
    let why = match error {
        SqlxError::Tls(why) if why.to_string() == "server does not support TLS" => "the server speaks none",
        SqlxError::Tls(_) => "the files or the host of the URL cannot be used for it",
        SqlxError::Io(error) => match error.get_ref()?.downcast_ref()? {
            TlsError::InvalidCertificate(why) => of_certificate(why),
            TlsError::AlertReceived(_) => "the server ends the handshake; is `sslcert` the certificate it asks for?",
            _ => "the handshake failed",
        },
        _ => return None,
    };
    Some(NoTls(why))
}

fn of_certificate(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is signed neither by the authority of `sslrootcert` nor by a public one"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is not for the host that the URL names"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the server's certificate has expired",
        _ => "the server's certificate cannot be trusted",
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
