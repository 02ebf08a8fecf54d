//! How many calls a second each caller may make, reads and writes apart. One who makes too many is told when to come
//! back, and takes nothing from the others.
//!
//! Health and reflection are not counted: other limits hold for them.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, Ready, ready};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::{Extensions, Request, Response};
use quick_cache::sync::Cache;
use tonic::body::Body;
use tower::{Layer, Service};

use super::connection::CallKind;
use super::guard::kind_of;
use crate::config::RateLimitSettings;
use crate::grpc::{Peer, rate_limited};
use crate::service::Caller;

/// Callers that are counted, of either kind. Beyond that, those who have not called for the longest time are forgotten,
/// and begin anew.
const CALLERS: usize = 10_000;

/// The limits of every caller. None: calls are not counted.
#[derive(Debug, Clone)]
pub(super) struct RateLimits {
    reads: Option<Arc<Limiter>>,
    writes: Option<Arc<Limiter>>,
}

impl RateLimits {
    pub(super) fn new(settings: &RateLimitSettings) -> Self {
        let limiter = |calls| NonZeroU32::new(calls).map(|calls| Arc::new(Limiter::new(calls)));
        Self { reads: limiter(settings.reads), writes: limiter(settings.writes) }
    }

    /// How long the call must wait, and how many a second there may be; none if it may be made now.
    fn excess(&self, path: &str, extensions: &Extensions) -> Option<(Duration, NonZeroU32)> {
        let limiter = match kind_of(path) {
            CallKind::Read => self.reads.as_ref()?,
            CallKind::Write => self.writes.as_ref()?,
            CallKind::Probe | CallKind::Stream => return None,
        };
        limiter.wait(CallerKey::of(extensions)).map(|wait| (wait, limiter.calls))
    }
}

#[derive(Debug)]
struct Limiter {
    /// A second, and at once after a pause.
    calls: NonZeroU32,
    callers: Cache<CallerKey, Arc<DefaultDirectRateLimiter>>,
}

impl Limiter {
    fn new(calls: NonZeroU32) -> Self {
        Self { calls, callers: Cache::new(CALLERS) }
    }

    /// Counts a call of `caller`, or tells how long it must wait.
    fn wait(&self, caller: CallerKey) -> Option<Duration> {
        let new = || Ok::<_, Infallible>(Arc::new(RateLimiter::direct(Quota::per_second(self.calls))));
        let Ok(limiter) = self.callers.get_or_insert_with(&caller, new);
        limiter.check().err().map(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }
}

/// Whose calls are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum CallerKey {
    Principal(Arc<str>),
    /// Who is not known is told apart by where the call comes from.
    Address(IpAddr),
    Nobody,
}

impl CallerKey {
    fn of(extensions: &Extensions) -> Self {
        let anonymous = Caller::anonymous().principal;
        let known = extensions.get::<Caller>().filter(|caller| caller.principal != anonymous);
        let address = || extensions.get::<Peer>().map(|peer| Self::Address(network(peer.address.ip())));
        match known {
            Some(caller) => Self::Principal(Arc::clone(&caller.principal)),
            None => address().unwrap_or(Self::Nobody),
        }
    }
}

/// Of IPv6 a client usually has a whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl<S> Layer<S> for RateLimits {
    type Service = RateLimited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimited { limits: self.clone(), inner }
    }
}

/// The service made by [`RateLimits`].
#[derive(Debug, Clone)]
pub(super) struct RateLimited<S> {
    limits: RateLimits,
    inner: S,
}

impl<S> Service<Request<Body>> for RateLimited<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Self::Response, Self::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.limits.excess(request.uri().path(), request.extensions()) {
            Some((wait, calls)) => Either::Right(ready(Ok(rate_limited(wait, calls).into_http()))),
            None => Either::Left(self.inner.call(request)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::service::CustomerScope;

    const READ: &str = "/entitled.v1.LedgerService/GetBlock";
    const WRITE: &str = "/entitled.v1.LedgerService/ConsumeUnits";

    fn from(address: &str) -> Extensions {
        let mut extensions = Extensions::new();
        let address = SocketAddr::new(address.parse().unwrap(), 1);
        extensions.insert(Peer { address, certificate: None });
        extensions
    }

    fn by(name: &'static str, address: &str) -> Extensions {
        let mut extensions = from(address);
        extensions.insert(Caller::new(name, &[], CustomerScope::All));
        extensions
    }

    #[test]
    fn each_caller_has_a_limit_of_its_own_for_reads_and_for_writes() {
        let limits = RateLimits::new(&RateLimitSettings { reads: 2, writes: 1 });
        let is_allowed = |path: &str, extensions: &Extensions| limits.excess(path, extensions).is_none();
        for caller in [by("ada", "192.0.2.1"), by("bob", "192.0.2.1"), from("192.0.2.1"), from("2001:db8::1")] {
            assert_eq!([READ, READ, READ].map(|path| is_allowed(path, &caller)), [true, true, false]);
            assert_eq!([WRITE, WRITE].map(|path| is_allowed(path, &caller)), [true, false]);
            let (wait, calls) = limits.excess(WRITE, &caller).unwrap();
            assert!(wait <= Duration::from_secs(1) && calls.get() == 1, "{wait:?}");
            for path in ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"] {
                assert!(is_allowed(path, &caller), "{path}");
            }
        }
        // Wherever it calls from, a caller is the same; and so is a network.
        assert!(!is_allowed(WRITE, &by("ada", "192.0.2.9")) && !is_allowed(WRITE, &from("2001:db8::2")));
        assert!(is_allowed(WRITE, &from("2001:db8:0:1::1")));
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let limits = RateLimits::new(&RateLimitSettings::default());
        assert!((0..10_000).all(|_| limits.excess(WRITE, &from("192.0.2.1")).is_none()));
    }

    #[test]
    fn only_so_many_callers_are_counted() {
        let limiter = Limiter::new(NonZeroU32::MIN);
        for caller in 0..3 * CALLERS {
            limiter.wait(CallerKey::Principal(caller.to_string().into()));
        }
        assert!(limiter.callers.len() <= CALLERS, "{}", limiter.callers.len());
    }
}
