//! A client that does not read, half sends, or never begins.

use std::time::Duration;

use entitled::proto::v1;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use futures_util::future::join_all;
use prost::Message as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::frames::*;
use crate::raw;
use crate::sample::{check, refused, stored};
use crate::server::{Backend, Listener, TestServer, on_both_listeners};

on_both_listeners!(
    a_client_that_keeps_the_server_waiting_is_let_go,
    a_client_that_reads_nothing_at_all_is_let_go,
    half_a_message_ends_with_the_time_of_its_call,
    half_a_batch_keeps_no_other_waiting,
    answers_that_are_not_read_are_bounded,
    there_are_only_so_many_connections_and_calls,
    calls_given_up_at_once_are_no_attack,
    a_flood_of_resets_is_sent_away,
);

const BATCH: &str = "/entitled.v1.EntitlementService/BatchCheckEntitlements";
const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const CLAUSES: &str = "/entitled.v1.CatalogService/ListClauses";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// Another client is answered, and the server is ready. Readiness may be lost for a moment: its look at the store waits
/// for a second only, which a busy machine may take.
async fn still_serves(server: &TestServer) {
    let channel = server.another_channel().await;
    let answer = EntitlementServiceClient::new(channel.clone()).check_entitlement(check("nobody")).await;
    assert_eq!(refused(answer).code, Code::NotFound);
    let mut health = HealthClient::new(channel);
    let ask = || HealthCheckRequest { service: "readiness".to_owned() };
    while health.check(ask()).await.unwrap().into_inner().status() != ServingStatus::Serving {}
}

async fn a_client_that_keeps_the_server_waiting_is_let_go(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    stored(&server, "contoso").await;
    let message = prefixed(&check("contoso").encode_to_vec());
    let says_nothing = Raw::silent(&server).await;
    let mut half_a_preface = Raw::silent(&server).await;
    half_a_preface.write(b"PRI * HTTP/2.0\r\n").await;
    let half_a_frame = async {
        let mut raw = Raw::open(&server, 0).await;
        let begun = frame(HEADERS, END_HEADERS, 1, &block(CHECK));
        raw.write(&begun[..20]).await;
        raw.closed().await;
    };
    let half_a_block = async {
        let mut raw = Raw::open(&server, 0).await;
        raw.send(HEADERS, 0, 1, &block(CHECK)).await;
        raw.closed().await;
    };
    let reads_no_answer = async {
        let mut raw = Raw::open(&server, 0).await;
        raw.call(1, CHECK, &message[5..]).await;
        raw.closed().await;
    };
    let reads_no_health = async {
        let mut raw = Raw::open(&server, 0).await;
        raw.call(1, WATCH, &[]).await;
        raw.closed().await;
    };
    let reads_half_an_answer = async {
        let mut raw = Raw::open(&server, 20).await;
        raw.call(1, CHECK, &message[5..]).await;
        raw.closed().await;
    };
    let ends = join_all([says_nothing, half_a_preface].map(Raw::closed));
    tokio::join!(ends, half_a_frame, half_a_block, reads_no_answer, reads_no_health, reads_half_an_answer);
    still_serves(&server).await;
    server.stop().await;
}

