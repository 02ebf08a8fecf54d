//! Accepts connections, serves them, and closes them in the end.
//!
//! tonic's own server is not used. It puts a timer before every layer, which reads `grpc-timeout` and answers
//! CANCELLED; the caller then cannot know whether its write was made.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tower_http::cors::CorsLayer;

use super::coalesce::CoalescedWrites;
use super::connection::{Connection, ConnectionVerdict};
use super::guard::CallGuard;
use super::limits::Limits;
use super::monitored_io::MonitoredIo;
use super::monitored_socket::MonitoredSocket;
use super::router::CallService;
use super::tls::Certificates;
use super::web;
use crate::error::BoxError;
use crate::grpc::{CallLog, Peer};
use crate::telemetry::Telemetry;

/// hyper sets no limit by itself.
const STREAMS_PER_CONNECTION: u32 = 200;
/// Streams that their client gave up before we saw them. A client that obeys short deadlines does so
/// with all it sends while we are busy, for a second or so; beyond that it is no such client.
const RESETS_AT_ONCE: usize = 4_000;
/// Streams that we had to end because of what the client sent on them, in the life of a connection.
const LOCAL_RESETS_PER_CONNECTION: usize = 10_000;
/// Of one call, as they are when decoded; from this h2 derives how many CONTINUATION frames a block may have.
const HEADERS: u32 = 16 << 10;
/// The least that HTTP/2 allows for: what is read of a frame waits in memory until it is whole.
const FRAME: u32 = 16 << 10;
/// What a client may send ahead of our reading it, on a stream and on all of them.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// Bytes of an answer that hyper buffers before they can be sent.
const SEND_BUFFER: usize = 64 << 10;
/// Of HTTP/1.1: what is read ahead, headers above all, and how long their client may take.
const HTTP1_BUFFER: usize = 16 << 10;
const HTTP1_HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that is gone without a word is noticed by its silence.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait before the next try to accept a connection, after an error such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the verdict on a connection is asked for.
const TICK: Duration = Duration::from_secs(1);
/// How long a connection may take to close after its client was told so.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What serves the calls of a connection.
#[derive(Clone)]
pub(super) struct Server<S> {
    service: S,
    /// Without, connections are in clear.
    certificates: Option<Arc<Certificates>>,
    /// Without, browsers are not served.
    cors: Option<CorsLayer>,
    telemetry: Arc<Telemetry>,
    http: Arc<Builder<TokioExecutor>>,
}

impl<S> Server<S> {
    pub(super) fn new(
        service: S,
        certificates: Option<Arc<Certificates>>,
        cors: Option<CorsLayer>,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let http = Arc::new(builder(cors.is_some()));
        Self { service, certificates, cors, telemetry, http }
    }
}

/// The bytes of a connection, in clear for us.
type Wire = Either<MonitoredSocket<TcpStream>, Box<TlsStream<MonitoredSocket<TcpStream>>>>;

/// Serves every connection until the server stops, at most `limit` at once, and then ends when the
/// last of them has: new calls are sent elsewhere, those under way are answered. What is left when
/// this is dropped breaks off.
pub(super) async fn serve(listener: TcpListener, server: Server<impl CallService>, limits: Arc<Limits>, limit: usize) {
    let mut connections = JoinSet::new();
    let mut stopped = pin!(limits.stopped());
    loop {
        let (stream, address) = tokio::select! {
            () = &mut stopped => break,
            Some(_) = connections.join_next() => {
                limits.is_crowded.store(connections.len() >= limit, Ordering::Relaxed);
                continue;
            }
            accepted = accept(&listener, &limits) => accepted,
        };
        if connections.len() >= limit {
            refuse(stream, &limits, limit);
            continue;
        }
        let connection = Connection::new(Arc::clone(&limits));
        connections.spawn(serve_connection(stream, address, connection, server.clone()));
    }
    // The port first: who comes now is to be refused, and not to wait.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection, to its end.
async fn serve_connection(
    stream: TcpStream,
    address: SocketAddr,
    connection: Arc<Connection>,
    server: Server<impl CallService>,
) {
    let mut stopped = pin!(connection.limits.stopped());
    let begun = tokio::select! {
        begun = begin(stream, address, &connection, server.certificates.as_deref()) => begun,
        () = &mut stopped => return,
    };
    let Some((wire, peer)) = begun else { return };
    let guard = CallGuard::new(server.service, peer, Arc::clone(&connection));
    let calls = CallLog::new(guard, server.telemetry, Some(address));
    let calls = TowerToHyperService::new(web::service(calls, server.cors.as_ref(), &connection));
    let wire = CoalescedWrites::new(MonitoredIo::new(wire, Arc::clone(&connection)));
    let mut http = pin!(server.http.serve_connection(TokioIo::new(wire), calls));
    let mut ticks = tokio::time::interval(TICK);
    let mut is_leaving = false;
    let mut ticks_leaving = 0_u32;
    loop {
        tokio::select! {
            biased;
            ended = http.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke off");
                }
                return;
            }
            () = &mut stopped, if !is_leaving => {
                is_leaving = true;
                http.as_mut().graceful_shutdown();
            }
            _ = ticks.tick() => match connection.verdict() {
                ConnectionVerdict::Keep | ConnectionVerdict::Retire if is_leaving => {
                    // The client was told a while ago that the connection closes, and no call is running.
                    if ticks_leaving >= 2 && connection.is_at_rest() {
                        return;
                    }
                    ticks_leaving = ticks_leaving.saturating_add(1);
                }
                ConnectionVerdict::Keep => {}
                ConnectionVerdict::Retire => {
                    is_leaving = true;
                    http.as_mut().graceful_shutdown();
                }
                ConnectionVerdict::Close(why) => {
                    tell_closed(&connection.limits, why);
                    http.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(CLOSE_TIMEOUT, http).await;
                    return;
                }
            },
        }
    }
}

