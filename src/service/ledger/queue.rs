//! Where writes wait, by customer and in the order they came, until a worker takes some of them as one batch.
//!
//! ```text
//!            push                  next                     Claim dropped
//!  caller ─────────▶ waiting ───────────────▶ in a batch ─────────────────▶ answered
//!    │                  ▲  │                   │      │
//!    │ no room, or      │  │ deadline passed   │      │ split: locked by another
//!    │ too late         │  ▼                   │      ▼ transaction
//!    ▼                  │ given up             │   contended ─────────────▶ answered
//!  refused              └──────────────────────┘              Claim dropped
//!                           give_back: no time
//!                           to read its contract
//! ```
//!
//! A caller pushes a [`Job`] and waits for its answer. The job is refused at once if there is no room, or if the answer
//! would come after its deadline. (The server's guard refuses by the same estimate before it reads the call, see
//! `expected_wait`.) Otherwise it waits behind the other jobs of its customer.
//!
//! A customer is *ready* while it has jobs waiting and none in a batch, and *busy* while a batch has jobs of it. Ready
//! customers take turns. A worker asks for the next [`Batch`] and gets jobs of many ready customers, which are busy from
//! then on. So a customer is in one batch at a time, and its writes keep their order.
//!
//! The [`Claim`] of a batch makes its customers busy. When the batch has ended the claim is dropped: its customers are
//! free, and those with further jobs are ready again. If another transaction has locked a customer, its jobs get a claim
//! of their own and wait for the lock in a task of their own, outside the workers. If a batch has no time to read a
//! contract, its jobs go back to the front of the queue.

mod state;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanContext;
use tokio::sync::{Notify, oneshot};

pub use self::state::{CUSTOMER_CAPACITY, QUEUE_CAPACITY};

use self::state::State;
use super::expected_wait::ExpectedWait;
use super::write::{Write, WriteOutcome};
use crate::error::{Error, Result};
use crate::service::Deadline;
use crate::telemetry::call;

/// How long a worker waits at most for the writes that are expected to join its batch.
const GATHERING: Duration = Duration::from_millis(1);
/// The queue is stuck if no worker takes writes that are ready for so long.
const STUCK_AFTER: Duration = Duration::from_secs(8);

/// A write in the queue or in a batch, with the way to answer its caller.
#[derive(Debug)]
pub(super) struct Job {
    pub write: Write,
    pub deadline: Deadline,
    pub answer: oneshot::Sender<Result<WriteOutcome>>,
    /// How long its caller waits, counted from when the write came; none if without limit.
    pub timeout: Option<Duration>,
    pub came: Instant,
    /// The span of its call, if that is sampled.
    pub span: Option<SpanContext>,
}

impl Job {
    pub(super) fn new(write: Write, deadline: Deadline, answer: oneshot::Sender<Result<WriteOutcome>>) -> Self {
        let span = call::sampled_span();
        Self { write, timeout: deadline.left(), deadline, answer, came: Instant::now(), span }
    }

    /// A write that one batch has begun and left to another: it is carried out whatever its deadline says.
    pub(super) fn begun(write: Write, deadline: Deadline, answer: oneshot::Sender<Result<WriteOutcome>>) -> Self {
        Self { write, timeout: None, deadline, answer, came: Instant::now(), span: None }
    }

    /// Gives the write up if its deadline has passed before it was begun; whether it did.
    fn is_late(&self) -> bool {
        self.deadline.has_passed() && matches!(self.deadline.give_up(), Error::DeadlinePassed)
    }

    /// Answers that the server is overloaded, unless the write was begun.
    fn refuse(self) {
        if matches!(self.deadline.give_up(), Error::DeadlinePassed) {
            let _ = self.answer.send(Err(Error::Overloaded));
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker that gathers: a write has come, a batch has ended, or the queue is closed.
    wake: Notify,
    /// Held by the one worker that gathers a batch: what comes meanwhile is for it.
    gathering: tokio::sync::Mutex<()>,
    workers: usize,
    wait: ExpectedWait,
}

/// What a worker carries out. Its customers are in no other batch until the claim is dropped.
#[derive(Debug)]
pub(super) struct Batch {
    pub jobs: Vec<Job>,
    pub claim: Claim,
}

/// The right to write to some customers, which are busy until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    queue: Arc<Queue>,
    customers: HashSet<String>,
    writes: usize,
    /// It is carried out outside the workers, and no other write waits for it.
    is_contended: bool,
}

impl Claim {
    /// Gives one of the customers a claim of its own, to be carried out outside the workers.
    pub(super) fn split(&mut self, customer_id: &str, writes: usize) -> Self {
        // The writes of a contended claim do not count as under way already.
        if !self.is_contended {
            self.queue.change(|state| state.move_aside(writes));
        }
        let customers = self.customers.take(customer_id).into_iter().collect();
        self.writes = self.writes.saturating_sub(writes);
        Self { queue: Arc::clone(&self.queue), customers, writes, is_contended: true }
    }

