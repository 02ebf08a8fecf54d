//! Sends answers that are ready together in one write.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that is written to one turn of the scheduler later than its owner wants to.
///
/// Callers of one connection are often answered together, by one batch of the ledger or one read of many requests. The
/// first answer wakes the connection, which would send it by itself, and so with each of the others. What is ready to
/// run runs first this way, and the kernel is called once for many.
#[derive(Debug)]
pub(super) struct CoalescedWrites<S> {
    stream: S,
    /// Since the last flush.
    has_waited: bool,
}

impl<S> CoalescedWrites<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, has_waited: false }
    }

    /// Whether the turn is over; if not, the task is called again behind those that are ready now.
    fn has_waited(&mut self, context: &Context<'_>) -> bool {
        if !self.has_waited {
            self.has_waited = true;
            context.waker().wake_by_ref();
            return false;
        }
        true
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CoalescedWrites<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.has_waited(context) { Pin::new(&mut self.stream).poll_write(context, bytes) } else { Poll::Pending }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.has_waited(context) {
            Pin::new(&mut self.stream).poll_write_vectored(context, parts)
        } else {
            Poll::Pending
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.has_waited = false;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CoalescedWrites<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_ready_runs_before_a_write() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let record = |what| {
            let order = Arc::clone(&order);
            move || order.lock().unwrap().push(what)
        };
        let (written, ran) = (record("written"), record("ran"));
        let write = tokio::spawn(async move {
            let mut stream = CoalescedWrites::new(Vec::new());
            stream.write_all(b"x").await.unwrap();
            written();
            stream.stream
        });
        let other = tokio::spawn(async move { ran() });
        assert_eq!(write.await.unwrap(), b"x");
        other.await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["ran", "written"]);
    }

    #[tokio::test]
    async fn each_write_waits_once() {
        let mut stream = CoalescedWrites::new(Vec::new());
        for _ in 0..2 {
            let mut waits = Vec::new();
            for _ in 0..3 {
                let write = std::future::poll_fn(|context| {
                    Poll::Ready(Pin::new(&mut stream).poll_write(context, b"x").is_pending())
                });
                waits.push(write.await);
            }
            assert_eq!(waits, [true, false, false]);
            stream.flush().await.unwrap();
        }
    }
}
