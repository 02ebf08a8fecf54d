//! A customer with hours, and the shortest way to use them.

use std::process::Command;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use entitled::cli::document;
use entitled::ledger::{Chains, Reconciliation};
use entitled::model::block_id;
use entitled::proto::v1;
use entitled::service::Clock;
use entitled::store::{EntryFilter, ReservationFilter, Store, StoreConfig};
use prost_types::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, QueryResult, Statement};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::corpus::explain;
use crate::database::connect;
use crate::sample::Refusal;
use crate::server::{Backend, TestServer, request_id};

pub(super) const EDE: &str = "enhanced-designated-engineering";
pub(super) const LONDON: &str = "gb-london";

/// A server, and a customer with a block of 100 hours.
pub(crate) struct House {
    pub server: TestServer,
    pub backend: Backend,
}

/// What a test wants of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Balance {
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    pub available: i64,
}

impl House {
    pub(super) async fn start(backend: Backend) -> Self {
        Self::on(TestServer::start(backend).await, backend).await
    }

    /// A house on a server of one's own.
    pub(super) async fn on(server: TestServer, backend: Backend) -> Self {
        let house = Self { server, backend };
        house.put_customer("contoso", &[100]).await;
        house
    }

    /// A customer with a block for each number of hours, of the items `ede-0`, `ede-1` …
    pub(super) async fn put_customer(&self, customer_id: &str, hours: &[i64]) {
        self.apply(&contract(customer_id, hours)).await;
    }

    pub(super) async fn apply(&self, contract: &Value) {
        let document = document::read(&contract.to_string()).unwrap();
        let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
        self.server.contracts().apply_contract(request).await.unwrap_or_else(|status| panic!("{}", explain(&status)));
    }

    pub(super) async fn block(&self, block_id: &str) -> Balance {
        let request =
            v1::GetBlockRequest { customer_id: "contoso".into(), block_id: block_id.into(), as_of_time: None };
        balance(&self.server.ledger().get_block(request).await.unwrap().into_inner().block.unwrap())
    }

    /// Past the service.
    pub(super) async fn connection(&self) -> DatabaseConnection {
        connect(&self.server.database()).await
    }

    /// Another transaction holds what a write needs, until it is told to let go.
    pub(super) async fn hold(&self) -> DatabaseConnection {
        let blocker = self.connection().await;
        let locks: &[&str] = match self.backend {
            Backend::Sqlite => &["BEGIN IMMEDIATE"],
            Backend::Postgres => &["BEGIN", "SELECT 1 FROM customer WHERE customer_id = 'contoso' FOR UPDATE"],
        };
        for lock in locks {
            blocker.execute_unprepared(lock).await.unwrap();
        }
        blocker
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        self.row(sql).await.try_get_by_index(0).unwrap()
    }

    /// The one row of a query past the service.
    pub(super) async fn row(&self, sql: &str) -> QueryResult {
        let connection = self.connection().await;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row
    }

    pub(super) async fn store(&self) -> Store {
        let url = self.server.database().clone();
        Store::connect(&StoreConfig { url, ..StoreConfig::default() }).await.unwrap()
    }

    /// Every chain fits, and every balance and every reservation is what its entries make.
    pub(super) async fn verify(&self, customer_id: &str) {
        let store = self.store().await;
        let (mut chains, mut reconciliation) = (Chains::default(), Reconciliation::default());
        for entry in store.entries(customer_id, &EntryFilter::default(), 1_000_000).await.unwrap().0 {
            chains.push(&entry).unwrap_or_else(|discrepancy| panic!("{discrepancy:?}"));
            reconciliation.push(&entry, true).unwrap_or_else(|discrepancy| panic!("{discrepancy:?}: {entry:?}"));
        }
        for block in store.ledger_blocks(customer_id).await.unwrap().unwrap().blocks {
            let link = chains.link(block.id).unwrap();
            assert_eq!((link.sequence, link.head, link.totals), (block.sequence, block.head, block.totals()));
            assert_eq!(link.contracted, block.contracted);
        }
        let reservations = store.reservations(customer_id, &ReservationFilter::default(), 1_000_000).await.unwrap().0;
        reservations.into_iter().for_each(|reservation| reconciliation.add(reservation));
        reconciliation.finish().unwrap_or_else(|discrepancy| panic!("{discrepancy:?}"));
        store.close().await.unwrap();
        // What is held by when it runs out is all that is held.
        let held =
            format!("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM hold WHERE customer_id = '{customer_id}'");
        let reserved =
            format!("SELECT CAST(COALESCE(SUM(reserved), 0) AS BIGINT) FROM block WHERE customer_id = '{customer_id}'");
        assert_eq!(self.count(&held).await, self.count(&reserved).await);
    }

    /// What `entitled ledger verify` finds, as its users run it.
    pub(super) async fn misfit(&self) -> Option<Value> {
        let told = self.verified().await;
        Some(told["misfit"].clone()).filter(|misfit| !misfit.is_null())
    }

    /// All it tells.
    pub(super) async fn verified(&self) -> Value {
        let address = self.server.address.to_string();
        let verify = move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
            command.args(["ledger", "verify", "--output", "json", "--address", &address]).output().unwrap()
        };
        let output = tokio::task::spawn_blocking(verify).await.unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!(output.status.success(), told["misfit"].is_null());
        told
    }

    pub(crate) async fn stop(self) {
        self.verify("contoso").await;
        self.server.stop().await;
    }
}

