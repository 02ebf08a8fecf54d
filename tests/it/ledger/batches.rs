//! R16, and what writes promise each other that are carried out together.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Duration, Utc};
use entitled::error::Error;
use entitled::ledger::{Command, EntryKind, Performed};
use entitled::proto::v1;
use entitled::service::ledger::{LedgerOptions, WriteRequest};
use entitled::service::{Clock, Ledger};
use entitled::store::{EntryFilter, StoreConfig};
use prost_types::Timestamp;
use sea_orm::ConnectionTrait as _;
use tokio::net::TcpStream;
use tonic::Code;

use super::faults::{CALLER, ledger_on, ledger_over, until_so_many_wait, until_waiting, write};
use super::neighbours::minute_of;
use super::samples::*;
use crate::database::allow_changes;
use crate::server::{BOTH, Backend, request_id};

async fn ledger_of(house: &House) -> Ledger {
    ledger_on(StoreConfig { url: house.server.database(), ..StoreConfig::default() }).await
}

/// One thread: all writes of a replica are there before a worker takes them, as one batch.
#[tokio::test]
async fn replicas_that_meet_at_many_customers_never_deadlock() {
    let house = House::start(Backend::Postgres).await;
    let customers: Vec<String> = (0..10).map(|number| format!("customer-{number}")).collect();
    for customer_id in &customers {
        house.put_customer(customer_id, &[100]).await;
    }
    let failures = Arc::new(AtomicUsize::new(0));
    let replica = async || {
        let (mut store, failures) = (house.store().await, Arc::clone(&failures));
        store.observe(move |statement| {
            failures.fetch_add(usize::from(statement.has_failed), Ordering::Relaxed);
        });
        ledger_over(store, Clock::System, LedgerOptions::default())
    };
    let (there, back) = (replica().await, replica().await);
    let blocker = house.connection().await;
    for _ in 0..5 {
        // Both have locked some when they come to this one.
        blocker.execute_unprepared("BEGIN").await.unwrap();
        let lock = "SELECT 1 FROM customer WHERE customer_id = 'customer-5' FOR UPDATE";
        blocker.execute_unprepared(lock).await.unwrap();
        let five = |customer_id| iter::repeat_n(customer_id, 5).map(|customer_id: &String| minute_of(customer_id));
        let mut writes: Vec<_> = customers.iter().flat_map(five).map(|request| write(&there, request)).collect();
        writes.extend(customers.iter().rev().flat_map(five).map(|request| write(&back, request)));
        until_so_many_wait(&blocker, 2).await;
        blocker.execute_unprepared("COMMIT").await.unwrap();
        for written in writes {
            written.await.unwrap().unwrap();
        }
    }
    assert_eq!(failures.load(Ordering::Relaxed), 0, "none was broken off and tried again");
    for customer_id in &customers {
        let used = format!("SELECT used FROM block WHERE customer_id = '{customer_id}'");
        assert_eq!(house.count(&used).await, 50);
        house.verify(customer_id).await;
    }
    blocker.close().await.unwrap();
    house.stop().await;
}

fn noted(customer_id: &str, note: &str) -> WriteRequest {
    let mut request = minute_of(customer_id);
    if let Command::Consume(take) = &mut request.command {
        take.note = note.to_owned();
    }
    request
}

/// One thread: what is handed over is there before a worker takes it.
#[tokio::test]
async fn writes_of_one_customer_keep_their_order() {
    for backend in BOTH {
        let house = House::start(backend).await;
        house.put_customer("fabrikam", &[100]).await;
        let ledger = ledger_of(&house).await;
        // More than one batch carries.
        let notes: Vec<String> = (0..400).map(|row| row.to_string()).collect();
        let writes = notes.iter().flat_map(|note| ["contoso", "fabrikam"].map(|customer_id| noted(customer_id, note)));
        for outcome in futures_util::future::join_all(writes.map(|write| ledger.write(&CALLER, write))).await {
            outcome.unwrap();
        }
        let store = house.store().await;
        for customer_id in ["contoso", "fabrikam"] {
            let (entries, _) = store.entries(customer_id, &EntryFilter::default(), 1_000).await.unwrap();
            let written = entries.into_iter().filter(|entry| entry.kind == EntryKind::Consume);
            assert_eq!(written.map(|entry| entry.note).collect::<Vec<_>>(), notes, "{customer_id}");
        }
        store.close().await.unwrap();
        house.stop().await;
    }
}

/// One thread: all three are there before a worker takes them, as one batch.
#[tokio::test]
async fn a_customer_that_cannot_be_read_spoils_no_other() {
    for backend in BOTH {
        let house = House::start(backend).await;
        house.put_customer("fabrikam", &[100]).await;
        house.put_customer("northwind", &[100]).await;
        let connection = house.connection().await;
        connection.execute_unprepared("UPDATE block SET head = '?' WHERE customer_id = 'fabrikam'").await.unwrap();
        let ledger = ledger_of(&house).await;
        let write = |customer_id| ledger.write(&CALLER, minute_of(customer_id));
        let (first, broken, last) = tokio::join!(write("contoso"), write("fabrikam"), write("northwind"));
        assert_eq!((first.unwrap().applied.entries.len(), last.unwrap().applied.entries.len()), (1, 1));
        assert!(matches!(broken, Err(Error::Unreadable { .. })), "{broken:?}");
        let told = refused(house.server.ledger().consume_units(consume_of("fabrikam", 1)).await);
        assert_eq!(told, (Code::Internal, "RECORD_UNREADABLE".to_owned()));
        // Nor does a contract that cannot be read, by whoever has not read it yet.
        let change = "UPDATE work_order_version SET content = '{' WHERE customer_id = 'northwind'";
        allow_changes(&connection, "work_order_version").await;
        connection.execute_unprepared(change).await.unwrap();
        let ledger = ledger_of(&house).await;
        let write = |customer_id| ledger.write(&CALLER, minute_of(customer_id));
        let (good, broken) = tokio::join!(write("contoso"), write("northwind"));
        assert_eq!(good.unwrap().applied.entries.len(), 1);
        assert!(matches!(broken, Err(Error::Internal(_))), "{broken:?}");
        connection.close().await.unwrap();
        house.stop().await;
    }
}

