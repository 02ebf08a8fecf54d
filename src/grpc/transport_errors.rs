//! Gives the errors that the transport finds before a handler runs the form of this API: a published reason, and a code
//! of the table of errors.

use std::convert;
use std::sync::LazyLock;
use std::task::{Context, Poll};

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
        return Some(refusal(
            Code::ResourceExhausted,
            "MESSAGE_TOO_LARGE",
            format!("the message is larger than {MESSAGE_LIMIT} bytes; send less at once"),
            [("limit_bytes", MESSAGE_LIMIT.to_string())],
        ));
    }
    // No message, half of one, a frame it cannot read, bytes that are no message.
    if is(Code::Internal) {
        return Some(malformed("the bytes sent are not a message of this call"));
    }
    if is(Code::Unimplemented) {
        return Some(match headers.get("grpc-accept-encoding") {
            Some(_) => refusal(
                Code::Unimplemented,
                "ENCODING_UNSUPPORTED",
                "messages are not taken in this encoding".to_owned(),
                [],
            ),
            None => unknown_method(),
        });
    }
    None
}

/// What was sent is no call, or no message of one.
pub fn malformed(message: &str) -> Status {
    refusal(Code::InvalidArgument, "MESSAGE_MALFORMED", message.to_owned(), [])
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

/// A stream was open for as long as one may be.
pub fn out_of_time() -> Status {
    refusal(Code::DeadlineExceeded, "DEADLINE_PASSED", "the stream was open for too long; open another".to_owned(), [])
}

fn retry(code: Code, reason: &str, message: &str) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, std::collections::HashMap::new());
    details.set_retry_info(Some(RETRY_SOON));
    Status::with_error_details(code, message, details)
}

fn refusal<const N: usize>(code: Code, reason: &str, message: String, metadata: [(&str, String); N]) -> Status {
    let metadata =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<std::collections::HashMap<_, _>>();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}
