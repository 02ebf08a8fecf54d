//! R17, R18: queues, locks and lost connections.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use entitled::cache::Cache;
use entitled::catalog::Catalog;
use entitled::config::Config;
use entitled::error::{Error, Result};
use entitled::ledger::{Command, Take, Target};
use entitled::model::{Quantity, Unit};
use entitled::service::ledger::{CUSTOMER_CAPACITY, LedgerOptions, WriteOutcome, WriteRequest};
use entitled::service::{Caller, Clock, Context, Deadline, Gate, Ledger, READS};
use entitled::store::{Epoch, Store, StoreConfig};
use entitled::telemetry::Telemetry;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::JoinSet;

use super::samples::*;
use crate::server::{Backend, request_id};
use crate::store::proxy::{Proxy, Verdict};

pub(super) static CALLER: LazyLock<Caller> = LazyLock::new(Caller::anonymous);

/// The writer alone, on a store of one's own.
pub(super) async fn ledger_on(config: StoreConfig) -> Ledger {
    ledger_with(config, Clock::System).await
}

pub(super) async fn ledger_with(config: StoreConfig, clock: Clock) -> Ledger {
    ledger_over(Store::connect(&config).await.unwrap(), clock, LedgerOptions::default())
}

pub(super) fn ledger_over(store: Store, clock: Clock, options: LedgerOptions) -> Ledger {
    let cache = Arc::new(Cache::new(1 << 20, Duration::from_secs(1)));
    let catalog = Arc::new(Catalog::embedded().unwrap());
    let telemetry = Telemetry::start(&Config::default(), None).unwrap();
    let (reads, epoch) = (Gate::new(READS.0, READS.1), Arc::new(Epoch { number: 1, epoch_id: "first".to_owned() }));
    Ledger::start(Context { catalog, store, cache, clock, reads, telemetry, epoch }, options)
}

pub(super) fn minutes(amount: i64, request_id: &str) -> WriteRequest {
    let block_id = Some(ede("contoso", 0).parse().unwrap());
    let target = Target { block_id, location_id: None, product_id: None, service_id: None, mode: None };
    let quantity = Quantity { amount, unit: Unit::Minutes };
    WriteRequest {
        customer_id: "contoso".to_owned(),
        command: Command::Consume(Take {
            target,
            quantity,
            performed: None,
            solution_ids: Vec::new(),
            note: String::new(),
        }),
        request_id: request_id.to_owned(),
        deadline: Deadline::default(),
    }
}

/// Until a batch waits for the customer's lock.
pub(super) async fn until_waiting(blocker: &DatabaseConnection) {
    until_so_many_wait(blocker, 1).await;
}

pub(super) async fn until_so_many_wait(blocker: &DatabaseConnection, count: i64) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        // Within a transaction the list of sessions stays as it was first seen.
        blocker.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.unwrap();
        let statement = Statement::from_string(blocker.get_database_backend(), sql);
        let waiting: i64 = blocker.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        if waiting >= count {
            return;
        }
        tokio::task::yield_now().await;
    }
}

