//! The end of a server: streams end at once, calls are let end, and a second signal ends all.

use std::time::Duration;

use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::server::Ended;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::frames::*;
use crate::process::Process;
use crate::sample::{Refusal, check};
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// A call that never sends its message: it is under way until somebody ends it.
async fn endless_call(address: std::net::SocketAddr, path: &str) -> Raw {
    let mut raw = Raw::open(address, 1 << 16).await;
    raw.send(HEADERS, END_HEADERS, 1, &block(path)).await;
    raw.send(PING, 0, 0, &[0; 8]).await;
    raw.until(PING).await.unwrap();
    raw
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_with_the_server_and_do_not_hold_it() {
    let mut server = TestServer::start_with(Backend::Sqlite, |config| config.server.drain_timeout = PATIENCE).await;
    let mut health = HealthClient::new(server.another_channel().await);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    let mut reflection = endless_call(server.address, REFLECTION).await;
    let reads_nothing = Raw::open(server.address, 0).await;
    server.ask_to_stop();
    let refusal = loop {
        match watch.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ends with a status"),
            Err(status) => break Refusal::of(&status),
        }
    };
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "DRAINING"), "{refusal:?}");
    assert!(refusal.has_retry_info, "{refusal:?}");
    loop {
        let frame = reflection.until(HEADERS).await.unwrap();
        if frame.flags & END_STREAM == END_STREAM {
            break;
        }
    }
    drop((watch, health, reflection));
    assert_eq!(server.ended().await, Ended::Drained);
    drop(reads_nothing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_status_tells_how_a_server_ended() {
    let directory = tempfile::tempdir().unwrap();
    let database = |name: &str| format!("sqlite:{}", directory.path().join(name).display());

    let mut served = Process::start(&database("a.db"));
    let watched = endless_call(served.until_up().await, "/grpc.health.v1.Health/Watch").await;
    served.tell("TERM");
    assert_eq!(served.exit_code().await, Some(0), "every call had its answer");
    drop(watched);

    let mut cut_off = Process::start_with(&database("b.db"), &[("ENTITLED_DRAIN_TIMEOUT", "10ms")], None);
    let call = endless_call(cut_off.until_up().await, CHECK).await;
    cut_off.tell("TERM");
    assert_eq!(cut_off.exit_code().await, Some(5), "the drain time was over");
    drop(call);

    for (signal, status) in [("TERM", 143), ("INT", 130)] {
        let mut hurried = Process::start_with(&database("c.db"), &[("ENTITLED_DRAIN_TIMEOUT", "10m")], None);
        let mut call = endless_call(hurried.until_up().await, CHECK).await;
        hurried.tell("TERM");
        // It is stopping by now.
        call.until(GOAWAY).await.unwrap();
        hurried.tell(signal);
        assert_eq!(hurried.exit_code().await, Some(status), "a second signal");
    }
}

/// Whoever sends calls here needs time to learn that another server is to be asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lame_duck_says_that_it_does_not_serve_and_serves() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("a.db").display());
    let mut duck = Process::start_with(&database, &[("ENTITLED_LAME_DUCK", "5m")], None);
    let mut health = HealthClient::new(duck.channel().await);
    let mut watched = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    while watched.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    duck.tell("TERM");
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    let mut entitlements = EntitlementServiceClient::new(duck.channel().await);
    let status = entitlements.check_entitlement(check("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "an answer like any other: {status:?}");
    duck.tell("TERM");
    assert_eq!(duck.exit_code().await, Some(143), "a second signal ends it at once");
}

#[tokio::test]
async fn a_lame_duck_stops_in_the_end() {
    let lame_duck = Duration::from_millis(100);
    let mut server = TestServer::start_with(Backend::Sqlite, |config| config.server.lame_duck = lame_duck).await;
    server.ask_to_stop();
    assert_eq!(server.ended().await, Ended::Drained);
}
