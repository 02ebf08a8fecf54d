//! Which writes wait, which customers are ready, and what the next batch contains. It has no lock and no task, and uses
//! the clock only for deadlines.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::super::throughput::Throughput;
use super::Job;
use crate::error::{Error, Result};

/// How many writes may wait; the next is refused.
pub const QUEUE_CAPACITY: usize = 2_048;
/// How many of them may be of one customer, so that others find room while its writes do not go on.
pub const CUSTOMER_CAPACITY: usize = 1_024;
/// How many writes one transaction carries out at most.
const MAX_BATCH: usize = 256;
/// Callers with short deadlines get smaller batches. A batch shall take a third of the time they wait: waiting for it, the
/// end of the batch before and the way back take the rest. But no batch is made smaller than `MIN_BATCH`.
const TIMEOUT_SHARE: u32 = 3;
const MIN_BATCH: usize = 32;
/// If the next write would wait for longer, the newest are taken first: of the oldest, many have given up.
const OVERLOAD_WAIT: Duration = Duration::from_millis(250);
/// How often the writes are looked for whose deadline has passed.
const SWEEP: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct State {
    /// By customer, in the order in which they came.
    waiting: HashMap<String, VecDeque<Job>>,
    pub count: usize,
    /// Customers that have writes waiting and none in a batch, in the order of their turns.
    pub ready: VecDeque<String>,
    /// Customers of the batches that are carried out, and how many writes and batches these are.
    busy: HashSet<String>,
    under_way: usize,
    batches: usize,
    /// With how many writes the next batch has its share of all callers.
    expected: usize,
    pub throughput: Throughput,
    /// Since when there has been a ready customer that no worker took.
    pub ready_since: Instant,
    swept: Instant,
    /// The shortest time that a caller waits, of all writes in the queue.
    shortest_timeout: Option<Duration>,
    pub is_closed: bool,
}

impl Default for State {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            waiting: HashMap::new(),
            count: 0,
            ready: VecDeque::new(),
            busy: HashSet::new(),
            under_way: 0,
            batches: 0,
            expected: 0,
            throughput: Throughput::default(),
            ready_since: now,
            swept: now,
            shortest_timeout: None,
            is_closed: false,
        }
    }
}

impl State {
    pub(super) fn admit(&mut self, job: Job) -> Result<()> {
        let customer_id = job.write.customer_id.clone();
        let of_customer = self.waiting.get(&customer_id).map_or(0, VecDeque::len);
        if self.count >= QUEUE_CAPACITY || of_customer >= CUSTOMER_CAPACITY {
            self.sweep();
            let of_customer = self.waiting.get(&customer_id).map_or(0, VecDeque::len);
            if self.count >= QUEUE_CAPACITY || of_customer >= CUSTOMER_CAPACITY {
                return Err(Error::Overloaded);
            }
        }
        if job.deadline.left().is_some_and(|left| self.until_answer() > left) {
            return Err(Error::Overloaded);
        }
        self.shortest_timeout = self.shortest_timeout.into_iter().chain(job.timeout).min();
        let of_customer = self.waiting.entry(customer_id.clone()).or_default();
        of_customer.push_back(job);
        self.count = self.count.saturating_add(1);
        if of_customer.len() == 1 && !self.busy.contains(&customer_id) {
            self.mark_ready(customer_id);
        }
        Ok(())
    }

    /// How long the next write to come would wait: for the batches before its own, the one under way, and its own.
    pub(super) fn until_answer(&self) -> Duration {
        // With nothing before it a write is always tried: only so a slow estimate is ever corrected.
        if self.count == 0 && self.under_way == 0 {
            return Duration::ZERO;
        }
        let waiting = self.count.div_euclid(self.batch_size().saturating_mul(self.batches.max(1)));
        self.throughput.until_answer(waiting.saturating_add(usize::from(self.batches > 0)))
    }

    /// How many writes a batch carries: as many as fit into the time of the callers with the shortest deadlines.
    fn batch_size(&self) -> usize {
        let limit = self.shortest_timeout.and_then(|timeout| timeout.checked_div(TIMEOUT_SHARE));
        limit.map_or(MAX_BATCH, |limit| self.throughput.writes_within(limit).clamp(MIN_BATCH, MAX_BATCH))
    }

    /// So many writes of a batch go on outside the workers: no other write waits for them.
    pub(super) fn move_aside(&mut self, writes: usize) {
        self.under_way = self.under_way.saturating_sub(writes);
    }

    /// Writes that a batch had begun and could not carry out wait again, before those that came later.
    pub(super) fn give_back(&mut self, jobs: Vec<Job>) {
        self.count = self.count.saturating_add(jobs.len());
        for job in jobs.into_iter().rev() {
            self.waiting.entry(job.write.customer_id.clone()).or_default().push_front(job);
        }
    }

