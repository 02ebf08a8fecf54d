//! Tells who makes a call, and whether they may, before anything else is done for it.
//!
//! Denies by default: health alone is open to everybody, and a call that is not in the table of roles is not carried
//! out. Which customers a caller may see is asked by every use case
//! ([`Caller::require_customer`]).

mod metadata;
mod required_role;

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, Either};
use http::{Extensions, HeaderMap, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use self::required_role::{Access, access};
use super::Peer;
use super::transport_errors::unknown_method;
use crate::auth::{Authenticator, CertificateNames, Credentials};
use crate::error::{Error, Result};
use crate::service::{Caller, Role};
use crate::telemetry::call::note_principal;

/// Wraps every call.
#[derive(Debug, Clone)]
pub struct Authentication {
    authenticator: Arc<Authenticator>,
}

impl Authentication {
    pub fn new(authenticator: Arc<Authenticator>) -> Self {
        Self { authenticator }
    }
}

impl<S> Layer<S> for Authentication {
    type Service = Authenticated<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticated { authenticator: Arc::clone(&self.authenticator), inner }
    }
}

/// The service made by [`Authentication`].
#[derive(Debug, Clone)]
pub struct Authenticated<S> {
    authenticator: Arc<Authenticator>,
    inner: S,
}

impl<S> Service<Request<Body>> for Authenticated<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Self::Response, Self::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let access = access(request.uri().path());
        if access == Access::Everybody {
            return Either::Left(self.inner.call(request));
        }
        if let Some(caller) = self.authenticator.anybody() {
            return match admit(caller, access, &mut request) {
                Ok(()) => Either::Left(self.inner.call(request)),
                Err(status) => Either::Right(Box::pin(std::future::ready(Ok(status.into_http())))),
            };
        }
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        let authenticator = Arc::clone(&self.authenticator);
        Either::Right(Box::pin(async move {
            let caller = identify(&authenticator, request.headers(), request.extensions()).await;
            match caller.map_err(Status::from).and_then(|caller| admit(caller, access, &mut request)) {
                Ok(()) => ready.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        }))
    }
}

async fn identify(authenticator: &Authenticator, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller> {
    let certificate = extensions.get::<Peer>().and_then(|peer| peer.certificate.as_deref());
    let certificate = certificate.map(|certificate| CertificateNames {
        subject: &certificate.subject,
        dns_names: &certificate.dns_names,
        uris: &certificate.uris,
        emails: &certificate.emails,
    });
    authenticator.authenticate(Credentials { token: metadata::token(headers)?, certificate }).await
}

/// Hands the caller on with the request, if it may make the call.
fn admit(caller: Caller, access: Access, request: &mut Request<Body>) -> Result<(), Status> {
    let method = || request.uri().path().trim_start_matches('/').to_owned();
    note_principal(Arc::clone(&caller.actor));
    match access {
        Access::Unknown => return Err(unknown_method()),
        Access::Role(role) if !caller.has_role(role) => {
            return Err(Error::RoleMissing { role: role.as_str(), method: method() }.into());
        }
        Access::Role(_) | Access::AnyCaller | Access::Everybody => {}
    }
    let caller = match metadata::on_behalf_of(request.headers()) {
        None => caller,
        Some(_) if !caller.has_role(Role::Delegate) => {
            return Err(Error::DelegationDenied { role: Role::Delegate.as_str(), method: method() }.into());
        }
        Some(user) => {
            let caller = caller.on_behalf_of(user?);
            note_principal(Arc::clone(&caller.actor));
            caller
        }
    };
    // It has served its purpose, and is nothing for a log.
    request.headers_mut().remove(http::header::AUTHORIZATION);
    request.extensions_mut().insert(caller);
    Ok(())
}

#[cfg(test)]
mod tests;