pub(super) fn write(ledger: &Ledger, request: WriteRequest) -> tokio::task::JoinHandle<Result<WriteOutcome>> {
    let ledger = ledger.clone();
    tokio::spawn(async move { ledger.write(&CALLER, request).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_share_of_the_queue_turns_writes_away_and_late_ones_are_not_begun() {
    let house = House::start(Backend::Postgres).await;
    let lock_timeout = Duration::from_secs(5);
    let url = house.server.database().clone();
    let ledger = ledger_on(StoreConfig { url, lock_timeout, ..StoreConfig::default() }).await;
    let blocker = house.hold().await;
    let first = write(&ledger, minutes(1, &request_id()));
    until_waiting(&blocker).await;
    let deadline = Deadline::at(Instant::now() + Duration::from_millis(50));
    let late = write(&ledger, WriteRequest { deadline: deadline.clone(), ..minutes(1, &request_id()) });
    let mut waiting = JoinSet::new();
    for _ in 0..CUSTOMER_CAPACITY + 10 {
        let ledger = ledger.clone();
        waiting.spawn(async move { ledger.write(&CALLER, minutes(1, &request_id())).await });
    }
    // The refused ones come back at once, while the others wait.
    let mut refused = 0;
    while refused < 10 {
        match waiting.join_next().await.unwrap().unwrap() {
            Err(Error::Overloaded) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(deadline.passed().await, Error::DeadlinePassed), "told while it waits");
    blocker.execute_unprepared("COMMIT").await.unwrap();
    let outcome = late.await.unwrap();
    // It may have been among those the full queue turned away.
    assert!(matches!(outcome, Err(Error::DeadlinePassed | Error::Overloaded)), "{outcome:?}");
    assert_eq!(first.await.unwrap().unwrap().applied.entries.len(), 1);
    let mut written = 1;
    while let Some(outcome) = waiting.join_next().await {
        match outcome.unwrap() {
            Ok(_) => written += 1,
            Err(Error::Overloaded) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind = 'CONSUME'").await, written);
    assert!(written >= i64::try_from(CUSTOMER_CAPACITY).unwrap() - 1, "{written}");
    let transactions = house.count("SELECT revision - 1 FROM customer WHERE customer_id = 'contoso'").await;
    assert!(transactions <= 10, "{written} writes in {transactions} transactions");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_waited_together_are_told_apart() {
    let house = House::start(Backend::Postgres).await;
    let url = house.server.database().clone();
    let ledger = ledger_on(StoreConfig { url, ..StoreConfig::default() }).await;
    let blocker = house.hold().await;
    let first = write(&ledger, minutes(1, &request_id()));
    until_waiting(&blocker).await;
    let deadline = Deadline::at(Instant::now());
    let late = WriteRequest { deadline, ..minutes(1, &request_id()) };
    assert!(matches!(ledger.write(&CALLER, late).await, Err(Error::DeadlinePassed)), "it does not even wait");
    let (bad, good) = (write(&ledger, minutes(6_001, &request_id())), write(&ledger, minutes(2, &request_id())));
    blocker.execute_unprepared("COMMIT").await.unwrap();
    assert!(matches!(bad.await.unwrap(), Err(Error::Violations(_))), "a bad one refuses only itself");
    first.await.unwrap().unwrap();
    good.await.unwrap().unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(3, 0));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_stays_locked_is_a_conflict_and_never_exhausted() {
    let house = House::start(Backend::Postgres).await;
    let lock_timeout = Duration::from_millis(50);
    let url = house.server.database().clone();
    let ledger = ledger_on(StoreConfig { url, lock_timeout, ..StoreConfig::default() }).await;
    let blocker = house.hold().await;
    let id = request_id();
    assert!(matches!(ledger.write(&CALLER, minutes(1, &id)).await, Err(Error::Conflict)));
    blocker.execute_unprepared("COMMIT").await.unwrap();
    assert!(!ledger.write(&CALLER, minutes(1, &id)).await.unwrap().replayed);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_at_commit_is_settled() {
    let house = House::start(Backend::Postgres).await;
    let proxy = Proxy::start(&house.server.database()).await;
    // One connection at a time: another one would have statements prepared that the proxy has to see.
    let config = StoreConfig { url: proxy.url.clone(), max_connections: 1, ..StoreConfig::default() };
    let ledger = ledger_on(config).await;
    let cut_at = async |word: &'static str, then: Option<&'static str>, id: &str| {
        proxy.stop_at(word);
        let cut = async {
            proxy.stopped().await;
            if let Some(then) = then {
                proxy.stop_at(then);
            }
            proxy.decide(Verdict::Cut);
        };
        tokio::join!(ledger.write(&CALLER, minutes(1, id)), cut).0
    };
    // Committed, and the answer lost: looked up, and answered as it is.
    let id = request_id();
    let done = cut_at("COMMIT", None, &id).await.unwrap();
    assert_eq!(done.applied.entries.len(), 1);
    assert_eq!(ledger.write(&CALLER, minutes(1, &id)).await.unwrap().applied, done.applied);
    // Lost before the commit: surely nothing.
    let outcome = cut_at("INTO entry", None, &request_id()).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    // Committed, and cannot be looked up either.
    let id = request_id();
    let outcome = cut_at("COMMIT", Some("FOR UPDATE"), &id).await;
    assert!(matches!(outcome, Err(Error::CommitOutcomeUnknown(_))), "{outcome:?}");
    proxy.decide(Verdict::GoOn);
    assert!(ledger.write(&CALLER, minutes(1, &id)).await.unwrap().replayed, "a repetition settles it");
    assert_eq!(house.block(&ede("contoso", 0)).await, left(2, 0));
    house.stop().await;
}
