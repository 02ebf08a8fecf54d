//! A real server in this process, on a free port, over a real database.

use std::net::{Ipv4Addr, SocketAddr};

use entitled::config::Config;
use entitled::error::BoxError;
use entitled::proto::v1::catalog_service_client::CatalogServiceClient;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use crate::postgres;

/// The databases everything is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

pub const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

pub struct TestServer {
    pub address: SocketAddr,
    pub channel: Channel,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), BoxError>>,
    pub database: String,
    _directory: Option<TempDir>,
}

impl TestServer {
    pub async fn start(backend: Backend) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = match backend {
            Backend::Sqlite => format!("sqlite:{}", directory.path().join("entitled.db").display()),
            Backend::Postgres => postgres::database().await,
        };
        let server = Self::start_on(&url, backend == Backend::Postgres).await;
        Self { _directory: Some(directory), ..server }
    }

    /// A second process on the same database.
    pub async fn another(&self) -> Self {
        Self::start_on(&self.database, false).await
    }

    async fn start_on(url: &str, migrate: bool) -> Self {
        let config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: url.parse().unwrap(),
            ..Config::default()
        };
        if migrate {
            entitled::server::migrate(&config, false).await.unwrap();
        }
        let (ready, bound) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let task =
            tokio::spawn(entitled::server::serve(config, move |address| ready.send(address).unwrap(), async move {
                stopped.await.unwrap_or_default()
            }));
        let address = match bound.await {
            Ok(address) => address,
            Err(_) => panic!("the server did not start: {:?}", task.await),
        };
        let channel = connect(address).await;
        Self { address, channel, stop: Some(stop), task, database: url.to_owned(), _directory: None }
    }

    pub fn entitlements(&self) -> EntitlementServiceClient<Channel> {
        EntitlementServiceClient::new(self.channel.clone())
    }

    pub fn contracts(&self) -> ContractServiceClient<Channel> {
        ContractServiceClient::new(self.channel.clone())
    }

    /// By a connection of one's own.
    pub async fn lone_ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(connect(self.address).await)
    }

    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    pub fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel.clone())
    }

    /// Asks the server to stop and sees it end well.
    pub async fn stop(mut self) {
        drop(self.channel);
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

async fn connect(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

pub fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
