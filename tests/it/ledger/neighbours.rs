//! One customer's trouble is nobody else's.

use std::time::{Duration, Instant};

use entitled::cli::document;
use entitled::error::Error;
use entitled::ledger::Command;
use entitled::proto::v1;
use entitled::proto::v1::consistency::Requirement;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::service::ledger::{CUSTOMER_CAPACITY, LedgerOptions, QUEUE_CAPACITY, WriteRequest};
use entitled::service::{Clock, Deadline};
use entitled::store::StoreConfig;
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::expiry::run_out;
use super::faults::{CALLER, ledger_on, ledger_over, minutes, until_so_many_wait, until_waiting, write};
use super::on_both;
use super::samples::*;
use crate::server::{Backend, request_id};

on_both!(
    more_holds_run_out_than_one_transaction_ends,
    health_tells_when_everything_is_locked,
    health_tells_when_a_table_is_gone,
);

/// One minute of a customer's first block.
pub(super) fn minute_of(customer_id: &str) -> WriteRequest {
    let mut request = minutes(1, &request_id());
    request.customer_id = customer_id.to_owned();
    if let Command::Consume(take) = &mut request.command {
        take.target.block_id = Some(ede(customer_id, 0).parse().unwrap());
    }
    request
}

/// Patient enough that only an end of the lock ends its wait.
async fn patient(house: &House) -> entitled::service::Ledger {
    let url = house.server.database().clone();
    let (lock_timeout, statement_timeout) = (Duration::from_secs(60), Duration::from_secs(60));
    ledger_on(StoreConfig { url, lock_timeout, statement_timeout, ..StoreConfig::default() }).await
}

/// On one thread, so that both wait before a worker looks.
#[tokio::test]
async fn a_locked_customer_is_waited_for_apart_from_its_batch() {
    let house = House::start(Backend::Postgres).await;
    house.put_customer("fabrikam", &[10]).await;
    let ledger = patient(&house).await;
    let blocker = house.hold().await;
    let locked = write(&ledger, minute_of("contoso"));
    let free = write(&ledger, minute_of("fabrikam"));
    free.await.unwrap().unwrap();
    assert!(!locked.is_finished());
    until_waiting(&blocker).await;
    // The next one is not in the way of those who wait, nor they in its.
    write(&ledger, minute_of("fabrikam")).await.unwrap().unwrap();
    blocker.execute_unprepared("COMMIT").await.unwrap();
    locked.await.unwrap().unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(1, 0));
    blocker.close().await.unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_floods_leaves_room_for_others() {
    let house = House::start(Backend::Postgres).await;
    for customer_id in ["fabrikam", "northwind"] {
        house.put_customer(customer_id, &[100]).await;
    }
    let ledger = patient(&house).await;
    let blocker = house.hold().await;
    let flood = |customer_id: &'static str, count: usize, deadline: &Deadline| {
        let mut waiting = JoinSet::new();
        for _ in 0..count {
            let (ledger, deadline) = (ledger.clone(), deadline.clone());
            waiting
                .spawn(async move { ledger.write(&CALLER, WriteRequest { deadline, ..minute_of(customer_id) }).await });
        }
        waiting
    };
    let first = write(&ledger, minute_of("contoso"));
    until_waiting(&blocker).await;
    let deadline = Deadline::at(Instant::now() + Duration::from_secs(2));
    let mut waiting = flood("contoso", CUSTOMER_CAPACITY + 1, &deadline);
    let refused = waiting.join_next().await.unwrap().unwrap();
    assert!(matches!(refused, Err(Error::Overloaded | Error::DeadlinePassed)), "{refused:?}");
    write(&ledger, minute_of("fabrikam")).await.unwrap().unwrap();
    // Those who gave up make room for as many who did not, however many of them came in before their deadline.
    deadline.passed().await;
    let mut later = flood("contoso", CUSTOMER_CAPACITY + 1, &Deadline::default());
    // Two that wait fill the queue for all.
    blocker.execute_unprepared("SELECT 1 FROM customer WHERE customer_id = 'fabrikam' FOR UPDATE").await.unwrap();
    assert!(matches!(later.join_next().await.unwrap().unwrap(), Err(Error::Overloaded)));
    let second = write(&ledger, minute_of("fabrikam"));
    until_so_many_wait(&blocker, 2).await;
    let mut others = flood("fabrikam", QUEUE_CAPACITY - CUSTOMER_CAPACITY + 2, &Deadline::default());
    assert!(matches!(others.join_next().await.unwrap().unwrap(), Err(Error::Overloaded)));
    assert!(matches!(ledger.write(&CALLER, minute_of("northwind")).await, Err(Error::Overloaded)));
    blocker.execute_unprepared("COMMIT").await.unwrap();
    for served in [first, second] {
        served.await.unwrap().unwrap();
    }
    let later = later.join_all().await;
    let served = later.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(served + 1 >= CUSTOMER_CAPACITY, "only {served} found the room of those who gave up");
    while let Some(outcome) = waiting.join_next().await {
        assert!(matches!(outcome.unwrap(), Err(Error::Overloaded | Error::DeadlinePassed)));
    }
    later.into_iter().chain(others.join_all().await).for_each(|outcome| {
        assert!(matches!(outcome, Ok(_) | Err(Error::Overloaded)), "{outcome:?}");
    });
    blocker.close().await.unwrap();
    house.stop().await;
}