    fn mark_ready(&mut self, customer_id: String) {
        if self.ready.is_empty() {
            self.ready_since = Instant::now();
        }
        self.ready.push_back(customer_id);
    }

    /// Removes the writes whose deadline has passed.
    fn sweep(&mut self) {
        if self.swept.elapsed() < SWEEP {
            return;
        }
        self.swept = Instant::now();
        self.waiting.values_mut().for_each(|jobs| jobs.retain(|job| !job.is_late()));
        self.waiting.retain(|_, jobs| !jobs.is_empty());
        self.ready.retain(|customer_id| self.waiting.contains_key(customer_id));
        self.count = self.waiting.values().map(VecDeque::len).sum();
    }

    pub(super) fn is_complete(&self) -> bool {
        self.count >= self.expected.min(self.batch_size())
    }

    /// Takes as many writes as one batch carries: each customer in its turn, and none more than its share while others
    /// wait. Also takes the writes whose answer would come too late, to be refused.
    pub(super) fn take(&mut self) -> (Vec<Job>, Vec<Job>) {
        let is_overloaded = self.until_answer() > OVERLOAD_WAIT;
        let size = self.batch_size();
        let share = size.div_euclid(self.ready.len().max(1)).max(1);
        let (mut taken, mut too_late) = (Vec::new(), Vec::new());
        let mut in_batch = Vec::new();
        while taken.len() < size {
            // The customer that has waited longest is in each batch, also in overload.
            let is_newest = is_overloaded && !in_batch.is_empty();
            let next = if is_newest { self.ready.pop_back() } else { self.ready.pop_front() };
            let Some(customer_id) = next else { break };
            self.take_of(&customer_id, share.min(size.saturating_sub(taken.len())), &mut taken, &mut too_late);
            in_batch.push(customer_id);
        }
        for customer_id in &in_batch {
            let room = size.saturating_sub(taken.len());
            self.take_of(customer_id, room, &mut taken, &mut too_late);
        }
        if taken.is_empty() {
            // None would be in time. Some are tried all the same: the next batch may be quicker than the last.
            let rest = too_late.split_off(too_late.len().min(size));
            taken = std::mem::replace(&mut too_late, rest);
        }
        self.count = self.count.saturating_sub(taken.len()).saturating_sub(too_late.len());
        self.under_way = self.under_way.saturating_add(taken.len());
        self.busy.extend(taken.iter().map(|job| job.write.customer_id.clone()));
        // A customer with writes left is busy or ready; `end` makes those that are busy ready again.
        let has_left =
            |customer_id: &String| self.waiting.contains_key(customer_id) && !self.busy.contains(customer_id);
        in_batch.retain(has_left);
        self.ready.extend(in_batch);
        if !taken.is_empty() {
            self.batches = self.batches.saturating_add(1);
        }
        self.ready_since = Instant::now();
        self.shortest_timeout = self.waiting.values().flatten().filter_map(|job| job.timeout).min();
        (taken, too_late)
    }

    fn take_of(&mut self, customer_id: &str, most: usize, taken: &mut Vec<Job>, too_late: &mut Vec<Job>) {
        let Some(jobs) = self.waiting.get_mut(customer_id) else { return };
        let enough = taken.len().saturating_add(most);
        while taken.len() < enough {
            let Some(job) = jobs.pop_front() else { break };
            if job.is_late() {
                self.count = self.count.saturating_sub(1);
            } else if !job.deadline.is_begun()
                && job.deadline.left().is_some_and(|left| left < self.throughput.batch_time())
            {
                too_late.push(job);
            } else {
                taken.push(job);
            }
        }
        if jobs.is_empty() {
            self.waiting.remove(customer_id);
        }
    }

    /// A batch of these customers has ended, and so many callers are about to be answered.
    pub(super) fn end(&mut self, customers: &HashSet<String>, writes: usize, workers: usize, is_contended: bool) {
        for customer_id in customers {
            if self.busy.remove(customer_id) && self.waiting.contains_key(customer_id) {
                self.mark_ready(customer_id.clone());
            }
        }
        if !is_contended {
            self.under_way = self.under_way.saturating_sub(writes);
            self.batches = self.batches.saturating_sub(1);
        }
        self.expected = self.share(writes, workers);
    }

    /// How many writes one worker's share is, of all that wait, are carried out or were just answered. A customer is in
    /// one batch at a time, so few customers keep few workers busy.
    fn share(&self, answered: usize, workers: usize) -> usize {
        let callers = self.count.saturating_add(self.under_way).saturating_add(answered);
        let customers = self.busy.len().saturating_add(self.ready.len());
        callers.div_ceil(workers.min(customers).max(1))
    }
}

#[cfg(test)]
mod tests;
