//! Keeps the caller's deadline, as `grpc-timeout` gives it, for every call.
//!
//! Nothing before this layer may act on the header except the guard, which only refuses calls by it. The timer of
//! tonic's server would act on it and answer CANCELLED, whether or not the write was made.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::error::{Error, Result, reason};
use crate::service::Deadline;

const HEADER: &str = "grpc-timeout";

/// How long a call may take, whatever its caller says.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// The answer needs some time to reach its caller: a tenth of what there is, and at most this.
const MARGIN: Duration = Duration::from_millis(5);

/// Wraps every call.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines;

impl<S> Layer<S> for Deadlines {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Bounded { inner }
    }
}

/// The service made by [`Deadlines`].
#[derive(Debug, Clone)]
pub struct Bounded<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Bounded<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let deadline = match take(request.headers_mut()) {
            Ok(timeout) => deadline_of(timeout),
            Err(error) => return Box::pin(std::future::ready(Ok(Status::from(error).into_http()))),
        };
        if deadline.has_passed() {
            return Box::pin(std::future::ready(Ok(Status::from(deadline.give_up()).into_http())));
        }
        request.extensions_mut().insert(deadline.clone());
        let call = self.inner.call(request);
        Box::pin(async move {
            tokio::select! {
                // An answer that is there is given.
                biased;
                answer = call => answer,
                error = deadline.passed() => Ok(Status::from(error).into_http()),
            }
        })
    }
}

/// How long the call may take for its caller; none where the header cannot be read, for which it is refused here.
pub fn patience(headers: &HeaderMap) -> Option<Duration> {
    match headers.get(HEADER) {
        Some(timeout) => parse(timeout).map(|timeout| limit_of(Some(timeout))),
        None => Some(limit_of(None)),
    }
}

/// A call is answered by then. A stream has begun by then: how long it goes on is seen to elsewhere.
fn deadline_of(timeout: Option<Duration>) -> Deadline {
    Instant::now().checked_add(limit_of(timeout)).map_or_else(Deadline::default, Deadline::at)
}

fn limit_of(timeout: Option<Duration>) -> Duration {
    let requested =
        timeout.map(|timeout| timeout.saturating_sub(MARGIN.min(timeout.checked_div(10).unwrap_or_default())));
    requested.map_or(LIMIT, |requested| requested.min(LIMIT))
}

/// What the caller says, off the request: from here on there is one timer.
fn take(headers: &mut HeaderMap) -> Result<Option<Duration>> {
    let Some(timeout) = headers.remove(HEADER) else { return Ok(None) };
    match parse(&timeout) {
        Some(timeout) => Ok(Some(timeout)),
        None => {
            Err(Error::invalid(HEADER, reason::FIELD_INVALID, "is not up to eight digits and a unit, as in `500m`"))
        }
    }
}

/// At most eight digits and a unit.
fn parse(timeout: &HeaderValue) -> Option<Duration> {
    let timeout = timeout.to_str().ok()?;
    let (digits, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value.checked_mul(3_600)?)),
        "M" => Some(Duration::from_secs(value.checked_mul(60)?)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        let parse = |text: &'static str| parse(&HeaderValue::from_static(text));
        assert_eq!(parse("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("100m"), Some(Duration::from_millis(100)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for wrong in ["", "m", "5", "5x", "-5m", "123456789m", "5 m"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(super::parse(&HeaderValue::from_bytes("5é".as_bytes()).unwrap()), None);
    }

    #[test]
    fn every_call_ends() {
        let has_end = |timeout| !format!("{:?}", deadline_of(timeout)).contains("at: None");
        assert!(has_end(None) && has_end(Some(Duration::from_secs(1))));
        // Longer than any call may take, or than can be counted.
        assert!(has_end(Some(Duration::from_secs(u64::MAX))));
        assert!(deadline_of(Some(Duration::from_nanos(1))).has_passed());
    }
}
