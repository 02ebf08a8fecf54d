//! The one door for writes.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait as _};

use super::{Store, bounded, error};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};

/// How often a write that met others is tried in all.
const TRIES: u32 = 5;
/// The first pause between two tries is at most this long, the next at most twice as long, …
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// An open transaction, to be used by the functions that end in `_in_txn`.
#[derive(Debug)]
pub struct Txn(Arc<Open>);

#[derive(Debug)]
struct Open {
    db: DatabaseTransaction,
    /// Whether a statement failed: PostgreSQL then answers `COMMIT` with a silent rollback.
    failed: AtomicBool,
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
            error::from_db(error)
        })
    }
}

impl Store {
    /// Runs `work` in a transaction of its own and commits it; an error undoes it all.
    ///
    /// On [`Error::Conflict`], from the database or from `work` itself, everything is undone and
    /// `work` runs again, at most five times in all: it must have no effects but those on `txn`,
    /// and must judge what it reads anew each time. Where the connection is lost during the
    /// commit, the result is [`Error::CommitOutcomeUnknown`]. A caller that goes away before the
    /// commit undoes it; spawn what must not be given up halfway.
    pub async fn in_transaction<T, F, W>(&self, work: F) -> Result<T>
    where
        F: Fn(Txn) -> W,
        W: Future<Output = Result<T>>,
    {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.attempt(&work).await {
                Err(Error::Conflict) if begun.elapsed() < self.patience => tokio::time::sleep(jitter(pause)).await,
                outcome => return outcome,
            }
            pause = pause.saturating_mul(2);
        }
        self.attempt(&work).await
    }

    async fn attempt<T, W>(&self, work: impl Fn(Txn) -> W) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        let db = bounded(self.patience, begin(&self.writer)).await?.map_err(error::from_db)?;
        let open = Arc::new(Open { db, failed: AtomicBool::new(false) });
        // Out of time, the transaction is dropped, which undoes it as well.
        let outcome = bounded(self.patience, work(Txn(Arc::clone(&open)))).await?;
        let Open { db, failed } =
            Arc::try_unwrap(open).map_err(|_| Error::internal("a transaction was kept longer than its work ran"))?;
        let outcome = match outcome {
            Ok(_) if failed.into_inner() => Err(Error::internal("a transaction went on after a failed statement")),
            outcome => outcome,
        };
        match outcome {
            Ok(value) if mutant::is_on(Mutant::AcknowledgeBeforeCommit) => {
                tokio::spawn(db.commit());
                Ok(value)
            }
            Ok(value) => {
                let committed = tokio::time::timeout(self.patience, db.commit()).await;
                committed
                    .map_err(|_| Error::CommitOutcomeUnknown(error::silence(self.patience)))?
                    .map_err(error::at_commit)?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one that counts.
                if let Err(second) =
                    bounded(self.patience, db.rollback()).await.and_then(|it| it.map_err(error::from_db))
                {
                    tracing::debug!(error = ?second, "the rollback failed as well");
                }
                Err(error)
            }
        }
    }
}

/// SQLite takes its write lock at once: taken later, it could not be waited for. PostgreSQL's
/// isolation level, READ COMMITTED, is set for the whole session.
#[allow(clippy::disallowed_methods, reason = "this is the one door")]
pub(super) async fn begin(writer: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    writer.begin_with_options(options).await
}

/// A random part of `limit`: writes that met once shall not meet again.
fn jitter(limit: Duration) -> Duration {
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let random = RandomState::new().hash_one(());
    Duration::from_micros(random.checked_rem(micros).unwrap_or(0))
}
