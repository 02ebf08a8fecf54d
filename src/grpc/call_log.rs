//! Follows every call from its first byte to its status: one line of the log for it, and its id to its caller.
//!
//! The status is in the trailers or, where there is no message, in the headers; of a call whose client went away there
//! is none. Nothing here waits for a log that is slow ([`telemetry`](crate::telemetry)).

mod body;
mod outcome;
mod record;

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{HeaderName, Request, Response};
use prost::bytes::Bytes;
use tonic::body::Body;
use tower::Service;

use self::body::{Received, Sent};
use self::record::CallRecord;
use super::method::Method;
use super::request_id::{self, RequestId};
use crate::telemetry::Telemetry;

/// Wraps every call of one connection.
#[derive(Debug, Clone)]
pub struct CallLog<S> {
    inner: S,
    telemetry: Arc<Telemetry>,
    peer: Option<SocketAddr>,
}

impl<S> CallLog<S> {
    /// `peer`: who is at the other end, if that is known.
    pub fn new(inner: S, telemetry: Arc<Telemetry>, peer: Option<SocketAddr>) -> Self {
        Self { inner, telemetry, peer }
    }
}

impl<S, B> Service<Request<B>> for CallLog<S>
where
    S: Service<Request<Received<B>>, Response = Response<Body>, Future: Send + 'static>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let method = Method::of(request.uri().path());
        let id = request_id::of_call(request.headers());
        request.extensions_mut().insert(RequestId(id.clone()));
        let trace = self.telemetry.traces.call(method.name, request.headers());
        let mut record = CallRecord::begin(&self.telemetry, method, id.clone(), self.peer, trace);
        let facts = record.facts();
        let counted = Arc::clone(&facts);
        let call = facts.sync_scope(|| self.inner.call(request.map(|body| Received::new(body, counted))));
        let call = facts.scope(call);
        Box::pin(async move {
            let mut response = call.await?;
            if let Some(outcome) = outcome::read(response.headers_mut(), &id) {
                record.end(&outcome);
            }
            response.headers_mut().insert(HeaderName::from_static(request_id::HEADER), unindexed(id));
            Ok(response.map(|body| Body::new(Sent::new(body, record))))
        })
    }
}

/// A value that no other call has: HPACK's table of headers that repeat is no place for it.
fn unindexed(mut value: http::HeaderValue) -> http::HeaderValue {
    value.set_sensitive(true);
    value
}
