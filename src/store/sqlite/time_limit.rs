//! Limits how long a connection may work for one borrower, because SQLite has no time limit for a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx;
use sea_orm::sqlx::sqlite::SqliteConnection;

/// How many steps SQLite's machine makes between two looks at the clock: well under a millisecond.
const STEPS: i32 = 10_000;

/// For all connections of a database.
#[derive(Debug)]
pub(crate) struct TimeLimit {
    limit: Duration,
    is_lifted: AtomicBool,
}

impl TimeLimit {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, is_lifted: AtomicBool::new(false) }
    }

    /// For steps of the schema, which may take their time; until what is returned is dropped.
    pub(crate) fn lift(&self) -> Lifted<'_> {
        self.is_lifted.store(true, Ordering::Relaxed);
        Lifted(self)
    }

    /// The connection's time begins; what runs longer is interrupted.
    pub(crate) async fn begin(self: Arc<Self>, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let begun = Instant::now();
        let may_go_on = move || begun.elapsed() < self.limit || self.is_lifted.load(Ordering::Relaxed);
        connection.lock_handle().await?.set_progress_handler(STEPS, may_go_on);
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Lifted<'a>(&'a TimeLimit);

impl Drop for Lifted<'_> {
    fn drop(&mut self) {
        self.0.is_lifted.store(false, Ordering::Relaxed);
    }
}
