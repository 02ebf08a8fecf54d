//! The start waits for a database that is away, and for nothing else.

use std::net::{Ipv4Addr, SocketAddr};

use entitled::config::Config;
use sea_orm::ConnectionTrait as _;
use tokio::task::block_in_place;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::database::connect;
use crate::postgres::{self, Cluster};
use crate::sample::{check, refused, stored};
use crate::server::TestServer;

fn config(url: &str) -> Config {
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.store.database = url.parse().unwrap();
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_waits_for_its_database_and_then_serves() {
    let mut cluster = Cluster::start().unwrap();
    let config = config(&cluster.database().await);
    entitled::server::migrate(&config, false).await.unwrap();
    block_in_place(|| cluster.kill());
    let server = TestServer::serve(config, None).await;
    let refusal = refused(server.entitlements().check_entitlement(check("contoso")).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "STORE_UNAVAILABLE"), "{refusal:?}");
    assert!(refusal.has_retry_info, "{refusal:?}");
    let mut health = HealthClient::new(server.channel.clone());
    assert_eq!(status(&mut health, "liveness").await, ServingStatus::Serving);
    for service in ["", "readiness", "entitled.v1.LedgerService"] {
        assert_eq!(status(&mut health, service).await, ServingStatus::NotServing);
    }
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    block_in_place(|| cluster.start_again());
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    stored(&server, "contoso").await;
    drop((watch, health));
    server.stop().await;
}

async fn status(health: &mut HealthClient<tonic::transport::Channel>, service: &str) -> ServingStatus {
    let asked = HealthCheckRequest { service: service.to_owned() };
    health.check(asked).await.unwrap().into_inner().status()
}

async fn refuses(config: Config) -> String {
    let served = entitled::server::serve(config, |_| panic!("it serves"), std::future::pending()).await;
    let error = served.unwrap_err();
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

#[tokio::test]
async fn what_waiting_does_not_mend_ends_the_start_at_once() {
    let lacking = refuses(config(&postgres::database().await)).await;
    assert!(lacking.contains("run `entitled migrate` first"), "{lacking}");

    let url = postgres::database().await;
    entitled::server::migrate(&config(&url), false).await.unwrap();
    let admin = connect(&url).await;
    let (_, name) = url.rsplit_once('/').unwrap();
    admin.execute_unprepared(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await.unwrap();
    admin.close().await.unwrap();
    let unsafe_commits = refuses(config(&url)).await;
    assert!(unsafe_commits.contains("synchronous_commit"), "{unsafe_commits}");

    let directory = tempfile::tempdir().unwrap();
    let nowhere = format!("sqlite:{}", directory.path().join("no/such/directory/entitled.db").display());
    let told = refuses(config(&nowhere)).await;
    assert!(told.contains("cannot be opened"), "{told}");
}
