//! A contract that was amended a thousand times is as quick to check as one that was not: as much is asked of the store,
//! and as much is kept in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entitled::cache::Cache;
use entitled::catalog::Catalog;
use entitled::config::Config;
use entitled::proto::v1;
use entitled::service::{Clock, Consistency, Context, Gate, READS};
use entitled::store::{AsOf, Epoch, Store, StoreConfig};
use entitled::telemetry::Telemetry;
use sea_orm::ConnectionTrait as _;

use super::changes::*;
use super::get_order;
use crate::database::connect;
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(a_thousand_versions_cost_no_more_than_one, versions_from_before_they_took_effect_still_read);

const VERSIONS: i64 = 1_000;

/// A cache of its own over the server's database, and how many statements were run for it.
pub(super) struct Reader {
    pub context: Context,
    pub statements: Arc<AtomicUsize>,
}

impl Reader {
    pub(super) async fn new(server: &TestServer) -> Self {
        let catalog = Catalog::embedded().unwrap();
        let mut config = Config::default();
        // Whatever is counted can be told.
        config.telemetry.metrics_listen = Some(([127, 0, 0, 1], 0).into());
        let url = server.database();
        let mut store = Store::connect(&StoreConfig { url, ..StoreConfig::default() }).await.unwrap();
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        store.observe(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let context = Context {
            telemetry: Telemetry::start(&config, Some(&catalog)).unwrap(),
            catalog: Arc::new(catalog),
            store,
            cache: Arc::new(Cache::new(1 << 24, Duration::from_secs(3_600))),
            clock: Clock::System,
            reads: Gate::new(READS.0, READS.1),
            epoch: Arc::new(Epoch { number: 1, epoch_id: "first".to_owned() }),
        };
        context.cache.mark_fresh(Instant::now());
        Self { context, statements }
    }

    /// Statements for a first check of now, for a second one and for one of long ago; bytes kept, and bytes read.
    async fn costs(&self) -> ([usize; 3], u64, usize) {
        let ask = async |at| {
            let latency = Consistency::MinimizeLatency;
            self.context.snapshot_at("contoso", at, None, &latency, self.context.clock.now()).await.unwrap();
            self.statements.swap(0, Ordering::Relaxed)
        };
        let statements = [ask(None).await, ask(None).await, ask(Some(in_days(-150))).await];
        let read = self.context.store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
        (statements, self.context.cache.bytes(), read.bytes)
    }
}

async fn a_thousand_versions_cost_no_more_than_one(server: &TestServer) {
    stored(server).await;
    let priced = |price| {
        let mut order = hours_order();
        order.items[0].unit_price = Some(price);
        order
    };
    amend(server, priced(10_001), None).await.unwrap();
    let first = Reader::new(server).await.costs().await;
    assert_eq!(first.0[1], 0, "it is in the cache");
    // As so many amendments leave it: each took effect when it was recorded.
    let connection = connect(&server.database()).await;
    connection
        .execute_unprepared(&format!(
            "INSERT INTO work_order_version
                 (customer_id, work_order_id, version, record_time, effective_time, actor, content, request_id)
             SELECT customer_id, work_order_id, n, record_time + n, effective_time + n, actor, content, request_id
             FROM work_order_version CROSS JOIN
                (WITH RECURSIVE numbers (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM numbers WHERE n < {VERSIONS})
                 SELECT n FROM numbers) AS numbered
             WHERE work_order_id = 'wo-2' AND version = 2"
        ))
        .await
        .unwrap();
    for price in 10_002..10_012 {
        amend(server, priced(price), None).await.unwrap();
    }
    let order = current(server, "wo-2").await;
    assert_eq!((order.version, order.items[0].unit_price), (VERSIONS + 10, Some(10_011)));
    assert_eq!(Reader::new(server).await.costs().await, first);
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    // Neither is a change behind them, nor one among them, made in vain.
    let changed = amend(server, priced(10_012), Some(in_days(30))).await.unwrap();
    assert_eq!(changed.version, VERSIONS + 11);
    let before = get_at(in_days(-1));
    assert_eq!(read(server, before).await.version, 1);
    // Nor one before them: a waiver counts as long as there was the item.
    let waiver = v1::RecordWaiverRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        item_id: "ede".to_owned(),
        waiver: Some(v1::Waiver {
            code: "ONSITE_NOT_INCLUDED".to_owned(),
            reference: "agreed".to_owned(),
            ..Default::default()
        }),
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().record_waiver(waiver).await.unwrap();
    for at in [in_days(-150), in_days(-1), in_days(0), in_days(60)] {
        assert_eq!(read(server, get_at(at)).await.items[0].waivers.len(), 1, "{at}");
    }
}

fn get_at(at: DateTime<Utc>) -> v1::GetWorkOrderRequest {
    v1::GetWorkOrderRequest { as_of_time: Some(stamp(at)), ..get_order("wo-2") }
}

/// Rows without an effective time, as the program wrote them before there was one: the newest counts at every instant.
async fn versions_from_before_they_took_effect_still_read(server: &TestServer) {
    stored(server).await;
    let connection = connect(&server.database()).await;
    let statements = [
        "INSERT INTO work_order_version (customer_id, work_order_id, version, record_time, actor, content)
         SELECT customer_id, work_order_id, 2, record_time + 1000000, 'older', REPLACE(content, '\"GBP\"', '\"EUR\"')
         FROM work_order_version WHERE work_order_id = 'wo-2' AND version = 1",
        "INSERT INTO work_order_version (customer_id, work_order_id, version, record_time, actor, content)
         SELECT customer_id, work_order_id, 3, record_time + 1000000, 'older', REPLACE(content, '\"EUR\"', '\"USD\"')
         FROM work_order_version WHERE work_order_id = 'wo-2' AND version = 2",
        "UPDATE customer SET revision = revision + 1, contract_version = revision + 1 WHERE customer_id = 'contoso'",
    ];
    for statement in statements {
        connection.execute_unprepared(statement).await.unwrap();
    }
    let first =
        instant(read(server, v1::GetWorkOrderRequest { version: Some(1), ..get_order("wo-2") }).await.record_time);
    let get = async |at, known: Option<i64>| {
        let known = known.map(|seconds| stamp(first + chrono::Duration::seconds(seconds)));
        let order = read(server, v1::GetWorkOrderRequest { known_time: known, ..get_at(at) }).await;
        (order.version, order.currency)
    };
    for at in [in_days(-300), in_days(-150), in_days(0), in_days(300)] {
        for (known, version, currency) in
            [(None, 3, "USD"), (Some(0), 1, "GBP"), (Some(1), 2, "EUR"), (Some(2), 3, "USD")]
        {
            assert_eq!(get(at, known).await, (version, currency.to_owned()), "{at} as known at {known:?}");
        }
    }
    assert_eq!(current(server, "wo-2").await.currency, "USD");
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    let request = v1::ListWorkOrderVersionsRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        ..Default::default()
    };
    let listed = server.contracts().list_work_order_versions(request).await.unwrap().into_inner().work_order_versions;
    let told: Vec<_> = listed.iter().map(|it| (it.work_order.as_ref().unwrap().version, it.changes.len())).collect();
    assert_eq!(told, [(3, 1), (2, 1), (1, 0)]);
    assert!(
        listed.iter().all(|it| it.work_order.as_ref().unwrap().effective_time.is_none() && it.work_order.is_some())
    );
    // What is changed now begins at its instant, and leaves what was before.
    let changed = dearer(current(server, "wo-2").await);
    assert_eq!(amend(server, changed, Some(in_days(-30))).await.unwrap().version, 4);
    for (at, version) in [(in_days(-300), 3), (in_days(-31), 3), (in_days(-29), 4), (in_days(300), 4)] {
        assert_eq!(get(at, None).await.0, version, "{at}");
    }
    server.ledger().consume_units(consume(1, None)).await.unwrap();
}

fn dearer(mut order: v1::WorkOrder) -> v1::WorkOrder {
    order.items[0].unit_price = Some(77);
    order
}
