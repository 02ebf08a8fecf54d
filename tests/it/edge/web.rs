//! Browsers: gRPC-Web over HTTP/1.1, and CORS.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use entitled::proto::v1;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use prost::bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tonic::{Code, Status};

use super::frames::{Raw, prefixed};
use crate::sample::{Refusal, check, stored};
use crate::server::{Backend, Listener, TestServer, on_both_listeners};
use crate::wire::{self, Target as _};

on_both_listeners!(
    a_page_asks_in_bytes_or_in_text,
    a_page_may_read_why_a_call_was_refused,
    a_client_of_http1_cannot_keep_the_server_waiting_either,
    a_stream_ends_with_the_server,
);

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";
const ORIGIN: &str = "https://app.example.org";

async fn server(listener: Listener) -> TestServer {
    TestServer::start_on(listener, |config| config.web.cors_origins = vec![ORIGIN.to_owned()]).await
}

fn request(path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Full<Bytes>> {
    let request = Request::post(path).header("host", "localhost").header("origin", ORIGIN);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::new(body.into())).unwrap()
}

/// By HTTP/1.1, on a connection of its own.
async fn try_send(server: &TestServer, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
    let wire = wire::open(server.address(), server.tls()).await.unwrap();
    let (mut client, connection) = http1::handshake(TokioIo::new(wire)).await?;
    tokio::spawn(connection);
    client.send_request(request).await
}

async fn send(server: &TestServer, request: Request<Full<Bytes>>) -> Response<Incoming> {
    try_send(server, request).await.unwrap()
}

/// What a page makes of an answer: the messages, and the status that stands behind them.
async fn read(response: Response<Incoming>) -> (Vec<Vec<u8>>, Status) {
    assert_eq!(response.status(), StatusCode::OK, "{response:?}");
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let is_text = head.headers["content-type"].to_str().unwrap().starts_with(TEXT);
    // Each frame is padded on its own.
    let text = |group: &[u8]| BASE64_STANDARD.decode(group).unwrap();
    let mut rest = if is_text { body.chunks(4).flat_map(text).collect() } else { body.to_vec() };
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let (frame, behind) = rest.split_at(5 + length);
        if frame[0] == 0x80 {
            assert!(behind.is_empty(), "trailers are the last frame");
            let lines = std::str::from_utf8(&frame[5..]).unwrap().lines();
            let trailers: HeaderMap = lines
                .map(|line| {
                    let (name, value) = line.split_once(':').unwrap();
                    (name.parse::<http::HeaderName>().unwrap(), value.trim().parse().unwrap())
                })
                .collect();
            return (messages, Status::from_header_map(&trailers).unwrap());
        }
        messages.push(frame[5..].to_vec());
        rest = behind.to_vec();
    }
    (messages, Status::from_header_map(&head.headers).unwrap())
}

async fn a_page_asks_in_bytes_or_in_text(listener: Listener) {
    let server = server(listener).await;
    stored(&server, "contoso").await;
    let message = prefixed(&check("contoso").encode_to_vec());
    for (content_type, body) in [(BINARY, message.clone()), (TEXT, BASE64_STANDARD.encode(&message).into_bytes())] {
        let headers = [("content-type", content_type), ("accept", content_type), ("x-grpc-web", "1")];
        let response = send(&server, request(CHECK, &headers, body)).await;
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(content_type), "{response:?}");
        let (messages, status) = read(response).await;
        assert_eq!(status.code(), Code::Ok, "{status:?}");
        let answer = v1::CheckEntitlementResponse::decode(messages.concat().as_slice()).unwrap();
        assert_eq!(answer.decision(), v1::Decision::Entitled);
    }
    // The same port, as ever.
    server.entitlements().check_entitlement(check("contoso")).await.unwrap();
    server.stop().await;
}