/// It gives room for every answer, and takes none of them from its socket.
async fn a_client_that_reads_nothing_at_all_is_let_go(listener: Listener) {
    const MORE_THAN_SOCKETS_HOLD: usize = 16 << 20;
    let server = TestServer::start_on(listener, |_| {}).await;
    let request = v1::ListClausesRequest { page_size: 1_000, ..Default::default() };
    let size = server.catalog().list_clauses(request.clone()).await.unwrap().into_inner().encoded_len();
    let mut raw = Raw::open(&server, 1 << 30).await;
    raw.send(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()).await;
    for call in 0..u32::try_from(MORE_THAN_SOCKETS_HOLD / size).unwrap() {
        raw.call(2 * call + 1, CLAUSES, &request.encode_to_vec()).await;
    }
    let closed = async {
        while raw.try_write(&frame(PING, 0, 0, &[0; 8])).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("the server closes");
    still_serves(&server).await;
    server.stop().await;
}

/// Half a message is waited for as long as a call may take, whosever call it is.
async fn half_a_message_ends_with_the_time_of_its_call(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let mut raw = Raw::open(&server, 1 << 16).await;
    for (stream, path) in [(1, CHECK), (3, HEALTH), (5, WATCH)] {
        raw.send(HEADERS, END_HEADERS, stream, &block(path)).await;
        raw.send(DATA, 0, stream, &[0, 0, 0, 0, 9, 1]).await;
    }
    let mut ended = Vec::new();
    while ended.len() < 3 {
        let answer = raw.until(HEADERS).await.unwrap();
        assert_eq!(answer.flags & END_STREAM, END_STREAM, "a status and nothing else");
        ended.push(answer.stream);
    }
    ended.sort_unstable();
    assert_eq!(ended, [1, 3, 5]);
    server.stop().await;
}

/// Of batches few run at a time; one that is still being sent does not run.
async fn half_a_batch_keeps_no_other_waiting(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    stored(&server, "contoso").await;
    let batch = v1::BatchCheckEntitlementsRequest { checks: vec![check("contoso")], ..Default::default() };
    let message = prefixed(&batch.encode_to_vec());
    let threads = u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let mut raw = Raw::open(&server, 1 << 16).await;
    let streams = (0..threads + 2).map(|call| 2 * call + 1);
    for stream in streams {
        raw.send(HEADERS, END_HEADERS, stream, &block(BATCH)).await;
        // Of one nothing comes but its head.
        if stream > 1 {
            raw.send(DATA, 0, stream, &message[..message.len() / 2]).await;
        }
    }
    raw.until_begun().await;
    let answer = server.entitlements().batch_check_entitlements(batch).await.unwrap().into_inner();
    assert_eq!(answer.results.len(), 1);
    drop(raw);
    server.stop().await;
}

async fn answers_that_are_not_read_are_bounded(listener: Listener) {
    let server = TestServer::start_on(listener, |config| config.server.max_unsent = 8).await;
    stored(&server, "contoso").await;
    // An answer of some hundred bytes is one of many; this one is large.
    let request = v1::ListClausesRequest { page_size: 1_000, ..Default::default() };
    let size = server.catalog().list_clauses(request.clone()).await.unwrap().into_inner().encoded_len();
    let room = (1 << 20) / size;
    let mut raw = Raw::open(&server, 0).await;
    let (mut held, mut refused) = (0, 0);
    for stream in (0..u32::try_from(room + 20).unwrap()).map(|call| 2 * call + 1) {
        raw.call(stream, CLAUSES, &request.encode_to_vec()).await;
        let answer = raw.until(HEADERS).await.unwrap();
        assert_eq!(answer.stream, stream);
        match answer.flags & END_STREAM {
            0 => held += 1,
            _ => refused += 1,
        }
    }
    assert_eq!((held, refused), (room, 20), "of {size} bytes each");
    // Nobody else is hindered, and the door stays open for health.
    server.entitlements().check_entitlement(check("contoso")).await.unwrap();
    still_serves(&server).await;
    raw.call(1_001, HEALTH, &[]).await;
    raw.send(WINDOW_UPDATE, 0, 1_001, &1_000_u32.to_be_bytes()).await;
    assert_eq!(raw.until(DATA).await.unwrap().stream, 1_001);
    drop(raw);
    server.stop().await;
}

async fn there_are_only_so_many_connections_and_calls(listener: Listener) {
    let server = TestServer::start_on(listener, |config| {
        config.server.max_clients = 2;
        config.server.max_calls = 1;
    })
    .await;
    stored(&server, "contoso").await;
    // The server's own channel is one; this is the other, with a call that goes on.
    let mut raw = Raw::open(&server, 1 << 16).await;
    raw.send(HEADERS, END_HEADERS, 1, &block(CHECK)).await;
    raw.until_begun().await;
    let refusal = refused(server.entitlements().check_entitlement(check("contoso")).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::ResourceExhausted, "OVERLOADED"), "{refusal:?}");
    assert!(refusal.has_retry_info, "{refusal:?}");
    HealthClient::new(server.channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    // Closed before any handshake.
    Raw::silent(server.address).await.closed().await;

    raw.send(RESET, 0, 1, &8_u32.to_be_bytes()).await;
    raw.send(PING, 0, 0, &[1; 8]).await;
    raw.until(PING).await.unwrap();
    loop {
        // The call is given up by a task of its own.
        match server.entitlements().check_entitlement(check("contoso")).await {
            Ok(_) => break,
            Err(status) => assert_eq!(status.code(), Code::ResourceExhausted),
        }
    }
    drop(raw);
    server.stop().await;
}

/// Clients with short deadlines give up whole bursts of calls: no reason to send them away.
async fn calls_given_up_at_once_are_no_attack(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    stored(&server, "contoso").await;
    let message = prefixed(&check("contoso").encode_to_vec());
    let mut raw = Raw::open(&server, 1 << 16).await;
    for burst in 0..20 {
        let mut bytes = Vec::new();
        for call in 0..180 {
            let stream = 2 * (burst * 180 + call) + 1;
            bytes.extend(frame(HEADERS, END_HEADERS, stream, &block(CHECK)));
            bytes.extend(frame(DATA, END_STREAM, stream, &message));
            bytes.extend(frame(RESET, 0, stream, &8_u32.to_be_bytes()));
        }
        raw.write(&bytes).await;
        raw.send(PING, 0, 0, &[7; 8]).await;
        loop {
            let frame = raw.next().await.expect("the connection stays");
            assert_ne!(frame.kind, GOAWAY, "{frame:?}");
            if frame.kind == PING {
                break;
            }
        }
    }
    raw.call(9_001, CHECK, &message[5..]).await;
    while raw.until(DATA).await.unwrap().stream != 9_001 {}
    drop(raw);
    server.stop().await;
}

/// Rapid reset: more of them at once than any such client has.
async fn a_flood_of_resets_is_sent_away(listener: Listener) {
    let server = TestServer::start_on(listener, |_| {}).await;
    let mut bytes = Vec::new();
    for call in 0..100_000 {
        bytes.extend(frame(HEADERS, END_HEADERS, 2 * call + 1, &block(CHECK)));
        bytes.extend(frame(RESET, 0, 2 * call + 1, &8_u32.to_be_bytes()));
    }
    let raw = Raw::open(&server, 0).await;
    let (mut reads, mut writes) = tokio::io::split(raw.0);
    let flood = tokio::spawn(async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut writes, &bytes).await;
        writes
    });
    // However it goes on, everybody else is served.
    tokio::io::AsyncReadExt::read_u8(&mut reads).await.unwrap();
    still_serves(&server).await;
    drop(reads);
    let _ = flood.await;
    still_serves(&server).await;
    server.stop().await;
}