/// The id of the block of `ede-<row>`.
pub(crate) fn ede(customer_id: &str, row: usize) -> String {
    block_id(customer_id, "wo-1", &format!("ede-{row}"), EDE).to_string()
}

pub(super) fn balance(block: &v1::Block) -> Balance {
    let v1::Block { granted, used, reserved, available, .. } = *block;
    Balance { granted, used, reserved, available }
}

/// Of a block of 100 hours, in minutes.
pub(super) fn left(used: i64, reserved: i64) -> Balance {
    Balance { granted: 6_000, used, reserved, available: 6_000 - used - reserved }
}

pub(crate) fn contract(customer_id: &str, hours: &[i64]) -> Value {
    let day = |days: i64| -> NaiveDate { (now() + Duration::days(days)).date_naive() };
    let mut items = vec![json!({ "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true })];
    items.extend(hours.iter().enumerate().map(|(row, hours)| {
        json!({
            "item_id": format!("ede-{row}"), "service_id": EDE, "quantity": { "amount": hours, "unit": "HOURS" },
            "location_ids": [LONDON], "product_ids": ["azure/*"], "priority": row,
        })
    }));
    json!({
        "customer": {
            "customer_id": customer_id,
            "display_name": customer_id,
            "locations": [{
                "location_id": LONDON, "display_name": "London", "country": "GB", "time_zone": "Europe/London"
            }],
            "contacts": [{
                "contact_id": "ada", "display_name": "Ada", "email": "ada@example.org", "location_ids": [LONDON],
                "roles": ["SUPPORT_ADMINISTRATOR", "REACTIVE_CONTACT"]
            }]
        },
        "work_orders": [{
            "work_order_id": "wo-1", "edition_id": "unified-enterprise-2023", "start_date": day(-200).to_string(),
            "end_date": day(400).to_string(), "host_location_id": LONDON, "covered_products": ["*"],
            "currency": "GBP", "items": items
        }]
    })
}

pub(super) fn quantity(amount: i64, unit: v1::Unit) -> Option<v1::Quantity> {
    Some(v1::Quantity { amount, unit: unit.into() })
}

pub(crate) fn hours(amount: i64) -> Option<v1::Quantity> {
    quantity(amount, v1::Unit::Hours)
}

/// So many hours of contoso's block, under a new request id.
pub(super) fn consume(amount: i64) -> v1::ConsumeUnitsRequest {
    consume_of("contoso", amount)
}

/// So many hours of a customer's first block.
pub(crate) fn consume_of(customer_id: &str, amount: i64) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: customer_id.into(),
        block_id: ede(customer_id, 0),
        quantity: hours(amount),
        request_id: request_id(),
        ..Default::default()
    }
}

/// So many hours of whichever blocks serve.
pub(super) fn consume_any(customer_id: &str, amount: i64) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: customer_id.into(),
        location_id: LONDON.into(),
        product_id: "azure".into(),
        service_id: EDE.into(),
        quantity: hours(amount),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) fn reserve(amount: i64) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "contoso".into(),
        block_id: ede("contoso", 0),
        quantity: hours(amount),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) fn commit(reservation_id: &str, amount: Option<i64>) -> v1::CommitReservationRequest {
    v1::CommitReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: reservation_id.into(),
        quantity: amount.and_then(hours),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) fn release(reservation_id: &str) -> v1::ReleaseReservationRequest {
    v1::ReleaseReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: reservation_id.into(),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(crate) fn adjust(delta: i64) -> v1::AdjustBlockRequest {
    v1::AdjustBlockRequest {
        customer_id: "contoso".into(),
        block_id: ede("contoso", 0),
        change: hours(delta).map(v1::adjust_block_request::Change::Delta),
        reason: "a test".into(),
        request_id: request_id(),
    }
}

pub(super) fn now() -> DateTime<Utc> {
    Clock::System.now()
}

/// Seconds from now.
pub(crate) fn in_seconds(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: now().timestamp() + seconds, nanos: 0 })
}

/// The code and the reason of a refusal.
pub(crate) fn told(status: &Status) -> (Code, String) {
    let refusal = Refusal::of(status);
    (refusal.code, refusal.reason)
}

pub(super) fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, String) {
    told(&outcome.expect_err("it is refused"))
}

pub(super) fn forbidden(reason: &str) -> (Code, String) {
    (Code::FailedPrecondition, reason.to_owned())
}

pub(super) fn invalid(reason: &str) -> (Code, String) {
    (Code::InvalidArgument, reason.to_owned())
}

/// All entries of a block of contoso, in their order.
pub(crate) async fn entries_of(server: &TestServer, block_id: &str) -> Vec<v1::Entry> {
    let request = v1::ListEntriesRequest {
        customer_id: "contoso".into(),
        block_id: block_id.into(),
        page_size: 1_000,
        ..Default::default()
    };
    let answer = server.ledger().list_entries(request).await.unwrap().into_inner();
    assert!(answer.next_page_token.is_empty());
    answer.entries
}
