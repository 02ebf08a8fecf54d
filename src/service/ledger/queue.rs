//! The way of a write to its batch: bounded queues, each with a task that takes whatever waits.
//!
//! A write never runs in its caller's future. A caller that goes away changes nothing, and
//! cannot leave a transaction open on a connection that others are given.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::batch::Batches;
use super::request::{Done, Request};
use crate::error::{Error, Result};
use crate::service::Deadline;

/// How many writes may wait in a lane before the next is sent away.
pub const QUEUE: usize = 1_024;
/// How many are carried out by one transaction at most.
const BATCH: usize = 256;
/// How long a batch waits at most to become as large as the one before.
const GATHERING: Duration = Duration::from_millis(2);

/// A write on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub request: Request,
    pub deadline: Deadline,
    pub answer: oneshot::Sender<Result<Done>>,
}

/// The lanes. All writes of one customer keep to one of them, in the order they came; the
/// customers' locks keep the lanes of all replicas apart.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    lanes: Vec<mpsc::Sender<Job>>,
}

impl Lanes {
    /// Each lane runs until the last clone of the lanes is gone and its queue is empty.
    pub fn start(count: usize, batches: &Batches) -> Self {
        let start = |_| {
            let (sender, queue) = mpsc::channel(QUEUE);
            tokio::spawn(run(queue, batches.clone()));
            sender
        };
        Self { lanes: (0..count.max(1)).map(start).collect() }
    }

    /// Hands a write over and waits for what became of it; one that was not begun by its deadline
    /// never is.
    pub async fn submit(&self, request: Request, deadline: Deadline) -> Result<Done> {
        if deadline.has_passed() {
            return Err(deadline.give_up());
        }
        let (answer, answered) = oneshot::channel();
        let lane = self.lane(&request.customer_id)?;
        lane.try_send(Job { request, deadline: deadline.clone(), answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Error::Unavailable(None),
        })?;
        answered.await.unwrap_or_else(|lost| match deadline.is_given_up() {
            true => Err(Error::DeadlinePassed),
            // A lane that breaks off in the middle of a batch may have committed it.
            false => Err(Error::CommitOutcomeUnknown(lost.into())),
        })
    }

    fn lane(&self, customer_id: &str) -> Result<&mpsc::Sender<Job>> {
        let mut hasher = DefaultHasher::new();
        customer_id.hash(&mut hasher);
        let lanes = u64::try_from(self.lanes.len()).unwrap_or(u64::MAX);
        let lane = hasher.finish().checked_rem(lanes).and_then(|lane| self.lanes.get(usize::try_from(lane).ok()?));
        lane.ok_or_else(|| Error::internal("the ledger has no lanes"))
    }
}

/// Waits a moment for as many as came last time: callers who were just answered are about to ask
/// again, and a transaction costs its round trips whether it carries few writes or many. Whoever
/// is alone does not wait.
async fn gather(queue: &mut mpsc::Receiver<Job>, waiting: &mut Vec<Job>, last: usize) {
    let moment = tokio::time::sleep(GATHERING);
    tokio::pin!(moment);
    while waiting.len() < last {
        let room = BATCH.saturating_sub(waiting.len());
        tokio::select! {
            more = queue.recv_many(waiting, room) => if more == 0 { return },
            () = &mut moment => return,
        }
    }
}

async fn run(mut queue: mpsc::Receiver<Job>, batches: Batches) {
    let mut waiting = Vec::with_capacity(BATCH);
    let mut last = 0;
    while queue.recv_many(&mut waiting, BATCH).await > 0 {
        gather(&mut queue, &mut waiting, last).await;
        last = waiting.len();
        // Whose deadline passed is told so, and nothing is done.
        waiting.retain(|job| job.deadline.begin());
        if waiting.is_empty() {
            continue;
        }
        let (requests, answers): (Vec<_>, Vec<_>) = waiting.drain(..).map(|job| (job.request, job.answer)).unzip();
        // A task of its own: a panic ends one batch, not the lane.
        let batches = batches.clone();
        let outcomes = tokio::spawn(async move { batches.run(requests).await }).await.unwrap_or_default();
        // Without an outcome the sender is dropped, which its caller sees.
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            let _ = answer.send(outcome);
        }
    }
}
