//! Metrics and probes over plain HTTP, at an address of their own: `/metrics`, `/livez`, `/readyz`.
//!
//! A slow or a hostile client holds one of a few connections for a few seconds, and no call.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::health::HealthState;
use crate::error::BoxError;
use crate::telemetry::Telemetry;

const CONNECTIONS: usize = 16;
/// From the first byte of a request to the last of its answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);
const HEADERS_TIMEOUT: Duration = Duration::from_secs(5);
/// In bytes, of the headers of a request.
const BUFFER: usize = 16 << 10;
/// What keeps a connection from being taken, such as too many open files, may pass.
const PAUSE: Duration = Duration::from_millis(50);
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Takes the address, so that one that is taken ends the start.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, BoxError> {
    let bound = TcpListener::bind(address).await;
    Ok(bound.map_err(|error| format!("metrics cannot be answered at {address}: {error}"))?)
}

/// Answers until it is dropped. One request a connection.
pub(super) async fn serve(listener: TcpListener, telemetry: Arc<Telemetry>, health: Arc<HealthState>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (telemetry, health) = (Arc::clone(&telemetry), Arc::clone(&health));
        tokio::spawn(async move {
            let answers = service_fn(|request| answer(request, Arc::clone(&telemetry), Arc::clone(&health)));
            let connection = Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_TIMEOUT)
                .keep_alive(false)
                .max_buf_size(BUFFER)
                .serve_connection(TokioIo::new(stream), answers);
            let _ = tokio::time::timeout(TIME_LIMIT, connection).await;
            drop(permit);
        });
    }
}

async fn answer<B>(
    request: Request<B>,
    telemetry: Arc<Telemetry>,
    health: Arc<HealthState>,
) -> Result<Response<String>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(refusal);
    }
    Ok(match request.uri().path() {
        "/metrics" => metrics(telemetry).await,
        "/livez" => text(StatusCode::OK, "ok\n"),
        "/readyz" if health.is_serving() => text(StatusCode::OK, "ok\n"),
        "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "not serving\n"),
        _ => text(StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz\n"),
    })
}

/// On a thread that may wait: what is observed is read from files, too.
async fn metrics(telemetry: Arc<Telemetry>) -> Response<String> {
    match tokio::task::spawn_blocking(move || telemetry.metrics.as_text()).await {
        Ok(Ok(metrics)) => text(StatusCode::OK, metrics),
        Ok(Err(error)) => failed(&error.to_string()),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Response<String> {
    tracing::error!(why, "the metrics cannot be told");
    text(StatusCode::INTERNAL_SERVER_ERROR, "the log tells why\n")
}

fn text(status: StatusCode, body: impl Into<String>) -> Response<String> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}
