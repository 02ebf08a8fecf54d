//! Connections: taken, served, and let go in the end.
//!
//! Not by tonic's own server. That puts a timer before every layer it is given, which reads
//! `grpc-timeout` and answers CANCELLED: to a caller that cannot know whether its write was made.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tonic::body::Body;
use tower::{Service, ServiceExt as _};

use super::turn::OneTurnLater;

/// Without limits of its own a server has none.
const STREAMS_PER_CONNECTION: u32 = 200;
const LOCAL_RESETS_PER_CONNECTION: usize = 1_024;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// What keeps a connection from being taken, such as too many open files, may pass.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves every connection until `stopped`, and then ends when the last of them has: new calls
/// are sent elsewhere, those under way are answered.
pub async fn serve<S>(listener: TcpListener, service: S, stopped: impl Future<Output = ()>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let service = TowerToHyperService::new(service.map_request(|request: Request<_>| request.map(Body::new)));
    let builder = builder();
    let connections = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let stream = tokio::select! {
            () = &mut stopped => break,
            stream = accept(&listener) => stream,
        };
        let connection =
            builder.serve_connection(TokioIo::new(OneTurnLater::new(stream)), service.clone()).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    // The port first: who comes now is to be refused, and not to wait.
    drop(listener);
    connections.shutdown().await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_local_error_reset_streams(LOCAL_RESETS_PER_CONNECTION)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    builder
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        // Without `nodelay` answers wait for the client's delayed acknowledgements, 40 ms and more.
        match listener.accept().await.and_then(|(stream, _)| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::debug!(%error, "a connection was not taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
