//! The server: how it starts, accepts calls, and ends in bounded time.

mod budget;
mod coalesce;
mod compression;
mod connection;
mod connections;
mod epoch;
mod frames;
mod guard;
mod health;
mod info;
mod limits;
mod metrics_listener;
mod monitored_io;
mod monitored_socket;
mod observed;
mod open_files;
mod rate_limit;
mod request_body;
mod response_body;
mod router;
mod start;
mod supervisor;
mod tasks;
mod tls;
mod web;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tonic::service::Routes;

use self::connections::Server;
use self::health::HealthState;
use self::limits::Limits;
use self::router::Router;
use self::supervisor::Supervisor;
use self::tls::Certificates;
use crate::auth::Authenticator;
use crate::cache::Cache;
use crate::catalog::Catalog;
use crate::catalog_files;
use crate::config::{Config, ConfigMistakes};
use crate::error::BoxError;
use crate::service::ledger::LedgerOptions;
use crate::service::{Clock, Context, Gate, Ledger, READS};
use crate::store::{Epoch, Store};
use crate::telemetry::Telemetry;
use crate::zoneinfo::Zoneinfo;

/// What customers kept ready for deciding may take of the memory, in bytes.
const CACHE: u64 = 256 * 1024 * 1024;
/// How long calls wait at the start for the store to open, before they are told that it does not answer.
const FIRST_TRY: Duration = Duration::from_secs(2);
/// How long the store may take to close.
const CLOSING: Duration = Duration::from_secs(3);

/// How a server ended that was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call had its answer.
    Drained,
    /// The drain time was over; calls that were still running were cut off.
    CutOff,
}

