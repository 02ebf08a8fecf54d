//! PostgreSQL's primary dies under load, and its synchronous replica is promoted. The server goes on by itself, and
//! what was acknowledged is there, once.

use std::time::{Duration, Instant};

use entitled::cli::document;
use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use sea_orm::{ConnectionTrait as _, Statement};
use tokio::task::block_in_place;
use tonic::transport::Channel;
use tonic::{Code, Response, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::outages::{ANSWERS, CALLERS, Load, PATIENCE, judge};
use super::samples::*;
use crate::database::connect;
use crate::postgres::Cluster;
use crate::server::{Backend, TestServer, request_id};
use crate::virtual_address::VirtualAddress;

const LOOK: Duration = Duration::from_millis(10);

/// What the server notices of the end of its database's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its connections break.
    Broken,
    /// Nothing: nobody is there any more to break them.
    Silent,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_loses_and_doubles_nothing() {
    fail_over(End::Broken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_from_a_host_that_fell_silent_loses_and_doubles_nothing() {
    fail_over(End::Silent).await;
}

async fn fail_over(end: End) {
    let mut pair = Pair::start().await;
    let house = pair.house().await;
    let load = Load::start(&house).await;
    load.served(ANSWERS).await;
    let dead = Instant::now();
    if end == End::Silent {
        pair.address.lose();
    }
    block_in_place(|| pair.primary.kill());
    load.turned_away().await;
    block_in_place(|| pair.replica.promote());
    pair.address.lead_to(&pair.replica);
    let promoted = Instant::now();
    // More than were under way when the primary died.
    load.served(ANSWERS).await;
    println!(
        "{end:?}: acknowledged again {:?} after the end, {:?} after the promotion",
        dead.elapsed(),
        promoted.elapsed()
    );
    judge(&house, &load.end().await).await;
    house.stop().await;
}

/// Nobody fenced the old primary off: it comes back, and the address leads to it for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_primary_acknowledges_nothing() {
    let mut pair = Pair::start().await;
    let house = pair.house().await;
    let load = Load::start(&house).await;
    load.served(ANSWERS).await;
    block_in_place(|| {
        pair.primary.kill();
        pair.replica.promote();
    });
    pair.address.lead_to(&pair.replica);
    load.served(ANSWERS).await;
    block_in_place(|| pair.primary.start_again());
    pair.address.lead_to(&pair.primary);
    for _ in 0..CALLERS {
        load.turned_away().await;
    }
    // What waited for a replica is committed there from now on, and seen.
    block_in_place(|| {
        pair.primary.kill();
        pair.primary.start_again();
    });
    for _ in 0..CALLERS {
        load.turned_away().await;
    }
    pair.address.lead_to(&pair.replica);
    load.served(ANSWERS).await;
    judge(&house, &load.end().await).await;
    house.stop().await;
}

/// After a crash PostgreSQL shows commits that waited for a replica, which still lacks them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_replica_lacks_is_not_acknowledged() {
    let mut pair = Pair::start().await;
    let house = pair.house().await;
    let (consume, apply) = (consume(1), apply("fabrikam"));
    block_in_place(|| pair.replica.kill());
    let calls = tokio::spawn(call_both(house.server.channel.clone(), consume.clone(), apply.clone()));
    until(&pair.primary, "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    block_in_place(|| {
        pair.primary.kill();
        pair.primary.start_again();
    });
    let open = "COMMIT_OUTCOME_UNKNOWN".to_owned();
    let (consumed, applied) = calls.await.unwrap();
    assert_eq!((refused(consumed).1, refused(applied).1), (open.clone(), open.clone()));
    for request_id in [&consume.request_id, &apply.request_id] {
        let query = format!("SELECT count(*) FROM request WHERE request_id = '{request_id}'");
        assert_eq!(house.count(&query).await, 1, "it is seen");
    }
    let (consumed, applied) = call_both(house.server.channel.clone(), consume.clone(), apply.clone()).await;
    assert_eq!((refused(consumed).1, refused(applied).1), (open.clone(), open), "a repetition waits as well");
    block_in_place(|| pair.replica.start_again());
    wait_for_replica(&pair.primary).await;
    let (consumed, applied) = call_both(house.server.channel.clone(), consume, apply).await;
    assert!(consumed.unwrap().into_inner().replayed);
    applied.unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_no_writes_and_says_so_until_it_is_promoted() {
    let mut pair = Pair::start().await;
    let house = pair.house().await;
    let request = HealthCheckRequest { service: "readiness".into() };
    let mut health = HealthClient::new(house.server.channel.clone()).watch(request).await.unwrap().into_inner();
    until_health(&mut health, ServingStatus::Serving).await;
    pair.address.lead_to(&pair.replica);
    let unavailable = (Code::Unavailable, "STORE_UNAVAILABLE".to_owned());
    let (consume, apply) = (consume(1), apply("fabrikam"));
    let (consumed, applied) = call_both(house.server.channel.clone(), consume.clone(), apply.clone()).await;
    assert_eq!((refused(consumed), refused(applied)), (unavailable.clone(), unavailable.clone()));
    assert_eq!(refused(house.server.ledger().reserve_units(reserve(1)).await), unavailable);
    until_health(&mut health, ServingStatus::NotServing).await;
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0), "reads go on");
    let beside = house.server.start_beside().await;
    assert_eq!(refused(beside.ledger().consume_units(consume.clone()).await), unavailable);
    block_in_place(|| pair.replica.promote());
    until_health(&mut health, ServingStatus::Serving).await;
    let (consumed, applied) = call_both(house.server.channel.clone(), consume.clone(), apply).await;
    assert!(!consumed.unwrap().into_inner().replayed);
    applied.unwrap();
    assert!(beside.ledger().consume_units(consume).await.unwrap().into_inner().replayed);
    drop(health);
    beside.stop().await;
    house.stop().await;
}