/// Reflection and health read names, and nothing longer.
#[tokio::test]
async fn the_standards_read_short_messages_only() {
    let server = TestServer::start(Backend::Sqlite).await;
    let long = vec![b' '; 17 << 10];
    let status = raw::call(server.channel.clone(), HEALTH, long.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    raw::call(server.channel.clone(), REFLECTION, long).await.unwrap_err();
    server.stop().await;
}

/// R67: reads and writes are counted apart, and health not at all.
#[tokio::test]
async fn a_caller_makes_so_many_calls_a_second() {
    let server = TestServer::start_with(Backend::Sqlite, |config| config.rate_limit.reads = 1).await;
    let mut entitlements = server.entitlements();
    // Slow as it may be, one of them comes within a second of the one before.
    let refusal = loop {
        let refusal = refused(entitlements.check_entitlement(check("nobody")).await);
        if refusal.code != Code::NotFound {
            break refusal;
        }
    };
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::ResourceExhausted, "RATE_LIMITED"), "{refusal:?}");
    assert_eq!(refusal.metadata("limit_per_second"), Some("1"));
    assert!(refusal.has_retry_info, "{refusal:?}");
    for _ in 0..10 {
        HealthClient::new(server.channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
        stored(&server, "contoso").await;
    }
    server.stop().await;
}
