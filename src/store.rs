//! Where contracts are kept: SQLite for one process, PostgreSQL for many.
//!
//! Reads are methods of [`Store`], one statement each; several that must agree run in [`Store::in_snapshot`]. Every write goes through [`Store::in_transaction`]. The functions
//! that run inside a transaction have the suffix `_in_txn`. A write takes the customer's lock first
//! ([`lock_customer_in_txn`]), so that the writes of one customer happen one after the other:
//!
//! ```no_run
//! # use std::collections::BTreeMap;
//! # use entitled::{error::Result, contract::Document, model::VersionInfo, store::*};
//! # async fn example(store: &Store, customer_id: &str, document: &Document, info: &VersionInfo) -> Result<Option<i64>> {
//! store
//!     .in_transaction(async |txn| {
//!         let Some(locked) = lock_customer_in_txn(&txn, customer_id).await? else { return Ok(None) };
//!         put_versions_in_txn(&txn, &[NewVersionRow { document, info, origin: VersionOrigin::default() }]).await?;
//!         let revision = locked.revision.saturating_add(1);
//!         let mut statements = StatementBatch::of(&txn);
//!         put_revisions(&mut statements, &BTreeMap::from([(customer_id.to_owned(), revision)]), Changed::Contract)?;
//!         statements.run_in_txn(&txn).await?;
//!         Ok(Some(revision))
//!     })
//!     .await
//! # }
//! ```

mod as_of;
mod audit;
mod balances;
mod column_batch;
mod condition;
mod config;
mod contract;
mod customer;
mod driver_error;
mod entity;
mod epoch;
mod error;
mod ledger;
mod migrate;
mod new_version;
mod planned;
mod pools;
mod postgres;
mod request;
mod sqlite;
mod statement_batch;
mod time;
mod timeline;
mod transaction;
mod version;

pub use as_of::AsOf;
pub use audit::{AuditFilter, AuditPlace, StoredAudit};
pub use balances::StoredBalances;
pub use config::StoreConfig;
pub use contract::{
    NewestVersion, NewestVersions, PlannedContract, StoredContract, load_work_order_version_in_txn,
    newest_versions_in_txn,
};
pub use customer::{Changed, LockedCustomer, insert_customer_in_txn, lock_customer_in_txn, put_revisions};
pub use epoch::Epoch;
pub use ledger::{
    Books, Contended, EntryFilter, LedgerBlocks, MOST_DUE, OwnedBlock, ReservationFilter, Wanted, find_entries_in_txn,
    insert_blocks, insert_entries, ledger_blocks_in_txn, lock_books_in_txn, open_holds_in_txn, put_holds,
    put_reservations, update_blocks,
};
pub use migrate::SchemaState;
pub use new_version::{NewVersionRow, VersionOrigin, put_versions_in_txn};
pub use planned::{MOST_PLANNED, load_contract_in_txn};
pub use request::{NewRequest, RequestKey, StoredRequest, WriteAudit, find_requests_in_txn, put_requests};
pub use statement_batch::StatementBatch;
pub use time::time_in_txn;
pub use timeline::{DatedDocument, documents_since_in_txn};
pub use transaction::Txn;
pub use version::StoredVersion;

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use self::condition::Condition;
use self::pools::Pools;
use self::sqlite::Sqlite;
use crate::error::{Error, Result};
use crate::telemetry::metrics::EndedStatement;

/// How long the connections may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pools of connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    /// Where this one's transactions run.
    writer: DatabaseConnection,
    /// None on PostgreSQL.
    sqlite: Option<Arc<Sqlite>>,
    condition: Arc<Condition>,
    patience: Duration,
    lock_timeout: Duration,
}

impl Store {
    /// Opens the database: a file of SQLite is created if need be; its schema is not touched.
    pub async fn connect(config: &StoreConfig) -> Result<Self> {
        let patience = config.patience();
        let connected = bounded(patience, async {
            match config.url.split_once(':') {
                Some(("sqlite", _)) => sqlite::connect(config).await.map(|(pools, sqlite)| (pools, Some(sqlite))),
                Some(("postgres" | "postgresql", _)) => Ok((postgres::connect(config).await?, None)),
                _ => Err(Error::internal("the database URL begins neither with `sqlite:` nor with `postgres://`")),
            }
        });
        let (pools, sqlite) = connected.await??;
        let writer = pools.ledger.clone();
        let (sqlite, condition) = (sqlite.map(Arc::new), Arc::default());
        Ok(Self { pools, writer, sqlite, condition, patience, lock_timeout: config.lock_timeout })
    }

    /// The same store, whose transactions take the connections kept for changes of contracts: those of
    /// the ledger never wait for them.
    #[must_use]
    pub fn for_contracts(&self) -> Self {
        Self { writer: self.pools.contracts.clone(), ..self.clone() }
    }

    /// Has each statement reported from now on, in the task that it ran in. Its text and its values stay here.
    pub fn observe(&mut self, observer: impl Fn(EndedStatement) + Clone + Send + Sync + 'static) {
        let system = if self.is_postgres() { "postgresql" } else { "sqlite" };
        for pool in self.pools.each_mut() {
            let observe = observer.clone();
            pool.set_metric_callback(move |about| {
                let operation = operation(&about.statement.sql);
                observe(EndedStatement { system, operation, has_failed: about.failed, took: about.elapsed });
            });
        }
        self.writer = self.pools.ledger.clone();
    }

    /// Whether many processes may share the database.
    pub fn is_postgres(&self) -> bool {
        self.sqlite.is_none()
    }

    /// Each pool by name, with its connections and those of them that are idle.
    pub fn connections(&self) -> Vec<(&'static str, u64, u64)> {
        self.pools.connections()
    }

    /// How many connections write the ledger.
    pub fn ledger_connections(&self) -> usize {
        self.pools.ledger_connections
    }

    fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Waits for the calls under way, though not for ever, and closes every connection.
    pub async fn close(&self) -> Result<()> {
        let pools = self.pools.each().into_iter().chain([&self.writer]);
        let closing = futures_util::future::try_join_all(pools.map(DatabaseConnection::close_by_ref));
        bounded(CLOSE_TIMEOUT, closing).await?.map_err(error::from_db)?;
        match &self.sqlite {
            Some(sqlite) => bounded(CLOSE_TIMEOUT, sqlite.close()).await,
            None => Ok(()),
        }
    }

    /// One query outside of any transaction.
    async fn read<T>(&self, query: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
        self.verify_files()?;
        bounded(self.patience, query).await?.map_err(|error| match self.condition.noticed(error) {
            // A read waits for no write. Only a lock of a whole table holds it up, and then it can but wait.
            Error::Conflict => Error::Unavailable(Some("a table that is read is locked".into())),
            error => error,
        })
    }
}

/// The first word of a statement, of those there are.
fn operation(sql: &str) -> &'static str {
    const WORDS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "PRAGMA"];
    let first = sql.split_ascii_whitespace().next().unwrap_or_default();
    WORDS.into_iter().find(|word| first.eq_ignore_ascii_case(word)).unwrap_or("OTHER")
}

async fn bounded<T>(limit: Duration, call: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, call).await.map_err(|_| error::silent(limit))
}
