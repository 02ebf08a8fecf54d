//! SQLite: one connection that writes, some that read meanwhile.

use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement, TryGetable};

use super::{StoreConfig, error};
use crate::error::{Error, Result};

const READERS: u32 = 4;

/// The readers' pool and the writer's.
pub(super) async fn connect(config: &StoreConfig) -> Result<(DatabaseConnection, DatabaseConnection)> {
    if config.url.contains(":memory:") || config.url.contains("mode=memory") {
        return Err(Error::internal("a database in memory cannot be shared by connections: name a file"));
    }
    // The driver's error may quote a part of the URL.
    let options = config.url.parse::<SqliteConnectOptions>();
    let options = options.map_err(|_| Error::internal("the URL of the database cannot be read"))?;
    let options = options
        .busy_timeout(config.statement_timeout)
        .foreign_keys(true)
        // The default of WAL elsewhere, NORMAL, may lose the last commits when the power fails.
        .synchronous(SqliteSynchronous::Full);
    // The writer first: it makes the file, and turns it to WAL.
    let writing = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let writer = open(config, 1, writing).await?;
    let reader = open(config, READERS, options.pragma("query_only", "ON")).await?;
    for db in [&writer, &reader] {
        verify(db).await?;
    }
    Ok((reader, writer))
}

async fn open(config: &StoreConfig, connections: u32, options: SqliteConnectOptions) -> Result<DatabaseConnection> {
    let mut pool = ConnectOptions::new("sqlite:");
    pool.max_connections(connections)
        .acquire_timeout(config.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |_| options.clone());
    // While another process turns a new file to WAL, SQLite does not wait but fails.
    let begun = Instant::now();
    loop {
        match Database::connect(pool.clone()).await {
            Err(error) if error::is_locked(&error) && begun.elapsed() < config.statement_timeout => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            outcome => return outcome.map_err(error::from_db),
        }
    }
}

/// A file system may refuse WAL, and SQLite then goes on without: so ask.
async fn verify(db: &DatabaseConnection) -> Result<()> {
    let journal: String = pragma(db, "journal_mode").await?;
    let synchronous: i64 = pragma(db, "synchronous").await?;
    let foreign_keys: i64 = pragma(db, "foreign_keys").await?;
    if (journal.as_str(), synchronous, foreign_keys) == ("wal", 2, 1) {
        return Ok(());
    }
    Err(Error::internal(format!(
        "SQLite runs with journal_mode {journal}, synchronous {synchronous}, foreign_keys {foreign_keys} \
         instead of wal, 2, 1"
    )))
}

async fn pragma<T: TryGetable>(db: &DatabaseConnection, name: &str) -> Result<T> {
    let query = Statement::from_string(db.get_database_backend(), format!("PRAGMA {name}"));
    let row = db.query_one_raw(query).await.map_err(error::from_db)?;
    let row = row.ok_or_else(|| Error::internal(format!("SQLite does not tell its {name}")))?;
    row.try_get_by_index(0).map_err(error::from_db)
}
