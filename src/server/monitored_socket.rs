//! The socket of one connection, watched as it is written to: whether the client reads what is sent.
//!
//! This is below TLS, which takes what is written into a buffer of its own and says that all is well.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Connection;

#[derive(Debug)]
pub(super) struct MonitoredSocket<S> {
    stream: S,
    connection: Arc<Connection>,
    is_blocked: bool,
}

impl<S> MonitoredSocket<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection, is_blocked: false }
    }

    fn after_write(&mut self, is_blocked: bool) {
        if is_blocked != self.is_blocked {
            self.is_blocked = is_blocked;
            self.connection.blocked_since(if is_blocked { self.connection.limits.now() } else { 0 });
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MonitoredSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MonitoredSocket<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.after_write(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.after_write(written.is_pending());
        written
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::watch;

    use super::*;
    use crate::config::ServerSettings;
    use crate::server::connection::ConnectionVerdict;
    use crate::server::limits::Limits;

    #[tokio::test]
    async fn a_write_that_waits_is_noticed_until_it_goes_on() {
        let connection = Connection::new(Limits::new(&ServerSettings::default(), watch::channel(false).1));
        connection.preface_received();
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut socket = MonitoredSocket::new(ours, Arc::clone(&connection));
        let verdict = || connection.verdict_at(connection.limits.now() + 11_000);
        socket.write_all(&[1; 8]).await.unwrap();
        assert_eq!(verdict(), ConnectionVerdict::Keep);
        {
            let mut write = std::pin::pin!(socket.write_all(&[2; 8]));
            assert!(write.as_mut().now_or_never().is_none());
            assert_eq!(verdict(), ConnectionVerdict::Close("it does not read what is sent"));
            theirs.read_exact(&mut [0; 8]).await.unwrap();
            write.await.unwrap();
        }
        assert_eq!(verdict(), ConnectionVerdict::Keep);
    }
}
