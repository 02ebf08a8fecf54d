//! Where contracts are kept: SQLite for one process, PostgreSQL for many.
//!
//! Reads are methods of [`Store`], one statement each. Every write goes through the one door,
//! [`Store::in_transaction`]; what may be done inside has the suffix `_in_txn`. A write takes
//! the customer's lock first ([`lock_customer_in_txn`]), which puts all writes of one
//! customer into one order:
//!
//! ```no_run
//! # use entitled::{error::Result, model::{Customer, VersionInfo}, store::*};
//! # async fn example(store: &Store, customer: &Customer, info: &VersionInfo) -> Result<i64> {
//! store
//!     .in_transaction(async |txn| {
//!         let created = insert_customer_in_txn(&txn, &customer.customer_id).await?;
//!         let locked = lock_customer_in_txn(&txn, &customer.customer_id).await?;
//!         put_customer_version_in_txn(&txn, customer, info).await?;
//!         match locked {
//!             Some(new) if created => Ok(new.revision),
//!             _ => bump_revision_in_txn(&txn, &customer.customer_id, Changed::Contract).await,
//!         }
//!     })
//!     .await
//! # }
//! ```

mod batch;
mod config;
mod contract;
mod customer;
mod entity;
mod error;
mod ledger;
mod migrate;
mod postgres;
mod refusal;
mod request;
mod rows;
mod sqlite;
mod steps;
mod time;
mod transaction;

pub use batch::{RequestKey, find_requests_in_txn, put_requests, put_revisions};
pub use config::StoreConfig;
pub use contract::{StoredContract, load_contract_in_txn, put_customer_version_in_txn, put_work_order_version_in_txn};
pub use customer::{Changed, LockedCustomer, bump_revision_in_txn, insert_customer_in_txn, lock_customer_in_txn};
pub use ledger::{
    Books, Contended, EntryFilter, LedgerBlocks, MOST_DUE, OwnedBlock, ReservationFilter, Wanted, find_entries_in_txn,
    insert_blocks, insert_entries, lock_books_in_txn, put_reservations, update_blocks,
};
pub use migrate::SchemaState;
pub use request::{StoredRequest, find_request_in_txn, put_request_in_txn};
pub use steps::Steps;
pub use transaction::Txn;

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr};

use crate::error::{Error, Result};

/// How long the answer to a `ping` may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// How much longer than the database itself its client waits for the end of a statement: the
/// database's own answer says more than silence.
const PATIENCE_MARGIN: Duration = Duration::from_millis(500);

/// The pools of connections to one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Store {
    reader: DatabaseConnection,
    /// On SQLite a pool of one connection, on PostgreSQL the same as `reader`.
    writer: DatabaseConnection,
    /// The outer limit of every call: without it a dead connection is waited for until the
    /// kernel gives it up, which takes a quarter of an hour.
    patience: Duration,
}

impl Store {
    /// Opens the database: a file of SQLite is created if need be; its schema is not touched.
    pub async fn connect(config: &StoreConfig) -> Result<Self> {
        let patience = config.statement_timeout.saturating_add(PATIENCE_MARGIN);
        let connected = bounded(patience, async {
            match config.url.split_once(':') {
                Some(("sqlite", _)) => sqlite::connect(config).await,
                Some(("postgres" | "postgresql", _)) => {
                    let pool = postgres::connect(config).await?;
                    Ok((pool.clone(), pool))
                }
                _ => Err(Error::internal("the database URL begins neither with `sqlite:` nor with `postgres://`")),
            }
        });
        let (reader, writer) = connected.await??;
        Ok(Self { reader, writer, patience })
    }

    /// Has each statement reported from now on: how long it took and whether it failed. For
    /// measurements; the text and the values stay here.
    pub fn observe(&mut self, observer: impl Fn(Duration, bool) + Clone + Send + Sync + 'static) {
        let observe = observer.clone();
        self.reader.set_metric_callback(move |about| observe(about.elapsed, about.failed));
        self.writer.set_metric_callback(move |about| observer(about.elapsed, about.failed));
    }

    /// Whether many processes may share the database.
    pub fn is_postgres(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Postgres
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        bounded(PING_TIMEOUT, self.reader.execute_unprepared("SELECT 1")).await?.map_err(error::from_db)?;
        Ok(())
    }

    /// Waits for the calls under way and closes every connection.
    pub async fn close(&self) -> Result<()> {
        self.reader.close_by_ref().await.map_err(error::from_db)?;
        self.writer.close_by_ref().await.map_err(error::from_db)
    }

    /// One query outside of any transaction.
    async fn read<T>(&self, query: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
        bounded(self.patience, query).await?.map_err(error::from_db)
    }
}

async fn bounded<T>(limit: Duration, call: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, call).await.map_err(|_| error::silent(limit))
}
