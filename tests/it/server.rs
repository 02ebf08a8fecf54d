//! A real server in this process, on a free port, over a real database.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use entitled::config::Config;
use entitled::error::BoxError;
use entitled::proto::v1::catalog_service_client::CatalogServiceClient;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use entitled::server::Ended;
use rustls::ClientConfig;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use crate::certificates::{ALL_VERSIONS, Authority, HERE};
use crate::postgres;
use crate::wire::{self, Target};

/// The databases everything is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

pub(crate) const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

/// How a server is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    Plain,
    Tls,
}

pub(crate) struct TestServer {
    pub address: SocketAddr,
    pub channel: Channel,
    /// How its clients speak TLS, if they do.
    tls: Option<Arc<ClientConfig>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Ended, BoxError>>,
    config: Config,
    /// Holds the file of SQLite.
    directory: Option<TempDir>,
}

impl TestServer {
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::start_with(backend, |_| {}).await
    }

    /// A server with other settings than the usual ones.
    pub(crate) async fn start_with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Self::config(directory.path());
        if backend == Backend::Postgres {
            config.store.database = postgres::database().await.parse().unwrap();
        }
        change(&mut config);
        if backend == Backend::Postgres {
            entitled::server::migrate(&config, false).await.unwrap();
        }
        Self::serve(config, Some(directory)).await
    }

    /// A server on SQLite that listens in this way.
    pub(crate) async fn start_on(listener: Listener, change: impl FnOnce(&mut Config)) -> Self {
        match listener {
            Listener::Plain => Self::start_with(Backend::Sqlite, change).await,
            Listener::Tls => {
                let authority = Authority::new("authority");
                let client = authority.trusting_client(None, ALL_VERSIONS);
                let directory = tempfile::tempdir().unwrap();
                let mut config = Self::config(directory.path());
                authority.server(&HERE).listen(&mut config, directory.path());
                change(&mut config);
                Self::serve_over(Some(Arc::new(client)), config, Some(directory)).await
            }
        }
    }

    /// The settings of a server on SQLite.
    pub(crate) fn config(directory: &Path) -> Config {
        let mut config = Config::default();
        config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.store.database = format!("sqlite:{}", directory.join("entitled.db").display()).parse().unwrap();
        config
    }

    /// The URL of its database.
    pub(crate) fn database(&self) -> String {
        self.config.store.database.expose().to_owned()
    }

    /// Where its files are.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// A second server on the same database; to be stopped before the first one.
    pub(crate) async fn start_beside(&self) -> Self {
        Self::serve_over(self.tls.clone(), self.config.clone(), None).await
    }

    /// Stops, and serves again on the same database once `meanwhile` is done: SQLite is for one server at a time.
    pub(crate) async fn give_way<T>(self, meanwhile: impl Future<Output = T>) -> (Self, T) {
        let tls = self.tls.clone();
        let (config, directory) = self.end().await;
        let done = meanwhile.await;
        (Self::serve_over(tls, config, directory).await, done)
    }

    /// A server with just these settings.
    pub(crate) async fn serve(config: Config, directory: Option<TempDir>) -> Self {
        Self::serve_over(None, config, directory).await
    }

    /// A server with just these settings, and how its clients speak TLS.
    pub(crate) async fn serve_over(tls: Option<Arc<ClientConfig>>, config: Config, directory: Option<TempDir>) -> Self {
        let (ready, bound) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(entitled::server::serve(
            config.clone(),
            move |address| ready.send(address).unwrap(),
            async move { stopped.await.unwrap_or_default() },
        ));
        let address = match bound.await {
            Ok(address) => address,
            Err(_) => panic!("the server did not start: {:?}", task.await),
        };
        let channel = wire::channel(address, tls.clone()).await.unwrap();
        Self { address, channel, tls, stop: Some(stop), task, config, directory }
    }

    /// A connection of one's own.
    pub(crate) async fn another_channel(&self) -> Channel {
        wire::channel(self.address, self.tls.clone()).await.unwrap()
    }

    pub(crate) fn entitlements(&self) -> EntitlementServiceClient<Channel> {
        EntitlementServiceClient::new(self.channel.clone())
    }

    pub(crate) fn contracts(&self) -> ContractServiceClient<Channel> {
        ContractServiceClient::new(self.channel.clone())
    }

    /// By a connection of one's own.
    pub(crate) async fn lone_ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(wire::channel(self.address, self.tls.clone()).await.unwrap())
    }

    pub(crate) fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    pub(crate) fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel.clone())
    }

    /// Asks the server to stop and sees it end well.
    pub(crate) async fn stop(self) {
        self.end().await;
    }

    async fn end(mut self) -> (Config, Option<TempDir>) {
        self.ask_to_stop();
        drop(self.channel);
        self.task.await.unwrap().unwrap();
        (self.config, self.directory)
    }

    /// Waits until a server that was asked to stop has ended.
    pub(crate) async fn ended(self) -> Ended {
        drop(self.channel);
        self.task.await.unwrap().unwrap()
    }

    /// Asks the server to stop and does not wait for it.
    pub(crate) fn ask_to_stop(&mut self) {
        // Asked already: once is enough.
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }
}

impl Target for &TestServer {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.tls.clone()
    }
}

/// Makes two tests of each function that takes a server: one on either database.
macro_rules! on_both_servers {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                let server = crate::server::TestServer::start(crate::server::Backend::Sqlite).await;
                super::$test(&server).await;
                server.stop().await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                let server = crate::server::TestServer::start(crate::server::Backend::Postgres).await;
                super::$test(&server).await;
                server.stop().await;
            })+
        }
    };
}
pub(crate) use on_both_servers;

/// Makes two tests of each function that takes a listener: one in clear, one over TLS.
macro_rules! on_both_listeners {
    ($($test:ident),+ $(,)?) => {
        mod plain {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::server::Listener::Plain).await;
            })+
        }
        mod tls {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::server::Listener::Tls).await;
            })+
        }
    };
}
pub(crate) use on_both_listeners;

pub(crate) fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
