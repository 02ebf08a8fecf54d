//! Slow, dead and given-up connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use entitled::error::Error;
use entitled::store::*;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use super::Fixture;
use super::proxy::{Proxy, Verdict};
use super::samples::*;

async fn count(connection: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// The sessions of the store on this database that stand in an open transaction.
const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'entitled' AND state LIKE 'idle in transaction%'";

#[tokio::test]
async fn sqlite_readers_do_not_wait_for_a_writer() {
    let Fixture { store, .. } = &Fixture::sqlite().await;
    put_customer(store, &customer("contoso", "Before"), &info(1)).await.unwrap();
    store
        .in_transaction(async |txn| {
            put_customer_version_in_txn(&txn, &customer("contoso", "After"), &info(2)).await?;
            // More at once than there are connections, while the write is under way.
            let read = async || {
                store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().contract.customer.display_name
            };
            for name in futures_util::future::join_all((0..16).map(|_| read())).await {
                assert_eq!(name, "Before");
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(
        store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().contract.customer.display_name,
        "After"
    );
}

#[tokio::test]
async fn sqlite_waits_for_another_process_and_then_says_conflict() {
    let fixture = Fixture::sqlite().await;
    let config = StoreConfig { statement_timeout: Duration::from_millis(50), ..fixture.config.clone() };
    let impatient = Store::connect(&config).await.unwrap();
    put_customer(&impatient, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let blocker = fixture.connection().await;
    blocker.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let outcome = bump(&impatient, "contoso").await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    blocker.execute_unprepared("COMMIT").await.unwrap();
    assert_eq!(bump(&impatient, "contoso").await.unwrap(), 2);
}

#[tokio::test]
async fn a_deadlock_of_two_writes_ends_with_both_done() {
    let Fixture { store, .. } = &Fixture::postgres().await;
    for id in ["a", "b"] {
        put_customer(store, &customer(id, id), &info(1)).await.unwrap();
    }
    let both_locked = tokio::sync::Barrier::new(2);
    let first_tries = AtomicUsize::new(0);
    let write = async |one: &'static str, two: &'static str| {
        store
            .in_transaction(async |txn| {
                bump_in_txn(&txn, one, Changed::Balances).await?;
                if first_tries.fetch_add(1, Ordering::Relaxed) < 2 {
                    both_locked.wait().await;
                }
                bump_in_txn(&txn, two, Changed::Balances).await
            })
            .await
    };
    let (there, back) = tokio::join!(write("a", "b"), write("b", "a"));
    there.unwrap();
    back.unwrap();
    assert!(first_tries.into_inner() > 2, "they met");
    for id in ["a", "b"] {
        assert_eq!(store.revision(id).await.unwrap(), Some(3));
    }
}

#[tokio::test]
async fn killed_sessions_are_replaced_by_the_next_call() {
    let fixture = Fixture::postgres().await;
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let admin = fixture.connection().await;
    let kill = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'entitled'";
    assert!(count(&admin, kill).await > 0);
    assert!(store.load_contract("contoso", AsOf::now(now())).await.unwrap().is_some());
    assert!(count(&admin, kill).await > 0);
    assert_eq!(bump(store, "contoso").await.unwrap(), 2);
    // In the middle of a write: it is undone, and the caller may try again.
    let outcome = store
        .in_transaction(async |txn| {
            lock_customer_in_txn(&txn, "contoso").await?;
            assert!(count(&admin, kill).await > 0);
            bump_in_txn(&txn, "contoso", Changed::Balances).await
        })
        .await;
    assert!(matches!(outcome, Err(Error::Unavailable(Some(_)))), "{outcome:?}");
    // Just before its commit: nobody can tell what became of it.
    let outcome = store
        .in_transaction(async |txn| {
            let revision = bump_in_txn(&txn, "contoso", Changed::Balances).await?;
            assert!(count(&admin, kill).await > 0);
            Ok(revision)
        })
        .await;
    assert!(matches!(outcome, Err(Error::CommitOutcomeUnknown(_))), "{outcome:?}");
    assert_eq!(bump(store, "contoso").await.unwrap(), 3);
}

#[tokio::test]
async fn a_lock_is_not_waited_for_without_end() {
    let fixture = Fixture::postgres().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let config = StoreConfig { lock_timeout: Duration::from_millis(20), ..fixture.config.clone() };
    let impatient = Store::connect(&config).await.unwrap();
    let blocker = fixture.connection().await;
    blocker.execute_unprepared("BEGIN; SELECT 1 FROM customer FOR UPDATE").await.unwrap();
    let outcome = bump(&impatient, "contoso").await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    blocker.execute_unprepared("COMMIT").await.unwrap();
    assert_eq!(bump(&impatient, "contoso").await.unwrap(), 2);
}

/// sqlx 0.9.0 by itself leaves the transaction open in the first case, for the next caller to
/// work in unawares.
#[tokio::test]
async fn calls_given_up_at_any_point_leave_no_transaction_open() {
    let fixture = Fixture::postgres().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let admin = fixture.connection().await;
    let proxy = Proxy::start(&fixture.config.url).await;
    let config = StoreConfig { url: proxy.url.clone(), max_connections: 1, ..fixture.config.clone() };
    for (word, commits) in
        [("BEGIN", false), ("FOR UPDATE", false), ("SET revision = given.revision", false), ("COMMIT", true)]
    {
        let store = Store::connect(&config).await.unwrap();
        let before = store.revision("contoso").await.unwrap().unwrap();
        proxy.stop_at(word);
        tokio::select! {
            outcome = bump(&store, "contoso") => panic!("{word}: {outcome:?}"),
            () = proxy.stopped() => {}
        }
        proxy.decide(Verdict::GoOn);
        // The pool has one connection: this call gets it once it is given back.
        store.ping().await.unwrap();
        assert_eq!(count(&admin, OPEN).await, 0, "given up at {word}");
        let then = before + i64::from(commits);
        assert_eq!(store.revision("contoso").await.unwrap(), Some(then), "given up at {word}");
        assert_eq!(bump(&store, "contoso").await.unwrap(), then + 1, "given up at {word}");
        assert_eq!(fixture.store.revision("contoso").await.unwrap(), Some(then + 1), "others see it");
    }
}

#[tokio::test]
async fn a_connection_gone_silent_is_given_up_and_replaced() {
    let fixture = Fixture::postgres().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let proxy = Proxy::start(&fixture.config.url).await;
    let statement_timeout = Duration::from_millis(100);
    let config =
        StoreConfig { url: proxy.url.clone(), max_connections: 1, statement_timeout, ..fixture.config.clone() };
    for word in ["BEGIN", "SET revision = given.revision"] {
        let store = Store::connect(&config).await.unwrap();
        let before = store.revision("contoso").await.unwrap().unwrap();
        proxy.stop_at(word);
        let outcome = bump(&store, "contoso").await;
        assert!(matches!(outcome, Err(Error::Unavailable(Some(_)))), "silent at {word}: {outcome:?}");
        // Not before the kernel gives the only connection up, but when it does not answer its check.
        let next = async { tokio::time::timeout(Duration::from_secs(10), until_it_answers(&store)).await };
        next.await.unwrap();
        proxy.decide(Verdict::Cut);
        assert_eq!(bump(&store, "contoso").await.unwrap(), before + 1, "silent at {word}");
    }
}

async fn until_it_answers(store: &Store) {
    while store.ping().await.is_err() {}
}

#[tokio::test]
async fn a_commit_without_an_answer_is_settled_by_its_request() {
    let fixture = Fixture::postgres().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let proxy = Proxy::start(&fixture.config.url).await;
    let store = Store::connect(&StoreConfig { url: proxy.url.clone(), ..fixture.config.clone() }).await.unwrap();
    let request = StoredRequest { method: "M".into(), content_hash: "h".into(), outcome: "{}".into() };
    let write = async |request_id: &'static str| {
        store
            .in_transaction(async |txn| {
                lock_customer_in_txn(&txn, "contoso").await?;
                put_request_in_txn(&txn, request_id, &request).await
            })
            .await
    };
    // Once the answer to COMMIT is lost, and once the answer to the statement before.
    for (request_id, word, found) in [("lost", "COMMIT", Some(request.clone())), ("never", "INTO request", None)] {
        proxy.stop_at(word);
        let cut = async {
            proxy.stopped().await;
            proxy.decide(Verdict::Cut);
        };
        let (outcome, ()) = tokio::join!(write(request_id), cut);
        match found {
            Some(_) => assert!(matches!(outcome, Err(Error::CommitOutcomeUnknown(_))), "{outcome:?}"),
            None => assert!(matches!(outcome, Err(Error::Unavailable(Some(_)))), "{outcome:?}"),
        }
        assert_eq!(store.find_request("contoso", request_id).await.unwrap(), found);
    }
}

#[tokio::test]
async fn a_spawned_write_survives_its_caller() {
    let fixture = Fixture::postgres().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let (started, mut has_started) = tokio::sync::mpsc::channel::<()>(1);
    let (finished, has_finished) = tokio::sync::oneshot::channel();
    let go_on = Arc::new(tokio::sync::Notify::new());
    let (store, wait) = (fixture.store.clone(), Arc::clone(&go_on));
    let caller = tokio::spawn(async move {
        let write = tokio::spawn(async move {
            let revision = store
                .in_transaction(async |txn| {
                    lock_customer_in_txn(&txn, "contoso").await?;
                    started.send(()).await.unwrap();
                    wait.notified().await;
                    bump_in_txn(&txn, "contoso", Changed::Balances).await
                })
                .await;
            finished.send(revision).unwrap();
        });
        write.await.unwrap();
    });
    has_started.recv().await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    assert_eq!(has_finished.await.unwrap().unwrap(), 2);
    assert_eq!(count(&fixture.connection().await, OPEN).await, 0);
}

#[tokio::test]
async fn a_silent_database_is_unavailable_soon() {
    // Takes connections and says nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody@{}/nothing", listener.local_addr().unwrap());
    let config = StoreConfig { url, acquire_timeout: Duration::from_millis(200), ..StoreConfig::default() };
    let begun = Instant::now();
    let outcome = Store::connect(&config).await;
    assert!(matches!(outcome, Err(Error::Unavailable(Some(_)))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(6));
}
