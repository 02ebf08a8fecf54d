//! The bodies of a call, counted as they pass.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;

use super::outcome;
use super::record::CallRecord;
use crate::telemetry::call::CallFacts;

/// The body of a request.
#[derive(Debug)]
pub struct Received<B> {
    body: B,
    call: Arc<CallFacts>,
}

impl<B> Received<B> {
    pub(super) fn new(body: B, call: Arc<CallFacts>) -> Self {
        Self { body, call }
    }
}

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for Received<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.call.received.fetch_add(length(data), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer. Its trailers tell how the call ended; if it is dropped before them, its client went away.
pub(super) struct Sent {
    body: Body,
    record: CallRecord,
}

impl Sent {
    pub(super) fn new(body: Body, record: CallRecord) -> Self {
        Self { body, record }
    }
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, record } = &mut *self;
        let frame = ready!(Pin::new(body).poll_frame(context));
        let frame = frame.map(|frame| {
            frame.map(|mut frame| {
                if let Some(data) = frame.data_ref() {
                    record.sent(length(data));
                } else if let Some(trailers) = frame.trailers_mut()
                    && let Some(outcome) = outcome::read(trailers, record.request_id())
                {
                    record.end(&outcome);
                }
                frame
            })
        });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn length(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}
