//! The cause of an error, at the end of its chain of sources.

use std::error::Error;
use std::io;

/// The error at the end of the chain of sources.
pub(super) fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// The message of the last source alone, such as `connection refused`.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let cause = root(error);
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        _ => cause.to_string(),
    }
}
