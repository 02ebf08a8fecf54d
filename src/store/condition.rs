//! Whether the database works, judged by the outcomes of calls and by a probe.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use super::{Store, bounded, error};
use crate::error::{Error, Result};

/// How long the answer to a probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The tables a write may take.
const WRITTEN: [&str; 8] =
    ["customer", "customer_version", "work_order_version", "request", "block", "entry", "reservation", "hold"];

/// What is known of the database.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// The last write failed for a reason of the database's own.
    cannot_write: AtomicBool,
    /// It has said that its data are damaged. No waiting heals a file of SQLite; PostgreSQL goes on beside a damaged
    /// page or index, and can be mended while it runs.
    is_damaged: AtomicBool,
    /// By choice, because it is damaged.
    is_read_only: AtomicBool,
}

impl Condition {
    /// An error of the database as ours.
    pub(super) fn noticed(&self, cause: DbErr) -> Error {
        if error::is_damage(&cause) && !self.is_damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %cause, "the database says that its data are damaged; restore a backup");
        }
        error::from_db(cause)
    }

    /// What became of a transaction.
    pub(super) fn note_write<T>(&self, outcome: &Result<T>) {
        match outcome {
            Ok(_) => self.cannot_write.store(false, Ordering::Relaxed),
            // A conflict may be with one other write, or with a lock on everything; what is internal may be of one
            // customer, or of a table that is gone.
            Err(Error::Unavailable(_) | Error::CommitOutcomeUnknown(_) | Error::Conflict | Error::Internal(_)) => {
                self.cannot_write.store(true, Ordering::Relaxed);
            }
            // About the write; the database may be well.
            Err(_) => {}
        }
    }

    pub(super) fn may_write(&self) -> Result<()> {
        if self.is_read_only.load(Ordering::Relaxed) {
            return Err(Error::Unavailable(Some("the database is damaged and served read-only".into())));
        }
        Ok(())
    }
}

impl Store {
    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.verify_files()?;
        let ask = self.pools.housekeeping.execute_unprepared("SELECT 1");
        bounded(PROBE_TIMEOUT, ask).await?.map_err(|error| self.condition.noticed(error))?;
        Ok(())
    }

    /// Whether the database answers, takes writes and, of SQLite, has said nothing of damage.
    ///
    /// Where the last write failed, one is tried: a full disk is seen by nothing else.
    pub async fn probe(&self) -> Result<()> {
        self.ping().await?;
        let is_damaged = self.sqlite.is_some() && self.condition.is_damaged.load(Ordering::Relaxed);
        if is_damaged && !self.is_read_only() {
            return Err(Error::Unavailable(Some("the database says that its data are damaged".into())));
        }
        if self.is_read_only() {
            return Ok(());
        }
        if self.is_postgres() {
            self.refuse_standby().await?;
        }
        if self.condition.cannot_write.load(Ordering::Relaxed) {
            self.write_nothing().await?;
        }
        Ok(())
    }

    /// Looks through the whole database for damage, which takes a second for some hundred megabytes: what is damaged, as
    /// an error. PostgreSQL has checks of its own.
    pub async fn find_damage(&self) -> Result<Option<Error>> {
        let Some(sqlite) = &self.sqlite else { return Ok(None) };
        let _no_limit = sqlite.time_limit.lift();
        let query = Statement::from_string(DbBackend::Sqlite, "PRAGMA quick_check(1)");
        let row = match self.pools.housekeeping.query_one_raw(query).await {
            Ok(row) => row,
            Err(cause) if error::is_damage(&cause) => return Ok(Some(self.condition.noticed(cause))),
            Err(cause) => return Err(error::from_db(cause)),
        };
        let found: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose().map_err(error::from_db)?;
        match found.as_deref() {
            Some("ok") => Ok(None),
            Some(found) => Ok(Some(Error::internal(format!("the database is damaged ({found}): restore a backup")))),
            None => Err(Error::internal("SQLite's check of the database says nothing")),
        }
    }

    /// No write is taken any more: what is damaged may still be read.
    pub fn make_read_only(&self) {
        self.condition.is_read_only.store(true, Ordering::Relaxed);
    }

    pub fn is_read_only(&self) -> bool {
        self.condition.is_read_only.load(Ordering::Relaxed)
    }

    /// Keeps other servers from a database of SQLite until this process ends.
    pub fn claim(&self) -> Result<()> {
        self.sqlite.as_ref().map_or(Ok(()), |sqlite| sqlite.files.claim())
    }

    pub(super) fn verify_files(&self) -> Result<()> {
        self.sqlite.as_ref().map_or(Ok(()), |sqlite| sqlite.files.verify())
    }

    async fn refuse_standby(&self) -> Result<()> {
        let query = Statement::from_string(DbBackend::Postgres, "SHOW transaction_read_only");
        let ask = bounded(PROBE_TIMEOUT, self.pools.housekeeping.query_one_raw(query));
        let row = ask.await?.map_err(|error| self.condition.noticed(error))?;
        let setting: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose().map_err(error::from_db)?;
        match setting.as_deref() {
            Some("off") => Ok(()),
            _ => Err(Error::Unavailable(Some("the database takes no writes: it is read-only".into()))),
        }
    }

    /// A write that changes nothing and is committed all the same. It takes the locks of tables that writes take.
    async fn write_nothing(&self) -> Result<()> {
        let write = match self.is_postgres() {
            true => "SELECT pg_current_xact_id()",
            // Writes the page it stands on, whatever it was.
            false => "PRAGMA user_version = 0",
        };
        let tables = WRITTEN.map(|table| format!("; INSERT INTO {table} SELECT * FROM {table} WHERE FALSE"));
        let sql = format!("{write}{}", tables.concat());
        self.in_transaction(async |txn| txn.run(txn.db().execute_unprepared(&sql)).await.map(|_| ())).await
    }
}
