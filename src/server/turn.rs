//! Answers that are ready together leave together.

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
pub struct OneTurnLater<S> {
    stream: S,
    /// Since the last flush.
    has_waited: bool,
}

impl<S> OneTurnLater<S> {
    pub fn new(stream: S) -> Self {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for OneTurnLater<S> {
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

impl<S: AsyncRead + Unpin> AsyncRead for OneTurnLater<S> {
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn what_is_ready_runs_before_the_write() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(64);
            let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
            let told = |what| order.lock().unwrap().push(what);
            let write = async {
                let mut near = OneTurnLater::new(near);
                for what in ["first written", "second written"] {
                    near.write_all(b"x").await.unwrap();
                    near.flush().await.unwrap();
                    told(what);
                }
            };
            let others = async {
                told("others ran");
                tokio::task::yield_now().await;
                told("others ran again");
            };
            tokio::join!(write, others);
            assert_eq!(*order.lock().unwrap(), ["others ran", "first written", "others ran again", "second written"]);
            let mut bytes = [0; 2];
            far.read_exact(&mut bytes).await.unwrap();
            assert_eq!(&bytes, b"xx");
        });
    }
}
