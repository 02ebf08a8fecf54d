//! The load: callers that wait for their answers, or calls that come when they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use entitled::proto::v1;
use tokio::task::JoinSet;

use super::house::Client;

/// What one load has shown.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Answers a second.
    pub rate: f64,
    /// How long each took, sorted.
    latencies: Vec<Duration>,
}

impl Seen {
    fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        let answered = u32::try_from(latencies.len()).unwrap();
        Self { rate: f64::from(answered) / elapsed.as_secs_f64(), latencies }
    }

    /// Of a thousand answers, so many came within this time.
    pub fn within(&self, thousandths: usize) -> Duration {
        let row = (self.latencies.len() * thousandths / 1_000).min(self.latencies.len() - 1);
        self.latencies[row]
    }

    pub fn count(&self) -> usize {
        self.latencies.len()
    }
}

/// Callers that ask again as soon as they are answered.
pub async fn closed(
    clients: &[Client],
    callers: usize,
    period: Duration,
    request: impl Fn(usize) -> v1::ConsumeUnitsRequest + Clone + Send + 'static,
) -> Seen {
    let stop = Arc::new(AtomicBool::new(false));
    let mut running = JoinSet::new();
    let started = Instant::now();
    for (caller, client) in clients.iter().cycle().take(callers).enumerate() {
        let (mut client, stop, request) = (client.clone(), Arc::clone(&stop), request.clone());
        running.spawn(async move {
            let mut latencies = Vec::new();
            for round in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let request = request(caller + round * callers);
                let asked = Instant::now();
                client
                    .consume_units(request)
                    .await
                    .unwrap_or_else(|status| panic!("{}: {}", status.code(), status.message()));
                latencies.push(asked.elapsed());
            }
            latencies
        });
    }
    tokio::time::sleep(period).await;
    stop.store(true, Ordering::Relaxed);
    let latencies: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    Seen::new(latencies, started.elapsed())
}

/// Calls that come at a constant rate, whether or not those before them are answered. Each
/// counts from the instant at which it was due: a server that stands still cannot hide it.
pub async fn open(
    clients: &[Client],
    rate: u32,
    period: Duration,
    request: impl Fn(usize) -> v1::ConsumeUnitsRequest,
) -> Seen {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut running = JoinSet::new();
    let started = Instant::now();
    let every = Duration::from_secs(1) / rate;
    let mut due = started;
    for (row, client) in clients.iter().cycle().enumerate() {
        if due >= started + period {
            break;
        }
        while due > Instant::now() {
            ticks.tick().await;
        }
        let (mut client, request, asked) = (client.clone(), request(row), due);
        running.spawn(async move {
            client
                .consume_units(request)
                .await
                .unwrap_or_else(|status| panic!("{}: {}", status.code(), status.message()));
            asked.elapsed()
        });
        due += every;
    }
    let latencies = running.join_all().await;
    Seen::new(latencies, started.elapsed())
}
