//! The store's promises, kept alike on SQLite and on PostgreSQL.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod audit;
mod contracts;
mod costs;
mod effect;
mod faults;
pub(crate) mod proxy;
pub(crate) mod samples;
mod schema;
mod snapshots;
mod writes;

use std::time::Duration;

use entitled::store::{Store, StoreConfig};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

use crate::database::options;

/// A migrated store on a database of its own, and a way past it.
pub(crate) struct Fixture {
    pub store: Store,
    pub config: StoreConfig,
    /// Holds the file of SQLite.
    _directory: Option<tempfile::TempDir>,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("entitled.db").display());
        Self::open(url, Some(directory)).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::open(super::postgres::database().await, None).await
    }

    async fn open(url: String, directory: Option<tempfile::TempDir>) -> Self {
        let config = StoreConfig { url, ..StoreConfig::default() };
        let store = Store::connect(&config).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, config, _directory: directory }
    }

    /// A second process on the same database.
    pub(crate) async fn another_store(&self) -> Store {
        Store::connect(&self.config).await.unwrap()
    }

    /// Leaves an empty database.
    pub(crate) async fn remove_all_tables(&self) {
        let connection = self.connection().await;
        for table in [
            "epoch",
            "hold",
            "reservation",
            "entry",
            "block",
            "request",
            "work_order_version",
            "customer_version",
            "customer",
            "seaql_migrations",
        ] {
            connection.execute_unprepared(&format!("DROP TABLE {table}")).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    /// A connection of one's own.
    pub(crate) async fn connection(&self) -> DatabaseConnection {
        let mut options = options(&self.config.url);
        options.acquire_timeout(Duration::from_secs(5));
        Database::connect(options).await.unwrap()
    }
}

/// Makes two tests of each function that takes a fixture: one on either database.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::store::Fixture::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::store::Fixture::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both;
