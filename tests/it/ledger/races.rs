//! R08, R09, R12, R16: nobody overspends, whoever comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use entitled::proto::v1;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use entitled::service::ledger::expire;
use entitled::store::{Contended, StoreConfig, Wanted, lock_books_in_txn};
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::expiry::end_holds_at;
use super::faults::{ledger_on, until_waiting};
use super::on_both;
use super::samples::*;
use crate::process::Process;
use crate::server::{Backend, request_id};

on_both!(
    nobody_overspends_a_block_in_one_process,
    constraints_stand_behind_the_code,
    a_hold_ends_once_whoever_ends_it,
    a_use_that_spans_blocks_is_whole_or_nothing,
);

/// So many good answers, and these refusals.
fn sort<T: std::fmt::Debug>(outcomes: Vec<Result<T, Status>>) -> (usize, Vec<(Code, String)>) {
    let (good, bad): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    (good.len(), bad.into_iter().map(refused).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_overspends_a_block_through_two_processes() {
    overspend(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while: make test-faults"]
async fn nobody_overspends_fifty_blocks_through_two_processes() {
    overspend(50).await;
}

async fn overspend(rounds: usize) {
    let house = House::start(Backend::Postgres).await;
    let servers = [(); 2].map(|()| Process::start(&house.server.database()));
    let [one, other] = [servers[0].ledger().await, servers[1].ledger().await];
    for round in 0..rounds {
        let customer_id = format!("customer-{round}");
        house.put_customer(&customer_id, &[100]).await;
        let mut callers = JoinSet::new();
        for caller in 0..200 {
            let mut ledger = if caller % 2 == 0 { one.clone() } else { other.clone() };
            let request = consume_of(&customer_id, 1);
            callers.spawn(async move { ledger.consume_units(request).await });
        }
        let outcomes = tokio::select! {
            outcomes = callers.join_all() => outcomes,
            never = watch([&one, &other], &customer_id) => match never {},
        };
        assert_eq!(sort(outcomes), (100, vec![forbidden("HOURS_EXHAUSTED"); 100]));
        for mut ledger in [one.clone(), other.clone()] {
            let found = ledger.get_block(get_block(&customer_id)).await.unwrap().into_inner();
            assert_eq!(balance(&found.block.unwrap()), left(6_000, 0));
        }
        house.verify(&customer_id).await;
    }
    let rounds = i64::try_from(rounds).unwrap();
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind = 'CONSUME'").await, rounds * 100);
    house.stop().await;
}

/// Reads the block, from one server and from the other: more than there is is never gone.
async fn watch(servers: [&LedgerServiceClient<Channel>; 2], customer_id: &str) -> Infallible {
    let mut used = 0;
    loop {
        for server in servers {
            let found = server.clone().get_block(get_block(customer_id)).await.unwrap().into_inner();
            let found = balance(&found.block.unwrap());
            assert_eq!(found, left(found.used, 0));
            assert!(used <= found.used && found.used <= found.granted && found.available >= 0, "{found:?}");
            used = found.used;
        }
    }
}

fn get_block(customer_id: &str) -> v1::GetBlockRequest {
    v1::GetBlockRequest { customer_id: customer_id.into(), block_id: ede(customer_id, 0), as_of_time: None }
}

async fn nobody_overspends_a_block_in_one_process(house: House) {
    let mut callers = JoinSet::new();
    for _ in 0..120 {
        let mut ledger = house.server.ledger();
        callers.spawn(async move { ledger.consume_units(consume(1)).await });
    }
    let (good, bad) = sort(callers.join_all().await);
    assert_eq!((good, bad), (100, vec![forbidden("HOURS_EXHAUSTED"); 20]));
    assert_eq!(house.block(&ede("contoso", 0)).await, left(6_000, 0));
    house.stop().await;
}

async fn constraints_stand_behind_the_code(house: House) {
    let connection = house.connection().await;
    for broken in [
        "UPDATE block SET used = granted + 1",
        "UPDATE block SET used = -1",
        "UPDATE block SET reserved = -1",
        "UPDATE block SET reserved = granted, used = 1",
        "UPDATE block SET granted = -1",
        "DELETE FROM block",
        "INSERT INTO entry SELECT * FROM entry",
    ] {
        assert!(connection.execute_unprepared(broken).await.is_err(), "{broken}");
    }
    connection.close().await.unwrap();
    house.stop().await;
}

async fn a_hold_ends_once_whoever_ends_it(house: House) {
    let other = match house.backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(house.server.start_beside().await),
    };
    let third = ledger_on(StoreConfig { url: house.server.database(), ..StoreConfig::default() }).await;
    let connection = house.connection().await;
    let mut winners = Vec::new();
    for _ in 0..64 {
        let held = house.server.ledger().reserve_units(reserve(1)).await.unwrap().into_inner().reservation.unwrap();
        let mut callers = JoinSet::new();
        for caller in 0..4 {
            let mut ledger = match &other {
                Some(other) if caller >= 2 => other.ledger(),
                _ => house.server.ledger(),
            };
            let id = held.reservation_id.clone();
            callers.spawn(async move {
                if caller % 2 == 0 {
                    ledger.commit_reservation(commit(&id, None)).await.map(|_| "COMMITTED")
                } else {
                    ledger.release_reservation(release(&id)).await.map(|_| "RELEASED")
                }
            });
        }
        // Its time runs out as well, and a replica looks for such holds.
        let expiring = async {
            end_holds_at(&connection, now() - chrono::Duration::hours(1)).await;
            tokio::spawn(expire(third.clone())).abort_handle()
        };
        let (outcomes, expiring) = tokio::join!(callers.join_all(), expiring);
        expiring.abort();
        let winner = outcomes.iter().flatten().next().copied();
        let told = forbidden(&format!("RESERVATION_{}", winner.unwrap_or("EXPIRED")));
        let good = winner.iter().count();
        assert_eq!(sort(outcomes), (good, vec![told; 4 - good]), "the others are told how it ended");
        winners.push(winner.unwrap_or("EXPIRED"));
    }
    connection.close().await.unwrap();
    // Each has one entry that ends it, by its winner.
    for (state, kind) in [("COMMITTED", "COMMIT"), ("RELEASED", "RELEASE"), ("EXPIRED", "EXPIRE")] {
        let count = i64::try_from(winners.iter().filter(|winner| **winner == state).count()).unwrap();
        assert_eq!(house.count(&format!("SELECT COUNT(*) FROM reservation WHERE state = '{state}'")).await, count);
        assert_eq!(house.count(&format!("SELECT COUNT(*) FROM entry WHERE kind = '{kind}'")).await, count);
    }
    let committed = i64::try_from(winners.iter().filter(|winner| **winner == "COMMITTED").count()).unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(committed * 60, 0));
    if let Some(other) = other {
        other.stop().await;
    }
    house.stop().await;
}

async fn a_use_that_spans_blocks_is_whole_or_nothing(house: House) {
    house.put_customer("fabrikam", &[10, 10]).await;
    let other = match house.backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(house.server.start_beside().await),
    };
    // 7 hours leave 3 of the first block: the next use spans both. In between, the blocks by
    // their own names, in the other order.
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let mut ledger = match &other {
            Some(other) if caller % 2 == 0 => other.ledger(),
            _ => house.server.ledger(),
        };
        callers.spawn(async move {
            let request = match caller % 4 {
                3 => v1::ConsumeUnitsRequest {
                    customer_id: "fabrikam".into(),
                    block_id: ede("fabrikam", 1),
                    quantity: hours(1),
                    request_id: request_id(),
                    ..Default::default()
                },
                _ => consume_any("fabrikam", 7),
            };
            ledger.consume_units(request).await.map(|answer| answer.into_inner())
        });
    }
    let outcomes = callers.join_all().await;
    let spanning = outcomes.iter().flatten().filter(|answer| answer.entries.len() == 2).count();
    assert!(spanning <= 1, "only one use can span them");
    let (good, bad) = sort(outcomes);
    assert_eq!(good, 4, "two of 7 hours and two of 1");
    assert_eq!(bad, vec![forbidden("HOURS_EXHAUSTED"); 4]);
    assert_eq!(house.count("SELECT CAST(SUM(used) AS BIGINT) FROM block WHERE customer_id = 'fabrikam'").await, 960);
    house.verify("fabrikam").await;
    if let Some(other) = other {
        other.stop().await;
    }
    house.stop().await;
}

