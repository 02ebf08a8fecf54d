//! The lanes. Each lane carries out one batch after the other.
//!
//! A write never runs in its caller's future. So a caller that goes away changes nothing, and cannot leave a
//! transaction open on a connection that others get.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::batch::Batches;
use super::batch_spans::BatchSpans;
use super::expected_wait::{ExpectedWait, pause};
use super::outcome::{Left, Outcome};
use super::queue::{Batch, Claim, Job, Queue};
use super::request::{Done, Request};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};
use crate::service::Deadline;
use crate::store::Contended;

/// More would make smaller batches: these keep the database busy while one of them waits for its callers.
const MOST_LANES: usize = 4;
/// Threads of the lanes: deciding is quick, and most of the time they wait for the database.
const THREADS: usize = 2;
/// How many customers that other transactions have locked are waited for at a time: each takes a connection.
const MOST_AWAITED: usize = 3;
/// How long the writes of one more wait for their turn to wait.
const LONGEST_AWAITED: Duration = Duration::from_secs(2);

/// A customer is in one batch at a time, so that its writes keep the order they came in; its lock keeps other
/// replicas apart.
#[derive(Debug, Clone)]
pub(super) struct Lanes(Arc<Entrance>);

/// Closes the queue when the last of those who could hand something over is gone.
#[derive(Debug)]
struct Entrance(Arc<Queue>);

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Lanes {
    /// As many as the connections are good for. Each runs until the last clone is gone and the queue is empty.
    pub fn start(connections: usize, batches: &Batches, wait: ExpectedWait) -> Self {
        let waits = connections.div_euclid(2).clamp(1, MOST_AWAITED);
        let lanes = connections.saturating_sub(waits).clamp(1, MOST_LANES);
        let awaited = Arc::new(Semaphore::new(waits));
        let queue = Arc::new(Queue::new(lanes, wait));
        let lane = || supervise(Arc::clone(&queue), batches.clone(), Arc::clone(&awaited));
        on_threads_of_their_own((0..lanes).map(|_| lane()).collect());
        Self(Arc::new(Entrance(queue)))
    }

    /// Hands a write over and waits for what became of it; one that was not begun by its deadline
    /// never is.
    pub async fn submit(&self, request: Request, deadline: Deadline) -> Result<Done> {
        if deadline.has_passed() {
            return Err(deadline.give_up());
        }
        let (answer, answered) = oneshot::channel();
        if let Err(refused) = self.0.0.push(Job::new(request, deadline.clone(), answer)) {
            tokio::time::sleep(pause(deadline.left())).await;
            return Err(refused);
        }
        answered.await.unwrap_or_else(|lost| match deadline.is_given_up() {
            true => Err(Error::DeadlinePassed),
            // A lane that breaks off in the middle of a batch may have committed it.
            false => Err(Error::CommitOutcomeUnknown(lost.into())),
        })
    }

    /// Tells how many writes wait. It does not keep the lanes from ending.
    pub fn waiting(&self) -> impl Fn() -> Option<u64> + Send + Sync + use<> {
        let queue = Arc::downgrade(&self.0.0);
        move || queue.upgrade().and_then(|queue| u64::try_from(queue.waiting()).ok())
    }

    /// Whether writes that could go on do so.
    pub fn are_moving(&self) -> bool {
        !self.0.0.is_stuck()
    }
}

/// However many calls wait for a thread to be read, answered or refused, writes that were taken go on: by threads
/// that nothing else is run on. They end with the lanes.
fn on_threads_of_their_own(lanes: Vec<impl Future<Output = ()> + Send + 'static>) {
    let run = async { drop(futures_util::future::join_all(lanes).await) };
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("ledger").enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::warn!(%error, "no threads for the ledger alone; it shares those of all calls");
            tokio::spawn(run);
            return;
        }
    };
    let lanes = runtime.spawn(run);
    let threads = Threads(Some(runtime));
    tokio::spawn(async move {
        if let Err(error) = lanes.await {
            tracing::error!(%error, "the lanes of the ledger broke off");
        }
        drop(threads);
    });
}

