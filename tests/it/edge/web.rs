//! Browsers: gRPC-Web over HTTP/1.1, and CORS.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use entitled::proto::v1;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;
use prost::bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tonic::{Code, Status};

use super::frames::{Raw, prefixed};
use crate::sample::{Refusal, check, stored};
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";
const ORIGIN: &str = "https://app.example.org";

async fn server() -> TestServer {
    TestServer::start_with(Backend::Sqlite, |config| config.web.cors_origins = vec![ORIGIN.to_owned()]).await
}

fn request(server: &TestServer, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://{}{path}", server.address)).header("origin", ORIGIN);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::new(body.into())).unwrap()
}

/// By HTTP/1.1.
async fn send(request: Request<Full<Bytes>>) -> Response<hyper::body::Incoming> {
    Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap()
}

/// What a page makes of an answer: the messages, and the status that stands behind them.
async fn read(response: Response<hyper::body::Incoming>) -> (Vec<Vec<u8>>, Status) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_asks_in_bytes_or_in_text() {
    let server = server().await;
    stored(&server, "contoso").await;
    let message = prefixed(&check("contoso").encode_to_vec());
    for (content_type, body) in [(BINARY, message.clone()), (TEXT, BASE64_STANDARD.encode(&message).into_bytes())] {
        let headers = [("content-type", content_type), ("accept", content_type), ("x-grpc-web", "1")];
        let response = send(request(&server, CHECK, &headers, body)).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_may_read_why_a_call_was_refused() {
    let server = server().await;
    let headers = [("content-type", BINARY)];
    let response = send(request(&server, CHECK, &headers, prefixed(&check("nobody").encode_to_vec()))).await;
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
        let response = send(request(&server, CHECK, &headers, prefixed(&check("nobody").encode_to_vec()))).await;
        assert_eq!(read(response).await.1.code(), code, "{name}: {value}");
    }
    let too_large = request(&server, CHECK, &[("content-type", BINARY)], prefixed(&vec![0; (1 << 20) + 1]));
    assert_eq!(read(send(too_large).await).await.1.code(), Code::ResourceExhausted);
    server.stop().await;
}

async fn preflight(server: &TestServer, origin: &str) -> Response<hyper::body::Incoming> {
    let asked =
        [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,x-grpc-web")];
    let mut request = request(server, CHECK, &asked, Vec::new());
    *request.method_mut() = Method::OPTIONS;
    request.headers_mut().insert("origin", origin.parse().unwrap());
    send(request).await
}

#[tokio::test]
async fn a_browser_is_told_which_pages_may_call() {
    let server = server().await;
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
    let server = server().await;
    for content_type in ["application/grpc", "application/json", "text/plain"] {
        let response = send(request(&server, CHECK, &[("content-type", content_type)], b"{}".to_vec())).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{content_type}");
    }
    let mut read = request(&server, CHECK, &[("content-type", BINARY)], Vec::new());
    *read.method_mut() = Method::GET;
    assert_eq!(send(read).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    server.stop().await;

    let server = TestServer::start(Backend::Sqlite).await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    client.request(request(&server, CHECK, &[("content-type", BINARY)], Vec::new())).await.unwrap_err();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_http1_cannot_keep_the_server_waiting_either() {
    let server = server().await;
    let mut half_a_head = Raw::silent(server.address).await;
    half_a_head.0.write_all(b"POST / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let half_a_head = tokio::spawn(half_a_head.closed());

    let mut long_head = Raw::silent(server.address).await;
    // The server may close before all of it is sent.
    let _ = long_head.0.write_all(format!("POST / HTTP/1.1\r\nx: {}", "x".repeat(20 << 10)).as_bytes()).await;
    long_head.closed().await;

    let mut half_a_body = Raw::silent(server.address).await;
    let head =
        format!("POST {CHECK} HTTP/1.1\r\nhost: x\r\ncontent-type: {BINARY}\r\ncontent-length: 100\r\n\r\n\0\0\0");
    half_a_body.0.write_all(head.as_bytes()).await.unwrap();
    half_a_body.closed().await;
    half_a_head.await.unwrap();
    server.stop().await;
}

/// Its status is a frame of the body, however it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_the_server() {
    let mut server = server().await;
    let response = send(request(&server, WATCH, &[("content-type", BINARY)], prefixed(&[]))).await;
    server.ask_to_stop();
    let (messages, status) = read(response).await;
    let refusal = Refusal::of(&status);
    assert!(!messages.is_empty());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "DRAINING"), "{refusal:?}");
    server.stop().await;
}