/// What the database says of a damaged page or index, it says of the whole transaction.
#[tokio::test]
async fn damage_of_one_customer_spares_the_others_of_its_batch() {
    let house = House::start(Backend::Postgres).await;
    house.put_customer("fabrikam", &[10]).await;
    let connection = house.connection().await;
    let damage = "CREATE FUNCTION damage() RETURNS trigger LANGUAGE plpgsql AS
                  $$BEGIN RAISE EXCEPTION 'invalid page in block 7' USING ERRCODE = 'XX001'; END$$;
                  CREATE TRIGGER damage BEFORE INSERT ON entry FOR EACH ROW WHEN (NEW.customer_id = 'contoso')
                  EXECUTE FUNCTION damage()";
    connection.execute_unprepared(damage).await.unwrap();
    let ledger = patient(&house).await;
    let writes = ["contoso", "fabrikam", "contoso"].map(|customer_id| write(&ledger, minute_of(customer_id)));
    for (number, written) in writes.into_iter().enumerate() {
        let outcome = written.await.unwrap();
        let is_told_so = if number == 1 { outcome.is_ok() } else { matches!(outcome, Err(Error::Unavailable(_))) };
        assert!(is_told_so, "{outcome:?}");
    }
    connection.execute_unprepared("DROP TRIGGER damage ON entry").await.unwrap();
    connection.close().await.unwrap();
    house.stop().await;
}

/// Each batch reads one contract that is not in memory; the writes it leaves out are neither lost nor changed in order.
/// On one thread, so that they come in the order in which they are sent.
#[tokio::test]
async fn batches_that_have_no_time_to_read_all_contracts_leave_nothing_undone() {
    let customers: Vec<String> = (0..24).map(|number| format!("customer-{number}")).collect();
    let house = House::start(Backend::Postgres).await;
    for customer_id in &customers {
        house.put_customer(customer_id, &[10]).await;
    }
    let options = LedgerOptions { loading: Duration::ZERO, ..LedgerOptions::default() };
    let ledger = ledger_over(house.store().await, Clock::System, options);
    // Of ten hours, all of which the second one takes.
    let mut writes = Vec::new();
    for (number, amount) in [(0, 1), (1, 599), (2, 1)] {
        for customer_id in &customers {
            let mut request = minute_of(customer_id);
            if let Command::Consume(take) = &mut request.command {
                take.quantity.amount = amount;
            }
            writes.push((number, write(&ledger, request)));
            tokio::task::yield_now().await;
        }
    }
    for (number, written) in writes {
        let outcome = written.await.unwrap();
        let is_as_due = if number < 2 { outcome.is_ok() } else { matches!(outcome, Err(Error::Violations(_))) };
        assert!(is_as_due, "{number}: {outcome:?}");
    }
    assert_eq!(house.count("SELECT CAST(SUM(used) AS BIGINT) FROM block").await, 24 * 600);
    for customer_id in &customers {
        house.verify(customer_id).await;
    }
    house.stop().await;
}

