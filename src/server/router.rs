//! Says which service answers a call, and which layers every call passes before.
//!
//! Health, reflection and what the server tells of itself answer from the start. The other services of this API need the
//! store: until it is open their calls wait for a moment, and are then UNAVAILABLE.

use std::convert::Infallible;
use std::num::NonZero;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Either};
use http::{Request, Response};
use tokio::sync::SetOnce;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::{Layer as _, Service};

use super::compression::Compression;
use super::health::{self, HealthState};
use super::rate_limit::RateLimits;
use crate::auth::Authenticator;
use crate::config::RateLimitSettings;
use crate::error::{BoxError, Error};
use crate::grpc::{
    Admission, Authentication, CatalogApi, ContractApi, Deadlines, EntitlementApi, LedgerApi, MESSAGE_LIMIT, ServerApi,
    TransportErrors,
};
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::v1::catalog_service_server::CatalogServiceServer;
use crate::proto::v1::contract_service_server::ContractServiceServer;
use crate::proto::v1::entitlement_service_server::EntitlementServiceServer;
use crate::proto::v1::ledger_service_server::LedgerServiceServer;
use crate::proto::v1::server_service_server::ServerServiceServer;
use crate::service::{self, Catalogue, Contracts, Entitlements, Ledger, ServerInfo};

/// What the paths of the calls begin with that need no store.
const WITHOUT_STORE: [&str; 2] = ["/grpc.", "/entitled.v1.ServerService/"];
/// A question to reflection is a name.
const REFLECTION_LIMIT: usize = 16 << 10;

/// What answers calls, on any connection. It answers always: a refusal is an answer.
pub(super) trait CallService<B = Body>:
    Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static
{
}

impl<S, B> CallService<B> for S where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static
{
}

/// The calls behind all layers. The outermost comes first: the deadline also holds for a call that waits to be admitted,
/// and nobody waits to be admitted whose call will be refused.
pub(super) fn layered(
    calls: Router,
    authenticator: Arc<Authenticator>,
    rate_limits: &RateLimitSettings,
) -> impl CallService {
    let (authentication, rate_limits) = (Authentication::new(authenticator), RateLimits::new(rate_limits));
    let admission = Admission::new(available_parallelism().map_or(2, NonZero::get));
    let admitted = admission.layer(Compression.layer(TransportErrors.layer(calls)));
    Deadlines.layer(authentication.layer(rate_limits.layer(admitted)))
}

/// What needs no store: health, what the server tells of itself and, where it is wanted, reflection.
pub(super) fn standard_services(health: &Arc<HealthState>, info: ServerInfo) -> Result<Routes, BoxError> {
    let has_reflection = info.features.has_reflection;
    let server = ServerServiceServer::new(ServerApi::new(info)).max_decoding_message_size(MESSAGE_LIMIT);
    let services = Routes::new(health::service(Arc::clone(health))).add_service(server);
    if !has_reflection {
        return Ok(services.prepare());
    }
    // Many tools ask by the older name only.
    let (reflection, older) = (descriptors().build_v1()?, descriptors().build_v1alpha()?);
    Ok(services
        .add_service(reflection.max_decoding_message_size(REFLECTION_LIMIT))
        .add_service(older.max_decoding_message_size(REFLECTION_LIMIT))
        .prepare())
}

/// What reflection tells.
fn descriptors() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // What the details of an error are made of, so that tools can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}

/// The services of this API.
pub(super) fn api_services(context: &service::Context, ledger: Ledger) -> Routes {
    let epoch = || Arc::clone(&context.epoch);
    let entitlements = Entitlements::new(context.clone());
    let entitlements =
        EntitlementServiceServer::new(EntitlementApi::new(entitlements, Arc::clone(&context.telemetry), epoch()));
    let contracts = ContractServiceServer::new(ContractApi::new(Contracts::new(context.clone()), epoch()));
    let ledger = LedgerServiceServer::new(LedgerApi::new(ledger, epoch()));
    let catalog = CatalogServiceServer::new(CatalogApi::new(Catalogue::new(Arc::clone(&context.catalog))));
    Routes::new(entitlements.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(contracts.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(ledger.max_decoding_message_size(MESSAGE_LIMIT))
        .add_service(catalog.max_decoding_message_size(MESSAGE_LIMIT))
        .prepare()
}

/// The services of this server: what needs no store answers from the first moment, the others once the store is open.
#[derive(Debug, Clone)]
pub(super) struct Router {
    standard_services: Routes,
    api_services: Arc<SetOnce<Routes>>,
    begun: Instant,
    /// How long after `begun` the services of this API wait for the store.
    patience: Duration,
}

impl Router {
    pub(super) fn new(standard_services: Routes, patience: Duration) -> Self {
        Self { standard_services, api_services: Arc::default(), begun: Instant::now(), patience }
    }

    pub(super) fn open(&self, api_services: Routes) {
        let _ = self.api_services.set(api_services);
    }
}

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        Either<<Routes as Service<Request<Body>>>::Future, BoxFuture<'static, Result<Response<Body>, Infallible>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        if WITHOUT_STORE.iter().any(|without| path.starts_with(without)) {
            return Either::Left(self.standard_services.call(request));
        }
        match self.api_services.get() {
            Some(api_services) => Either::Left(api_services.clone().call(request)),
            None => {
                let left = self.patience.saturating_sub(self.begun.elapsed());
                Either::Right(Box::pin(once_open(Arc::clone(&self.api_services), left, request)))
            }
        }
    }
}

/// Answers a call that came before the store was there.
async fn once_open(
    api_services: Arc<SetOnce<Routes>>,
    patience: Duration,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    match tokio::time::timeout(patience, api_services.wait()).await {
        Ok(api_services) => api_services.clone().call(request).await,
        Err(_) => Ok(Status::from(Error::Unavailable(None)).into_http()),
    }
}
