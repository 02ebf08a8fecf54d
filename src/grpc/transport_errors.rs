//! Gives the errors that the transport finds before a handler runs the form of this API: a published reason, and a code
//! of the table of errors.

use std::collections::HashMap;
use std::convert;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Map;
use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::{Layer, Service};

use super::status::{DOMAIN, RETRY_SOON};

/// The largest message a caller may send.
pub const MESSAGE_LIMIT: usize = 1 << 20;

/// Wraps every call.
#[derive(Debug, Clone, Copy)]
pub struct TransportErrors;

impl<S> Layer<S> for TransportErrors {
    type Service = Translate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Translate { inner }
    }
}

/// The service made by [`TransportErrors`].
#[derive(Debug, Clone)]
pub struct Translate<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Translate<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Map<S::Future, fn(Result<Response<Body>, S::Error>) -> Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Health and reflection are not of this API: their errors stay as their standards have them.
        let is_ours = !request.uri().path().starts_with("/grpc.");
        self.inner.call(request).map(if is_ours { in_our_words } else { convert::identity })
    }
}

fn in_our_words<E>(answer: Result<Response<Body>, E>) -> Result<Response<Body>, E> {
    answer.map(|response| translated(&response).map_or(response, Status::into_http))
}

/// A status of ours carries details; one without them is the transport's.
fn translated(response: &Response<Body>) -> Option<Status> {
    let headers = response.headers();
    let code = headers.get("grpc-status")?;
    if headers.contains_key("grpc-status-details-bin") {
        return None;
    }
    let is = |wanted: Code| HeaderValue::from(i32::from(wanted)) == *code;
    if is(Code::OutOfRange) {
        return Some(message_too_large());
    }
    // No message, half of one, a frame it cannot read, bytes that are no message.
    if is(Code::Internal) {
        return Some(malformed("the bytes sent are not a message of this call"));
    }
    if is(Code::Unimplemented) {
        return Some(unknown_method());
    }
    None
}

/// What was sent is no call, or no message of one.
pub fn malformed(message: &str) -> Status {
    refusal(Code::InvalidArgument, "MESSAGE_MALFORMED", message.to_owned(), [])
}

/// The message is larger than any may be, as it was sent or expanded.
pub fn message_too_large() -> Status {
    refusal(
        Code::ResourceExhausted,
        "MESSAGE_TOO_LARGE",
        format!("the message is larger than {MESSAGE_LIMIT} bytes; send less at once"),
        [("limit_bytes", MESSAGE_LIMIT.to_string())],
    )
}

/// The message is compressed in a way that is not known here.
pub fn encoding_unsupported() -> Status {
    let told = "messages are taken plain, or compressed by gzip or zstd".to_owned();
    refusal(Code::Unimplemented, "ENCODING_UNSUPPORTED", told, [])
}

/// There is no such call.
pub(super) fn unknown_method() -> Status {
    refusal(Code::Unimplemented, "METHOD_UNKNOWN", "this server has no such call".to_owned(), [])
}

/// There is no room for the call, its message or its answer. Of a write this is said only where
/// nothing was written.
pub fn overloaded() -> Status {
    retry(Code::ResourceExhausted, "OVERLOADED", "the server has too much to do; nothing was written")
}

/// The same as a response, made once: under overload it is given to most calls.
pub fn overloaded_response() -> Response<Body> {
    static MADE: LazyLock<HeaderMap> = LazyLock::new(|| overloaded().into_http::<Body>().into_parts().0.headers);
    let mut response = Response::new(Body::default());
    response.headers_mut().clone_from(&MADE);
    response
}

/// The server stops.
pub fn draining() -> Status {
    retry(Code::Unavailable, "DRAINING", "this server is stopping; another one will answer")
}

/// The connection goes; its client opens another, and the stream there.
pub fn connection_aged() -> Status {
    retry(Code::Unavailable, "DRAINING", "this connection has reached its age; go on with another one")
}

/// A call panicked. The panic itself is in the log, told by the hook of `telemetry`.
pub fn internal_error() -> Status {
    refusal(Code::Internal, "INTERNAL", "internal error".to_owned(), [])
}

/// A stream was open for as long as one may be.
pub fn out_of_time() -> Status {
    refusal(Code::DeadlineExceeded, "DEADLINE_PASSED", "the stream was open for too long; open another".to_owned(), [])
}

/// This caller makes more calls a second than it may.
pub fn rate_limited(wait: Duration, calls_per_second: NonZeroU32) -> Status {
    let told = format!("you may make {calls_per_second} calls of this kind a second; nothing was written");
    let metadata = [("limit_per_second".to_owned(), calls_per_second.to_string())];
    let mut details = ErrorDetails::with_error_info("RATE_LIMITED", DOMAIN, HashMap::from(metadata));
    details.set_retry_info(Some(wait));
    Status::with_error_details(Code::ResourceExhausted, told, details)
}

fn retry(code: Code, reason: &str, message: &str) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_SOON));
    Status::with_error_details(code, message, details)
}

fn refusal<const N: usize>(code: Code, reason: &str, message: String, metadata: [(&str, String); N]) -> Status {
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}
