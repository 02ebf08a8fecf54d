//! R51, R52: floods of frames. Whoever sends one is sent away, and everybody else is served.

use std::iter;

use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use tokio::io::AsyncWriteExt as _;
use tonic::Code;

use super::frames::*;
use crate::sample::check;
use crate::server::{Listener, TestServer, on_both_listeners};

on_both_listeners!(
    frames_that_carry_no_call,
    continuations_of_one_block_of_headers,
    data_without_data,
    calls_that_the_server_has_to_reset,
    calls_at_once,
    headers_beyond_their_limit,
);

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Sends one chunk after the other, each when the one before it was read, until the server sends the client away; the
/// error code it tells.
async fn flood(server: &TestServer, chunks: impl Iterator<Item = Vec<u8>>) -> u32 {
    const READ: [u8; 8] = *b"read yet";
    let mut raw = Raw::open(server, 1 << 16).await;
    for chunk in chunks {
        let written = raw.0.write_all(&[chunk, frame(PING, 0, 0, &READ)].concat()).await;
        if written.and(raw.0.flush().await).is_err() {
            break;
        }
        loop {
            let frame = raw.next().await.expect("it is told why");
            match frame.kind {
                GOAWAY => return error_code(&frame.payload[4..]),
                PING if frame.payload == READ => break,
                _ => {}
            }
        }
    }
    // Sooner than for being idle.
    let away = tokio::time::timeout(PATIENCE, raw.until(GOAWAY)).await.expect("for what it did");
    error_code(&away.expect("it is sent away").payload[4..])
}

async fn others_are_served(server: &TestServer) {
    let mut other = EntitlementServiceClient::new(server.another_channel().await);
    let status = other.check_entitlement(check("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
}

fn error_code(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[..4].try_into().unwrap())
}

/// So many calls that have begun, from this stream on.
fn calls(first: u32, count: u32, after_each: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let streams = (0..count).map(|call| first + 2 * call);
    streams
        .flat_map(|stream| [frame(HEADERS, END_HEADERS, stream, &block(CHECK)), after_each(stream)].concat())
        .collect()
}

async fn frames_that_carry_no_call(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    for (kind, payload) in [(PING, &[1; 8][..]), (SETTINGS, &[]), (PRIORITY, &[0, 0, 0, 0, 1]), (UNKNOWN, b"padding")] {
        let stream = if kind == PRIORITY { 3 } else { 0 };
        let chunk = iter::repeat_n(frame(kind, 0, stream, payload), 200).flatten().collect();
        assert_eq!(flood(&server, iter::repeat_n(chunk, 50)).await, NO_ERROR, "frames of kind {kind}");
        others_are_served(&server).await;
    }
    server.stop().await;
}

async fn continuations_of_one_block_of_headers(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let begun = frame(HEADERS, 0, 1, &block(CHECK));
    let continued = iter::repeat_n(frame(CONTINUATION, 0, 1, &[]), 100).flatten();
    let told = flood(&server, iter::once(begun.into_iter().chain(continued).collect())).await;
    assert_eq!(told, ENHANCE_YOUR_CALM);
    others_are_served(&server).await;
    server.stop().await;
}

async fn data_without_data(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let begun = frame(HEADERS, END_HEADERS, 1, &block(CHECK));
    let nothing = iter::repeat_n(frame(DATA, 0, 1, &[]), 1_000).flatten();
    let told = flood(&server, iter::once(begun.into_iter().chain(nothing).collect())).await;
    assert_eq!(told, ENHANCE_YOUR_CALM);
    others_are_served(&server).await;
    server.stop().await;
}

/// MadeYouReset: the client makes the server reset each call, by a window beyond what can be counted.
async fn calls_that_the_server_has_to_reset(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let beyond = |stream| frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes());
    let chunks = (0..200).map(|chunk| calls(200 * chunk + 1, 100, beyond));
    assert_eq!(flood(&server, chunks).await, ENHANCE_YOUR_CALM);
    others_are_served(&server).await;
    server.stop().await;
}

async fn calls_at_once(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let mut raw = Raw::open(&server, 1 << 16).await;
    raw.write(&calls(1, 201, |_| Vec::new())).await;
    let reset = raw.until(RESET).await.unwrap();
    assert_eq!((reset.stream, error_code(&reset.payload)), (401, REFUSED_STREAM), "the first one too many");
    others_are_served(&server).await;
    drop(raw);
    server.stop().await;
}

async fn headers_beyond_their_limit(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let mut raw = Raw::open(&server, 1 << 16).await;
    let many: Vec<u8> = (0..200).flat_map(|_| [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat()).collect();
    send_headers(&mut raw, 1, &[block(CHECK), many].concat()).await;
    let answer = raw.until(HEADERS).await.unwrap();
    // `:status: 431`, by the number of its name and in the code of Huffman.
    assert!(answer.payload.starts_with(&[0x48, 0x83, 0x69, 0x90, 0xff]), "{answer:?}");
    // A bomb: one header that is kept, and 5,000 times repeated by its number, 20 MB in 9 KB.
    let kept = [&[0x40, 1, b'x', 127, 0x81, 0x1e][..], &[b'y'; 3_968]].concat();
    send_headers(&mut raw, 3, &[block(CHECK), kept, vec![0x80 | 62; 5_000]].concat()).await;
    let away = raw.until(GOAWAY).await.unwrap();
    assert_eq!(error_code(&away.payload[4..]), ENHANCE_YOUR_CALM);
    others_are_served(&server).await;
    server.stop().await;
}

/// In as many frames as it takes.
async fn send_headers(raw: &mut Raw, stream: u32, headers: &[u8]) {
    let (first, rest) = headers.split_at(headers.len().min(16 << 10));
    raw.send(HEADERS, END_STREAM, stream, first).await;
    raw.send(CONTINUATION, END_HEADERS, stream, rest).await;
}
