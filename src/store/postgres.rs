//! Opens PostgreSQL, with a pool for each kind of call.

use std::time::Duration;

use sea_orm::sqlx::pool::PoolConnectionMetadata;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sea_orm::sqlx::{self, Connection as _, Executor as _, Row as _};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::pools::{Pools, Shares};
use super::{StoreConfig, error};
use crate::error::{Error, Result};

/// A client that fell silent within a transaction holds locks no longer than this.
pub(super) const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(10);
/// How long a change of a contract waits for a lock, each time it is tried.
const SHORT_LOCK: Duration = Duration::from_millis(300);
/// A connection is used for so long, and again after so long without use.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);
const LONGEST_IDLE: Duration = Duration::from_secs(5 * 60);
/// How long the check of a connection that comes back may take.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn connect(config: &StoreConfig) -> Result<Pools> {
    refuse_unsafe_commits(config).await?;
    let options = session(config)?;
    let Some(shares) = Shares::of(config.max_connections) else {
        let pool = open(config, &options, config.max_connections).await?;
        return Ok(Pools::shared(&pool, 1));
    };
    let housekeeping = open(config, &options, 1).await?;
    Ok(Pools {
        housekeeping,
        checks: open(config, &options, shares.checks).await?,
        lists: open(config, &options, shares.lists).await?,
        ledger: open(config, &options, shares.ledger).await?,
        contracts: open(config, &in_a_hurry(config, options), shares.contracts).await?,
        ledger_connections: usize::try_from(shares.ledger).unwrap_or(usize::MAX),
        own: 5,
    })
}

/// Connections are made when they are needed; whether they can be is seen by the first.
async fn open(config: &StoreConfig, options: &PgConnectOptions, connections: u32) -> Result<DatabaseConnection> {
    let options = options.clone();
    // The URL goes past sea-orm, which would write it into its trace, password and all.
    let mut pool = ConnectOptions::new("postgres://");
    pool.max_connections(connections)
        .acquire_timeout(config.acquire_timeout)
        .connect_lazy(true)
        .test_before_acquire(true)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_postgres_before_acquire(|_, about| {
            Box::pin(std::future::ready(Ok(is_fresh(about.age, about.idle_for))))
        })
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |_| options.clone())
        .map_sqlx_postgres_pool_opts(|pool| pool.after_release(|connection, about| Box::pin(check(connection, about))));
    // For its own options it reads the file of passwords again; see `options`.
    Database::connect(pool).with_subscriber(NoSubscriber::default()).await.map_err(error::from_db)
}

/// Whether a connection is used again; one that is not is replaced.
///
/// The pool's own limits of lifetime and idleness stay unset: with either of them sqlx 0.9 starts a maintenance task,
/// which reads a count of idle connections that may underflow, then never ends, and keeps the thread of all others
/// (sqlx #3645).
fn is_fresh(age: Duration, idle: Duration) -> bool {
    age < LONGEST_LIFE && idle < LONGEST_IDLE
}

/// Reading its options the driver logs, values and all, what it does not know of the URL and of a
/// file of passwords. Here nobody listens; and its error may quote a part of the URL.
fn options(url: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = tracing::subscriber::with_default(NoSubscriber::default(), || url.parse())
        .map_err(|_| Error::internal("the URL of the database cannot be read"))?;
    // In the URL it is refused before.
    match options.get_ssl_mode() {
        PgSslMode::VerifyCa => Err(Error::internal("PGSSLMODE is verify-ca, which proves nothing: use verify-full")),
        _ => Ok(options),
    }
}

fn session(config: &StoreConfig) -> Result<PgConnectOptions> {
    let options = options(&config.url)?;
    let millis = |limit: Duration| limit.as_millis().to_string();
    Ok(options.application_name("entitled").options([
        ("default_transaction_isolation", "read committed"),
        // Also where the database's own setting is changed while this runs.
        ("synchronous_commit", "on"),
        ("statement_timeout", &millis(config.statement_timeout)),
        ("lock_timeout", &millis(config.lock_timeout)),
        ("idle_in_transaction_session_timeout", &millis(IDLE_IN_TRANSACTION)),
        // Every statement finds its rows by key. Left to its guesses, the planner takes a young or busy table
        // for a small one and reads it whole, with every row version that is waiting to be vacuumed.
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        // Nor does a plan depend on how many rows a batch gives: it is made once.
        ("plan_cache_mode", "force_generic_plan"),
        // A client whose host is gone: the server ends its session, and frees its locks.
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
    ]))
}

/// There are few connections for changes of contracts: none waits long for the lock of one customer.
fn in_a_hurry(config: &StoreConfig, session: PgConnectOptions) -> PgConnectOptions {
    session.options([("lock_timeout", &config.lock_timeout.min(SHORT_LOCK).as_millis().to_string())])
}

/// Runs on each connection before it goes back into the pool.
///
/// A call that was given up while it opened its transaction leaves it open, and sqlx does not
/// know: the next borrower would write into it, commit nothing and be told that all is well. In
/// such a transaction time stands still. And a dead connection would be pinged without a limit.
/// An error here closes the connection at once.
async fn check(connection: &mut PgConnection, _: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    let query = connection.fetch_one("SELECT now() = statement_timestamp()");
    let answer = tokio::time::timeout(RELEASE_TIMEOUT, query).await;
    let row = answer.map_err(|_| sqlx::Error::Protocol("a connection came back and does not answer".to_owned()))??;
    if row.try_get(0)? && !connection.is_in_transaction() {
        Ok(true)
    } else {
        Err(sqlx::Error::Protocol("a connection came back with an open transaction".to_owned()))
    }
}

/// With `synchronous_commit = off` a crash of the database takes back commits we have answered.
async fn refuse_unsafe_commits(config: &StoreConfig) -> Result<()> {
    // Of a session as the database would have it.
    let db = open(config, &options(&config.url)?, 1).await?;
    let show = Statement::from_string(db.get_database_backend(), "SHOW synchronous_commit");
    let row = db.query_one_raw(show).await.map_err(error::from_db)?;
    let setting: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose().map_err(error::from_db)?;
    db.close().await.map_err(error::from_db)?;
    match setting.as_deref() {
        Some("off") | None => Err(Error::internal(
            "the database has synchronous_commit = off and would lose acknowledged writes in a crash; set it to on",
        )),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_pool_has_a_maintenance_task() {
        let options = options("postgres://nobody@127.0.0.1:1/nothing").unwrap();
        let db = open(&StoreConfig::default(), &options, 1).await.unwrap();
        let pool = db.get_postgres_connection_pool();
        assert_eq!((pool.options().get_idle_timeout(), pool.options().get_max_lifetime()), (None, None));
        assert_eq!(pool.options().get_min_connections(), 0);
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert!(is_fresh(minutes(29), minutes(4)));
        assert!(!is_fresh(minutes(30), minutes(0)) && !is_fresh(minutes(6), minutes(5)));
    }

    #[test]
    fn commits_are_durable_whatever_the_database_is_set_to_meanwhile() {
        let config = StoreConfig { url: "postgres://localhost/entitled".to_owned(), ..StoreConfig::default() };
        let session = session(&config).unwrap();
        assert!(session.get_options().unwrap().contains("synchronous_commit=on"), "{:?}", session.get_options());
        let contracts = in_a_hurry(&config, session);
        assert!(contracts.get_options().unwrap().ends_with("lock_timeout=300"), "the last one counts");
    }
}
