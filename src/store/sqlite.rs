//! Opens SQLite: one connection that writes, some that read at the same time, one that keeps the files open.

mod files;
mod time_limit;
mod witness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, Row as _};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement, TryGetable};
use tokio::sync::Mutex;

use self::files::Files;
use self::time_limit::TimeLimit;
use self::witness::Witness;
use super::pools::Pools;
use super::{StoreConfig, error};
use crate::error::{Error, Result};

/// Connections that read, by what for; each is a thread.
const CHECKS: u32 = 2;
const LISTS: u32 = 2;
const HOUSEKEEPING: u32 = 1;

/// One database of SQLite.
#[derive(Debug)]
pub(super) struct Sqlite {
    pub files: Files,
    pub witness: Arc<Witness>,
    pub time_limit: Arc<TimeLimit>,
    /// Not used for anything: while it is there, SQLite has no reason to delete its log.
    keeper: Mutex<Option<SqliteConnection>>,
}

impl Sqlite {
    /// The last connection to close writes the log back into the file.
    pub(super) async fn close(&self) {
        if let Some(keeper) = self.keeper.lock().await.take()
            && let Err(error) = keeper.close().await
        {
            tracing::warn!(%error, "the database was not closed well; its log is read at the next start");
        }
    }
}

pub(super) async fn connect(config: &StoreConfig) -> Result<(Pools, Sqlite)> {
    if config.url.contains(":memory:") || config.url.contains("mode=memory") {
        return Err(Error::internal("a database in memory cannot be shared by connections: name a file"));
    }
    // The driver's error may quote a part of the URL.
    let options = config.url.parse::<SqliteConnectOptions>();
    let options = options.map_err(|_| Error::internal("the URL of the database cannot be read"))?;
    let files = Files::open(options.get_filename())?;
    let options = options
        .filename(files.path())
        // It is there; were it gone one day, a new and empty one would be no answer.
        .create_if_missing(false)
        .busy_timeout(config.statement_timeout)
        .foreign_keys(true)
        // The default of WAL elsewhere, NORMAL, may lose the last commits when the power fails.
        .synchronous(SqliteSynchronous::Full);
    let witness = Arc::new(Witness::default());
    let time_limit = Arc::new(TimeLimit::new(config.patience()));
    // The writer first: it turns the file to WAL.
    let writing = options.clone().journal_mode(SqliteJournalMode::Wal);
    let writer = open(config, 1, writing, &time_limit, Some(&witness)).await?;
    let reading = options.pragma("query_only", "ON");
    let keeper = keep_open(&reading).await?;
    let pools = Pools {
        housekeeping: open(config, HOUSEKEEPING, reading.clone(), &time_limit, None).await?,
        checks: open(config, CHECKS, reading.clone(), &time_limit, None).await?,
        lists: open(config, LISTS, reading, &time_limit, None).await?,
        ledger: writer.clone(),
        contracts: writer,
        ledger_connections: 1,
        own: 4,
    };
    for db in pools.each() {
        verify(db).await?;
    }
    files.remember_log();
    Ok((pools, Sqlite { files, witness, time_limit, keeper: Mutex::new(Some(keeper)) }))
}

async fn open(
    config: &StoreConfig,
    connections: u32,
    options: SqliteConnectOptions,
    time_limit: &Arc<TimeLimit>,
    witness: Option<&Arc<Witness>>,
) -> Result<DatabaseConnection> {
    let mut pool = ConnectOptions::new("sqlite:");
    let (of_new, of_old) = (Arc::clone(time_limit), Arc::clone(time_limit));
    let witness = witness.cloned();
    pool.max_connections(connections)
        .acquire_timeout(config.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |_| options.clone())
        .map_sqlx_sqlite_before_acquire(move |connection, _| {
            let time_limit = Arc::clone(&of_old);
            Box::pin(async move { time_limit.begin(connection).await.map(|()| true) })
        })
        .map_sqlx_sqlite_pool_opts(move |pool| watched(pool, &of_new, witness.as_ref()));
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

/// New connections are watched, and those that come back are looked at.
fn watched(
    pool: PoolOptions<sqlx::Sqlite>,
    time_limit: &Arc<TimeLimit>,
    witness: Option<&Arc<Witness>>,
) -> PoolOptions<sqlx::Sqlite> {
    let time_limit = Arc::clone(time_limit);
    let Some(witness) = witness.cloned() else {
        return pool.after_connect(move |connection, _| Box::pin(Arc::clone(&time_limit).begin(connection)));
    };
    let cleaner = Arc::clone(&witness);
    let pool = pool.after_connect(move |connection, _| {
        let (witness, time_limit) = (Arc::clone(&witness), Arc::clone(&time_limit));
        Box::pin(async move {
            witness.watch(connection).await?;
            time_limit.begin(connection).await
        })
    });
    pool.after_release(move |connection, _| {
        let witness = Arc::clone(&cleaner);
        Box::pin(async move { witness.is_clean(connection).await })
    })
}

/// A connection has the log open from its first read on.
async fn keep_open(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let connected = async {
        let mut connection = options.connect().await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await?.try_get::<i64, _>(0)?;
        Ok::<_, sqlx::Error>(connection)
    };
    connected.await.map_err(|error| error::from_db(sea_orm::DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into()))))
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
