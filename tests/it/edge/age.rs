//! R45: a connection that has reached its age is told to go, and no call fails by it.

use std::time::Duration;

use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use prost::Message as _;
use tokio::sync::watch;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::frames::*;
use crate::raw::{Patient, patient};
use crate::sample::{Refusal, check, stored};
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";

async fn server() -> TestServer {
    TestServer::start_with(Backend::Sqlite, |config| config.server.max_connection_age = Duration::from_secs(1)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_call_ends_well_on_a_connection_that_was_told_to_go() {
    let server = server().await;
    stored(&server, "contoso").await;
    let mut raw = Raw::open(server.address, 1 << 16).await;
    raw.send(HEADERS, END_HEADERS, 1, &block(CHECK)).await;
    raw.until(GOAWAY).await.unwrap();
    raw.send(DATA, END_STREAM, 1, &prefixed(&check("contoso").encode_to_vec())).await;
    assert_eq!(raw.until(DATA).await.unwrap().stream, 1, "the answer");
    raw.closed().await;
    server.stop().await;
}

/// A check, sent again if its connection was told to go before it could be sent: HTTP/2 says of such a call that it was
/// not carried out, and clients of gRPC repeat it.
async fn checked(entitlements: &mut EntitlementServiceClient<Patient>) {
    loop {
        match entitlements.check_entitlement(check("contoso")).await {
            Ok(_) => break,
            Err(status) => assert!(format!("{status:?}").contains("GoAway(b\"\", NO_ERROR, Remote)"), "{status:?}"),
        }
    }
}

/// The clients send most calls again by themselves that their connection did not take any more. tonic's `Channel` does
/// not: it answers CANCELLED, though nothing was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_connections_come_and_go() {
    let server = server().await;
    stored(&server, "contoso").await;
    let (end, ended) = watch::channel(false);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let origin = format!("http://{}", server.address).parse().unwrap();
            let (mut entitlements, ended) = (EntitlementServiceClient::with_origin(patient(), origin), ended.clone());
            tokio::spawn(async move {
                while !*ended.borrow() {
                    checked(&mut entitlements).await;
                }
            })
        })
        .collect();
    // As many ages pass as connections are told to go, one after the other.
    for _ in 0..3 {
        let mut raw = Raw::open(server.address, 0).await;
        raw.until(GOAWAY).await.unwrap();
    }
    end.send(true).unwrap();
    for caller in callers {
        caller.await.unwrap();
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_connection() {
    let server = server().await;
    let mut health = HealthClient::new(server.another_channel().await);
    let mut watched = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let refusal = loop {
        match watched.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ends with a status"),
            Err(status) => break Refusal::of(&status),
        }
    };
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "DRAINING"), "{refusal:?}");
    assert!(refusal.has_retry_info, "{refusal:?}");
    HealthClient::new(server.another_channel().await).watch(HealthCheckRequest::default()).await.unwrap();
    drop((watched, health));
    server.stop().await;
}
