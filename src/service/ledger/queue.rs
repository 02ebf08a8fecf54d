//! The way of a write to its batch: a bounded queue, and lanes that take whatever waits.
//!
//! A write never runs in its caller's future. A caller that goes away changes nothing, and
//! cannot leave a transaction open on a connection that others are given.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, oneshot};

use super::batch::Batches;
use super::request::{Done, Request};
use crate::error::{Error, Result};
use crate::mutant::{self, Mutant};
use crate::service::Deadline;

/// How many writes may wait before the next is sent away.
pub const QUEUE: usize = 2_048;
/// How many of them may be of one customer: others shall find room while its writes do not go on.
pub const SHARE: usize = 1_024;
/// How many are carried out by one transaction at most.
const BATCH: usize = 256;
/// How long a batch waits at most for those who are expected.
const GATHERING: Duration = Duration::from_millis(1);
/// How many customers that other transactions have locked are waited for at a time: each takes a connection.
const WAITED_FOR: usize = 3;

/// A write on its way.
#[derive(Debug)]
struct Job {
    request: Request,
    deadline: Deadline,
    answer: oneshot::Sender<Result<Done>>,
}

/// The lanes, each of which carries out one batch after the other. A customer is in one batch at
/// a time, so that its writes keep the order they came in; its lock keeps other replicas apart.
#[derive(Debug, Clone)]
pub(super) struct Lanes(Arc<Entrance>);

/// Closes the queue when the last of those who could hand something over is gone.
#[derive(Debug)]
struct Entrance(Arc<Queue>);

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.news.notify_one();
    }
}

