//! Connections to a server, in clear or over TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Error};

/// Where a connection leads.
pub(crate) trait Target {
    fn address(&self) -> SocketAddr;

    fn tls(&self) -> Option<Arc<ClientConfig>>;
}

/// An address is spoken to in clear.
impl Target for SocketAddr {
    fn address(&self) -> SocketAddr {
        *self
    }

    fn tls(&self) -> Option<Arc<ClientConfig>> {
        None
    }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) type Wire = Box<dyn Stream>;

/// The bytes of one connection, after the handshake.
pub(crate) async fn open(address: SocketAddr, tls: Option<Arc<ClientConfig>>) -> io::Result<Wire> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(match tls {
        Some(tls) => {
            let name = ServerName::try_from("localhost").unwrap();
            Box::new(TlsConnector::from(tls).connect(name, stream).await?)
        }
        None => Box::new(stream),
    })
}

/// A channel for calls.
pub(crate) async fn channel(address: SocketAddr, tls: Option<Arc<ClientConfig>>) -> Result<Channel, Error> {
    let connect = tower::service_fn(move |_| {
        let tls = tls.clone();
        async move { open(address, tls).await.map(TokioIo::new) }
    });
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect_with_connector(connect).await
}
