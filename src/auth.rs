//! Who calls. Credentials become a [`Caller`]: a static token or the names in a certificate by a row of a file, a signed
//! token by the keys of its issuer.
//!
//! Nothing of a token is ever logged or answered, and a refusal never says which part of a signature was wrong.

mod callers;
mod callers_file;
mod claims;
mod jwks;
mod jwt;
mod new_token;

pub use callers::CertificateNames;
pub use callers_file::ALL_CUSTOMERS;
pub use new_token::{NewToken, new_token};

use std::sync::Arc;
use std::time::Duration;

use self::callers_file::CallersFile;
use self::jwt::JwtVerifier;
use crate::config::AuthSettings;
use crate::error::{BoxError, Error, Result};
use crate::service::{Caller, Clock};

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(5);
/// In bytes. What is longer is no token, and is not even hashed.
pub const LONGEST_TOKEN: usize = 8 << 10;

const MISSING: &str = "the call has no credentials; send `authorization: Bearer TOKEN`";
const UNKNOWN_TOKEN: &str = "the token is not known here; send another one";
const UNKNOWN_CERTIFICATE: &str = "no caller has the names in this certificate; send `authorization: Bearer TOKEN`, or \
                                   have the certificate added";

/// What a call brings to tell who makes it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// Comes first: a token that is not good is not made good by a certificate.
    pub token: Option<&'a str>,
    pub certificate: Option<CertificateNames<'a>>,
}

/// Tells callers by their credentials.
#[derive(Debug)]
pub struct Authenticator {
    is_required: bool,
    tokens: Option<CallersFile>,
    certificates: Option<CallersFile>,
    jwt: Option<JwtVerifier>,
}

impl Authenticator {
    /// Reads the files that the settings name; what is wrong with them ends the start.
    pub fn new(settings: &AuthSettings) -> Result<Self, BoxError> {
        Ok(Self {
            is_required: settings.is_required(),
            tokens: settings.tokens_file.as_deref().map(CallersFile::open).transpose()?,
            certificates: settings.certificates_file.as_deref().map(CallersFile::open).transpose()?,
            jwt: JwtVerifier::new(&settings.oidc, Clock::System)?,
        })
    }

    /// The caller of a call that needs no credentials.
    pub fn anybody(&self) -> Option<Caller> {
        (!self.is_required).then(Caller::anonymous)
    }

    /// The caller with these credentials.
    pub async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Caller> {
        if let Some(token) = credentials.token {
            return self.caller_with_token(token).await;
        }
        let Some(names) = credentials.certificate else { return Err(Error::Unauthenticated(MISSING)) };
        let caller = self.certificates.as_ref().and_then(|file| file.callers().with_certificate(&names));
        caller.ok_or(Error::Unauthenticated(UNKNOWN_CERTIFICATE))
    }

    async fn caller_with_token(&self, token: &str) -> Result<Caller> {
        if token.len() > LONGEST_TOKEN {
            return Err(Error::Unauthenticated(UNKNOWN_TOKEN));
        }
        let digest = callers::digest_of(token);
        if let Some(caller) = self.tokens.as_ref().and_then(|file| file.callers().with_token(&digest)) {
            return Ok(caller);
        }
        match &self.jwt {
            Some(jwt) => jwt.verify(token, digest).await,
            None => Err(Error::Unauthenticated(UNKNOWN_TOKEN)),
        }
    }

    /// How often the issuer's keys were fetched, and how often they could not be; none without an issuer.
    pub fn key_fetches(&self) -> Option<(u64, u64)> {
        self.jwt.as_ref().map(|jwt| jwt.jwks().fetches())
    }

    /// Follows the files and the issuer's keys; runs until it is dropped.
    pub async fn follow(self: Arc<Self>) {
        match &self.jwt {
            Some(jwt) => tokio::join!(self.follow_files(), Arc::clone(jwt.jwks()).follow()).0,
            None => self.follow_files().await,
        }
    }

    /// Reads the files again when they have changed.
    async fn follow_files(&self) {
        let mut ticks = tokio::time::interval(PERIOD);
        loop {
            ticks.tick().await;
            for file in self.tokens.iter().chain(&self.certificates) {
                file.reload();
            }
        }
    }
}

#[cfg(test)]
mod tests;
