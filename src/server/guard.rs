//! What every call passes first. The guard checks that it is a gRPC call and that there is room for it, and makes sure
//! that it is answered whatever happens in it.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use prost::bytes::Bytes;
use tonic::body::Body;
use tower::Service;

use super::connection::{CallKind, CallPermit, Connection, RequestBytes};
use super::request_body::RequestBody;
use super::response_body;
use crate::error::BoxError;
use crate::grpc::{Peer, internal_error, is_read, malformed, overloaded_response, patience};
use crate::service::ledger::pause;

const CHECK_HEALTH: &str = "/grpc.health.v1.Health/Check";
const LEDGER: &str = "/entitled.v1.LedgerService/";
const WATCH_HEALTH: &str = "/grpc.health.v1.Health/Watch";
/// How long one may ask for reflection on one stream.
const REFLECTION: Duration = Duration::from_secs(60);

/// The guard of the calls of one connection.
#[derive(Debug, Clone)]
pub(super) struct CallGuard<S> {
    inner: S,
    peer: Peer,
    connection: Arc<Connection>,
}

impl<S> CallGuard<S> {
    pub(super) fn new(inner: S, peer: Peer, connection: Arc<Connection>) -> Self {
        Self { inner, peer, connection }
    }

    /// Whether this is a write of the ledger that would be answered too late. It is refused before its body is read: in
    /// overload most calls are refused, and what is spent on them is taken from the others.
    fn is_hopeless(&self, kind: CallKind, path: &str, headers: &HeaderMap) -> bool {
        let wait = &self.connection.limits.wait_of_writes;
        let is_write = kind == CallKind::Write && path.starts_with(LEDGER);
        is_write && patience(headers).is_some_and(|patience| wait.is_longer_than(patience))
    }
}

impl<S, B> Service<Request<B>> for CallGuard<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(refusal) = refused(&request) {
            return Box::pin(std::future::ready(Ok(refusal)));
        }
        let path = request.uri().path();
        let kind = kind_of(path);
        let Some(permit) = CallPermit::take(&self.connection, kind) else {
            return refuse_later(patience(request.headers()));
        };
        if self.is_hopeless(kind, path, request.headers()) {
            // A refusal takes no room from calls that are carried out.
            drop(permit);
            return refuse_later(patience(request.headers()));
        }
        let limit = (path != WATCH_HEALTH).then_some(REFLECTION);
        let limits = &self.connection.limits;
        let of_connection = self.connection.time_of_streams();
        let end = || (kind == CallKind::Stream).then(|| limits.end_of_stream(of_connection, limit));
        let (request_end, response_end) = (end(), end());
        // Health is answered whatever else there is room for; its messages are short.
        let request_bytes = (kind != CallKind::Probe).then(|| RequestBytes::new(&self.connection));
        let body_bytes = request_bytes.clone();
        request.extensions_mut().insert(self.peer.clone());
        if let Some(request_bytes) = &request_bytes {
            request.extensions_mut().insert(Arc::clone(request_bytes));
        }
        let call = self.inner.call(request.map(|body| Body::new(RequestBody::new(body, body_bytes, request_end))));
        let connection = Arc::clone(&self.connection);
        let answered = async move {
            let response = call.await.unwrap_or_else(|never| match never {});
            drop(request_bytes);
            response_body::limited(response, connection, permit, response_end).await
        };
        Box::pin(AssertUnwindSafe(answered).catch_unwind().map(|outcome| Ok(outcome.unwrap_or_else(panicked))))
    }
}

/// There is no room for a call. Its caller is told so after a pause: it may repeat it at once.
fn refuse_later(patience: Option<Duration>) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
    Box::pin(async move {
        tokio::time::sleep(pause(patience)).await;
        Ok(overloaded_response())
    })
}

/// A panic ends its own call, and no other.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    internal_error().into_http()
}

pub(super) fn kind_of(path: &str) -> CallKind {
    if path == CHECK_HEALTH {
        return CallKind::Probe;
    }
    if path.starts_with("/grpc.") {
        return CallKind::Stream;
    }
    if is_read(path) { CallKind::Read } else { CallKind::Write }
}

/// What is no call of gRPC: the status of HTTP says so, for clients that know no other.
fn refused<B>(request: &Request<B>) -> Option<Response<Body>> {
    if request.method() != Method::POST {
        let mut refusal = malformed("calls of gRPC are sent by POST").into_http();
        *refusal.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Some(refusal);
    }
    if !request.headers().get(CONTENT_TYPE).is_some_and(is_grpc) {
        let message = "the content type is neither `application/grpc` nor `application/grpc+proto`";
        let mut refusal = malformed(message).into_http();
        *refusal.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Some(refusal);
    }
    None
}

fn is_grpc(content_type: &HeaderValue) -> bool {
    const NAME: &[u8] = b"application/grpc";
    const PROTO: &[u8] = b"+proto";
    let text = content_type.as_bytes();
    let Some((name, rest)) = text.split_at_checked(NAME.len()) else { return false };
    let rest = match rest.split_at_checked(PROTO.len()) {
        Some((proto, rest)) if proto.eq_ignore_ascii_case(PROTO) => rest,
        _ => rest,
    };
    name.eq_ignore_ascii_case(NAME) && matches!(rest.first(), None | Some(b';' | b' '))
}

#[cfg(test)]
mod tests;