/// The statement that waits for a lock sees everything else as of its beginning: what the write
/// it waited for has done is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waited_for_a_lock_sees_what_it_was_held_for() {
    let house = House::start(Backend::Postgres).await;
    house.server.ledger().consume_units(consume(1)).await.unwrap();
    let block_id = ede("contoso", 0);
    let blocker = house.hold().await;
    let store = house.store().await;
    let waiting = tokio::spawn(async move {
        let wanted = BTreeMap::from([("contoso", Wanted::default())]);
        let request = BTreeSet::from([("contoso".to_owned(), "meanwhile".to_owned())]);
        let lock = async |txn| lock_books_in_txn(&txn, &wanted, &request, Contended::Await).await;
        let locked = store.in_transaction(lock).await;
        store.close().await.unwrap();
        locked.unwrap()
    });
    until_waiting(&blocker).await;
    for change in [
        format!("UPDATE block SET used = 120, sequence = sequence + 1 WHERE block_id = '{block_id}'"),
        "UPDATE customer SET revision = 100 WHERE customer_id = 'contoso'".to_owned(),
        "INSERT INTO request (customer_id, request_id, method, content_hash, outcome, record_time)
         VALUES ('contoso', 'meanwhile', 'ConsumeUnits', '', '{}', 0)"
            .to_owned(),
        "COMMIT".to_owned(),
    ] {
        blocker.execute_unprepared(&change).await.unwrap();
    }
    let books = waiting.await.unwrap();
    assert_eq!((books.locked["contoso"].revision, books.is_known), (100, true));
    let block = &books.by_customer["contoso"].blocks[&block_id.parse().unwrap()];
    assert_eq!((block.used, block.sequence), (120, 3));
    blocker.close().await.unwrap();
    house.server.stop().await;
}
