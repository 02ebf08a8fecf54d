//! Which writes wait, whose turn it is, and what the next batch contains. It has no lock and no task, and uses the
//! clock only for deadlines.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::super::pace::Pace;
use super::Job;
use crate::error::{Error, Result};

/// How many writes may wait before the next is sent away.
pub const QUEUE: usize = 2_048;
/// How many of them may be of one customer: others shall find room while its writes do not go on.
pub const SHARE: usize = 1_024;
/// How many are carried out by one transaction at most.
const BATCH: usize = 256;
/// Callers in a hurry get smaller batches: one shall take this part of the time they wait, for its turn, the end of the
/// one before and the way back take the rest. But none is made smaller than this.
const PART: u32 = 3;
const SMALL_BATCH: usize = 32;
/// With a longer way to an answer the newest come first: of the oldest, many have given up.
const OVERLOAD: Duration = Duration::from_millis(250);
/// How often those are looked for who wait for nothing any more.
const SWEEP: Duration = Duration::from_millis(1);
#[derive(Debug)]
pub(super) struct State {
    /// By customer, in the order in which they came.
    waiting: HashMap<String, VecDeque<Job>>,
    pub count: usize,
    /// Customers that have writes waiting and none under way, by when their turn is.
    pub turns: VecDeque<String>,
    /// Customers of the batches under way, and how many writes and batches these are.
    busy: HashSet<String>,
    under_way: usize,
    batches: usize,
    /// With how many writes the next batch has its share of all.
    expected: usize,
    pub pace: Pace,
    /// Since when there is something to take that no lane took.
    pub ready_since: Instant,
    swept: Instant,
    /// How long those wait who are most in a hurry, of all that wait.
    hurry: Option<Duration>,
    pub is_closed: bool,
}

impl Default for State {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            waiting: HashMap::new(),
            count: 0,
            turns: VecDeque::new(),
            busy: HashSet::new(),
            under_way: 0,
            batches: 0,
            expected: 0,
            pace: Pace::default(),
            ready_since: now,
            swept: now,
            hurry: None,
            is_closed: false,
        }
    }
}

impl State {
    pub fn admit(&mut self, job: Job) -> Result<()> {
        let customer_id = job.request.customer_id.clone();
        let of_customer = self.waiting.get(&customer_id).map_or(0, VecDeque::len);
        if self.count >= QUEUE || of_customer >= SHARE {
            self.sweep();
            let of_customer = self.waiting.get(&customer_id).map_or(0, VecDeque::len);
            if self.count >= QUEUE || of_customer >= SHARE {
                return Err(Error::Overloaded);
            }
        }
        if job.deadline.left().is_some_and(|left| self.until_answer() > left) {
            return Err(Error::Overloaded);
        }
        self.hurry = self.hurry.into_iter().chain(job.patience).min();
        let of_customer = self.waiting.entry(customer_id.clone()).or_default();
        of_customer.push_back(job);
        self.count = self.count.saturating_add(1);
        if of_customer.len() == 1 && !self.busy.contains(&customer_id) {
            self.ready(customer_id);
        }
        Ok(())
    }

    /// For the next to come: the batches before its own, the one under way, and its own.
    pub fn until_answer(&self) -> Duration {
        // Somebody has to go first: else nobody would ever see that it goes quicker again.
        if self.count == 0 && self.under_way == 0 {
            return Duration::ZERO;
        }
        let waiting = self.count.div_euclid(self.batch_size().saturating_mul(self.batches.max(1)));
        self.pace.until_answer(waiting.saturating_add(usize::from(self.batches > 0)))
    }

    /// How many writes a batch carries: as many as fit into the time of the callers most in a hurry.
    fn batch_size(&self) -> usize {
        let limit = self.hurry.and_then(|patience| patience.checked_div(PART));
        limit.map_or(BATCH, |limit| self.pace.within(limit).clamp(SMALL_BATCH, BATCH))
    }

    /// So many writes of a batch go on beside the lanes: nobody waits for them.
    pub fn set_apart(&mut self, writes: usize) {
        self.under_way = self.under_way.saturating_sub(writes);
    }

    /// Writes that a batch had begun and could not carry out wait again, before those that came after them.
    pub fn give_back(&mut self, jobs: Vec<Job>) {
        self.count = self.count.saturating_add(jobs.len());
        for job in jobs.into_iter().rev() {
            self.waiting.entry(job.request.customer_id.clone()).or_default().push_front(job);
        }
    }

