//! A connection to a server, and lists to their last page.

use std::future::Future;
use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::cause::{of_tls, root_cause};
use super::failure::Failure;
use super::server_flags::{DEFAULT_ADDRESS, ServerFlags};
use crate::proto::v1::catalog_service_client::CatalogServiceClient;
use crate::proto::v1::contract_service_client::ContractServiceClient;
use crate::proto::v1::entitlement_service_client::EntitlementServiceClient;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::server_service_client::ServerServiceClient;

/// Rows asked for at once; lists are read to their end whatever it is.
pub(super) const PAGE_SIZE: i32 = 500;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A page of full rows can be larger than the usual 4 MiB.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// A server that can be called.
#[derive(Debug, Clone)]
pub(super) struct Client {
    channel: Channel,
    signed: Signed,
}

type SignedChannel = InterceptedService<Channel, Signed>;

/// Signs every call in, and gives it its deadline.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    bearer: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Signed {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.set_timeout(CALL_TIMEOUT);
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        Ok(request)
    }
}

impl Client {
    pub(super) async fn open(server: &ServerFlags) -> Result<Self, Failure> {
        let address = server.url();
        let (bearer, tls) = (server.bearer(&address)?, server.tls(&address)?);
        let mut endpoint = Endpoint::from_shared(address.clone())
            .and_then(|endpoint| endpoint.user_agent(concat!("entitled/", env!("CARGO_PKG_VERSION"))))
            .map_err(|_| Failure::Usage(format!("--address {address}: expected a URL such as {DEFAULT_ADDRESS}")))?;
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls.timeout(CONNECT_TIMEOUT)).map_err(|error| no_tls(&error))?;
        }
        match endpoint.connect_timeout(CONNECT_TIMEOUT).connect().await {
            Ok(channel) => Ok(Self { channel, signed: Signed { bearer } }),
            Err(error) => Err(match of_tls(&error) {
                Some(cause) => Failure::Tls { address, cause },
                None => Failure::Unreachable { address, cause: root_cause(&error) },
            }),
        }
    }

    pub(super) fn entitlements(&self) -> EntitlementServiceClient<SignedChannel> {
        EntitlementServiceClient::with_interceptor(self.channel.clone(), self.signed.clone())
            .max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn contracts(&self) -> ContractServiceClient<SignedChannel> {
        ContractServiceClient::with_interceptor(self.channel.clone(), self.signed.clone())
            .max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn ledger(&self) -> LedgerServiceClient<SignedChannel> {
        LedgerServiceClient::with_interceptor(self.channel.clone(), self.signed.clone())
            .max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn server(&self) -> ServerServiceClient<SignedChannel> {
        ServerServiceClient::with_interceptor(self.channel.clone(), self.signed.clone())
    }

    pub(super) fn catalog(&self) -> CatalogServiceClient<SignedChannel> {
        CatalogServiceClient::with_interceptor(self.channel.clone(), self.signed.clone())
            .max_decoding_message_size(LARGEST_ANSWER)
    }
}

/// The files of TLS were read, and yet no connection can be made with them.
fn no_tls(error: &tonic::transport::Error) -> Failure {
    Failure::Usage(format!("--ca, --cert, --key: no TLS connection can be made with them: {}", root_cause(error)))
}

/// Every page of a list. `page` is given the token of the page to fetch, empty for the first,
/// and returns it with the token of the next.
pub(super) async fn pages<T, F>(mut page: impl FnMut(String) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<(T, String), Status>>,
{
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let (answer, next) = page(token.clone()).await?;
        pages.push(answer);
        if next.is_empty() {
            return Ok(pages);
        }
        if next == token {
            return Err(Failure::Other("the server returns the same page again and again".into()));
        }
        token = next;
    }
}
