//! The workers of the batching [`queue`](super::queue). Each worker carries out one batch after the other.
//!
//! A write never runs in its caller's future. So a caller that goes away changes nothing, and cannot leave a
//! transaction open on a connection that others get.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::batch::BatchRunner;
use super::batch_spans::BatchSpans;
use super::expected_wait::{ExpectedWait, pause};
use super::outcome::{Deferral, JobOutcome};
use super::queue::{Batch, Claim, Job, Queue};
use super::write::{Write, WriteOutcome};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};
use crate::service::Deadline;
use crate::store::Contended;

/// More would make smaller batches: these keep the database busy while one of them waits for its callers.
const MAX_WORKERS: usize = 4;
/// Threads of the workers: deciding is quick, and most of the time they wait for the database.
const THREADS: usize = 2;
/// How many locks that other transactions hold are waited for at a time: each takes a connection.
const MAX_LOCK_WAITS: usize = 3;
/// How long the writes of one more customer wait until they may wait for its lock.
const LOCK_WAIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The workers, as those see them who hand writes over.
///
/// A customer is in one batch at a time, so that its writes keep the order they came in; the lock of its row keeps other
/// replicas apart.
#[derive(Debug, Clone)]
pub(super) struct Workers {
    handle: Arc<Handle>,
}

/// Closes the queue when the last clone of [`Workers`] is dropped. The workers themselves have no handle.
#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Workers {
    /// Starts as many workers as the connections allow. Each runs until the last clone is gone and the queue is empty.
    pub(super) fn start(connections: usize, runner: &BatchRunner, wait: ExpectedWait) -> Self {
        let waits = connections.div_euclid(2).clamp(1, MAX_LOCK_WAITS);
        let workers = connections.saturating_sub(waits).clamp(1, MAX_WORKERS);
        let lock_waits = Arc::new(Semaphore::new(waits));
        let queue = Arc::new(Queue::new(workers, wait));
        let worker = || supervise(Arc::clone(&queue), runner.clone(), Arc::clone(&lock_waits));
        spawn_on_own_runtime((0..workers).map(|_| worker()).collect());
        Self { handle: Arc::new(Handle { queue }) }
    }

    /// Puts a write into the queue and waits for its outcome. A write that was not begun by its deadline never is.
    pub(super) async fn submit(&self, write: Write, deadline: Deadline) -> Result<WriteOutcome> {
        if deadline.has_passed() {
            return Err(deadline.give_up());
        }
        let (answer, answered) = oneshot::channel();
        if let Err(refused) = self.handle.queue.push(Job::new(write, deadline.clone(), answer)) {
            tokio::time::sleep(pause(deadline.left())).await;
            return Err(refused);
        }
        answered.await.unwrap_or_else(|lost| match deadline.is_given_up() {
            true => Err(Error::DeadlinePassed),
            // A worker that breaks off in the middle of a batch may have committed it.
            false => Err(Error::CommitOutcomeUnknown(lost.into())),
        })
    }

    /// Tells how many writes wait. It does not keep the workers from ending.
    pub(super) fn waiting(&self) -> impl Fn() -> Option<u64> + Send + Sync + use<> {
        let queue = Arc::downgrade(&self.handle.queue);
        move || queue.upgrade().and_then(|queue| u64::try_from(queue.waiting()).ok())
    }

    /// Whether writes that could go on do so.
    pub(super) fn are_progressing(&self) -> bool {
        !self.handle.queue.is_stuck()
    }
}

/// Runs the workers on threads that run nothing else, so that a batch goes on however many calls wait for a thread to be
/// read, answered or refused. The threads end with the workers.
fn spawn_on_own_runtime(workers: Vec<impl Future<Output = ()> + Send + 'static>) {
    let run = async { drop(futures_util::future::join_all(workers).await) };
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("ledger").enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::warn!(%error, "no threads for the ledger alone; it shares those of all calls");
            tokio::spawn(run);
            return;
        }
    };
    let workers = runtime.spawn(run);
    let own = OwnRuntime(Some(runtime));
    tokio::spawn(async move {
        if let Err(error) = workers.await {
            tracing::error!(%error, "the workers of the ledger broke off");
        }
        drop(own);
    });
}

