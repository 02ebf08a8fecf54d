//! The load: callers that wait for their answers, or calls that come when they come.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use entitled::proto::v1;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use tokio::task::{JoinSet, LocalSet};
use tonic::transport::Channel;

/// Callers share a connection, as the clones of a client do.
const CONNECTIONS: usize = 1;

type Client = LedgerServiceClient<Channel>;

/// What one load has shown.
#[derive(Debug, Clone)]
pub(crate) struct LoadResult {
    /// Answers a second.
    pub rate: f64,
    /// How long each took, sorted.
    latencies: Vec<Duration>,
}

impl LoadResult {
    pub(crate) fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        let answered = u32::try_from(latencies.len()).unwrap();
        Self { rate: f64::from(answered) / elapsed.as_secs_f64(), latencies }
    }

    /// Of a thousand answers, so many came within this time.
    pub(crate) fn within(&self, thousandths: usize) -> Duration {
        let row = (self.latencies.len() * thousandths / 1_000).min(self.latencies.len() - 1);
        self.latencies[row]
    }

    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }
}

/// Callers that ask again as soon as they are answered.
pub(crate) async fn closed(
    address: &str,
    callers: usize,
    period: Duration,
    request: impl Fn(usize) -> v1::ConsumeUnitsRequest + Clone + Send + 'static,
) -> LoadResult {
    apart(address, async move |clients| {
        let stop = Rc::new(Cell::new(false));
        let running = LocalSet::new();
        let started = Instant::now();
        let callers: Vec<_> = clients
            .into_iter()
            .cycle()
            .take(callers)
            .enumerate()
            .map(|(caller, client)| {
                let requests = (0..).map(move |round| caller + round * callers).map(request.clone());
                running.spawn_local(ask_on(client, requests, Rc::clone(&stop)))
            })
            .collect();
        let latencies = running.run_until(async {
            tokio::time::sleep(period).await;
            stop.set(true);
            futures_util::future::join_all(callers).await
        });
        let latencies: Vec<Duration> = latencies.await.into_iter().flat_map(Result::unwrap).collect();
        LoadResult::new(latencies, started.elapsed())
    })
    .await
}

async fn ask_on(
    mut client: Client,
    requests: impl Iterator<Item = v1::ConsumeUnitsRequest>,
    stop: Rc<Cell<bool>>,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    for request in requests.take_while(|_| !stop.get()) {
        let sent = Instant::now();
        ask(&mut client, request).await;
        latencies.push(sent.elapsed());
    }
    latencies
}

/// Calls that come at a constant rate, whether or not those before them are answered. Each
/// counts from the instant at which it was due: a server that stands still cannot hide it.
pub(crate) async fn open(
    address: &str,
    rate: u32,
    period: Duration,
    request: impl Fn(usize) -> v1::ConsumeUnitsRequest + Send + 'static,
) -> LoadResult {
    apart(address, async move |clients| {
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
            let (mut client, request, sent) = (client.clone(), request(row), due);
            running.spawn(async move {
                ask(&mut client, request).await;
                sent.elapsed()
            });
            due += every;
        }
        let latencies = running.join_all().await;
        LoadResult::new(latencies, started.elapsed())
    })
    .await
}

async fn ask(client: &mut Client, request: v1::ConsumeUnitsRequest) {
    client.consume_units(request).await.unwrap_or_else(|status| panic!("{}: {}", status.code(), status.message()));
}

/// On a thread and with connections of its own, as light as a load can be: it shares the machine with what it measures.
async fn apart(address: &str, load: impl AsyncFnOnce(Vec<Client>) -> LoadResult + Send + 'static) -> LoadResult {
    let address = address.to_owned();
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut clients = Vec::new();
            for _ in 0..CONNECTIONS {
                clients.push(Client::connect(address.clone()).await.unwrap());
            }
            load(clients).await
        })
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}
