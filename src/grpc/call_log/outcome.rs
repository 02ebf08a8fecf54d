//! How a call ended, read off the headers or trailers that tell its caller.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderValue};
use prost::Message as _;
use tonic::Code;
use tonic_types::pb::Status;

use crate::grpc::request_id;

const STATUS: &str = "grpc-status";
const DETAILS: &str = "grpc-status-details-bin";
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub code: Code,
    /// Of `ErrorInfo`, where there is one.
    pub reason: Option<String>,
}

impl Outcome {
    /// The client went away before there was a status.
    pub(super) const CANCELLED: Self = Self { code: Code::Cancelled, reason: None };
}

/// The status, if the headers have one. The `ErrorInfo` of an error is given the id of the call here, whatever layer the
/// error is of.
pub(super) fn read(headers: &mut HeaderMap, id: &HeaderValue) -> Option<Outcome> {
    let code = Code::from_bytes(headers.get(STATUS)?.as_bytes());
    if code == Code::Ok {
        return Some(Outcome { code, reason: None });
    }
    let told = headers.get(DETAILS).and_then(|details| with_id(details, id));
    let reason = told.map(|(details, reason)| {
        headers.insert(DETAILS, details);
        reason
    });
    Some(Outcome { code, reason })
}

/// The details with the id in them, and the reason they give.
fn with_id(details: &HeaderValue, id: &HeaderValue) -> Option<(HeaderValue, String)> {
    let mut status = Status::decode(BASE64.decode(details.as_bytes()).ok()?.as_slice()).ok()?;
    let reason = request_id::put_into(&mut status, id)?;
    let details = HeaderValue::try_from(BASE64.encode(status.encode_to_vec())).ok()?;
    Some((details, reason))
}

/// As the specification of gRPC has it.
pub(super) fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Whether the server, and not its caller, is to blame: as the semantic conventions for servers have it.
pub(super) fn is_server_error(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;
    use crate::error::Error;

    const ID: HeaderValue = HeaderValue::from_static("case-4711");

    #[test]
    fn an_error_tells_its_reason_and_is_given_the_id() {
        let error = Error::RequestIdReused { request_id: "r".to_owned() };
        let mut headers = tonic::Status::from(error).into_http::<tonic::body::Body>().headers().clone();
        let outcome = read(&mut headers, &ID);
        assert_eq!(
            outcome,
            Some(Outcome { code: Code::InvalidArgument, reason: Some("REQUEST_ID_REUSED".to_owned()) })
        );
        let told = tonic::Status::from_header_map(&headers).unwrap();
        let info = told.get_details_error_info().unwrap();
        assert_eq!((info.metadata["x_request_id"].as_str(), info.metadata["request_id"].as_str()), ("case-4711", "r"));
        assert!(told.get_details_bad_request().is_some(), "the other details stay");
    }

    #[test]
    fn without_details_there_is_no_reason_and_without_a_status_no_outcome() {
        let headers = |status| HeaderMap::from_iter([(STATUS.parse().unwrap(), HeaderValue::from_static(status))]);
        assert_eq!(read(&mut headers("5"), &ID), Some(Outcome { code: Code::NotFound, reason: None }));
        assert_eq!(read(&mut headers("0"), &ID), Some(Outcome { code: Code::Ok, reason: None }));
        assert_eq!(read(&mut HeaderMap::new(), &ID), None);
        let mut unreadable = headers("13");
        unreadable.insert(DETAILS, HeaderValue::from_static("%%%"));
        assert_eq!(read(&mut unreadable, &ID), Some(Outcome { code: Code::Internal, reason: None }));
        assert_eq!(unreadable[DETAILS], "%%%");
    }
}