async fn a_page_may_read_why_a_call_was_refused(listener: Listener) {
    let server = server(listener).await;
    let headers = [("content-type", BINARY)];
    let response = send(&server, request(CHECK, &headers, prefixed(&check("nobody").encode_to_vec()))).await;
    assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN);
    let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin", "x-request-id"] {
        assert!(exposed.split(',').any(|header| header == name), "{exposed}");
    }
    let (messages, status) = read(response).await;
    let refusal = Refusal::of(&status);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "CUSTOMER_NOT_FOUND"), "{refusal:?}");
    assert!(messages.is_empty());

    // The layers hold as for any other call.
    for (name, value, code) in [
        ("grpc-timeout", "soon", Code::InvalidArgument),
        ("grpc-timeout", "1n", Code::DeadlineExceeded),
        ("grpc-encoding", "snappy", Code::Unimplemented),
    ] {
        let headers = [("content-type", BINARY), (name, value)];
        let response = send(&server, request(CHECK, &headers, prefixed(&check("nobody").encode_to_vec()))).await;
        assert_eq!(read(response).await.1.code(), code, "{name}: {value}");
    }
    // The refusal is known while the page is still sending.
    for size in [(1 << 20) + 1, 3 << 20] {
        let too_large = request(CHECK, &[("content-type", BINARY)], prefixed(&vec![0; size]));
        assert_eq!(read(send(&server, too_large).await).await.1.code(), Code::ResourceExhausted);
    }
    server.stop().await;
}

async fn preflight(server: &TestServer, origin: &str) -> Response<Incoming> {
    let asked =
        [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,x-grpc-web")];
    let mut request = request(CHECK, &asked, Vec::new());
    *request.method_mut() = Method::OPTIONS;
    request.headers_mut().insert("origin", origin.parse().unwrap());
    send(server, request).await
}

#[tokio::test]
async fn a_browser_is_told_which_pages_may_call() {
    let server = server(Listener::Plain).await;
    let allowed = preflight(&server, ORIGIN).await;
    assert_eq!(allowed.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(allowed.headers()["access-control-allow-methods"], "POST");
    assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization,x-grpc-web");
    assert!(!allowed.headers().contains_key("access-control-allow-credentials"));
    for other in ["https://example.org", "http://app.example.org", "https://app.example.org.evil.example", "null"] {
        let refused = preflight(&server, other).await;
        assert!(!refused.headers().contains_key("access-control-allow-origin"), "{other}");
    }
    server.stop().await;
}

#[tokio::test]
async fn http1_is_for_browsers_and_off_unless_asked_for() {
    let server = server(Listener::Plain).await;
    for content_type in ["application/grpc", "application/json", "text/plain"] {
        let response = send(&server, request(CHECK, &[("content-type", content_type)], b"{}".to_vec())).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{content_type}");
    }
    let mut read = request(CHECK, &[("content-type", BINARY)], Vec::new());
    *read.method_mut() = Method::GET;
    assert_eq!(send(&server, read).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    server.stop().await;

    let server = TestServer::start(Backend::Sqlite).await;
    try_send(&server, request(CHECK, &[("content-type", BINARY)], Vec::new())).await.unwrap_err();
    server.stop().await;
}

async fn a_client_of_http1_cannot_keep_the_server_waiting_either(listener: Listener) {
    let server = server(listener).await;
    let mut half_a_head = Raw::silent(&server).await;
    half_a_head.write(b"POST / HTTP/1.1\r\nhost: x\r\n").await;
    let half_a_head = tokio::spawn(half_a_head.closed());

    let mut long_head = Raw::silent(&server).await;
    // The server may close before all of it is sent.
    let _ = long_head.0.write_all(format!("POST / HTTP/1.1\r\nx: {}", "x".repeat(20 << 10)).as_bytes()).await;
    long_head.closed().await;

    let mut half_a_body = Raw::silent(&server).await;
    let head =
        format!("POST {CHECK} HTTP/1.1\r\nhost: x\r\ncontent-type: {BINARY}\r\ncontent-length: 100\r\n\r\n\0\0\0");
    half_a_body.write(head.as_bytes()).await;
    half_a_body.closed().await;
    half_a_head.await.unwrap();
    server.stop().await;
}

/// Its status is a frame of the body, however it ends.
async fn a_stream_ends_with_the_server(listener: Listener) {
    let mut server = server(listener).await;
    let mut response = send(&server, request(WATCH, &[("content-type", BINARY)], prefixed(&[]))).await;
    // A message, and no trailers.
    let first = response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first[0], 0);
    server.ask_to_stop();
    let (_, status) = read(response).await;
    let refusal = Refusal::of(&status);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "DRAINING"), "{refusal:?}");
    server.stop().await;
}