/// A runtime that a task of another runtime may drop: dropping it does not wait for what still runs on it.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A worker that breaks off is replaced: what it had claimed is free again.
async fn supervise(queue: Arc<Queue>, runner: BatchRunner, lock_waits: Arc<Semaphore>) {
    while let Err(error) = tokio::spawn(run(Arc::clone(&queue), runner.clone(), Arc::clone(&lock_waits))).await {
        tracing::error!(%error, "a worker of the ledger broke off and is replaced");
    }
}

async fn run(queue: Arc<Queue>, runner: BatchRunner, lock_waits: Arc<Semaphore>) {
    let mut contended = JoinSet::new();
    while let Some(batch) = queue.next().await {
        if mutant::strikes(Mutant::WorkerDies, 300) {
            return;
        }
        let writes = batch.jobs.len();
        let metrics = &runner.context.telemetry.metrics;
        metrics.batch(writes);
        batch.jobs.iter().for_each(|job| metrics.waited(job.came.elapsed()));
        let (left, took) = run_batch(&runner, batch, Contended::LeaveOut).await;
        queue.record(took, writes);
        for left in left {
            contended.spawn(retry_contended(runner.clone(), Arc::clone(&lock_waits), left));
        }
        while contended.try_join_next().is_some() {}
    }
    while contended.join_next().await.is_some() {}
}

/// Carries out the writes of one customer whose lock another transaction has. It waits for the lock in a task of its own,
/// so that no worker does, and repeats the batch until all holds that are due have ended.
async fn retry_contended(runner: BatchRunner, lock_waits: Arc<Semaphore>, batch: Batch) {
    let Ok(_permit) = tokio::time::timeout(LOCK_WAIT_TIMEOUT, lock_waits.acquire()).await else {
        // Too many other customers are locked as well. Nothing of these writes was written.
        let Batch { jobs, claim } = batch;
        drop(claim);
        return jobs.into_iter().for_each(|job| drop(job.answer.send(Err(Error::Conflict))));
    };
    let mut left = vec![batch];
    while let Some(batch) = left.pop() {
        left.extend(run_batch(&runner, batch, Contended::Await).await.0);
    }
}

/// Carries out one batch. Returns the writes that have to be tried by themselves, by customer, and how long it took.
async fn run_batch(
    runner: &BatchRunner,
    Batch { jobs, mut claim }: Batch,
    contended: Contended,
) -> (Vec<Batch>, Duration) {
    let start = Instant::now();
    // A write whose deadline has passed is not begun; its caller is told so.
    let begun: Vec<_> = jobs.into_iter().filter(|job| job.deadline.begin()).collect();
    let spans = BatchSpans::begin(&runner.context.telemetry.traces, &begun);
    let (requests, callers): (Vec<_>, Vec<_>) =
        begun.into_iter().map(|job| (job.write, (job.deadline, job.answer))).unzip();
    let outcomes = spans.scope(runner.run(&requests, contended)).await;
    drop(spans);
    let took = start.elapsed();
    let mut alone: BTreeMap<String, Vec<Job>> = BTreeMap::new();
    let (mut again, mut answers) = (Vec::new(), Vec::new());
    for ((write, (deadline, answer)), outcome) in requests.into_iter().zip(callers).zip(outcomes) {
        match outcome {
            JobOutcome::Finished(outcome) => answers.push((answer, outcome)),
            JobOutcome::Deferred(Deferral::Separately) => {
                alone.entry(write.customer_id.clone()).or_default().push(Job::begun(write, deadline, answer));
            }
            JobOutcome::Deferred(Deferral::NextBatch) => again.push(Job::begun(write, deadline, answer)),
        }
    }
    let left = alone.into_iter().map(|(customer_id, jobs)| {
        let claim: Claim = claim.split(&customer_id, jobs.len());
        Batch { jobs, claim }
    });
    let left = left.collect();
    claim.give_back(again);
    // The customers are released first: a caller may write again as soon as it is answered.
    drop(claim);
    for (answer, outcome) in answers {
        let _ = answer.send(outcome);
    }
    (left, took)
}
