//! Runs transactions. This is the only way to write.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};

use super::condition::Condition;
use super::{Store, bounded, error};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};

/// How often a write that met others is tried in all.
const TRIES: u32 = 5;
/// A commit is waited for at least that long, however late it is.
const LEAST_FOR_COMMIT: Duration = Duration::from_secs(1);
/// The first pause between two tries is at most this long, the next at most twice as long, …
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// An open transaction, to be used by the functions that end in `_in_txn`.
#[derive(Debug)]
pub struct Txn(Arc<OpenTxn>);

#[derive(Debug)]
struct OpenTxn {
    db: DatabaseTransaction,
    /// Whether a statement failed: PostgreSQL then answers `COMMIT` with a silent rollback.
    failed: AtomicBool,
    condition: Arc<Condition>,
}

impl Txn {
    pub(super) fn db(&self) -> &DatabaseTransaction {
        &self.0.db
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.0.db.get_database_backend()
    }

    /// Runs a statement, and remembers if it fails.
    pub(super) async fn run<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
        statement.await.map_err(|error| {
            self.0.failed.store(true, Ordering::Relaxed);
            self.0.condition.noticed(error)
        })
    }
}

impl Store {
    /// Runs `work` in a transaction of its own and commits it; an error undoes it all.
    ///
    /// On [`Error::Conflict`], from the database or from `work` itself, everything is undone and
    /// `work` runs again, at most five times in all and while there is time to wait for a lock: it
    /// must have no effects but those on `txn`, and must judge what it reads anew each time. Where the
    /// connection is lost during the commit, the result is [`Error::CommitOutcomeUnknown`]. A caller
    /// that goes away before the commit undoes it; spawn what must not be given up halfway.
    pub async fn in_transaction<T, F, W>(&self, work: F) -> Result<T>
    where
        F: Fn(Txn) -> W,
        W: Future<Output = Result<T>>,
    {
        self.condition.may_write()?;
        let until = Instant::now().checked_add(self.patience).unwrap_or_else(Instant::now);
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.attempt(&work, until).await {
                // With less time the next try would end in silence, not in a conflict.
                Err(Error::Conflict) if left(until) > pause.saturating_add(self.lock_timeout) => {
                    tokio::time::sleep(jitter(pause)).await;
                }
                outcome => return outcome,
            }
            pause = pause.saturating_mul(2);
        }
        self.attempt(&work, until).await
    }

    /// Runs reads that all see the database as of one instant. `work` writes nothing, and waits for nothing else:
    /// it keeps a connection of those for lists.
    pub async fn in_snapshot<T, W>(&self, work: impl FnOnce(Txn) -> W) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        self.verify_files()?;
        bounded(self.patience, async {
            let db = begin_snapshot(&self.pools.lists).await.map_err(|error| self.condition.noticed(error))?;
            let open = Arc::new(OpenTxn { db, failed: AtomicBool::new(false), condition: Arc::clone(&self.condition) });
            let found = work(Txn(Arc::clone(&open))).await;
            // Dropped, the transaction is undone: there is nothing in it.
            if let Ok(OpenTxn { db, .. }) = Arc::try_unwrap(open) {
                db.rollback().await.map_err(|error| self.condition.noticed(error))?;
            }
            found
        })
        .await?
    }

    async fn attempt<T, W>(&self, work: impl Fn(Txn) -> W, until: Instant) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        let outcome = self.attempt_once(work, until).await;
        self.condition.note_write(&outcome);
        outcome
    }

    async fn attempt_once<T, W>(&self, work: impl Fn(Txn) -> W, until: Instant) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        self.verify_files()?;
        let begin = bounded(left(until), begin(&self.writer)).await?;
        let db = begin.map_err(|error| self.condition.noticed(error))?;
        let open = Arc::new(OpenTxn { db, failed: AtomicBool::new(false), condition: Arc::clone(&self.condition) });
        let outcome = match bounded(left(until), work(Txn(Arc::clone(&open)))).await {
            Ok(outcome) => outcome,
            Err(silent) => {
                // Dropped, the transaction is undone.
                self.suspect();
                return Err(silent);
            }
        };
        let OpenTxn { db, failed, .. } =
            Arc::try_unwrap(open).map_err(|_| Error::internal("a transaction was kept longer than its work ran"))?;
        let has_failed = failed.into_inner();
        if has_failed {
            self.suspect();
        }
        match outcome {
            Ok(_) if has_failed => {
                self.undo(db, until).await;
                Err(Error::internal("a transaction went on after a failed statement"))
            }
            Ok(value) if mutant::is_on(Mutant::AcknowledgeBeforeCommit) => {
                tokio::spawn(db.commit());
                Ok(value)
            }
            Ok(value) => self.commit(db, until).await.map(|()| value),
            Err(error) => {
                // The first error is the one that counts.
                self.undo(db, until).await;
                Err(error)
            }
        }
    }

    /// Commits, and believes it only when the database says that its outermost transaction has ended, in the files
    /// that are there.
    async fn commit(&self, db: DatabaseTransaction, until: Instant) -> Result<()> {
        let commits = self.sqlite.as_ref().map(|sqlite| sqlite.witness.commits());
        let limit = left(until).max(LEAST_FOR_COMMIT);
        let committed = tokio::time::timeout(limit, db.commit()).await;
        let committed = committed.map_err(|_| Error::CommitOutcomeUnknown(error::silence(limit)));
        committed.and_then(|it| it.map_err(error::at_commit)).inspect_err(|_| self.suspect())?;
        let (Some(sqlite), Some(before)) = (&self.sqlite, commits) else { return Ok(()) };
        if sqlite.witness.commits() == before && !mutant::is_on(Mutant::NestedSavepoint) {
            self.suspect();
            tracing::error!("SQLite acknowledged a commit that was none; the connection is replaced");
            return Err(Error::CommitOutcomeUnknown("SQLite committed nothing".into()));
        }
        sqlite.files.remember_log();
        sqlite.files.verify().map_err(|error| Error::CommitOutcomeUnknown(error.into()))
    }

    async fn undo(&self, db: DatabaseTransaction, until: Instant) {
        let limit = left(until).max(LEAST_FOR_COMMIT);
        if let Err(error) = bounded(limit, db.rollback()).await.and_then(|it| it.map_err(error::from_db)) {
            self.suspect();
            tracing::error!(error = ?error, "a rollback failed; the connection is replaced");
        }
    }

    /// SQLite's one connection that writes is not used again. PostgreSQL's are asked before each goes back.
    fn suspect(&self) {
        if let Some(sqlite) = &self.sqlite {
            sqlite.witness.suspect();
        }
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// SQLite takes its write lock at once: taken later, it could not be waited for. PostgreSQL's
/// isolation level, READ COMMITTED, is set for the whole session.
#[allow(clippy::disallowed_methods, reason = "every transaction begins here")]
pub(super) async fn begin(writer: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    writer.begin_with_options(options).await
}

/// SQLite sees one state of its file from the first read on.
#[allow(clippy::disallowed_methods, reason = "every transaction begins here")]
async fn begin_snapshot(reader: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let is_postgres = reader.get_database_backend() == DbBackend::Postgres;
    let options = TransactionOptions {
        isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
        access_mode: is_postgres.then_some(AccessMode::ReadOnly),
        ..TransactionOptions::default()
    };
    reader.begin_with_options(options).await
}

/// A random part of `limit`: writes that met once shall not meet again.
fn jitter(limit: Duration) -> Duration {
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let random = RandomState::new().hash_one(());
    Duration::from_micros(random.checked_rem(micros).unwrap_or(0))
}
