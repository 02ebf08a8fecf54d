//! The server: builds the house, takes calls, and ends in bounded time.

mod connections;
mod health;
mod turn;

use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
use tower::Layer as _;

use crate::cache::Cache;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::error::BoxError;
use crate::grpc::{
    Admission, CatalogApi, ContractApi, Deadlines, EntitlementApi, LedgerApi, MESSAGE_LIMIT, TransportErrors,
};
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::v1::catalog_service_server::CatalogServiceServer;
use crate::proto::v1::contract_service_server::ContractServiceServer;
use crate::proto::v1::entitlement_service_server::EntitlementServiceServer;
use crate::proto::v1::ledger_service_server::LedgerServiceServer;
use crate::service::{Clock, Context, Contracts, Entitlements, Gate, Ledger, READS, feed, ledger};
use crate::store::{Store, StoreConfig};

/// What customers kept ready for deciding may take of the memory, in bytes.
const CACHE: u64 = 256 * 1024 * 1024;

/// Serves until `shutdown`; `ready` is called once calls are taken, with the address bound.
///
/// A database of SQLite is created and brought up; one of PostgreSQL must be up to date.
pub async fn serve(
    config: Config,
    ready: impl FnOnce(SocketAddr) + Send,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), BoxError> {
    let catalog = Arc::new(Catalog::with_files(&config.catalog, config.default_edition.as_deref())?.catalog);
    let store = Store::connect(&store_config(&config)).await?;
    store.claim()?;
    store.check_integrity().await?;
    bring_up(&config, &store).await?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(config.listen, &error))?;
    let address = listener.local_addr()?;

    let cache = Arc::new(Cache::new(CACHE, config.max_staleness));
    let context = Context {
        catalog,
        store: store.clone(),
        cache: Arc::clone(&cache),
        clock: Clock::System,
        reads: Gate::new(READS.0, READS.1),
    };
    let follower = tokio::spawn(feed::follow(store.clone(), cache, config.max_staleness));
    let ledger = Ledger::start(context.clone(), config.ledger_grace);
    let expiry = tokio::spawn(ledger::expire(ledger.clone()));
    let (reporter, health) = tonic_health::server::health_reporter();
    health::not_serving(&reporter).await;
    let monitor = tokio::spawn(health::monitor(reporter.clone(), store.clone()));

    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(run(context, ledger, listener, health, stopped));
    tracing::info!(%address, database = %config.database, "serving");
    ready(address);

    let mut server = server;
    let ended = tokio::select! {
        ended = &mut server => ended,
        () = shutdown => {
            tracing::info!("stopping: no new calls, running ones may end");
            monitor.abort();
            health::not_serving(&reporter).await;
            let _ = stop.send(true);
            match tokio::time::timeout(config.drain_timeout, &mut server).await {
                Ok(ended) => ended,
                Err(_) => {
                    // A client that never finishes its handshake must not keep the process.
                    tracing::warn!("calls were still running at the end of the drain time; stopping all the same");
                    server.abort();
                    Ok(Ok(()))
                }
            }
        }
    };
    follower.abort();
    expiry.abort();
    monitor.abort();
    store.close().await?;
    ended?
}

/// Brings the schema up; the names of the steps applied, or with `dry_run` still to apply.
pub async fn migrate(config: &Config, dry_run: bool) -> Result<Vec<String>, BoxError> {
    let store = Store::connect(&store_config(config)).await?;
    let steps = if dry_run { store.pending_migrations().await? } else { store.migrate().await? };
    store.close().await?;
    Ok(steps)
}

async fn run(
    context: Context,
    ledger: Ledger,
    listener: TcpListener,
    health: impl tower::Service<
        http::Request<tonic::body::Body>,
        Response = http::Response<tonic::body::Body>,
        Error = std::convert::Infallible,
        Future: Send,
    > + tonic::server::NamedService
    + Clone
    + Send
    + Sync
    + 'static,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), BoxError> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let entitlements = EntitlementServiceServer::new(EntitlementApi::new(Entitlements::new(context.clone())));
    let contracts = ContractServiceServer::new(ContractApi::new(Contracts::new(context.clone())));
    let ledger = LedgerServiceServer::new(LedgerApi::new(ledger));
    let catalog = CatalogServiceServer::new(CatalogApi::new(Arc::clone(&context.catalog)));
    let routes = Routes::new(health)
        .add_service(reflection)
        .add_service(entitlements.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(contracts.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(ledger.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(catalog.max_decoding_message_size(MESSAGE_LIMIT))
        .prepare();
    let admission = Admission::new(std::thread::available_parallelism().map_or(2, NonZero::get));
    connections::serve(listener, Deadlines.layer(admission.layer(TransportErrors.layer(routes))), async move {
        // An error means that the sender is gone: stop as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    })
    .await;
    Ok(())
}

async fn bring_up(config: &Config, store: &Store) -> Result<(), BoxError> {
    if config.database.is_sqlite() {
        let steps = store.migrate().await?;
        if !steps.is_empty() {
            tracing::info!(steps = steps.join(", "), "the schema was brought up");
        }
        return Ok(());
    }
    let pending = store.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(format!("the database's schema lacks {}: run `entitled migrate` first", pending.join(", ")).into())
}

fn store_config(config: &Config) -> StoreConfig {
    StoreConfig {
        url: config.database.expose().to_owned(),
        max_connections: config.max_connections,
        ..StoreConfig::default()
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> BoxError {
    format!("cannot listen on {address}: {error}; name another address with --listen").into()
}