/// Before, contract writes had no queue, and all calls one pool: checks and writes of the ledger found no connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract_writes_that_wait_take_nothing_from_checks_and_the_ledger() {
    const WRITERS: usize = 200;
    let house = House::start(Backend::Postgres).await;
    house.put_customer("fabrikam", &[1_000]).await;
    let blocker = house.hold().await;
    let document = document::read(&contract("contoso", &[100]).to_string()).unwrap().request;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let mut contracts = house.server.contracts();
        let request = v1::ApplyContractRequest { request_id: request_id(), ..document.clone() };
        writers.spawn(async move { contracts.apply_contract(request).await });
    }
    until_waiting(&blocker).await;
    // By connections of their own: one carries 200 calls.
    let mut ledger = house.server.lone_ledger().await;
    let mut entitlements = EntitlementServiceClient::new(house.server.another_channel().await);
    let (mut used, mut first) = (0, None);
    // Until the first of them has given up.
    while first.is_none() {
        used += 1;
        let minute = v1::ConsumeUnitsRequest { quantity: quantity(1, v1::Unit::Minutes), ..consume_of("fabrikam", 1) };
        ledger.consume_units(minute).await.unwrap();
        let check = v1::CheckEntitlementRequest {
            customer_id: "fabrikam".into(),
            location_id: LONDON.into(),
            product_id: "azure".into(),
            service_id: EDE.into(),
            consistency: Some(v1::Consistency { requirement: Some(Requirement::FullyConsistent(true)) }),
            ..Default::default()
        };
        let answer = entitlements.check_entitlement(check).await.unwrap().into_inner();
        assert_eq!(answer.coverage.unwrap().blocks[0].used, used);
        first = writers.try_join_next();
    }
    blocker.execute_unprepared("COMMIT").await.unwrap();
    blocker.close().await.unwrap();
    for outcome in writers.join_all().await.into_iter().chain(first.map(Result::unwrap)) {
        let outcome = outcome.map(|_| ()).map_err(|status| status.code());
        assert!(
            matches!(outcome, Ok(()) | Err(Code::ResourceExhausted | Code::Unavailable | Code::Aborted)),
            "{outcome:?}"
        );
    }
    house.stop().await;
}

/// Before, health said SERVING for as long as every write met the lock.
async fn health_tells_when_everything_is_locked(house: House) {
    let blocker = house.connection().await;
    let locks: &[&str] = match house.backend {
        Backend::Sqlite => &["BEGIN IMMEDIATE"],
        Backend::Postgres => &["BEGIN", "LOCK TABLE entry IN SHARE MODE"],
    };
    for lock in locks {
        blocker.execute_unprepared(lock).await.unwrap();
    }
    house.server.ledger().consume_units(consume(1)).await.unwrap_err();
    until_ledger_is(&house, ServingStatus::NotServing).await;
    blocker.execute_unprepared("COMMIT").await.unwrap();
    until_ledger_is(&house, ServingStatus::Serving).await;
    house.server.ledger().consume_units(consume(1)).await.unwrap();
    blocker.close().await.unwrap();
    house.stop().await;
}

/// A row cannot be written, whoever the customer is.
async fn health_tells_when_a_table_is_gone(house: House) {
    let connection = house.connection().await;
    connection.execute_unprepared("ALTER TABLE request RENAME TO elsewhere").await.unwrap();
    let refused = house.server.ledger().consume_units(consume(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    until_ledger_is(&house, ServingStatus::NotServing).await;
    connection.execute_unprepared("ALTER TABLE elsewhere RENAME TO request").await.unwrap();
    until_ledger_is(&house, ServingStatus::Serving).await;
    house.server.ledger().consume_units(consume(1)).await.unwrap();
    connection.close().await.unwrap();
    house.stop().await;
}

async fn until_ledger_is(house: &House, status: ServingStatus) {
    let mut health = HealthClient::new(house.server.another_channel().await);
    let request = HealthCheckRequest { service: "entitled.v1.LedgerService".to_owned() };
    while health.check(request.clone()).await.unwrap().into_inner().status() != status {
        tokio::task::yield_now().await;
    }
}

async fn more_holds_run_out_than_one_transaction_ends(house: House) {
    const HOLDS: i64 = 1_100;
    let mut callers = JoinSet::new();
    for _ in 0..HOLDS {
        let mut ledger = house.server.ledger();
        let minute = v1::ReserveUnitsRequest { quantity: quantity(1, v1::Unit::Minutes), ..reserve(1) };
        callers.spawn(async move { ledger.reserve_units(minute).await });
    }
    for held in callers.join_all().await {
        held.unwrap();
    }
    run_out(&house).await;
    // Whatever they held is free, not only what the first transaction got to.
    house.server.ledger().consume_units(consume(100)).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(6_000, 0));
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind = 'EXPIRE'").await, HOLDS);
    house.stop().await;
}