/// A runtime that a task of another one may drop: nobody waits for what still runs on it.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A lane that breaks off is replaced: what it had claimed is free again.
async fn supervise(queue: Arc<Queue>, batches: Batches, awaited: Arc<Semaphore>) {
    while let Err(error) = tokio::spawn(run(Arc::clone(&queue), batches.clone(), Arc::clone(&awaited))).await {
        tracing::error!(%error, "a lane of the ledger broke off and is replaced");
    }
}

async fn run(queue: Arc<Queue>, batches: Batches, awaited: Arc<Semaphore>) {
    let mut insisting = JoinSet::new();
    while let Some(batch) = queue.next().await {
        if mutant::strikes(Mutant::LaneDies, 300) {
            return;
        }
        let writes = batch.jobs.len();
        let metrics = &batches.context.telemetry.metrics;
        metrics.batch(writes);
        batch.jobs.iter().for_each(|job| metrics.waited(job.came.elapsed()));
        let (left, took) = carry_out(&batches, batch, Contended::LeaveOut).await;
        queue.note(took, writes);
        for left in left {
            insisting.spawn(insist(batches.clone(), Arc::clone(&awaited), left));
        }
        while insisting.try_join_next().is_some() {}
    }
    while insisting.join_next().await.is_some() {}
}

/// Waits for the lock of one customer, beside the lanes, and ends as many of its holds as there are.
async fn insist(batches: Batches, awaited: Arc<Semaphore>, batch: Batch) {
    let Ok(_permit) = tokio::time::timeout(LONGEST_AWAITED, awaited.acquire()).await else {
        // Too many others are locked as well; of these nothing was written.
        let Batch { jobs, claim } = batch;
        drop(claim);
        return jobs.into_iter().for_each(|job| drop(job.answer.send(Err(Error::Conflict))));
    };
    let mut left = vec![batch];
    while let Some(batch) = left.pop() {
        left.extend(carry_out(&batches, batch, Contended::Await).await.0);
    }
}

/// Carries out one batch, and returns what has to be tried by itself, by customer, and how long it took.
async fn carry_out(
    batches: &Batches,
    Batch { jobs, mut claim }: Batch,
    contended: Contended,
) -> (Vec<Batch>, Duration) {
    let start = Instant::now();
    // Whose deadline passed is told so, and nothing is done.
    let begun: Vec<_> = jobs.into_iter().filter(|job| job.deadline.begin()).collect();
    let spans = BatchSpans::begin(&batches.context.telemetry.traces, &begun);
    let begun = begun.into_iter();
    let (requests, callers): (Vec<_>, Vec<_>) = begun.map(|job| (job.request, (job.deadline, job.answer))).unzip();
    let outcomes = spans.scope(batches.run(&requests, contended)).await;
    drop(spans);
    let took = start.elapsed();
    let mut alone: BTreeMap<String, Vec<Job>> = BTreeMap::new();
    let (mut again, mut answers) = (Vec::new(), Vec::new());
    for ((request, (deadline, answer)), outcome) in requests.into_iter().zip(callers).zip(outcomes) {
        match outcome {
            Outcome::Done(outcome) => answers.push((answer, outcome)),
            Outcome::Left(Left::Alone) => {
                alone.entry(request.customer_id.clone()).or_default().push(Job::begun(request, deadline, answer));
            }
            Outcome::Left(Left::Again) => again.push(Job::begun(request, deadline, answer)),
        }
    }
    let left = alone.into_iter().map(|(customer_id, jobs)| {
        let claim: Claim = claim.split(&customer_id, jobs.len());
        Batch { jobs, claim }
    });
    let left = left.collect();
    claim.give_back(again);
    // The customers first: who is answered may ask again at once.
    drop(claim);
    for (answer, outcome) in answers {
        let _ = answer.send(outcome);
    }
    (left, took)
}
