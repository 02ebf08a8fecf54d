//! Browsers: gRPC-Web, which puts the status into the body since pages cannot read trailers, and CORS, by which a browser
//! asks whether the page of another origin may call.
//!
//! Both stand before all else, so that a call is logged, and passes the same layers, however it came, and a page can read
//! every refusal.

mod drain;

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Response};
use http_body_util::BodyExt as _;
use prost::bytes::Bytes;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::Layer as _;
use tower::util::{Either, MapResponse};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use self::drain::DrainRequest;
use super::connection::{CallKind, Connection};
use super::router::CallService;
use crate::config::WebSettings;
use crate::error::BoxError;

/// What a page may read of an answer, besides its body.
const EXPOSED: [HeaderName; 5] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("x-request-id"),
];
/// How long a browser need not ask again.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// The protocols that the listener speaks over TLS (ALPN).
pub(super) fn protocols(settings: &WebSettings) -> &'static [&'static [u8]] {
    if settings.is_on() { &[b"h2", b"http/1.1"] } else { &[b"h2"] }
}

/// What browsers are told of the pages that may call; none where gRPC-Web is off.
pub(super) fn cors(settings: &WebSettings) -> Result<Option<CorsLayer>, BoxError> {
    if !settings.is_on() {
        return Ok(None);
    }
    let origins = settings.cors_origins.iter().map(|origin| HeaderValue::from_str(origin));
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Result<Vec<_>, _>>()?))
        .allow_methods([Method::POST])
        // Metadata is the caller's choice. No cookie is ever read, so that a page has nothing but what it brings.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE);
    Ok(Some(cors))
}

/// What serves the requests of one connection: `calls` of gRPC, and where `cors` says so those of browsers.
pub(super) fn service<S, B>(
    calls: S,
    cors: Option<&CorsLayer>,
    connection: &Arc<Connection>,
) -> impl CallService<B> + use<S, B>
where
    S: CallService + CallService<B>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError> + Display> + Send + Unpin + 'static,
{
    let Some(cors) = cors else { return Either::Left(calls) };
    let connection = Arc::clone(connection);
    // As text an answer is copied, and counts as the copy: it was counted before, and is never refused here.
    let counted = move |response: Response<Body>| {
        let connection = Arc::clone(&connection);
        let count = move |bytes| connection.track_unsent(bytes, CallKind::Probe).unwrap_or_default();
        response.map(|body| Body::new(body.map_frame(move |frame| frame.map_data(&count))))
    };
    Either::Right(DrainRequest(cors.layer(MapResponse::new(GrpcWebLayer::new().layer(calls), counted))))
}
