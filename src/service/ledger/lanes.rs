//! The lanes, each of which carries out one batch after the other.
//!
//! A write never runs in its caller's future. A caller that goes away changes nothing, and
//! cannot leave a transaction open on a connection that others are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use super::batch::Batches;
use super::queue::{Batch, Claim, Job, Queue};
use super::request::{Done, Request};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};
use crate::service::Deadline;

/// More would make smaller batches: these keep the database busy while one of them waits for its callers.
const MOST_LANES: usize = 4;
/// How many customers that other transactions have locked are waited for at a time: each takes a connection.
const MOST_AWAITED: usize = 3;

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
    pub fn start(connections: usize, batches: &Batches) -> Self {
        let lanes = connections.saturating_sub(1).clamp(1, MOST_LANES);
        let awaited = Arc::new(Semaphore::new(connections.saturating_sub(lanes).clamp(1, MOST_AWAITED)));
        let queue = Arc::new(Queue::new(lanes));
        for _ in 0..lanes {
            tokio::spawn(supervise(Arc::clone(&queue), batches.clone(), Arc::clone(&awaited)));
        }
        Self(Arc::new(Entrance(queue)))
    }

    /// Hands a write over and waits for what became of it; one that was not begun by its deadline
    /// never is.
    pub async fn submit(&self, request: Request, deadline: Deadline) -> Result<Done> {
        if deadline.has_passed() {
            return Err(deadline.give_up());
        }
        let (answer, answered) = oneshot::channel();
        self.0.0.push(Job { request, deadline: deadline.clone(), answer })?;
        answered.await.unwrap_or_else(|lost| match deadline.is_given_up() {
            true => Err(Error::DeadlinePassed),
            // A lane that breaks off in the middle of a batch may have committed it.
            false => Err(Error::CommitOutcomeUnknown(lost.into())),
        })
    }

    /// Whether writes that could go on do so.
    pub fn are_moving(&self) -> bool {
        !self.0.0.is_stuck()
    }
}

/// A lane that breaks off is replaced: what it had claimed is free again.
async fn supervise(queue: Arc<Queue>, batches: Batches, awaited: Arc<Semaphore>) {
    while let Err(error) = tokio::spawn(run(Arc::clone(&queue), batches.clone(), Arc::clone(&awaited))).await {
        tracing::error!(%error, "a lane of the ledger broke off and is replaced");
    }
}

async fn run(queue: Arc<Queue>, batches: Batches, awaited: Arc<Semaphore>) {
    while let Some(batch) = queue.next().await {
        if mutant::strikes(Mutant::LaneDies, 300) {
            return;
        }
        for left in carry_out(&queue, &batches, batch).await {
            tokio::spawn(insist(Arc::clone(&queue), batches.clone(), Arc::clone(&awaited), left));
        }
    }
}

/// Tries the writes of one customer for as long as it takes.
async fn insist(queue: Arc<Queue>, batches: Batches, awaited: Arc<Semaphore>, batch: Batch) {
    let _permit = awaited.acquire().await;
    let mut left = vec![batch];
    while let Some(batch) = left.pop() {
        left.extend(carry_out(&queue, &batches, batch).await);
    }
}

/// Carries out one batch, and returns what has to be tried by itself, by customer.
async fn carry_out(queue: &Queue, batches: &Batches, Batch { jobs, mut claim }: Batch) -> Vec<Batch> {
    // Whose deadline passed is told so, and nothing is done.
    let begun = jobs.into_iter().filter(|job| job.deadline.begin());
    let (requests, callers): (Vec<_>, Vec<_>) = begun.map(|job| (job.request, (job.deadline, job.answer))).unzip();
    let outcomes = batches.run(&requests).await;
    queue.note(&claim);
    let mut left: BTreeMap<String, Vec<Job>> = BTreeMap::new();
    let mut answers = Vec::new();
    for ((request, (deadline, answer)), outcome) in requests.into_iter().zip(callers).zip(outcomes) {
        match outcome {
            Some(outcome) => answers.push((answer, outcome)),
            None => left.entry(request.customer_id.clone()).or_default().push(Job { request, deadline, answer }),
        }
    }
    let left = left.into_iter().map(|(customer_id, jobs)| {
        let claim: Claim = claim.split(&customer_id, jobs.len());
        Batch { jobs, claim }
    });
    let left = left.collect();
    // The customers first: who is answered may ask again at once.
    drop(claim);
    for (answer, outcome) in answers {
        let _ = answer.send(outcome);
    }
    left
}
