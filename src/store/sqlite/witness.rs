//! What SQLite itself reports about the connection that writes.
//!
//! After an error SQLite may have ended a transaction by itself, without sqlx knowing it. sqlx then opens the next
//! transaction as a savepoint of one that no longer exists, and releasing that savepoint commits nothing. So a commit
//! counts only if SQLite reports it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, Connection as _, Executor as _};

use crate::mutant::{self, Mutant};

/// Shared by the pool of the one connection that writes and by those who use it.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    commits: AtomicU64,
    /// Something failed on the connection: it must not be used again.
    is_suspect: AtomicBool,
}

impl Witness {
    /// How many transactions SQLite has set about to commit: outermost ones, no savepoints.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// The connection at hand is thrown away when it comes back.
    pub(crate) fn suspect(&self) {
        self.is_suspect.store(true, Ordering::Release);
    }

    /// Has SQLite report the commits of a new connection.
    pub(crate) async fn watch(self: Arc<Self>, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        connection.lock_handle().await?.set_commit_hook(move || {
            self.commits.fetch_add(1, Ordering::AcqRel);
            true
        });
        Ok(())
    }

    /// Whether a connection that comes back is surely in no transaction: SQLite begins one only then.
    pub(crate) async fn is_clean(&self, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        if mutant::is_on(Mutant::NestedSavepoint) {
            return Ok(true);
        }
        let is_suspect = self.is_suspect.swap(false, Ordering::AcqRel);
        if is_suspect || connection.is_in_transaction() {
            tracing::warn!("the connection that writes had an error and is replaced");
            return Ok(false);
        }
        connection.execute("BEGIN; ROLLBACK").await?;
        Ok(true)
    }
}
