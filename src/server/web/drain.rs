//! The rest of a request over HTTP/1.1.
//!
//! A call can be refused before its request is read to the end. HTTP/2 then ends one stream. On HTTP/1.1 the server would
//! have to close the connection, and a browser that is still sending loses the refusal with it: its page is told of a
//! network error. So the rest is read first, and thrown away, as long as it is short.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Request, Response, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use prost::bytes::Bytes;
use tonic::body::Body;
use tower::Service;

/// How much of a request is read after its answer is known: four times the largest message.
const LONGEST: usize = 4 << 20;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct DrainRequest<S>(pub(super) S);

impl<S, B> Service<Request<B>> for DrainRequest<S>
where
    S: Service<Request<SharedBody<B>>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>,
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let is_http1 = request.version() < Version::HTTP_2;
        let request = request.map(|body| SharedBody(Arc::new(Mutex::new(body))));
        let rest = is_http1.then(|| SharedBody(Arc::clone(&request.body().0)));
        let call = self.0.call(request);
        Box::pin(async move {
            let response = call.await;
            if let Some(rest) = rest {
                // Whoever sends more, or too slowly, may lose the answer.
                let _ = tokio::time::timeout(PATIENCE, drain(rest)).await;
            }
            response
        })
    }
}

async fn drain<B>(mut rest: SharedBody<B>)
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut left = LONGEST;
    while left > 0 && !rest.is_end_stream() {
        let Some(Ok(frame)) = rest.frame().await else { return };
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

/// A body that one reads after the other.
#[derive(Debug)]
pub(super) struct SharedBody<B>(Arc<Mutex<B>>);

impl<B> http_body::Body for SharedBody<B>
where
    B: http_body::Body + Unpin,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
