//! R18–R20: PostgreSQL is killed under load, again and again. The server goes on by itself; what
//! was acknowledged is there, what was refused is not, and every answer is a published one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use entitled::ledger::EntryKind;
use entitled::proto::v1;
use entitled::store::EntryFilter;
use sea_orm::ConnectionTrait as _;
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tonic::Code;

use super::samples::*;
use crate::database::connect;
use crate::postgres::Cluster;
use crate::server::{Backend, TestServer};

pub(super) const CALLERS: usize = 16;
/// Their writes go to the database side by side, so that a blow finds them at different points.
const CUSTOMERS: [&str; 4] = ["contoso", "fabrikam", "northwind", "tailspin"];
/// Good answers between two blows.
pub(super) const ANSWERS: usize = 25;
/// A server that does not go on shall fail the test, not hang it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_loses_and_doubles_nothing() {
    kill(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while: make test-faults"]
async fn a_database_killed_twenty_times_loses_and_doubles_nothing() {
    kill(20).await;
}

async fn kill(rounds: usize) {
    let mut cluster = Cluster::start().unwrap();
    let database = cluster.database().await;
    // Commits that take a while are hit more often.
    let admin = connect(&database).await;
    admin.execute_unprepared("ALTER ROLE postgres SET commit_delay = 20000").await.unwrap();
    admin.execute_unprepared("ALTER ROLE postgres SET commit_siblings = 0").await.unwrap();
    admin.close().await.unwrap();
    let server =
        TestServer::start_with(Backend::Postgres, |config| config.store.database = database.parse().unwrap()).await;
    let house = House::on(server, Backend::Postgres).await;
    let load = Load::start(&house).await;
    for round in 0..rounds {
        load.served(ANSWERS).await;
        block_in_place(|| cluster.kill());
        // Now down for longer than a write waits for it, now up again at once.
        if round % 2 == 0 {
            load.turned_away().await;
        }
        block_in_place(|| cluster.start_again());
    }
    load.served(ANSWERS).await;
    judge(&house, &load.end().await).await;
    house.stop().await;
}

pub(super) async fn judge(house: &House, told: &[Told]) {
    let store = house.store().await;
    let mut uses = Vec::new();
    for customer_id in CUSTOMERS {
        let (entries, _) = store.entries(customer_id, &EntryFilter::default(), 1_000_000).await.unwrap();
        let of_use = entries.into_iter().filter(|entry| entry.kind == EntryKind::Consume);
        uses.extend(of_use.map(|entry| entry.request_id.unwrap()));
    }
    store.close().await.unwrap();
    let applied: BTreeSet<&str> = uses.iter().map(String::as_str).collect();
    assert_eq!(uses.len(), applied.len(), "nothing is there twice");
    for (request, answer) in told {
        let is_applied = applied.contains(request.request_id.as_str());
        match answer.as_ref().map_err(|(code, reason)| (*code, reason.as_str())) {
            Ok(()) => assert!(is_applied, "what was acknowledged is there"),
            Err((Code::Unavailable | Code::DeadlineExceeded, "COMMIT_OUTCOME_UNKNOWN")) => {}
            Err(
                (Code::Unavailable, "STORE_UNAVAILABLE")
                | (Code::DeadlineExceeded, "DEADLINE_PASSED")
                | (Code::Aborted, "WRITE_CONFLICT")
                | (Code::ResourceExhausted, "OVERLOADED"),
            ) => assert!(!is_applied, "what was refused is not"),
            Err(other) => panic!("an answer of no use to its caller: {other:?}"),
        }
        let again = house.server.ledger().consume_units(request.clone()).await.unwrap().into_inner();
        assert_eq!(again.replayed, is_applied, "a repetition settles it");
    }
    let used = i64::try_from(told.len()).unwrap();
    assert_eq!(house.count("SELECT CAST(SUM(used) AS BIGINT) FROM block").await, used, "each once");
    assert_eq!(house.misfit().await, None, "`ledger verify` finds no contradiction");
}

/// A request, and what its caller was told.
pub(super) type Told = (v1::ConsumeUnitsRequest, Result<(), (Code, String)>);

/// Callers that use a minute after the other, whatever they are told.
pub(super) struct Load {
    callers: JoinSet<Vec<Told>>,
    counts: Arc<watch::Sender<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    served: usize,
    turned_away: usize,
    is_over: bool,
}

impl Load {
    pub(super) async fn start(house: &House) -> Self {
        for customer_id in &CUSTOMERS[1..] {
            house.put_customer(customer_id, &[100]).await;
        }
        let counts = Arc::new(watch::Sender::new(Counts::default()));
        let mut callers = JoinSet::new();
        for customer_id in CUSTOMERS.into_iter().cycle().take(CALLERS) {
            let (mut ledger, counts) = (house.server.ledger(), Arc::clone(&counts));
            callers.spawn(async move {
                let mut all = Vec::new();
                while !counts.borrow().is_over {
                    let request = v1::ConsumeUnitsRequest {
                        customer_id: customer_id.into(),
                        block_id: ede(customer_id, 0),
                        quantity: quantity(1, v1::Unit::Minutes),
                        ..consume(1)
                    };
                    let answer = ledger.consume_units(request.clone()).await.map(drop).map_err(|status| told(&status));
                    counts.send_modify(|counts| match &answer {
                        Ok(()) => counts.served += 1,
                        Err(_) => counts.turned_away += 1,
                    });
                    all.push((request, answer));
                }
                all
            });
        }
        Self { callers, counts }
    }

    /// Until so many more calls were answered well.
    pub(super) async fn served(&self, more: usize) {
        let enough = self.counts.borrow().served + more;
        self.until(|counts| counts.served >= enough).await;
    }

    /// Until another call was not.
    pub(super) async fn turned_away(&self) {
        let before = self.counts.borrow().turned_away;
        self.until(|counts| counts.turned_away > before).await;
    }

    async fn until(&self, is_so: impl FnMut(&Counts) -> bool) {
        let mut counts = self.counts.subscribe();
        tokio::time::timeout(PATIENCE, counts.wait_for(is_so)).await.expect("the server goes on by itself").unwrap();
    }

    pub(super) async fn end(self) -> Vec<Told> {
        self.counts.send_modify(|counts| counts.is_over = true);
        self.callers.join_all().await.into_iter().flatten().collect()
    }
}
