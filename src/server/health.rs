//! `grpc.health.v1`: SERVING only while the store answers. `liveness` says that the process runs, whatever the store
//! does.
//!
//! The health is not stored. It is computed when a client asks, from facts that expire. So a monitor that died or hangs
//! cannot leave SERVING behind.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::supervisor::DownTasks;
use crate::service::Ledger;
use crate::store::Store;

const PERIOD: Duration = Duration::from_secs(1);
/// How long the last good answer of the store counts. A probe begins a second after the last one, or when that has
/// ended; one that fails is told when it ends. It waits a second for each question, of which PostgreSQL is asked two;
/// after a failed write it tries one too, for as long as any write may take.
const VALID: Duration = Duration::from_secs(5);
/// A probe is a name; what is longer is not read.
const MESSAGE_LIMIT: usize = 4 << 10;

const LIVENESS: &str = "liveness";
/// Names a probe can ask for besides; the empty one is the whole server.
const SERVICES: [&str; 7] = [
    "",
    "readiness",
    "entitled.v1.EntitlementService",
    "entitled.v1.ContractService",
    "entitled.v1.LedgerService",
    "entitled.v1.CatalogService",
    "entitled.v1.ServerService",
];

/// Of these, the services that write.
const WRITES: [&str; 2] = ["entitled.v1.ContractService", "entitled.v1.LedgerService"];

/// What is known of this server's state.
#[derive(Debug)]
pub(super) struct HealthState {
    begun: Instant,
    /// When the last good answer of the store came, in milliseconds since `begun`; 0: it did not
    /// answer when it was last asked.
    answered: AtomicU64,
    is_stopping: watch::Sender<bool>,
    /// A damaged database is read, by choice.
    is_read_only: AtomicBool,
    tasks: OnceLock<DownTasks>,
}

impl HealthState {
    pub(super) fn new() -> Self {
        let (answered, is_stopping, tasks) = (AtomicU64::new(0), watch::Sender::new(false), OnceLock::new());
        Self { begun: Instant::now(), answered, is_stopping, is_read_only: AtomicBool::new(false), tasks }
    }

    /// Whether calls can be answered: the one place where all that is known comes together.
    pub(super) fn is_serving(&self) -> bool {
        self.is_serving_at(self.elapsed())
    }

    fn is_serving_at(&self, now: u64) -> bool {
        let answered = self.answered.load(Ordering::Relaxed);
        let valid = u64::try_from(VALID.as_millis()).unwrap_or(u64::MAX);
        let store_answers = answered > 0 && now.saturating_sub(answered) <= valid;
        let tasks_run = self.tasks.get().is_some_and(DownTasks::none);
        store_answers && tasks_run && !*self.is_stopping.borrow()
    }

    pub(super) fn stop(&self) {
        self.is_stopping.send_replace(true);
    }

    pub(super) fn watch_tasks(&self, tasks: DownTasks) {
        let _ = self.tasks.set(tasks);
    }

    fn note(&self, answers: bool) {
        self.answered.store(if answers { self.elapsed().max(1) } else { 0 }, Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn status(&self, service: &str) -> Result<ServingStatus, Status> {
        match service {
            LIVENESS => Ok(ServingStatus::Serving),
            _ if !SERVICES.contains(&service) => Err(Status::not_found("service not registered")),
            _ if WRITES.contains(&service) && self.is_read_only.load(Ordering::Relaxed) => {
                Ok(ServingStatus::NotServing)
            }
            _ if self.is_serving() => Ok(ServingStatus::Serving),
            _ => Ok(ServingStatus::NotServing),
        }
    }
}

/// Asks the store once a second, and whether writes go on; runs until it is dropped.
pub(super) async fn monitor(health: Arc<HealthState>, store: Store, ledger: Ledger) {
    health.is_read_only.store(store.is_read_only(), Ordering::Relaxed);
    let mut ticks = tokio::time::interval(PERIOD);
    let mut last = None;
    loop {
        ticks.tick().await;
        let probed = store.probe().await;
        health.note(probed.is_ok() && ledger.is_progressing());
        let is_serving = health.is_serving();
        if last.replace(is_serving) != Some(is_serving) {
            let why = probed.err().map(|error| format!("{error:?}"));
            tracing::info!(serving = is_serving, why, "health");
        }
    }
}

/// The service on the wire.
pub(super) fn service(health: Arc<HealthState>) -> HealthServer<impl Health> {
    HealthServer::new(Probes(health)).max_decoding_message_size(MESSAGE_LIMIT)
}

struct Probes(Arc<HealthState>);

#[tonic::async_trait]
impl Health for Probes {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        self.0.status(&request.get_ref().service).map(|status| Response::new(answer(status)))
    }

    /// The status now, and each that is another one. The end of the server ends it (`server::guard`).
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        self.0.status(&service)?;
        let health = Arc::clone(&self.0);
        let looking = (tokio::time::interval(PERIOD), health.is_stopping.subscribe());
        let looks = stream::unfold(looking, |(mut ticks, mut stop)| async {
            tokio::select! {
                _ = ticks.tick() => {}
                // Not a second later: the stream ends now, and this is its last word.
                _ = stop.changed() => {}
            }
            Some(((), (ticks, stop)))
        });
        let mut last = None;
        let changes = looks.filter_map(move |()| {
            let status = health.status(&service).unwrap_or(ServingStatus::ServiceUnknown);
            let is_new = last.replace(status) != Some(status);
            std::future::ready(is_new.then(|| Ok(answer(status))))
        });
        Ok(Response::new(Box::pin(changes)))
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[cfg(test)]
mod tests {
    use super::super::supervisor::Supervisor;
    use super::*;

    #[test]
    fn what_is_not_renewed_grows_old() {
        let health = HealthState::new();
        let now = |health: &HealthState| health.is_serving_at(health.answered.load(Ordering::Relaxed));
        health.note(true);
        assert!(!now(&health), "its tasks do not run yet");
        health.watch_tasks(Supervisor::default().down());
        assert!(now(&health));
        let answered = health.answered.load(Ordering::Relaxed);
        assert!(health.is_serving_at(answered + 5_000) && !health.is_serving_at(answered + 5_001));
        health.note(false);
        assert!(!health.is_serving_at(1));
        health.note(true);
        health.stop();
        assert!(!now(&health));
        assert_eq!(health.status(LIVENESS).unwrap(), ServingStatus::Serving);
        assert_eq!(health.status("readiness").unwrap(), ServingStatus::NotServing);
        assert!(health.status("other").is_err());
    }
}
