//! Asks for the readiness all the time, as whoever sends callers to a server does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::caller::{Callers, Http, connection};

const PERIOD: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(1);
/// How long health may take to tell that nothing is written any more, or that it is again.
pub(crate) const TRUTH: Duration = Duration::from_secs(10);

/// What health told; times are those of the pulse.
#[derive(Debug, Default)]
struct Seen {
    /// Whether a server that runs is expected to tell that it cannot serve.
    is_watching: AtomicBool,
    /// When the last question was asked that was answered SERVING.
    serving: AtomicU64,
    /// For how long writes failed before health told so.
    lag: Mutex<Option<Duration>>,
    /// For how long at most it told SERVING while they failed.
    lie: Mutex<Option<Duration>>,
}

/// Ends with its value.
#[derive(Debug)]
pub(crate) struct Probe {
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Probe {
    pub(crate) fn start(shared: &Arc<Callers>) -> Self {
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(run(Arc::clone(shared), Arc::clone(&seen)));
        Self { seen, task }
    }

    pub(crate) fn watch(&self, is_watching: bool) {
        self.seen.is_watching.store(is_watching, Ordering::SeqCst);
    }

    /// Whether it told SERVING since an instant.
    pub(crate) fn has_served_since(&self, instant: u64) -> bool {
        self.seen.serving.load(Ordering::SeqCst) > instant
    }

    /// How late it told that nothing is written, if it had to.
    pub(crate) fn lag(&self) -> Option<Duration> {
        *self.seen.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long it told the contrary, where that is too long.
    pub(crate) fn lie(&self) -> Option<Duration> {
        *self.seen.lie.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(shared: Arc<Callers>, seen: Arc<Seen>) {
    let http = connection();
    loop {
        let sent = shared.pulse.now();
        let health = tokio::time::timeout(PATIENCE, ask(&http, &shared)).await.ok().flatten();
        if health == Some(ServingStatus::Serving) {
            seen.serving.store(sent, Ordering::SeqCst);
        }
        if let Some(failing) = shared.pulse.failing_for(sent)
            && seen.is_watching.load(Ordering::SeqCst)
        {
            let slot = if health == Some(ServingStatus::Serving) { &seen.lie } else { &seen.lag };
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            match health {
                Some(ServingStatus::Serving) if failing > TRUTH => *slot = Some(failing),
                Some(ServingStatus::NotServing) if slot.is_none() => *slot = Some(failing),
                _ => {}
            }
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Nothing where there is no answer.
async fn ask(http: &Http, shared: &Callers) -> Option<ServingStatus> {
    let mut health = HealthClient::with_origin(http.clone(), shared.origin.clone());
    let answer = health.check(HealthCheckRequest { service: "readiness".to_owned() }).await.ok()?;
    Some(answer.into_inner().status())
}
