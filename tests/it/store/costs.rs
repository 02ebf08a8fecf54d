//! What a call costs does not grow with what was before it, or with who else there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use entitled::cache::Cache;
use entitled::catalog::Catalog;
use entitled::config::Config;
use entitled::error::{Error, Noun};
use entitled::service::{Clock, Consistency, Context, Gate, READS, feed};
use entitled::store::{AsOf, Epoch, Store};
use entitled::telemetry::Telemetry;
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::samples::*;
use super::{Fixture, on_both};
use crate::database::allow_changes;

on_both!(
    what_was_known_long_ago_is_found_in_a_long_history,
    documents_are_found_among_many_versions,
    an_unknown_customer_is_looked_up_once,
    documents_are_read_once_whatever_the_ledger_writes,
);

fn context(store: Store) -> Context {
    let context = Context {
        catalog: Arc::new(Catalog::embedded().unwrap()),
        store,
        cache: Arc::new(Cache::new(1 << 20, Duration::from_secs(3_600))),
        clock: Clock::System,
        reads: Gate::new(READS.0, READS.1),
        telemetry: Telemetry::start(&Config::default(), None).unwrap(),
        epoch: Arc::new(Epoch { number: 1, epoch_id: "first".to_owned() }),
    };
    context.cache.mark_fresh(std::time::Instant::now());
    context
}

/// Before, SQLite compared each entry with all others of its block, and had no end; four such checks ended all reads.
async fn what_was_known_long_ago_is_found_in_a_long_history(fixture: Fixture) {
    const ENTRIES: i64 = 60_000;
    let Fixture { store, .. } = &fixture;
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let connection = fixture.connection().await;
    let block = uuid::Uuid::now_v7();
    connection
        .execute_unprepared(&format!(
            "INSERT INTO block (customer_id, block_id, work_order_id, item_id, service_id, unit, days, start_time, end_time,
                 contracted, granted, used, reserved, excess, sequence, head)
             VALUES ('contoso', '{block}', 'wo', 'item', 'service', 'UNIT_HOURS', 0, 0, 1, 0, 100000, {ENTRIES}, 0, 0, {ENTRIES}, '')"
        ))
        .await
        .unwrap();
    let id = match connection.get_database_backend() {
        DbBackend::Postgres => "lpad(to_hex(n), 32, '0')",
        _ => "printf('%032x', n)",
    };
    // The n-th is recorded at the n-th second of 2026, and uses the n-th minute.
    let first = instant("2026-03-01T08:00:00.123456Z").timestamp_micros();
    connection
        .execute_unprepared(&format!(
            "INSERT INTO entry (customer_id, block_id, sequence, entry_id, kind, amount, granted, used, reserved, record_time,
                 detail, previous_hash, hash)
             SELECT 'contoso', '{block}', n, {id}, 'CONSUME', 1, 100000, n, 0, {first} + n * CAST(1000000 AS BIGINT), '{{}}', '', ''
             FROM (WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ENTRIES})
                   SELECT n FROM numbers) AS numbered"
        ))
        .await
        .unwrap();
    for known in [1, 2, 777, ENTRIES / 2, ENTRIES - 1, ENTRIES, ENTRIES + 5] {
        let at = instant("2026-03-01T08:00:00.123456Z") + chrono::Duration::seconds(known);
        let found = store.load_contract("contoso", AsOf::now(now()).known(at)).await.unwrap().unwrap();
        assert_eq!(found.balances[&block].used, known.min(ENTRIES), "{known}");
    }
    let before = instant("2026-03-01T08:00:00.123456Z");
    let found = store.load_contract("contoso", AsOf::now(now()).known(before)).await.unwrap().unwrap();
    assert!(found.balances.is_empty(), "nothing was recorded yet");
}

/// Before, each version was compared with all others: 30,000 of a document took longer than a statement may.
async fn documents_are_found_among_many_versions(fixture: Fixture) {
    const VERSIONS: i64 = 30_000;
    let Fixture { store, .. } = &fixture;
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    for work_order_id in ["wo-1", "wo-2"] {
        put_order(store, &order("contoso", work_order_id, "GBP"), &info(1)).await.unwrap();
    }
    let connection = fixture.connection().await;
    for (table, key) in [("customer_version", ""), ("work_order_version", ", work_order_id")] {
        connection
            .execute_unprepared(&format!(
                "INSERT INTO {table} (customer_id{key}, version, record_time, actor, content)
                 SELECT customer_id{key}, n, record_time + n * CAST(1000000 AS BIGINT), actor, content
                 FROM {table} CROSS JOIN
                    (WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {VERSIONS})
                     SELECT n FROM numbers) AS numbered"
            ))
            .await
            .unwrap();
    }
    let newest = store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
    assert_eq!(newest.customer_info.version, VERSIONS);
    let at = info(1).record_time + chrono::Duration::seconds(777);
    let then = store.load_contract("contoso", AsOf::now(now()).known(at)).await.unwrap().unwrap();
    assert_eq!(then.customer_info.version, 777);
    for (found, version) in [(newest, VERSIONS), (then, 777)] {
        let orders: Vec<_> = found.order_infos.iter().map(|(id, info)| (id.as_str(), info.version)).collect();
        assert_eq!(orders, [("wo-1", version), ("wo-2", version)]);
    }
}

