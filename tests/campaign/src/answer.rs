//! What an answer says of its write: it stands, it surely does not, or that is open. Anything else is a finding.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::LazyLock;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The published table: what does not stand in it must not be answered.
const TABLE: &str = include_str!("../../../docs/ERRORS.md");
const DOMAIN: &str = "entitled.v1";

/// One answer to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// OK: it is written, by this attempt or by one before (`replayed`), as these entries.
    Done { replayed: bool, entries: Vec<String> },
    /// Surely not written by this attempt, as `CODE REASON`.
    Refused { code: Code, text: String },
    /// It may be written or not.
    Open(String),
    /// Not what docs/ERRORS.md publishes, or a mistake of the server.
    Unclassified(String),
}

impl Answer {
    pub(crate) fn of(status: &Status) -> Self {
        let code = status.code();
        let details = status.get_error_details();
        let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) else {
            return match status.source() {
                // Made here, of an error of the connection.
                Some(_) => Self::Open(format!("no answer: {}", name(code))),
                None => Self::Unclassified(format!("{} without a reason: {}", name(code), status.message())),
            };
        };
        let text = format!("{} {}", name(code), info.reason);
        if code == Code::Internal || !is_published(code, &info.reason) {
            return Self::Unclassified(format!("{text}: {}", status.message()));
        }
        match info.reason.as_str() {
            "COMMIT_OUTCOME_UNKNOWN" => Self::Open(text),
            _ => Self::Refused { code, text },
        }
    }

    /// Whether the write was judged, so that the same again would be answered alike: no passing want of the store, of
    /// room or of time.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Done { .. } => true,
            Self::Refused { code, .. } => {
                matches!(code, Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound | Code::AlreadyExists)
            }
            Self::Open(_) | Self::Unclassified(_) => false,
        }
    }

    /// Whether the server did its work, if only by sending somebody away for lack of room.
    pub(crate) fn is_sign_of_life(&self) -> bool {
        self.is_final() || matches!(self, Self::Refused { code: Code::ResourceExhausted, .. })
    }
}

/// As it is written in the table: `InvalidArgument` is INVALID_ARGUMENT.
fn name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

fn is_published(code: Code, reason: &str) -> bool {
    static PUBLISHED: LazyLock<HashSet<(String, String)>> = LazyLock::new(|| published(TABLE));
    // The reason may be any code of a clause; these are data of the catalogue.
    code == Code::FailedPrecondition || PUBLISHED.contains(&(name(code), reason.to_owned()))
}

/// The rows `| STATUS | `REASON` `REASON` | …`.
fn published(table: &str) -> HashSet<(String, String)> {
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
        Some((cells.next()?.to_owned(), cells.next()?))
    });
    rows.flat_map(|(status, reasons)| {
        let reasons = reasons.split('`').skip(1).step_by(2);
        reasons.map(move |reason| (status.clone(), reason.to_owned())).collect::<Vec<_>>()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn text(code: Code, reason: &str) -> Answer {
        let details = ErrorDetails::with_error_info(reason, DOMAIN, []);
        Answer::of(&Status::with_error_details(code, "a text", details))
    }

    #[test]
    fn only_an_unknown_outcome_is_open() {
        assert!(matches!(text(Code::Unavailable, "COMMIT_OUTCOME_UNKNOWN"), Answer::Open(_)));
        assert!(matches!(text(Code::DeadlineExceeded, "COMMIT_OUTCOME_UNKNOWN"), Answer::Open(_)));
        for (code, reason) in [
            (Code::Unavailable, "STORE_UNAVAILABLE"),
            (Code::DeadlineExceeded, "DEADLINE_PASSED"),
            (Code::ResourceExhausted, "OVERLOADED"),
            (Code::Aborted, "WRITE_CONFLICT"),
        ] {
            let answer = text(code, reason);
            assert!(matches!(answer, Answer::Refused { .. }) && !answer.is_final(), "{answer:?}");
        }
    }

    #[test]
    fn a_judged_write_is_final() {
        assert!(text(Code::FailedPrecondition, "HOURS_EXHAUSTED").is_final());
        assert!(text(Code::InvalidArgument, "REQUEST_ID_REUSED").is_final());
        assert!(Answer::Done { replayed: true, entries: Vec::new() }.is_final());
    }

    #[test]
    fn what_the_table_does_not_have_is_unclassified() {
        for answer in [
            text(Code::Internal, "INTERNAL"),
            text(Code::Internal, "RECORD_UNREADABLE"),
            text(Code::Aborted, "STORE_UNAVAILABLE"),
            text(Code::Unknown, "COMMIT_OUTCOME_UNKNOWN"),
            Answer::of(&Status::unavailable("without a reason")),
            Answer::of(&Status::unknown("nobody knows")),
        ] {
            assert!(matches!(answer, Answer::Unclassified(_)), "{answer:?}");
        }
    }

    #[test]
    fn a_broken_connection_leaves_it_open() {
        let broken = Status::from_error(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        assert!(matches!(Answer::of(&broken), Answer::Open(_)));
    }
}
