//! R23, R24: callers that go away, at any moment, lose and double nothing, and spoil no other's write.

use std::time::Duration;

use entitled::proto::v1;
use entitled::store::StoreConfig;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use super::faults::{CALLER, ledger_on, minutes, write};
use super::on_both;
use super::samples::*;
use crate::server::{Backend, TestServer, request_id};
use crate::store::proxy::{Proxy, Verdict};

on_both!(callers_that_go_away_lose_and_double_nothing);

/// Sessions that stand in a transaction and do nothing.
const LEFT_OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";

fn minute() -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest { quantity: quantity(1, v1::Unit::Minutes), ..consume(1) }
}

/// How many entries of a request there are, as others see it.
async fn entries_of(other: &DatabaseConnection, request_id: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM entry WHERE request_id = '{request_id}'");
    let statement = Statement::from_string(other.get_database_backend(), sql);
    other.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn callers_that_go_away_lose_and_double_nothing(house: House) {
    let mut requests = Vec::new();
    for caller in 0..200_u64 {
        let request = minute();
        // A connection with many calls given up is taken for an attack, and closed.
        let mut ledger = house.server.lone_ledger().await;
        let (asked, patience) = (request.clone(), Duration::from_micros(caller * 40));
        requests.push((
            request,
            tokio::spawn(async move { tokio::time::timeout(patience, ledger.consume_units(asked)).await.is_ok() }),
        ));
    }
    for (request, answered) in requests {
        let was_answered = answered.await.unwrap();
        let again = house.server.ledger().consume_units(request).await.unwrap().into_inner();
        assert!(again.replayed || !was_answered, "what was answered is there");
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(200, 0));
    if house.backend == Backend::Postgres {
        assert_eq!(house.count(LEFT_OPEN).await, 0);
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_given_up_at_any_moment_spoils_no_other() {
    give_up(300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while: make test-faults"]
async fn two_thousand_calls_given_up_spoil_no_other() {
    give_up(2_000).await;
}

/// The server has one connection to the database: whatever the call given up leaves on it, the next
/// write meets.
async fn give_up(calls: usize) {
    let server = TestServer::start_with(Backend::Postgres, |config| config.store.max_connections = 1).await;
    let house = House::on(server, Backend::Postgres).await;
    let outside = house.connection().await;
    let mut told = Vec::new();
    for call in 0..calls {
        let (given_up, other) = (minute(), minute());
        let mut ledger = house.server.lone_ledger().await;
        // Few, many, and all between: whatever the machine, some are given up unsent, some answered.
        let polls = (call % 8) << (6 + call % 9);
        let was_answered = is_answered_within(polls, ledger.consume_units(given_up.clone())).await;
        house.server.ledger().consume_units(other.clone()).await.unwrap();
        assert_eq!(entries_of(&outside, &other.request_id).await, 1, "what is acknowledged is committed");
        told.push((given_up, was_answered));
    }
    for (request, was_answered) in told {
        let again = house.server.ledger().consume_units(request).await.unwrap().into_inner();
        assert!(again.replayed || !was_answered, "what was answered is there");
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(2 * i64::try_from(calls).unwrap(), 0), "each once");
    assert_eq!(house.count(LEFT_OPEN).await, 0);
    house.stop().await;
}

/// Gives a call up that has no answer when it was asked for it so often.
async fn is_answered_within(polls: usize, call: impl Future) -> bool {
    let mut call = std::pin::pin!(call);
    for _ in 0..polls {
        tokio::select! {
            biased;
            _ = &mut call => return true,
            () = std::future::ready(()) => tokio::task::yield_now().await,
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_given_up_within_its_transaction_spoils_no_other() {
    let house = House::start(Backend::Postgres).await;
    let outside = house.connection().await;
    let proxy = Proxy::start(&house.server.database()).await;
    let config = StoreConfig { url: proxy.url.clone(), max_connections: 1, ..StoreConfig::default() };
    for word in ["BEGIN", "FOR UPDATE", "INTO entry", "COMMIT"] {
        let ledger = ledger_on(config.clone()).await;
        let (given_up, other) = (request_id(), request_id());
        proxy.stop_at(word);
        tokio::select! {
            outcome = ledger.write(&CALLER, minutes(1, &given_up)) => panic!("{word}: {outcome:?}"),
            () = proxy.stopped() => {}
        }
        let next = write(&ledger, minutes(1, &other));
        proxy.decide(Verdict::GoOn);
        next.await.unwrap().unwrap();
        assert_eq!(entries_of(&outside, &other).await, 1, "given up at {word}");
        assert_eq!(entries_of(&outside, &given_up).await, 1, "given up at {word}: what was begun is done");
        assert!(ledger.write(&CALLER, minutes(1, &given_up)).await.unwrap().replayed, "given up at {word}");
        assert_eq!(house.count(LEFT_OPEN).await, 0, "given up at {word}");
    }
    house.stop().await;
}