    fn ready(&mut self, customer_id: String) {
        if self.turns.is_empty() {
            self.ready_since = Instant::now();
        }
        self.turns.push_back(customer_id);
    }

    /// Whose deadline has passed waits for nothing any more.
    fn sweep(&mut self) {
        if self.swept.elapsed() < SWEEP {
            return;
        }
        self.swept = Instant::now();
        self.waiting.values_mut().for_each(|jobs| jobs.retain(|job| !job.is_late()));
        self.waiting.retain(|_, jobs| !jobs.is_empty());
        self.turns.retain(|customer_id| self.waiting.contains_key(customer_id));
        self.count = self.waiting.values().map(VecDeque::len).sum();
    }

    pub fn is_complete(&self) -> bool {
        self.count >= self.expected.min(self.batch_size())
    }

    /// As many as one batch carries, each customer in its turn and none more than its share while there is room for
    /// others; and those whose answer would come too late.
    pub fn take(&mut self) -> (Vec<Job>, Vec<Job>) {
        let is_overloaded = self.until_answer() > OVERLOAD;
        let size = self.batch_size();
        let share = size.div_euclid(self.turns.len().max(1)).max(1);
        let (mut taken, mut hopeless) = (Vec::new(), Vec::new());
        let mut in_batch = Vec::new();
        while taken.len() < size {
            // One of those who have waited longest is in each batch.
            let is_newest = is_overloaded && !in_batch.is_empty();
            let next = if is_newest { self.turns.pop_back() } else { self.turns.pop_front() };
            let Some(customer_id) = next else { break };
            self.take_of(&customer_id, share.min(size.saturating_sub(taken.len())), &mut taken, &mut hopeless);
            in_batch.push(customer_id);
        }
        for customer_id in &in_batch {
            let room = size.saturating_sub(taken.len());
            self.take_of(customer_id, room, &mut taken, &mut hopeless);
        }
        if taken.is_empty() {
            // Nobody would be in time: some are tried all the same, for it may go quicker than it did.
            let rest = hopeless.split_off(hopeless.len().min(size));
            taken = std::mem::replace(&mut hopeless, rest);
        }
        self.count = self.count.saturating_sub(taken.len()).saturating_sub(hopeless.len());
        self.under_way = self.under_way.saturating_add(taken.len());
        self.busy.extend(taken.iter().map(|job| job.request.customer_id.clone()));
        // Whoever has writes left is either in the batch or still has a turn: `end` gives the former one again.
        let has_left =
            |customer_id: &String| self.waiting.contains_key(customer_id) && !self.busy.contains(customer_id);
        in_batch.retain(has_left);
        self.turns.extend(in_batch);
        if !taken.is_empty() {
            self.batches = self.batches.saturating_add(1);
        }
        self.ready_since = Instant::now();
        self.hurry = self.waiting.values().flatten().filter_map(|job| job.patience).min();
        (taken, hopeless)
    }

    fn take_of(&mut self, customer_id: &str, most: usize, taken: &mut Vec<Job>, hopeless: &mut Vec<Job>) {
        let Some(jobs) = self.waiting.get_mut(customer_id) else { return };
        let enough = taken.len().saturating_add(most);
        while taken.len() < enough {
            let Some(job) = jobs.pop_front() else { break };
            if job.is_late() {
                self.count = self.count.saturating_sub(1);
            } else if !job.deadline.is_begun() && job.deadline.left().is_some_and(|left| left < self.pace.batch()) {
                hopeless.push(job);
            } else {
                taken.push(job);
            }
        }
        if jobs.is_empty() {
            self.waiting.remove(customer_id);
        }
    }

    /// A batch of these customers has ended: so many callers are about to be answered.
    pub fn end(&mut self, customers: &HashSet<String>, writes: usize, lanes: usize, is_apart: bool) {
        for customer_id in customers {
            if self.busy.remove(customer_id) && self.waiting.contains_key(customer_id) {
                self.ready(customer_id.clone());
            }
        }
        if !is_apart {
            self.under_way = self.under_way.saturating_sub(writes);
            self.batches = self.batches.saturating_sub(1);
        }
        self.expected = self.share(writes, lanes);
    }

    /// Of all who wait, are being served or were just answered, what one of the lanes gets that they can keep busy:
    /// a customer is in one batch at a time.
    fn share(&self, answered: usize, lanes: usize) -> usize {
        let callers = self.count.saturating_add(self.under_way).saturating_add(answered);
        let customers = self.busy.len().saturating_add(self.turns.len());
        callers.div_ceil(lanes.min(customers).max(1))
    }
}

#[cfg(test)]
mod tests;
