//! PostgreSQL's primary dies under load, and its synchronous replica is promoted. The server goes on by itself, and
//! what was acknowledged is there, once.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::block_in_place;

use super::outages::{ANSWERS, Load, judge};
use super::samples::*;
use crate::database::connect;
use crate::postgres::Cluster;
use crate::server::{Backend, TestServer};
use crate::virtual_address::VirtualAddress;

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
    let is_so = async {
        while !has_synchronous_replica(&admin).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), is_so).await.expect("the replica streams");
    admin.close().await.unwrap();
}

async fn has_synchronous_replica(admin: &DatabaseConnection) -> bool {
    let query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    let query = Statement::from_string(admin.get_database_backend(), query);
    admin.query_one_raw(query).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap() > 0
}