/// Before, it read a thousand customers to find a name that resembles the one that is not there, each time.
async fn an_unknown_customer_is_looked_up_once(fixture: Fixture) {
    let Fixture { mut store, config, _directory } = fixture;
    for row in 0..20 {
        let id = format!("contoso-{row}");
        put_customer(&store, &customer(&id, "Contoso"), &info(1)).await.unwrap();
    }
    let statements = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&statements);
    store.observe(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let context = context(store);
    let ask = async || {
        let asked = context.snapshot("contoso-x", &Consistency::MinimizeLatency, Clock::System.now()).await;
        assert!(matches!(asked, Err(Error::NotFound { noun: Noun::Customer, nearest: None, .. })), "{asked:?}");
        statements.swap(0, Ordering::Relaxed)
    };
    assert_eq!(ask().await, 1);
    assert_eq!(ask().await, 0, "it is remembered");
    // Until there is such a customer, here or elsewhere.
    let elsewhere = Store::connect(&config).await.unwrap();
    put_customer(&elsewhere, &customer("contoso-x", "Contoso"), &info(1)).await.unwrap();
    let follower = feed::follow(context.store.clone(), Arc::clone(&context.cache), Duration::from_millis(40));
    let found = async {
        loop {
            if context.snapshot("contoso-x", &Consistency::MinimizeLatency, Clock::System.now()).await.is_ok() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = follower => panic!("the feed ended"),
        () = found => {}
    }
}

/// Before, each write of the ledger had the whole contract read and made ready again.
async fn documents_are_read_once_whatever_the_ledger_writes(fixture: Fixture) {
    let context = context(fixture.store.clone());
    put_customer(&context.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let connection = fixture.connection().await;
    let blocks = [uuid::Uuid::now_v7(), uuid::Uuid::now_v7()];
    for block in blocks {
        connection
            .execute_unprepared(&format!(
                "INSERT INTO block (customer_id, block_id, work_order_id, item_id, service_id, unit, days, start_time,
                     end_time, contracted, granted, used, reserved, excess, sequence, head)
                 VALUES ('contoso', '{block}', 'wo', '{block}', 'service', 'UNIT_HOURS', 0, 0, 1, 0, 100, 30, 9, 0, 1, '')"
            ))
            .await
            .unwrap();
    }
    for (reservation_id, amount, expire_time) in [("one", 4, 1_000), ("two", 2, 1_000), ("three", 3, 2_000)] {
        connection
            .execute_unprepared(&format!(
                "INSERT INTO hold (customer_id, reservation_id, block_id, expire_time, amount)
                 VALUES ('contoso', '{reservation_id}', '{}', {expire_time}, {amount})",
                blocks[0]
            ))
            .await
            .unwrap();
    }
    let ask = async |consistency| context.snapshot("contoso", &consistency, Clock::System.now()).await;
    let first = ask(Consistency::MinimizeLatency).await.unwrap();
    // Documents that are read again from now on, break the call.
    allow_changes(&connection, "customer_version").await;
    connection.execute_unprepared("UPDATE customer_version SET content = '{}'").await.unwrap();
    assert!(ask(Consistency::Full).await.is_err(), "nothing is taken as known");
    connection.execute_unprepared("UPDATE block SET used = 31").await.unwrap();
    let revision = bump(&context.store, "contoso").await.unwrap();
    context.cache.note("contoso", revision);
    for consistency in [Consistency::MinimizeLatency, Consistency::AtLeast(revision)] {
        let next = ask(consistency).await.unwrap();
        assert_eq!((first.revision, next.revision), (1, revision));
        assert!(Arc::ptr_eq(&first.documents, &next.documents));
    }
    let alone = context.store.load_balances("contoso").await.unwrap().unwrap();
    assert_eq!((alone.revision, alone.contract_version), (revision, 1));
    assert_eq!(blocks.map(|block| alone.balances[&block].used), [31, 31]);
    assert_eq!(context.store.load_balances("contoso-x").await.unwrap(), None);
    // A change of a document has them read, and with them the same balances.
    let revision = put_customer(&context.store, &customer("contoso", "Contoso Ltd"), &info(2)).await.unwrap();
    context.cache.note("contoso", revision);
    let changed = ask(Consistency::MinimizeLatency).await.unwrap();
    assert_eq!((changed.revision, changed.documents.contract_version), (revision, revision));
    assert_eq!(changed.prepared().contract().customer.display_name, "Contoso Ltd");
    let whole = context.store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
    assert_eq!(whole.balances, alone.balances);
    let releases = blocks.map(|block| alone.balances[&block].release.map(|it| (it.at.timestamp_micros(), it.amount)));
    assert_eq!(releases, [Some((1_000, 6)), None]);
    let again = ask(Consistency::Full).await.unwrap();
    assert!(Arc::ptr_eq(&changed.documents, &again.documents), "they are the same");
}