/// Serves until `shutdown`; `ready` is called with the address bound, once the store is open or the server waits for a
/// PostgreSQL that does not answer.
///
/// A database of SQLite is created, checked and brought up; one of PostgreSQL must be up to date, and is waited for
/// where it does not answer. Health answers meanwhile, and `shutdown` is obeyed.
pub async fn serve(
    config: Config,
    ready: impl FnOnce(SocketAddr) + Send,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<Ended, BoxError> {
    start::check_clock(Clock::System.now())?;
    start::check_tls_files(&config)?;
    let loaded = catalog_files::load(&config.catalog)?;
    loaded.warnings.iter().for_each(|warning| tracing::warn!(%warning, "the catalogue says something in vain"));
    let catalog = Arc::new(loaded.catalog);
    refuse_mistakes(&config)?;
    let authenticator = Arc::new(Authenticator::new(&config.auth)?);
    let certificates = Certificates::load(&config.tls, web::protocols(&config.web), Clock::System.now())?;
    Zoneinfo::new(config.catalog.zoneinfo.as_deref()).put_in_use();
    let listener =
        TcpListener::bind(config.server.listen).await.map_err(|error| cannot_listen(config.server.listen, &error))?;
    let address = listener.local_addr()?;

    let (stop, stopped) = watch::channel(false);
    let limits = Limits::new(&config.server, stopped);
    let health = Arc::new(HealthState::new());
    let calls = Router::new(router::standard_services(&health, info::of(&config, &catalog))?, FIRST_TRY);
    let service = router::layered(calls.clone(), Arc::clone(&authenticator), &config.rate_limit);
    let clients = open_files::allow_beside(start::many_connections(&config), config.server.max_clients);
    let telemetry = Telemetry::start(&config, Some(&catalog))?;
    let _metrics = match config.telemetry.metrics_listen {
        Some(address) => {
            let listener = metrics_listener::bind(address).await?;
            let serving = metrics_listener::serve(listener, Arc::clone(&telemetry), Arc::clone(&health));
            Some(Abort(tokio::spawn(serving)))
        }
        None => None,
    };
    let server = Server::new(service, certificates.clone(), web::cors(&config.web)?, Arc::clone(&telemetry));
    let mut server = Abort(tokio::spawn(connections::serve(listener, server, Arc::clone(&limits), clients)));
    let mut supervisor = Supervisor::default();
    if config.auth.is_required() {
        observed::key_fetches(&telemetry, &authenticator);
        supervisor.run("callers", move || Arc::clone(&authenticator).follow());
    } else if config.auth.insecure {
        tracing::warn!(%address, "insecure: calls need no credentials, and anybody who reaches this address may make them");
    }
    if let Some(certificates) = certificates {
        tracing::info!(expires = ?certificates.expires(), clients = ?config.tls.client_auth, "calls are taken over TLS");
        let shown = Arc::clone(&certificates);
        let expiry = move || u64::try_from(shown.expires().timestamp()).ok();
        telemetry.metrics.gauges().certificate_expiry(expiry);
        supervisor.run("certificates", move || tls::follow(Arc::clone(&certificates)));
    }
    let mut store = None;
    let mut ready = Some(ready);
    let mut opening = pin!(start::open(&config));
    let mut first_try = pin!(tokio::time::sleep(FIRST_TRY));
    let mut is_first_try = true;

    let mut shutdown = pin!(shutdown);
    let ended = loop {
        tokio::select! {
            ended = &mut server.0 => break unexpected(ended),
            opened = opening.as_mut(), if store.is_none() => match opened {
                Ok(opened) => {
                    let (opened, epoch) = opened;
                    calls.open(start_services(
                        &config, &catalog, &telemetry, (&opened, epoch), &health, &limits, &mut supervisor,
                    ));
                    tracing::info!(%address, database = %config.store.database, "serving");
                    store = Some(opened);
                    is_first_try = false;
                    tell(&mut ready, address);
                }
                Err(error) => break Err(error),
            },
            () = first_try.as_mut(), if is_first_try => {
                is_first_try = false;
                let database = &config.store.database;
                tracing::warn!(%address, %database, "listening; no call is answered before the database is open");
                // A file of SQLite is there: it is being looked through, and ends the start or will be open.
                if !database.is_sqlite() {
                    tell(&mut ready, address);
                }
            }
            why = supervisor.given_up() => break Err(why.into()),
            () = &mut shutdown => {
                health.stop();
                break match lame_duck(&mut server, config.server.lame_duck).await {
                    Ok(()) => {
                        tracing::info!("stopping: no new calls, running ones may end");
                        let _ = stop.send(true);
                        Ok(drain(&mut server, config.server.drain_timeout).await)
                    }
                    Err(error) => Err(error),
                };
            }
        }
    };
    drop(supervisor);
    if let Some(store) = store {
        close(&store).await;
    }
    telemetry.shut_down().await;
    ended
}

/// Brings the schema up; the names of the steps applied, or with `dry_run` still to apply.
pub async fn migrate(config: &Config, dry_run: bool) -> Result<Vec<String>, BoxError> {
    start::check_tls_files(config)?;
    let store = Store::connect(&start::store_config(config)).await?;
    let steps = if dry_run { store.pending_migrations().await? } else { store.migrate().await? };
    store.close().await?;
    Ok(steps)
}

/// Begins another epoch of the database, after a backup was restored.
pub async fn begin_epoch(config: &Config) -> Result<Epoch, BoxError> {
    start::check_tls_files(config)?;
    let store = Store::connect(&start::store_config(config)).await?;
    // Not beside a server on SQLite. One on PostgreSQL ends by itself.
    store.claim()?;
    let epoch = store.begin_epoch().await?;
    store.close().await?;
    Ok(epoch)
}

/// However the settings came here.
fn refuse_mistakes(config: &Config) -> Result<(), BoxError> {
    let mistakes = config.auth_mistakes();
    if mistakes.is_empty() { Ok(()) } else { Err(ConfigMistakes(mistakes).into()) }
}

/// Ends what it holds, also where the server ends early.
struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Calls `ready`, unless it was called before.
fn tell(ready: &mut Option<impl FnOnce(SocketAddr)>, address: SocketAddr) {
    if let Some(ready) = ready.take() {
        ready(address);
    }
}

/// Everything that needs the store: our services, and what runs beside their calls.
fn start_services(
    config: &Config,
    catalog: &Arc<Catalog>,
    telemetry: &Arc<Telemetry>,
    (store, epoch): (&Store, Epoch),
    health: &Arc<HealthState>,
    limits: &Limits,
    supervisor: &mut Supervisor,
) -> Routes {
    let context = Context {
        catalog: Arc::clone(catalog),
        store: observed::store(store, telemetry),
        cache: Arc::new(Cache::new(CACHE, config.store.max_staleness)),
        clock: Clock::System,
        reads: Gate::new(READS.0, READS.1),
        telemetry: Arc::clone(telemetry),
        epoch: Arc::new(epoch),
    };
    let (grace, expected_wait) = (config.ledger.grace, limits.wait_of_writes.clone());
    let ledger = Ledger::start(context.clone(), LedgerOptions { grace, expected_wait, ..LedgerOptions::default() });
    observed::observe(&context, &ledger);
    tasks::start(supervisor, &context, &ledger, health, config);
    router::api_services(&context, ledger)
}

/// Goes on as before while health says NOT_SERVING: whoever sends calls here needs time to learn it.
async fn lame_duck(server: &mut Abort, time: Duration) -> Result<(), BoxError> {
    if time.is_zero() {
        return Ok(());
    }
    tracing::info!(?time, "stopping soon: health is NOT_SERVING, calls are still taken");
    match tokio::time::timeout(time, &mut server.0).await {
        Ok(ended) => unexpected(ended),
        Err(_) => Ok(()),
    }
}

async fn drain(server: &mut Abort, limit: Duration) -> Ended {
    match tokio::time::timeout(limit, &mut server.0).await {
        Ok(_) => Ended::Drained,
        Err(_) => {
            tracing::warn!("calls were still running at the end of the drain time; stopping all the same");
            server.0.abort();
            Ended::CutOff
        }
    }
}

fn unexpected<T>(ended: Result<(), JoinError>) -> Result<T, BoxError> {
    ended?;
    Err("the server ended without being asked to".into())
}

/// What the store still has to do must not hold the end: it is made for being cut off at any moment.
async fn close(store: &Store) {
    match tokio::time::timeout(CLOSING, store.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(?error, "the store did not close well"),
        Err(_) => tracing::warn!("the store did not close in time"),
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> BoxError {
    format!("cannot listen on {address}: {error}; name another address with --listen").into()
}
