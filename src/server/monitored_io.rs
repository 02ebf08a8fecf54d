//! The bytes that a client sends, watched as they pass: whether the client finishes what it begins, and whether it sends
//! more than calls. This is above TLS.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Connection;
use super::frames::Frames;

#[derive(Debug)]
pub(super) struct MonitoredIo<S> {
    stream: S,
    connection: Arc<Connection>,
    frames: Frames,
    frame_since: u64,
}

impl<S> MonitoredIo<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection, frames: Frames::default(), frame_since: 0 }
    }

    fn after_read(&mut self, bytes: &[u8]) {
        let whole = self.frames.whole;
        self.frames.read(bytes);
        let control_frames = self.frames.take_control_frames();
        if control_frames > 0 {
            self.connection.control_frames(control_frames);
        }
        let has_ended_one = self.frames.whole != whole;
        if whole == 0 && has_ended_one {
            self.connection.preface_received();
        }
        let since = match self.frames.is_mid_frame() {
            false => 0,
            true if self.frame_since == 0 || has_ended_one => self.connection.limits.now(),
            true => self.frame_since,
        };
        if since != self.frame_since {
            self.frame_since = since;
            self.connection.frame_since(since);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MonitoredIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.after_read(buffer.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MonitoredIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
