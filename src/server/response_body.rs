//! The body of an answer. It is counted until it is sent, and handed over in small pieces.
//!
//! hyper asks for the next piece only after the last one was sent, and never on a stream whose client gives no window.
//! So an answer cannot notice by itself that nobody takes it. The connection notices it: it counts the bytes of each
//! answer until they are sent (`connection::Connection::hold`).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, poll_fn};
use http::{HeaderMap, Response};
use http_body::{Body as _, Frame};
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;

use super::connection::{CallKind, CallPermit, Connection};
use crate::error::Error;
use crate::grpc::overloaded;

/// A frame of HTTP/2 as every client takes it.
const PIECE: usize = 16 << 10;

pub(super) struct ResponseBody {
    body: Body,
    connection: Arc<Connection>,
    /// What is left of the message that is being handed over.
    rest: Bytes,
    /// What ends it before its time.
    end: Option<BoxFuture<'static, Status>>,
    is_over: bool,
    permit: CallPermit,
}

/// The same response with a body that is counted and sent in pieces. What a call of this API answers is encoded here, so
/// that its size is known before it waits for its client.
pub(super) async fn limited(
    response: Response<Body>,
    connection: Arc<Connection>,
    permit: CallPermit,
    end: Option<BoxFuture<'static, Status>>,
) -> Response<Body> {
    let (head, mut body) = response.into_parts();
    if body.is_end_stream() {
        return Response::from_parts(head, body);
    }
    let mut rest = Bytes::new();
    if !permit.is_stream() {
        // A message that is there; what follows it is asked for in its turn.
        if let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
            && let Ok(message) = frame.into_data()
        {
            match connection.track_unsent(message, permit.kind()) {
                Some(message) => rest = message,
                None => return no_room(permit.kind()).into_http(),
            }
        }
    }
    Response::from_parts(head, Body::new(ResponseBody { body, connection, rest, end, is_over: false, permit }))
}

/// An answer there is no room for. Of a write this must not say that nothing was written.
fn no_room(kind: CallKind) -> Status {
    match kind {
        CallKind::Write => Error::CommitOutcomeUnknown("there was no room for the answer".into()).into(),
        CallKind::Read | CallKind::Probe | CallKind::Stream => overloaded(),
    }
}

impl ResponseBody {
    /// The last frame, with this status.
    fn over(&mut self, status: &Status) -> Frame<Bytes> {
        self.is_over = true;
        let mut trailers = HeaderMap::new();
        // Only a message that is no header fails, and ours are.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.rest.is_empty() && !self.is_over {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(message) => match self.connection.track_unsent(message, self.permit.kind()) {
                        Some(message) => self.rest = message,
                        None => return Poll::Ready(Some(Ok(self.over(&overloaded())))),
                    },
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Pending => {
                    let Some(end) = &mut self.end else { return Poll::Pending };
                    let Poll::Ready(status) = end.poll_unpin(context) else { return Poll::Pending };
                    return Poll::Ready(Some(Ok(self.over(&status))));
                }
                other => return other,
            }
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(size);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && (self.is_over || self.body.is_end_stream())
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}
