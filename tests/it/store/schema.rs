//! Migrations, and what is checked when the database is opened.

use std::io::Read as _;
use std::process::Stdio;

use entitled::error::Error;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::store::{SchemaState, Store, StoreConfig};
use entitled_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DbBackend};
use tonic::Code;

use super::samples::*;
use super::{Fixture, on_both};
use crate::process::Process;
use crate::sample::{check, refused};

on_both!(
    an_empty_database_is_brought_up_once,
    indexes_that_were_built_beforehand_are_found,
    unknown_steps_are_told,
    a_newer_schema_is_served_with_a_warning,
);

const STEPS: [&str; 11] = [
    "m0001_contracts",
    "m0002_ledger",
    "m0003_lean_writes",
    "m0004_room_for_blocks",
    "m0005_room_for_customers",
    "m0006_holds",
    "m0007_epoch",
    "m0008_audit",
    "m0009_effective_time",
    "m0010_grants",
    "m0011_recorded_ends",
];

async fn an_empty_database_is_brought_up_once(fixture: Fixture) {
    fixture.remove_all_tables().await;
    let (one, two) = (&fixture.store, &fixture.another_store().await);
    assert_eq!(one.pending_migrations().await.unwrap(), STEPS);
    assert_eq!(one.pending_migrations().await.unwrap(), STEPS, "to ask changes nothing");
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    let mut applied = [first.unwrap(), second.unwrap()];
    applied.sort();
    assert_eq!(applied, [vec![], STEPS.map(str::to_owned).to_vec()], "one of them did it all");
    assert_eq!(one.schema_state().await.unwrap(), SchemaState { pending: vec![], unknown: vec![] });
    put_customer(two, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
}

/// By the very statements that docs/OPERATIONS.md has; on SQLite there is no building without a lock.
async fn indexes_that_were_built_beforehand_are_found(fixture: Fixture) {
    fixture.remove_all_tables().await;
    let connection = fixture.connection().await;
    Migrator::up(&connection, Some(7)).await.unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OPERATIONS.md")).unwrap();
    let (_, after) = page.split_once("**Before the update to this version** of a large database").unwrap();
    let section = after.split("\n## ").next().unwrap();
    let blocks = section.split("```sql").skip(1).map(|block| block.split("```").next().unwrap());
    let statements: Vec<_> =
        blocks.flat_map(|block| block.split(';')).map(str::trim).filter(|it| !it.is_empty()).collect();
    assert_eq!(statements.len(), 7, "{statements:?}");
    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    for statement in statements.into_iter().filter(|_| is_postgres) {
        connection.execute_unprepared(statement).await.unwrap();
    }
    // The version before writes on.
    connection
        .execute_unprepared(
            "INSERT INTO customer (customer_id, revision, contract_version, changed_at) VALUES ('c', 1, 1, 0)",
        )
        .await
        .unwrap();
    assert_eq!(fixture.store.migrate().await.unwrap(), STEPS[7..]);
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
}

async fn unknown_steps_are_told(fixture: Fixture) {
    let insert = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
    fixture.connection().await.execute_unprepared(insert).await.unwrap();
    let state = fixture.store.schema_state().await.unwrap();
    assert_eq!(state, SchemaState { pending: vec![], unknown: vec!["m9999_later".to_owned()] });
    assert_eq!(fixture.store.migrate().await.unwrap(), Vec::<String>::new());
}

async fn a_newer_schema_is_served_with_a_warning(fixture: Fixture) {
    let insert = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9998_later', 0), ('m9999_later', 0)";
    fixture.connection().await.execute_unprepared(insert).await.unwrap();
    let mut server = Process::start_with(&fixture.config.url, &[("ENTITLED_LOG_FORMAT", "json")], Some(Stdio::piped()));
    let mut errors = server.errors();
    let mut entitlements = EntitlementServiceClient::new(server.channel().await);
    // A start that takes long is told to the caller as a store that is away.
    while refused(entitlements.check_entitlement(check("nobody")).await).code != Code::NotFound {}
    server.tell("TERM");
    assert_eq!(server.exit_code().await, Some(0));
    let mut log = String::new();
    errors.read_to_string(&mut log).unwrap();
    let warnings = log.lines().filter(|line| line.contains(r#""level":"WARN""#)).collect::<Vec<_>>();
    let [warning] = warnings.as_slice() else { panic!("{log}") };
    assert!(warning.contains(r#""steps":"m9998_later, m9999_later""#), "{warning}");
    assert!(warning.contains("the schema is newer than this program"), "{warning}");
}

#[tokio::test]
async fn a_database_that_may_lose_commits_is_refused() {
    let fixture = Fixture::postgres().await;
    let connection = fixture.connection().await;
    let alter =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    connection.execute_unprepared(alter).await.unwrap();
    let refused = Store::connect(&fixture.config).await.unwrap_err();
    assert!(format!("{refused:?}").contains("synchronous_commit"), "{refused:?}");
}

#[tokio::test]
async fn urls_that_cannot_work_are_refused() {
    for url in ["mysql://localhost/entitled", "entitled.db", "sqlite::memory:", "sqlite:x?mode=memory"] {
        let config = StoreConfig { url: url.to_owned(), ..StoreConfig::default() };
        let refused = Store::connect(&config).await;
        assert!(matches!(refused, Err(Error::Internal(_))), "{url}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_opened_by_many_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let config =
            StoreConfig { url: format!("sqlite:{}/new.db", directory.path().display()), ..StoreConfig::default() };
        let mut openers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let config = config.clone();
            openers.spawn(async move { Store::connect(&config).await.unwrap().migrate().await.unwrap().len() });
        }
        assert_eq!(openers.join_all().await.iter().sum::<usize>(), STEPS.len());
    }
}
