//! The body of a request, counted as it is read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::Status;

use super::connection::RequestBytes;
use crate::error::BoxError;
use crate::grpc::overloaded;

/// A body that ends with an error where there is no room for it, or once its time has come.
pub(super) struct RequestBody<B> {
    body: B,
    /// None: it is not counted.
    request_bytes: Option<Arc<RequestBytes>>,
    end: Option<BoxFuture<'static, Status>>,
}

impl<B> RequestBody<B> {
    pub(super) fn new(
        body: B,
        request_bytes: Option<Arc<RequestBytes>>,
        end: Option<BoxFuture<'static, Status>>,
    ) -> Self {
        Self { body, request_bytes, end }
    }
}

impl<B> fmt::Debug for RequestBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("request_bytes", &self.request_bytes).finish_non_exhaustive()
    }
}

impl<B> http_body::Body for RequestBody<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let polled = polled.map_err(|error| Status::from_error(error.into()));
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
            && self.request_bytes.as_ref().is_some_and(|request_bytes| !request_bytes.grow(bytes.len()))
        {
            return Poll::Ready(Some(Err(overloaded())));
        }
        match (&mut self.end, polled) {
            (Some(end), Poll::Pending) => end.poll_unpin(context).map(|status| Some(Err(status))),
            (_, polled) => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use tonic::Code;
    use tonic::body::Body;

    use super::super::connection::Connection;
    use super::super::limits::Limits;
    use super::*;
    use crate::config::ServerSettings;

    #[tokio::test]
    async fn a_request_without_room_is_refused_where_it_is_counted() {
        let connection = Connection::new(Limits::new(&ServerSettings::default(), watch::channel(false).1));
        let others = RequestBytes::new(&connection);
        assert!(others.grow(16 << 20), "as much as one connection may have");
        let first = async |request_bytes| {
            let mut question = RequestBody::new(Body::new("a message".to_owned()), request_bytes, None);
            std::future::poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut question), context)).await.unwrap()
        };
        assert_eq!(first(Some(RequestBytes::new(&connection))).await.unwrap_err().code(), Code::ResourceExhausted);
        assert_eq!(first(None).await.unwrap().into_data().unwrap(), "a message");
        drop(others);
        assert!(first(Some(RequestBytes::new(&connection))).await.is_ok());
    }
}
