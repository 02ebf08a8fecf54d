//! Accepts connections, serves them, and closes them in the end.
//!
//! tonic's own server is not used. It puts a timer before every layer, which reads `grpc-timeout` and answers
//! CANCELLED; the caller then cannot know whether its write was made.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::coalesce::CoalescedWrites;
use super::connection::{Connection, ConnectionVerdict};
use super::guard::CallGuard;
use super::limits::Limits;
use super::monitored_io::MonitoredIo;
use super::router::CallService;
use crate::grpc::CallLog;
use crate::telemetry::Telemetry;

/// Without limits of its own a server has none.
const STREAMS_PER_CONNECTION: u32 = 200;
/// Streams that their client gave up before we saw them. A client that obeys short deadlines does so
/// with all it sends while we are busy, for a second or so; beyond that it is no such client.
const RESETS_AT_ONCE: usize = 4_000;
/// Streams that we had to end because of what the client sent on them, in the life of a connection.
const LOCAL_RESETS_PER_CONNECTION: usize = 10_000;
const HEADERS: u32 = 16 << 10;
const FRAME: u32 = 16 << 10;
/// What a client may send ahead of our reading it, on a stream and on all of them.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// What is taken off an answer before it can be sent.
const SEND_BUFFER: usize = 64 << 10;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// What keeps a connection from being taken, such as too many open files, may pass.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a connection is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long a connection that is told to go may take to do so.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves every connection until the server stops, at most `limit` at once, and then ends when the
/// last of them has: new calls are sent elsewhere, those under way are answered. What is left when
/// this is dropped breaks off.
pub(super) async fn serve(
    listener: TcpListener,
    service: impl CallService,
    telemetry: Arc<Telemetry>,
    limits: Arc<Limits>,
    limit: usize,
) {
    let builder = Arc::new(builder());
    let mut connections = JoinSet::new();
    let mut stopped = pin!(limits.stopped());
    loop {
        let stream = tokio::select! {
            () = &mut stopped => break,
            Some(_) = connections.join_next() => {
                limits.is_crowded.store(connections.len() >= limit, Ordering::Relaxed);
                continue;
            }
            stream = accept(&listener, &limits) => stream,
        };
        if connections.len() >= limit {
            refuse(stream, &limits, limit);
            continue;
        }
        let connection = Connection::new(Arc::clone(&limits));
        let guard = CallGuard::new(service.clone(), Arc::clone(&connection));
        let calls = CallLog::new(guard, Arc::clone(&telemetry), stream.peer_addr().ok());
        connections.spawn(serve_connection(stream, connection, calls, Arc::clone(&builder)));
    }
    // The port first: who comes now is to be refused, and not to wait.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection, to its end.
async fn serve_connection(
    stream: TcpStream,
    connection: Arc<Connection>,
    calls: CallLog<CallGuard<impl CallService>>,
    builder: Arc<Builder<TokioExecutor>>,
) {
    let wire = CoalescedWrites::new(MonitoredIo::new(stream, Arc::clone(&connection)));
    let service = TowerToHyperService::new(calls);
    let mut http = pin!(builder.serve_connection(TokioIo::new(wire), service));
    let mut stopped = pin!(connection.limits.stopped());
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
                    // It was told to go a while ago, and has nothing to wait for.
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

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
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

async fn accept(listener: &TcpListener, limits: &Limits) -> TcpStream {
    loop {
        // Without `nodelay` answers wait for the client's delayed acknowledgements, 40 ms and more.
        match listener.accept().await.and_then(|(stream, _)| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return stream,
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

/// Closed at once: whoever is turned away soon can go elsewhere.
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
