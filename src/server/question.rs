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
use tonic::body::Body;

use super::connection::Intake;
use crate::grpc::overloaded;

/// A body that ends with an error where there is no room for it, or once its time has come.
pub struct Question {
    body: Body,
    intake: Arc<Intake>,
    end: Option<BoxFuture<'static, Status>>,
}

impl Question {
    pub fn new(body: Body, intake: Arc<Intake>, end: Option<BoxFuture<'static, Status>>) -> Self {
        Self { body, intake, end }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("intake", &self.intake).finish_non_exhaustive()
    }
}

impl http_body::Body for Question {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
            && !self.intake.grow(bytes.len())
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