    /// Puts writes back to the front of the queue of their customer, in their order, for a later batch.
    pub(super) fn give_back(&self, jobs: Vec<Job>) {
        self.queue.state().give_back(jobs);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Self { queue, customers, writes, is_contended } = self;
        queue.change(|state| state.end(customers, *writes, queue.workers, *is_contended));
        queue.wake.notify_one();
    }
}

impl Queue {
    pub(super) fn new(workers: usize, wait: ExpectedWait) -> Self {
        Self { workers, wait, state: Mutex::default(), wake: Notify::new(), gathering: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells the guard how long the next write would wait.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let outcome = change(&mut state);
        self.wait.tell(state.until_answer());
        outcome
    }

    pub(super) fn push(&self, job: Job) -> Result<()> {
        self.change(|state| state.admit(job))?;
        self.wake.notify_one();
        Ok(())
    }

    /// No further write comes. The workers end once the queue is empty.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.wake.notify_one();
    }

    /// How many writes wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().count
    }

    /// Whether there are writes that could be carried out and no worker takes them.
    pub(super) fn is_stuck(&self) -> bool {
        let state = self.state();
        !state.ready.is_empty() && state.ready_since.elapsed() > STUCK_AFTER
    }

    /// The next batch; none once the queue is closed and empty.
    ///
    /// Waits up to [`GATHERING`] until the batch has its share of all callers, because the callers that were just
    /// answered are about to write again. A transaction costs its round trips whether it carries few writes or many, and
    /// more workers help only while each of them has something to do. A caller that is alone does not wait.
    pub(super) async fn next(self: &Arc<Self>) -> Option<Batch> {
        let _gathering = self.gathering.lock().await;
        loop {
            self.until_ready().await?;
            let gathered = tokio::time::sleep(GATHERING);
            tokio::pin!(gathered);
            while !self.state().is_complete() {
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = &mut gathered => break,
                }
            }
            let (jobs, refused) = self.change(State::take);
            refused.into_iter().for_each(Job::refuse);
            if !jobs.is_empty() {
                let customers = jobs.iter().map(|job| job.write.customer_id.clone()).collect();
                let claim = Claim { queue: Arc::clone(self), customers, writes: jobs.len(), is_contended: false };
                return Some(Batch { jobs, claim });
            }
        }
    }

    async fn until_ready(&self) -> Option<()> {
        loop {
            {
                let state = self.state();
                if !state.ready.is_empty() {
                    return Some(());
                }
                if state.is_closed && state.count == 0 {
                    // The other workers end, too.
                    self.wake.notify_one();
                    return None;
                }
            }
            self.wake.notified().await;
        }
    }

    /// Records how long a batch of so many writes took that waited for no lock.
    pub(super) fn record(&self, took: Duration, writes: usize) {
        self.state().throughput.record(took, writes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::write::Operation;
    use super::*;

    fn push(queue: &Queue, customer_id: &str) {
        let write = Write { customer_id: customer_id.to_owned(), operation: Operation::Expire };
        queue.push(Job::new(write, Deadline::default(), oneshot::channel().0)).unwrap();
    }

    #[tokio::test]
    async fn the_guard_is_told_how_long_the_next_write_would_wait() {
        let wait = ExpectedWait::default();
        let queue = Arc::new(Queue::new(1, wait.clone()));
        queue.record(Duration::from_millis(100), 1);
        let must_wait = || wait.is_longer_than(Duration::ZERO);
        push(&queue, "locked");
        assert!(must_wait());
        let mut batch = queue.next().await.unwrap();
        assert!(must_wait(), "it is under way");
        let mut apart = batch.claim.split("locked", 1);
        drop(batch);
        assert!(!must_wait(), "what waits outside the workers keeps nobody waiting");
        push(&queue, "other");
        let batch = queue.next().await.unwrap();
        let again = apart.split("locked", 1);
        drop((apart, again));
        push(&queue, "third");
        drop(queue.next().await);
        assert!(must_wait(), "the other write is still under way");
        drop(batch);
        assert!(!must_wait());
    }
}