/// One thread: all four are there before a worker takes them, as one batch.
#[tokio::test]
async fn a_locked_customer_keeps_its_order_beside_one_that_cannot_be_read() {
    let house = House::start(Backend::Postgres).await;
    house.put_customer("fabrikam", &[100]).await;
    house.put_customer("northwind", &[100]).await;
    let connection = house.connection().await;
    connection.execute_unprepared("UPDATE block SET head = '?' WHERE customer_id = 'fabrikam'").await.unwrap();
    let ledger = ledger_of(&house).await;
    let blocker = house.hold().await;
    let asked = [("contoso", "1"), ("northwind", ""), ("fabrikam", ""), ("contoso", "2")];
    let [first, good, broken, second] = asked.map(|(customer_id, note)| write(&ledger, noted(customer_id, note)));
    good.await.unwrap().unwrap();
    assert!(matches!(broken.await.unwrap(), Err(Error::Unreadable { .. })));
    until_waiting(&blocker).await;
    blocker.execute_unprepared("COMMIT").await.unwrap();
    let [first, second] = [first.await, second.await].map(|done| done.unwrap().unwrap().applied.entries[0].sequence);
    assert!(first < second, "{first} {second}");
    connection.close().await.unwrap();
    blocker.close().await.unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_what_it_has_taken() {
    let mut house = House::start(Backend::Postgres).await;
    let blocker = house.hold().await;
    let mut ledger = house.server.ledger();
    let first = tokio::spawn(async move { ledger.consume_units(consume(1)).await });
    until_waiting(&blocker).await;
    let mut ledger = house.server.ledger();
    let mut second = Box::pin(ledger.consume_units(consume(2)));
    let block = ede("contoso", 0);
    // By the same connection, and later: the server has the second write when it answers this.
    tokio::select! {
        biased;
        outcome = &mut second => panic!("{outcome:?}"),
        found = house.block(&block) => assert_eq!(found, left(0, 0)),
    }
    house.server.ask_to_stop();
    // The port goes first.
    while TcpStream::connect(house.server.address).await.is_ok() {}
    blocker.execute_unprepared("COMMIT").await.unwrap();
    blocker.close().await.unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap();
    assert_eq!(house.count("SELECT used FROM block").await, 180);
    house.stop().await;
}

/// Each batch reads one contract of another time; what it has no time for is neither lost nor refused, and keeps its
/// order. One thread: all of them are there before a worker takes them.
#[tokio::test]
async fn writes_about_many_periods_are_spread_over_batches() {
    for backend in BOTH {
        let house = House::start(backend).await;
        let days: Vec<_> = (10..20).map(|days| now() - Duration::days(days)).collect();
        for (day, amount) in days.iter().rev().zip(101..) {
            put_hours(&house, amount, *day).await;
        }
        let options = LedgerOptions { loading: std::time::Duration::ZERO, ..LedgerOptions::default() };
        let ledger = ledger_over(house.store().await, Clock::System, options);
        // Every other one is for today, and needs no other contract.
        let notes: Vec<String> = (0..20).map(|row| row.to_string()).collect();
        let writes = notes.iter().enumerate().map(|(row, note)| {
            let mut request = noted("contoso", note);
            if let (Command::Consume(take), Some(start)) =
                (&mut request.command, days.get(row / 2).filter(|_| row % 2 == 0))
            {
                take.performed = Some(Performed { start: *start, end: *start + Duration::minutes(1) });
                take.target.block_id = Some(ede("contoso", 0).parse().unwrap());
            }
            ledger.write(&CALLER, request)
        });
        let mut revisions = Vec::new();
        for outcome in futures_util::future::join_all(writes).await {
            match outcome {
                Ok(outcome) => revisions.push(outcome.revision),
                // Work on a weekend: refused by the contract of then, not for want of it.
                Err(Error::Violations(violations)) => {
                    assert!(violations.iter().all(|it| it.reason == "OUTSIDE_SERVICE_HOURS"), "{violations:?}");
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(revisions.is_sorted(), "{revisions:?}");
        revisions.dedup();
        assert!(revisions.len() > 5, "so many batches: {revisions:?}");
        house.stop().await;
    }
}

/// The customer has so many hours from a day on.
async fn put_hours(house: &House, amount: i64, from: DateTime<Utc>) {
    let mut contracts = house.server.contracts();
    let request =
        v1::GetWorkOrderRequest { customer_id: "contoso".into(), work_order_id: "wo-1".into(), ..Default::default() };
    let mut order = contracts.get_work_order(request).await.unwrap().into_inner().work_order.unwrap();
    order.items[1].quantity = hours(amount);
    let request = v1::AmendWorkOrderRequest {
        work_order: Some(order),
        effective_time: Some(Timestamp { seconds: from.timestamp(), nanos: 0 }),
        request_id: request_id(),
        ..Default::default()
    };
    contracts.amend_work_order(request).await.unwrap();
}
