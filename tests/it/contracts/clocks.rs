//! What is asked now is judged by the contract that is in effect by the clock of whoever answers.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entitled::cache::Cache;
use entitled::catalog::Catalog;
use entitled::config::Config;
use entitled::contract::{ContractCommand, OrderChange};
use entitled::engine::Outcome;
use entitled::ledger::{Command, Take, Target};
use entitled::model::{Quantity, Unit};
use entitled::proto::v1;
use entitled::service::ledger::{LedgerOptions, WriteRequest};
use entitled::service::{
    Caller, Clock, Context, Contracts, Deadline, Entitlements, Gate, Ledger, Question, READS, WriteOptions,
};
use entitled::store::{Epoch, Store, StoreConfig};
use entitled::telemetry::Telemetry;

use super::changes::*;
use crate::sample::{DUBLIN, ENGINEERING};
use crate::server::{Backend, TestServer, request_id};

/// A replica with a clock of its own.
async fn replica(server: &TestServer, now: DateTime<Utc>) -> Context {
    let store = Store::connect(&StoreConfig { url: server.database(), ..StoreConfig::default() }).await.unwrap();
    Context {
        catalog: Arc::new(Catalog::embedded().unwrap()),
        store,
        cache: Arc::new(Cache::new(1 << 20, Duration::from_secs(1))),
        clock: Clock::Fixed(now),
        reads: Gate::new(READS.0, READS.1),
        telemetry: Telemetry::start(&Config::default(), None).unwrap(),
        epoch: Arc::new(Epoch { number: 1, epoch_id: "first".to_owned() }),
    }
}

fn one_minute() -> WriteRequest {
    let target = Target {
        block_id: Some(block().parse().unwrap()),
        location_id: None,
        product_id: None,
        service_id: None,
        mode: None,
    };
    let quantity = Quantity { amount: 1, unit: Unit::Minutes };
    let take = Take { target, quantity, performed: None, solution_ids: Vec::new(), note: String::new() };
    WriteRequest {
        customer_id: "contoso".to_owned(),
        command: Command::Consume(take),
        request_id: request_id(),
        deadline: Deadline::default(),
    }
}

async fn is_entitled(entitlements: &Entitlements) -> bool {
    let question = Question {
        customer_id: "contoso".to_owned(),
        location_id: DUBLIN.to_owned(),
        service_id: ENGINEERING.to_owned(),
        product_id: Some("azure/app-service".to_owned()),
        ..Question::default()
    };
    let caller = Caller::anonymous();
    entitlements.check(&caller, &question, |answer| answer.decision.outcome == Outcome::Entitled).await.unwrap()
}

/// Writes of the ledger go by the time of the database. By the clock of a slow replica, the contract they read is that of
/// later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_has_in_effect_waits_for_a_slow_clock() {
    let server = TestServer::start(Backend::Postgres).await;
    stored(&server).await;
    let before = now();
    let mut windows = hours_order();
    windows.items[0].product_ids = vec!["windows-server".to_owned()];
    let from = now() + chrono::Duration::milliseconds(300);
    amend(&server, windows, Some(from)).await.unwrap();
    until(async || now() > from).await;
    let slow = replica(&server, before).await;
    let ledger = Ledger::start(slow.clone(), LedgerOptions::default());
    ledger.write(&Caller::anonymous(), one_minute()).await.unwrap();
    assert!(is_entitled(&Entitlements::new(slow.clone())).await, "it is not in effect by this clock");
    let right = Context { clock: Clock::Fixed(now()), ..slow };
    assert!(!is_entitled(&Entitlements::new(right)).await, "it is by that one");
    server.stop().await;
}

/// What is recorded has the time of the database: a replica whose clock is an hour ahead moves nobody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fast_clock_moves_no_record() {
    let server = TestServer::start(Backend::Postgres).await;
    stored(&server).await;
    for clock in [now() + chrono::Duration::hours(1), now() - chrono::Duration::hours(1)] {
        let contracts = Contracts::new(replica(&server, clock).await);
        let change = OrderChange {
            customer_id: "contoso".to_owned(),
            work_order_id: "wo-2".to_owned(),
            effective_time: None,
            etag: String::new(),
        };
        let options = WriteOptions {
            request_id: request_id(),
            validate_only: false,
            is_strict: false,
            provenance: None,
            deadline: Deadline::default(),
        };
        let before = now();
        let command = ContractCommand::SuspendWorkOrder { change, reason: "unpaid".to_owned() };
        let written = contracts.write(&Caller::anonymous(), command, Vec::new(), options).await.unwrap();
        let info = written.work_orders[0].1.clone().unwrap();
        assert!((before..=now()).contains(&info.record_time), "{info:?}");
        assert_eq!(info.effective_time, Some(info.record_time));
        // Nothing of it is planned for the others.
        let resumed = resume(&server, "wo-2", None).await.unwrap();
        assert!((before..=now()).contains(&instant(resumed.record_time)), "{resumed:?}");
        let request = v1::ListAuditRecordsRequest { customer_id: "contoso".to_owned(), ..Default::default() };
        let records = server.contracts().list_audit_records(request).await.unwrap().into_inner().audit_records;
        let recorded: Vec<_> = records.iter().take(2).map(|record| instant(record.record_time)).collect();
        assert_eq!(recorded, [instant(resumed.record_time), info.record_time]);
    }
    server.stop().await;
}
