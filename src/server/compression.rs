//! Messages compressed by gzip or zstd.
//!
//! tonic could do this, but it would not count what a message expands to, and it would compress every answer. Here the
//! expanded bytes count as the other bytes of a request do ([`RequestBytes`]), and only large answers are compressed: an
//! answer to a check is smaller than what it would cost to compress it.

mod encoding;

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Either};
use futures_util::stream;
use http::{HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt as _, BodyStream, Full, StreamBody};
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use self::encoding::{Encoding, ExpandError};
use super::connection::RequestBytes;
use crate::grpc::{MESSAGE_LIMIT, encoding_unsupported, malformed, message_too_large, overloaded, read_request};

const ENCODING: &str = "grpc-encoding";
const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Answers below this are sent as they are, in bytes.
const LARGE: usize = 8 << 10;

/// Wraps the calls of this API. The standard services read names, and answer shortly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compression;

impl<S> Layer<S> for Compression {
    type Service = Expanded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Expanded { inner }
    }
}

/// The service made by [`Compression`].
#[derive(Debug, Clone)]
pub(super) struct Expanded<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Expanded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Self::Response, Self::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let headers = request.headers();
        let accepted = headers.get(ACCEPT_ENCODING).and_then(Encoding::first_of);
        let is_plain = accepted.is_none() && !headers.contains_key(ENCODING);
        if is_plain || request.uri().path().starts_with("/grpc.") {
            return Either::Left(self.inner.call(request));
        }
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        Either::Right(Box::pin(async move {
            let request = match expand(request).await {
                Ok(request) => request,
                Err(status) => return Ok(refusal(status)),
            };
            let response = ready.call(request).await?;
            Ok(match accepted {
                Some(encoding) => compress(response, encoding).await,
                None => response,
            })
        }))
    }
}

/// The request with its message as it was before it was compressed.
async fn expand(mut request: Request<Body>) -> Result<Request<Body>, Status> {
    let Some(named) = request.headers_mut().remove(ENCODING).filter(|name| name != "identity") else {
        return Ok(request);
    };
    let encoding = Encoding::named(named.as_bytes()).ok_or_else(encoding_unsupported)?;
    let (head, body) = request.into_parts();
    let sent = read_request(body).await?;
    if sent.len() > MESSAGE_LIMIT.saturating_add(PREFIX) {
        return Err(message_too_large());
    }
    let plain = match message_of(&sent) {
        Some((true, message)) => {
            let message = encoding.expand(message).map_err(|error| match error {
                ExpandError::TooLarge => message_too_large(),
                ExpandError::Malformed => malformed("the bytes sent are not compressed as `grpc-encoding` says"),
            })?;
            if head.extensions.get::<Arc<RequestBytes>>().is_some_and(|counted| !counted.grow(message.len())) {
                return Err(overloaded());
            }
            with_prefix(false, &message)
        }
        // Plain all the same, or no message: for the codec to judge.
        _ => sent,
    };
    Ok(Request::from_parts(head, Body::new(Full::new(plain))))
}

/// The answer with its message compressed, where that is worth it.
async fn compress(response: Response<Body>, encoding: Encoding) -> Response<Body> {
    // A refusal ends with its headers. gRPC's own clients take one that ends later for a broken stream.
    if response.body().is_end_stream() {
        return response;
    }
    let (mut head, mut body) = response.into_parts();
    let mut first = body.frame().await;
    if let Some(Ok(frame)) = &mut first
        && let Some(sent) = frame.data_ref()
        && sent.len() >= LARGE
        && let Some((false, message)) = message_of(sent)
        && let Ok(compressed) = encoding.compress(message)
    {
        head.headers.insert(ENCODING, HeaderValue::from_static(encoding.name()));
        *frame = Frame::data(with_prefix(true, &compressed));
    }
    let frames = stream::iter(first).chain(BodyStream::new(body));
    Response::from_parts(head, Body::new(StreamBody::new(frames)))
}

/// Whether the only message there is is compressed, and its bytes.
fn message_of(sent: &[u8]) -> Option<(bool, &[u8])> {
    let (prefix, message) = sent.split_at_checked(PREFIX)?;
    let [flag, length @ ..] = prefix else { return None };
    let length = u32::from_be_bytes(length.try_into().ok()?);
    (u32::try_from(message.len()).ok() == Some(length) && *flag <= 1).then_some((*flag == 1, message))
}

fn with_prefix(is_compressed: bool, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[u8::from(is_compressed)][..], &length, message].concat().into()
}

/// Each refusal tells what is taken, as the protocol asks for.
fn refusal(status: Status) -> Response<Body> {
    let mut response = status.into_http();
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip,zstd,identity"));
    response
}

#[cfg(test)]
mod tests;
