//! TLS of the listener: the certificate in use, and the handshake.
//!
//! What connections begin with is one value that is replaced as a whole when its files change (`rotation`), so that a
//! connection never meets half of a new pair. Connections that are there keep what they began with.

mod client_certificate;
mod pem_files;
mod rotation;

#[cfg(test)]
mod tests;

pub(super) use rotation::follow;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::pem_files::{Loaded, PemFiles};
use crate::config::{ConfigMistakes, TlsSettings};
use crate::error::BoxError;
use crate::grpc::ClientCertificate;

/// How long a client may take for the handshake. It is part of the time it has to begin its calls in.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may take to read why its handshake failed.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

/// What TLS connections begin with: the server's certificate and key, and the authorities of its clients.
#[derive(Debug)]
pub(super) struct Certificates {
    settings: TlsSettings,
    protocols: Vec<Vec<u8>>,
    loaded: ArcSwap<Loaded>,
}

impl Certificates {
    /// Reads the files of the settings; none where the listener has no TLS. `protocols` are those of the application
    /// (ALPN), the preferred one first.
    ///
    /// A certificate that has expired is refused, and every client would refuse it; so is a key that does not fit it.
    pub(super) fn load(
        settings: &TlsSettings,
        protocols: &[&[u8]],
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Self>>, ConfigMistakes> {
        let mistakes = settings.mistakes();
        if !mistakes.is_empty() {
            return Err(ConfigMistakes(mistakes));
        }
        if settings.cert.is_none() {
            return Ok(None);
        }
        let protocols: Vec<_> = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let loaded =
            PemFiles::read(settings).load(settings, &protocols, now).map_err(|why| ConfigMistakes(vec![why]))?;
        let loaded = ArcSwap::from_pointee(loaded);
        Ok(Some(Arc::new(Self { settings: settings.clone(), protocols, loaded })))
    }

    /// When the server's certificate expires: of its chain the certificate that does so first.
    pub(super) fn expires(&self) -> DateTime<Utc> {
        self.loaded.load().expires
    }

    /// The handshake with a client, and the certificate the client showed.
    pub(super) async fn accept<S>(&self, stream: S) -> Result<(TlsStream<S>, Option<Arc<ClientCertificate>>), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = Arc::clone(&self.loaded.load().server);
        let handshake = TlsAcceptor::from(config).accept(stream).into_fallible();
        let stream = match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await.map_err(|_| timed_out())? {
            Ok(stream) => stream,
            Err((error, stream)) => {
                let _ = tokio::time::timeout(FAREWELL_TIMEOUT, until_read(stream)).await;
                return Err(error.into());
            }
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.map(client_certificate::read).transpose()?;
        Ok((stream, certificate.map(Arc::new)))
    }
}

/// Lets the client read why its handshake failed. Closed at once, with something of the client's unread, the connection
/// would be reset, and the client would not learn it.
async fn until_read(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut unread = [0; 1 << 10];
    if stream.shutdown().await.is_ok() {
        while matches!(stream.read(&mut unread).await, Ok(1..)) {}
    }
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long")
}
