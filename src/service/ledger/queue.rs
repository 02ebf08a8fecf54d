//! Where writes wait, by customer and in order, until a lane takes some of them as one batch.
//!
//! ```text
//!  push ─▶ waiting of its customer ─ the customer's turn ─▶ take ─▶ Batch ─ dropped ─▶ end
//!    │                                  (newest first in overload)    busy: no other batch takes it
//!    └─▶ refused: no room, or its answer would come after its deadline; the server's guard refuses by the same
//!        estimate, before it reads the call (`expected_wait`)
//! ```

mod state;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanContext;
use tokio::sync::{Notify, oneshot};

pub use self::state::{QUEUE, SHARE};

use self::state::State;
use super::expected_wait::ExpectedWait;
use super::request::{Done, Request};
use crate::error::{Error, Result};
use crate::service::Deadline;
use crate::telemetry::call;

/// How long a batch waits at most for those who are expected.
const GATHERING: Duration = Duration::from_millis(1);
/// Writes that could go on are not left alone for so long while there is a lane.
const STUCK: Duration = Duration::from_secs(8);

/// A write on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub request: Request,
    pub deadline: Deadline,
    pub answer: oneshot::Sender<Result<Done>>,
    /// How long its caller waits, from when it came; none for as long as it takes.
    pub patience: Option<Duration>,
    pub came: Instant,
    /// The span of its call, if that is sampled.
    pub span: Option<SpanContext>,
}

impl Job {
    pub fn new(request: Request, deadline: Deadline, answer: oneshot::Sender<Result<Done>>) -> Self {
        let span = call::sampled_span();
        Self { request, patience: deadline.left(), deadline, answer, came: Instant::now(), span }
    }

    /// One that a batch has begun and left for another: it is carried out whatever its deadline says.
    pub fn begun(request: Request, deadline: Deadline, answer: oneshot::Sender<Result<Done>>) -> Self {
        Self { request, patience: None, deadline, answer, came: Instant::now(), span: None }
    }

    /// Whether its caller waits no longer: then it is given up.
    fn is_late(&self) -> bool {
        self.deadline.has_passed() && matches!(self.deadline.give_up(), Error::DeadlinePassed)
    }

    /// Sends its caller away, if nothing was begun.
    fn refuse(self) {
        if matches!(self.deadline.give_up(), Error::DeadlinePassed) {
            let _ = self.answer.send(Err(Error::Overloaded));
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something has come, a batch has ended, or nothing comes any more.
    news: Notify,
    /// One lane at a time waits for a batch: what comes then is for it.
    gathering: tokio::sync::Mutex<()>,
    lanes: usize,
    wait: ExpectedWait,
}

/// What a lane carries out. Its customers are in no other batch until it is dropped.
#[derive(Debug)]
pub(super) struct Batch {
    pub jobs: Vec<Job>,
    pub claim: Claim,
}

/// Customers that are being written to.
#[derive(Debug)]
pub(super) struct Claim {
    queue: Arc<Queue>,
    customers: HashSet<String>,
    writes: usize,
    /// It waits beside the lanes, and nobody waits for it.
    is_apart: bool,
}

impl Claim {
    /// A claim of its own for one of the customers, to be carried out beside the lanes.
    pub fn split(&mut self, customer_id: &str, writes: usize) -> Self {
        // Of what is apart already, nothing counts as under way.
        if !self.is_apart {
            self.queue.change(|state| state.set_apart(writes));
        }
        let customers = self.customers.take(customer_id).into_iter().collect();
        self.writes = self.writes.saturating_sub(writes);
        Self { queue: Arc::clone(&self.queue), customers, writes, is_apart: true }
    }

    /// Puts writes back to the front of where they waited, in their order: they go on with a batch after this one.
    pub fn give_back(&self, jobs: Vec<Job>) {
        self.queue.state().give_back(jobs);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Self { queue, customers, writes, is_apart } = self;
        queue.change(|state| state.end(customers, *writes, queue.lanes, *is_apart));
        queue.news.notify_one();
    }
}

impl Queue {
    pub fn new(lanes: usize, wait: ExpectedWait) -> Self {
        Self { lanes, wait, state: Mutex::default(), news: Notify::new(), gathering: tokio::sync::Mutex::default() }
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

    pub fn push(&self, job: Job) -> Result<()> {
        self.change(|state| state.admit(job))?;
        self.news.notify_one();
        Ok(())
    }

    /// Nothing comes any more.
    pub fn close(&self) {
        self.state().is_closed = true;
        self.news.notify_one();
    }

    /// How many writes wait.
    pub fn waiting(&self) -> usize {
        self.state().count
    }

    /// Whether there are writes that could go on and do not.
    pub fn is_stuck(&self) -> bool {
        let state = self.state();
        !state.turns.is_empty() && state.ready_since.elapsed() > STUCK
    }

    /// The next batch; none once nothing comes any more.
    ///
    /// Waits a moment until it has its share of all callers, of whom those who were just answered are about to ask
    /// again: a transaction costs its round trips whether it carries few writes or many, and lanes are of use only
    /// while each of them has something to do. Whoever is alone does not wait.
    pub async fn next(self: &Arc<Self>) -> Option<Batch> {
        let _gathering = self.gathering.lock().await;
        loop {
            self.until_ready().await?;
            let moment = tokio::time::sleep(GATHERING);
            tokio::pin!(moment);
            while !self.state().is_complete() {
                tokio::select! {
                    () = self.news.notified() => {}
                    () = &mut moment => break,
                }
            }
            let (jobs, refused) = self.change(State::take);
            refused.into_iter().for_each(Job::refuse);
            if !jobs.is_empty() {
                let customers = jobs.iter().map(|job| job.request.customer_id.clone()).collect();
                let claim = Claim { queue: Arc::clone(self), customers, writes: jobs.len(), is_apart: false };
                return Some(Batch { jobs, claim });
            }
        }
    }

    async fn until_ready(&self) -> Option<()> {
        loop {
            {
                let state = self.state();
                if !state.turns.is_empty() {
                    return Some(());
                }
                if state.is_closed && state.count == 0 {
                    // The other lanes, too.
                    self.news.notify_one();
                    return None;
                }
            }
            self.news.notified().await;
        }
    }

    /// How long a batch of so many writes took that waited for no lock.
    pub fn note(&self, took: Duration, writes: usize) {
        self.state().pace.note(took, writes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Work;
    use super::*;

    fn push(queue: &Queue, customer_id: &str) {
        let request = Request { customer_id: customer_id.to_owned(), work: Work::Expire };
        queue.push(Job::new(request, Deadline::default(), oneshot::channel().0)).unwrap();
    }

    #[tokio::test]
    async fn the_guard_is_told_how_long_the_next_write_would_wait() {
        let wait = ExpectedWait::default();
        let queue = Arc::new(Queue::new(1, wait.clone()));
        queue.note(Duration::from_millis(100), 1);
        let must_wait = || wait.is_longer_than(Duration::ZERO);
        push(&queue, "locked");
        assert!(must_wait());
        let mut batch = queue.next().await.unwrap();
        assert!(must_wait(), "it is under way");
        let mut apart = batch.claim.split("locked", 1);
        drop(batch);
        assert!(!must_wait(), "what waits beside the lanes keeps nobody waiting");
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