impl Lanes {
    /// Each lane runs until the last clone of the lanes is gone and the queue is empty.
    pub fn start(count: usize, batches: &Batches) -> Self {
        let queue = Arc::new(Queue::new(count));
        for _ in 0..count.max(1) {
            tokio::spawn(run(Arc::clone(&queue), batches.clone()));
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
}

#[derive(Debug)]
struct Queue {
    state: Mutex<State>,
    /// Something has come, a batch has ended, or nothing comes any more.
    news: Notify,
    /// One lane at a time waits for a batch: what comes then is for it.
    turn: tokio::sync::Mutex<()>,
    /// To wait for a locked customer.
    patience: Semaphore,
    lanes: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    /// The customers of the batches under way, and how many writes these have.
    busy: HashSet<String>,
    under_way: usize,
    /// With how many writes the next batch has its share of all.
    expected: usize,
    is_closed: bool,
}

impl Queue {
    fn new(lanes: usize) -> Self {
        Self {
            lanes,
            state: Mutex::default(),
            news: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            patience: Semaphore::new(WAITED_FOR),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<()> {
        {
            let mut state = self.state();
            if state.waiting.len() >= SHARE && !state.has_room_for(&job) {
                return Err(Error::Overloaded);
            }
            state.waiting.push_back(job);
        }
        self.news.notify_one();
        Ok(())
    }

    /// The next batch; none once nothing comes any more.
    ///
    /// Waits a moment until it has its share of all callers, of whom those who were just answered are about to ask
    /// again: a transaction costs its round trips whether it carries few writes or many, and lanes are of use only
    /// while each of them has something to do. Whoever is alone does not wait.
    async fn next(&self) -> Option<Vec<Job>> {
        let _turn = self.turn.lock().await;
        loop {
            {
                let state = self.state();
                if state.has_ready() {
                    break;
                }
                if state.is_closed && state.waiting.is_empty() {
                    // The other lanes, too.
                    self.news.notify_one();
                    return None;
                }
            }
            self.news.notified().await;
        }
        let moment = tokio::time::sleep(GATHERING);
        tokio::pin!(moment);
        while !self.state().is_complete() {
            tokio::select! {
                () = self.news.notified() => {}
                () = &mut moment => break,
            }
        }
        Some(self.state().take())
    }

    /// What was done of these customers has ended: so many writes, and as many callers are about to be answered.
    fn end(&self, customers: &HashSet<&str>, ended: usize) {
        {
            let mut state = self.state();
            state.busy.retain(|customer_id| !customers.contains(customer_id.as_str()));
            state.under_way = state.under_way.saturating_sub(ended);
            state.expected = state.share(ended, self.lanes);
        }
        self.news.notify_one();
    }
}

impl Job {
    /// Whether its caller waits no longer: then it is given up.
    fn is_late(&self) -> bool {
        self.deadline.has_passed() && matches!(self.deadline.give_up(), Error::DeadlinePassed)
    }
}

impl State {
    /// Whose deadline has passed waits for nothing any more.
    fn has_room_for(&mut self, job: &Job) -> bool {
        self.waiting.retain(|waiting| !waiting.is_late());
        let of_customer = |waiting: &&Job| waiting.request.customer_id == job.request.customer_id;
        self.waiting.len() < QUEUE && self.waiting.iter().filter(of_customer).count() < SHARE
    }

    fn has_ready(&self) -> bool {
        self.waiting.iter().any(|job| !self.busy.contains(&job.request.customer_id))
    }

    /// Of all who wait, are being served or were just answered, what one of the lanes gets that they can keep busy:
    /// a customer is in one batch at a time.
    fn share(&self, answered: usize, lanes: usize) -> usize {
        let callers = self.waiting.len().saturating_add(self.under_way).saturating_add(answered);
        let waiting: HashSet<&str> = self.waiting.iter().map(|job| job.request.customer_id.as_str()).collect();
        let customers = self.busy.len().saturating_add(waiting.len());
        callers.div_ceil(lanes.min(customers).max(1))
    }

    fn is_complete(&self) -> bool {
        self.waiting.len() >= self.expected.min(BATCH)
    }

    /// As many as one batch carries, without the customers of another one.
    fn take(&mut self) -> Vec<Job> {
        let mut taken = Vec::new();
        let mut left = VecDeque::new();
        for job in self.waiting.drain(..) {
            if taken.len() < BATCH && !self.busy.contains(&job.request.customer_id) {
                taken.push(job);
            } else {
                left.push_back(job);
            }
        }
        self.waiting = left;
        self.under_way = self.under_way.saturating_add(taken.len());
        self.busy.extend(taken.iter().map(|job| job.request.customer_id.clone()));
        taken
    }
}

async fn run(queue: Arc<Queue>, batches: Batches) {
    while let Some(jobs) = queue.next().await {
        if mutant::strikes(Mutant::LaneDies, 300) {
            return;
        }
        for left in carry_out(&queue, &batches, jobs).await {
            tokio::spawn(insist(Arc::clone(&queue), batches.clone(), left));
        }
    }
}

/// Tries the writes of one customer for as long as it takes.
async fn insist(queue: Arc<Queue>, batches: Batches, mut jobs: Vec<Job>) {
    let _turn = queue.patience.acquire().await;
    while !jobs.is_empty() {
        jobs = carry_out(&queue, &batches, jobs).await.into_iter().flatten().collect();
    }
}

/// Carries out one batch, and returns what has to be tried by itself, by customer.
async fn carry_out(queue: &Queue, batches: &Batches, jobs: Vec<Job>) -> Vec<Vec<Job>> {
    let taken = jobs.len();
    let customers: Vec<String> = jobs.iter().map(|job| job.request.customer_id.clone()).collect();
    // Whose deadline passed is told so, and nothing is done.
    let begun = jobs.into_iter().filter(|job| job.deadline.begin());
    let (requests, callers): (Vec<_>, Vec<_>) = begun.map(|job| (job.request, (job.deadline, job.answer))).unzip();
    let outcomes = batches.run(&requests).await;
    let mut left: BTreeMap<String, Vec<Job>> = BTreeMap::new();
    let mut answers = Vec::new();
    for ((request, (deadline, answer)), outcome) in requests.into_iter().zip(callers).zip(outcomes) {
        match outcome {
            Some(outcome) => answers.push((answer, outcome)),
            None => left.entry(request.customer_id.clone()).or_default().push(Job { request, deadline, answer }),
        }
    }
    let ended = customers.iter().map(String::as_str).filter(|customer_id| !left.contains_key(*customer_id));
    queue.end(&ended.collect(), taken.saturating_sub(left.values().map(Vec::len).sum()));
    for (answer, outcome) in answers {
        let _ = answer.send(outcome);
    }
    left.into_values().collect()
}
