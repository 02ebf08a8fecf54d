//! Why a command fails, its message and its exit status.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use tonic::{Code, Status};

use super::render::{problem, status};
use super::screen::{Screen, Tone};
use super::{Format, exit};
use crate::catalog::CatalogError;
use crate::config::ConfigMistakes;
use crate::error::{BoxError, Error as ServiceError};
use crate::legible::{lines, shown};

/// Why a command has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command was given something it cannot work with.
    Usage(String),
    /// Nothing answers at the address.
    Unreachable {
        address: String,
        cause: String,
    },
    /// There is no TLS connection; the cause says what to do.
    Tls {
        address: String,
        cause: String,
    },
    /// The server refused, or broke.
    Status(Box<Status>),
    /// It is not known what became of the write of this request id.
    Unsettled {
        status: Box<Status>,
        request_id: String,
    },
    Other(BoxError),
}

impl Failure {
    /// Of a write.
    pub(super) fn of_write(status: Status, request_id: &str) -> Self {
        if status::is_refusal(&status) {
            return status.into();
        }
        Self::Unsettled { status: Box::new(status), request_id: request_id.to_owned() }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(exit::USAGE),
            Self::Unreachable { .. } | Self::Tls { .. } => ExitCode::from(exit::UNREACHABLE),
            Self::Status(status) => ExitCode::from(status::exit_status(status)),
            Self::Unsettled { .. } => ExitCode::from(exit::UNSETTLED),
            Self::Other(_) => ExitCode::FAILURE,
        }
    }

    /// As the answers are written.
    pub(super) fn told(&self, format: Format, screen: &Screen) -> String {
        match format {
            Format::Table => self.text(screen),
            Format::Json => self.json(),
        }
    }

    /// A `google.rpc.Status`. What this program tells itself has reasons of its own.
    pub(super) fn json(&self) -> String {
        let own = |code, message: &str, reason, metadata: &[(&str, &str)]| {
            problem::json(&problem::own(code, message, reason, metadata), |_| None)
        };
        match self {
            Self::Usage(message) => own(Code::InvalidArgument, message, "USAGE", &[]),
            Self::Unreachable { address, cause } => {
                own(Code::Unavailable, cause, "UNREACHABLE", &[("address", address)])
            }
            Self::Tls { address, cause } => own(Code::Unavailable, cause, "NO_TLS", &[("address", address)]),
            Self::Status(status) => problem::json(status, |_| None),
            Self::Unsettled { status, request_id } => problem::unsettled(status, request_id),
            Self::Other(cause) => own(Code::Unknown, &chain(cause.as_ref()), "CLIENT_FAILED", &[]),
        }
    }

    /// One block that says what is wrong and what to do next.
    pub(super) fn text(&self, screen: &Screen) -> String {
        let error = screen.paint(Tone::Bad, "error:");
        match self {
            Self::Usage(message) => {
                message.lines().map(|line| format!("{error} {}", shown(line))).collect::<Vec<_>>().join("\n")
            }
            Self::Unreachable { address, cause } => format!(
                "{error} no server answers at {}: {}\n\n  \
                 start one with `entitled serve --demo`, or name another with --address or ENTITLED_ADDRESS",
                shown(address),
                shown(cause)
            ),
            Self::Tls { address, cause } => {
                format!("{error} no secure connection to {}: {}", shown(address), shown(cause))
            }
            Self::Status(refusal) => status::text(refusal, screen, |_| None),
            Self::Unsettled { status, request_id } => {
                let repeat = "send the same again with this id: it is not applied twice";
                status::unsettled(status, screen, &format!("{repeat}\n\n  --request-id {}", shown(request_id)))
            }
            Self::Other(cause) => format!("{error} {}", lines(&chain(cause.as_ref()))),
        }
    }
}

/// An error and what caused it, each thing once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<BoxError> for Failure {
    fn from(error: BoxError) -> Self {
        // A catalogue that cannot be read is a setting that does not do, and so is a certificate.
        match error.downcast::<CatalogError>() {
            Ok(mistakes) => Self::Usage(mistakes.to_string()),
            Err(error) => match error.downcast::<ConfigMistakes>() {
                Ok(mistakes) => Self::Usage(mistakes.to_string()),
                Err(error) => Self::Other(error),
            },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Other(error.into())
    }
}

#[cfg(test)]
mod tests;