async fn until_health(health: &mut Streaming<HealthCheckResponse>, expected: ServingStatus) {
    let is_so = async { while health.message().await.unwrap().unwrap().status() != expected {} };
    tokio::time::timeout(PATIENCE, is_so).await.unwrap_or_else(|_| panic!("health is not {expected:?}"));
}

fn apply(customer_id: &str) -> v1::ApplyContractRequest {
    let document = document::read(&contract(customer_id, &[100]).to_string()).unwrap();
    v1::ApplyContractRequest { request_id: request_id(), ..document.request }
}

type Answer<T> = Result<Response<T>, Status>;

async fn call_both(
    channel: Channel,
    consume: v1::ConsumeUnitsRequest,
    apply: v1::ApplyContractRequest,
) -> (Answer<v1::ConsumeUnitsResponse>, Answer<v1::ApplyContractResponse>) {
    let (mut ledger, mut contracts) = (LedgerServiceClient::new(channel.clone()), ContractServiceClient::new(channel));
    tokio::join!(ledger.consume_units(consume), contracts.apply_contract(apply))
}

/// A primary, its synchronous replica, and the address by which a server reaches the one that is in charge.
struct Pair {
    primary: Cluster,
    replica: Cluster,
    address: VirtualAddress,
    /// The database's URL, by way of the address.
    url: String,
}

impl Pair {
    async fn start() -> Self {
        let (primary, replica) = block_in_place(|| {
            let primary = Cluster::start().unwrap();
            let replica = primary.replica().unwrap();
            (primary, replica)
        });
        let address = VirtualAddress::of(&primary).await;
        let url = address.url(&primary.database().await);
        wait_for_replica(&primary).await;
        Self { primary, replica, address, url }
    }

    async fn house(&self) -> House {
        let url = self.url.parse().unwrap();
        let server = TestServer::start_with(Backend::Postgres, |config| config.store.database = url).await;
        House::on(server, Backend::Postgres).await
    }
}

/// From now on the primary answers no commit that a replica does not have.
async fn wait_for_replica(primary: &Cluster) {
    let admin = connect(&format!("{}/postgres", primary.server_url)).await;
    admin.execute_unprepared("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
    admin.execute_unprepared("SELECT pg_reload_conf()").await.unwrap();
    admin.close().await.unwrap();
    until(primary, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'").await;
}

/// Until a query of the cluster answers true.
async fn until(cluster: &Cluster, query: &str) {
    let admin = connect(&format!("{}/postgres", cluster.server_url)).await;
    let query = Statement::from_string(admin.get_database_backend(), query);
    let is_so = async {
        while !admin.query_one_raw(query.clone()).await.unwrap().unwrap().try_get_by_index::<bool>(0).unwrap() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, is_so).await.unwrap_or_else(|_| panic!("{query:?}"));
    admin.close().await.unwrap();
}
