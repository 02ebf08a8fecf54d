//! What all connections share: the limits of the server, and the signal that it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tonic::Status;

use super::budget::Budget;
use crate::config::ServerSettings;
use crate::grpc::{connection_aged, draining, out_of_time};
use crate::service::ledger::ExpectedWait;

const MEBIBYTE: usize = 1 << 20;
/// Bytes of requests that are read or worked on.
const REQUESTS: usize = 128 << 20;
/// Streams that live for as long as their callers like: health watched, reflection.
const LONG_STREAMS: usize = 1_000;
/// The same warning is logged once in this time.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Limits {
    begun: Instant,
    /// Bytes of answers that wait to be sent.
    pub answers: Budget,
    pub requests: Budget,
    pub calls: Budget,
    pub long_streams: Budget,
    /// How long the next write of the ledger would wait.
    pub wait_of_writes: ExpectedWait,
    /// Connections that have calls under way which count against `max_calls`.
    pub busy_connections: AtomicUsize,
    /// No further connection is taken: the idle ones are to make room.
    pub is_crowded: AtomicBool,
    pub warnings: ClientWarnings,
    /// How long a connection takes new calls.
    pub max_connection_age: Duration,
    stop: watch::Receiver<bool>,
}

/// Warnings about clients. Each is logged once in a while: clients must not fill the log.
#[derive(Debug, Default)]
pub(super) struct ClientWarnings {
    pub closed: LogThrottle,
    pub crowded: LogThrottle,
    pub not_taken: LogThrottle,
    pub no_handshake: LogThrottle,
}

impl Limits {
    pub(super) fn new(settings: &ServerSettings, stop: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            answers: Budget::new(settings.max_unsent.saturating_mul(MEBIBYTE)),
            requests: Budget::new(REQUESTS),
            calls: Budget::new(settings.max_calls),
            long_streams: Budget::new(LONG_STREAMS),
            wait_of_writes: ExpectedWait::default(),
            busy_connections: AtomicUsize::new(0),
            is_crowded: AtomicBool::new(false),
            warnings: ClientWarnings::default(),
            max_connection_age: settings.max_connection_age,
            stop,
        })
    }

    /// Milliseconds since the start, never 0.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Ends when the server is asked to stop.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            // An error means that the sender is gone: stop as well.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// What ends a long stream: the end of the server, that of its connection, or its own time.
    pub(super) fn end_of_stream(&self, connection: Duration, limit: Option<Duration>) -> BoxFuture<'static, Status> {
        let stopped = self.stopped();
        Box::pin(async move {
            let over = async {
                match limit {
                    Some(limit) => tokio::time::sleep(limit).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stopped => draining(),
                () = tokio::time::sleep(connection) => connection_aged(),
                () = over => out_of_time(),
            }
        })
    }
}

/// Lets one warning through in a while, and counts those between.
#[derive(Debug, Default)]
pub(super) struct LogThrottle {
    next: AtomicU64,
    suppressed: AtomicU64,
}

impl LogThrottle {
    /// How many were suppressed since the last one, if it is time for one.
    pub(super) fn due(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let then = now.saturating_add(u64::try_from(WARNING_INTERVAL.as_millis()).unwrap_or(u64::MAX));
        let is_due =
            now >= next && self.next.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_logged_once_in_a_while_with_the_number_of_those_between() {
        let throttle = LogThrottle::default();
        let logged: Vec<_> = [1, 2, 60_000, 60_001, 60_002].map(|now| throttle.due(now)).to_vec();
        assert_eq!(logged, [Some(0), None, None, Some(2), None]);
    }
}
