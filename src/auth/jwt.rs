//! Signed tokens (JWT) of one issuer.
//!
//! `jsonwebtoken` verifies signature, issuer, audience and times. What is stricter than the library is here: the key says
//! which algorithm it is for, `crit` is refused, `iss` is a text.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use quick_cache::sync::Cache;

use super::callers::TokenDigest;
use super::claims::{ClaimMapping, Claims};
use super::jwks::{Jwks, Key, Source, Times, check_file};
use crate::config::OidcSettings;
use crate::error::{BoxError, Error, Result};
use crate::service::{Caller, Clock};

/// What clocks may differ by, in seconds.
const LEEWAY: u64 = 60;
/// Tokens that are known to be good.
const KEPT: usize = 10_000;

const NOT_GOOD: &str = "the token is not good here; get one from the issuer that this server believes";
const EXPIRED: &str = "the token has expired; get a new one";
const TOO_EARLY: &str = "the token is not valid yet; look at the clocks";
const OTHER_ISSUER: &str = "the token is of another issuer";
const OTHER_AUDIENCE: &str = "the token was made for another audience";
const NO_CALLER: &str = "the token names nobody: `sub` is no name of 1 to 255 bytes without white space";

/// Verifies tokens, each once.
#[derive(Debug)]
pub(super) struct JwtVerifier {
    issuer: String,
    validation: Validation,
    jwks: Arc<Jwks>,
    mapping: ClaimMapping,
    known: Cache<TokenDigest, Known>,
    clock: Clock,
}

/// A token that was good by the keys of a generation.
#[derive(Debug, Clone)]
struct Known {
    caller: Caller,
    until: DateTime<Utc>,
    generation: u64,
}

impl JwtVerifier {
    /// None without an issuer.
    pub(super) fn new(settings: &OidcSettings, clock: Clock) -> Result<Option<Self>, BoxError> {
        let (Some(issuer), Some(audience)) = (&settings.issuer, &settings.audience) else { return Ok(None) };
        let source = Source::new(issuer, settings)?;
        check_file(&source)?;
        let mut validation = Validation::default();
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        Ok(Some(Self {
            issuer: issuer.clone(),
            validation,
            jwks: Jwks::new(source, Times::new(settings)),
            mapping: ClaimMapping::new(settings),
            known: Cache::new(KEPT),
            clock,
        }))
    }

    /// Its keys.
    pub(super) fn jwks(&self) -> &Arc<Jwks> {
        &self.jwks
    }

    /// Who calls with this token.
    pub(super) async fn verify(&self, token: &str, digest: TokenDigest) -> Result<Caller> {
        let mut keys = match self.jwks.usable() {
            Some(keys) => keys,
            None => self.jwks.refreshed().await.ok_or(Error::KeysUnavailable)?,
        };
        if let Some(known) = self.known.get(&digest)
            && known.generation == keys.generation
            && self.clock.now() < known.until
        {
            return Ok(known.caller);
        }
        let header = read_header(token).ok_or(Error::Unauthenticated(NOT_GOOD))?;
        if keys.find(header.kid.as_deref()).is_none() {
            keys = self.jwks.refreshed().await.ok_or(Error::KeysUnavailable)?;
        }
        let key = keys.find(header.kid.as_deref()).ok_or(Error::Unauthenticated(NOT_GOOD))?;
        let (caller, until) = self.verify_with(token, key)?;
        self.known.insert(digest, Known { caller: caller.clone(), until, generation: keys.generation });
        Ok(caller)
    }

    /// The caller, and until when the token is good.
    fn verify_with(&self, token: &str, key: &Key) -> Result<(Caller, DateTime<Utc>)> {
        let validation = Validation { algorithms: vec![key.algorithm], ..self.validation.clone() };
        let claims = decode::<Claims>(token, &key.key, &validation).map_err(|error| refusal(error.kind()))?.claims;
        // The library also takes a list that has the issuer in it.
        if claims.get("iss").and_then(|iss| iss.as_str()) != Some(&self.issuer) {
            return Err(Error::Unauthenticated(OTHER_ISSUER));
        }
        let caller = self.mapping.caller(&claims).ok_or(Error::Unauthenticated(NO_CALLER))?;
        Ok((caller, end_of(&claims)))
    }
}

/// What a token says of its key; none for what no token of ours has.
fn read_header(token: &str) -> Option<Header> {
    let header = decode_header(token).ok()?;
    let is_of_a_key = matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA);
    let is_access_token = header
        .typ
        .as_deref()
        .is_none_or(|typ| ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known)));
    (is_of_a_key && is_access_token && header.crit.is_none()).then_some(header)
}

/// A refusal tells what its caller can do about it, and nothing of the signature.
fn refusal(kind: &ErrorKind) -> Error {
    Error::Unauthenticated(match kind {
        ErrorKind::ExpiredSignature => EXPIRED,
        ErrorKind::ImmatureSignature => TOO_EARLY,
        ErrorKind::InvalidIssuer => OTHER_ISSUER,
        ErrorKind::InvalidAudience => OTHER_AUDIENCE,
        _ => NOT_GOOD,
    })
}

/// Fractions of a second are left out: a token is then judged anew a little early.
fn end_of(claims: &Claims) -> DateTime<Utc> {
    let exp = claims.get("exp").and_then(|exp| exp.as_i64()).and_then(|exp| DateTime::from_timestamp(exp, 0));
    let leeway = TimeDelta::seconds(i64::try_from(LEEWAY).unwrap_or_default());
    // What is no whole number, or too large a one, is not kept.
    exp.and_then(|exp| exp.checked_add_signed(leeway)).unwrap_or(DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