/// The handshake, where there is TLS; nothing is left of a connection whose handshake fails.
async fn begin(
    stream: TcpStream,
    address: SocketAddr,
    connection: &Arc<Connection>,
    certificates: Option<&Certificates>,
) -> Option<(Wire, Peer)> {
    let socket = MonitoredSocket::new(stream, Arc::clone(connection));
    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
    let Some(certificates) = certificates else {
        return Some((Either::Left(socket), Peer { address, certificate: None }));
    };
    match certificates.accept(socket).await {
        Ok((stream, certificate)) => Some((Either::Right(Box::new(stream)), Peer { address, certificate })),
        Err(error) => {
            tell_no_handshake(&connection.limits, address, &error);
            None
        }
    }
}

/// HTTP/1.1 is for browsers alone.
fn builder(for_browsers: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    if !for_browsers {
        builder = builder.http2_only();
    }
    builder
        .http1()
        .timer(TokioTimer::new())
        // The head of a request, and the time until the next one begins. A body has the time of its call.
        .header_read_timeout(HTTP1_HEADERS_TIMEOUT)
        .max_buf_size(HTTP1_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_pending_accept_reset_streams(RESETS_AT_ONCE)
        .max_local_error_reset_streams(LOCAL_RESETS_PER_CONNECTION)
        .max_header_list_size(HEADERS)
        .max_frame_size(FRAME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    builder
}

async fn accept(listener: &TcpListener, limits: &Limits) -> (TcpStream, SocketAddr) {
    loop {
        // Without `nodelay` answers wait for the client's delayed acknowledgements, 40 ms and more.
        match listener.accept().await.and_then(|accepted| accepted.0.set_nodelay(true).map(|()| accepted)) {
            Ok(accepted) => return accepted,
            // It was gone before it was taken.
            Err(error) if is_of_client(&error) => tracing::debug!(%error, "a connection was not taken"),
            Err(error) => {
                if let Some(more) = limits.warnings.not_taken.due(limits.now()) {
                    tracing::error!(
                        %error, more,
                        "no connection can be taken; if files are what is lacking, raise their limit (ulimit -n) \
                         or lower max_clients"
                    );
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::InvalidInput
    )
}

/// Closes a connection at once, so that its client can go elsewhere.
fn refuse(stream: TcpStream, limits: &Limits, limit: usize) {
    drop(stream);
    limits.is_crowded.store(true, Ordering::Relaxed);
    if let Some(more) = limits.warnings.crowded.due(limits.now()) {
        tracing::warn!(limit, more, "there are as many connections as max_clients allows: others are closed at once");
    }
}

fn tell_closed(limits: &Limits, why: &str) {
    tracing::debug!(why, "a connection is closed");
    if let Some(more) = limits.warnings.closed.due(limits.now()) {
        tracing::warn!(why, more, "a connection is closed: its client keeps the server waiting");
    }
}

/// A client that only looks whether the port is open ends the handshake before it begins it.
fn tell_no_handshake(limits: &Limits, address: SocketAddr, error: &BoxError) {
    tracing::debug!(%address, %error, "a TLS handshake failed");
    let is_end = error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::UnexpectedEof);
    if !is_end && let Some(more) = limits.warnings.no_handshake.due(limits.now()) {
        tracing::warn!(%address, %error, more, "a TLS handshake failed");
    }
}
