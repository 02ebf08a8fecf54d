//! The writers: uses, holds and what becomes of them, checks in between, and some writes sent again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::caller::{Caller, Callers, Patience, Reply};
use crate::contract::{self, CUSTOMERS};
use crate::history::Write;

const WRITERS: u64 = 16;
/// Writers share them, so that a repetition comes by another one.
const CONNECTIONS: usize = 4;
/// Of a hundred writes, so many are sent again.
const REPEATED: u8 = 15;
/// Of a hundred writes, so many have next to no time even in quiet times.
const HASTY: u8 = 2;
/// Whoever was turned away waits a moment, as a client should.
const PAUSE: Duration = Duration::from_millis(25);
/// Between two writes: the server shall be busy, and the machine has other things to do.
const BREATH: Duration = Duration::from_millis(2);
/// How many repeat at a time, when all is over.
const SETTLERS: usize = 16;
/// They give up when for so long none of them was answered well.
const SETTLING: Duration = Duration::from_secs(30);

/// Holds of this many seconds end in the middle of a round, the others not before everything is over.
const SHORT: i64 = 3;
const LONG: i64 = 1_800;

/// An open hold.
#[derive(Debug, Clone)]
struct Held {
    customer_id: &'static str,
    reservation_id: String,
    amount: i64,
    is_long: bool,
}

/// The writers of a round, until they are stopped.
#[derive(Debug)]
pub(crate) struct Workload {
    pub shared: Arc<Callers>,
    connections: [Caller; CONNECTIONS],
    manners: Arc<Manners>,
    writers: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Manners {
    is_over: AtomicBool,
    /// Of a hundred writes.
    hasty: AtomicU8,
    /// Long holds whose commit was told that they had ended.
    early: Mutex<Vec<String>>,
    /// Answers to checks that are not published.
    unclassified: Mutex<Vec<String>>,
}

impl Workload {
    pub(crate) fn new(shared: &Arc<Callers>) -> Self {
        let connections = std::array::from_fn(|_| Caller::new(shared));
        let manners = Arc::new(Manners { hasty: AtomicU8::new(HASTY), ..Manners::default() });
        Self { shared: Arc::clone(shared), connections, manners, writers: JoinSet::new() }
    }

    /// Stores the customers.
    pub(crate) async fn seed(&self) -> Result<(), entitled::error::BoxError> {
        for ((customer_id, hours), caller) in CUSTOMERS.iter().zip(self.connections.iter().cycle()) {
            let request = contract::apply(customer_id, *hours)?;
            let mut tries = 0_u8;
            while let Err(status) = caller.apply(request.clone()).await {
                tries = tries.saturating_add(1);
                if tries > 50 {
                    return Err(format!("a contract is not stored: {status}").into());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    pub(crate) fn start(&mut self, seed: u64) {
        for number in 0..WRITERS {
            let random = fastrand::Rng::with_seed(seed.wrapping_mul(WRITERS).wrapping_add(number));
            let writer = Writer {
                connections: self.connections.clone(),
                manners: Arc::clone(&self.manners),
                random,
                held: Vec::new(),
                again: VecDeque::new(),
            };
            self.writers.spawn(writer.run());
        }
    }

    pub(crate) fn set_hasty(&self, of_hundred: u8) {
        self.manners.hasty.store(of_hundred, Ordering::Relaxed);
    }

    pub(crate) fn be_usual(&self) {
        self.set_hasty(HASTY);
    }

    /// Until every writer has its last answer.
    pub(crate) async fn stop(&mut self) {
        self.manners.is_over.store(true, Ordering::SeqCst);
        while self.writers.join_next().await.is_some() {}
    }

    /// Long holds that were told to have ended, and what checks were answered that nobody published.
    pub(crate) async fn oddities(&self) -> (Vec<String>, Vec<String>) {
        (self.manners.early.lock().await.clone(), self.manners.unclassified.lock().await.clone())
    }

    /// Repeats whatever is open until it is known, as clients are told to.
    pub(crate) async fn settle(&self) {
        let open = Arc::new(Mutex::new(self.shared.history.open()));
        let mut settlers = JoinSet::new();
        for caller in self.connections.iter().cycle().take(SETTLERS) {
            let (caller, open) = (caller.clone(), Arc::clone(&open));
            settlers.spawn(async move {
                loop {
                    // Not held while the answer is waited for.
                    let next = open.lock().await.pop();
                    let Some(write) = next else { return };
                    settle(&caller, &write).await;
                }
            });
        }
        // What is open then is a finding.
        let is_hopeless = |begun: u64| !self.shared.pulse.has_done_since(begun);
        loop {
            let begun = self.shared.pulse.now();
            let all = async { while settlers.join_next().await.is_some() {} };
            if tokio::time::timeout(SETTLING, all).await.is_ok() || is_hopeless(begun) {
                return;
            }
        }
    }
}

async fn settle(caller: &Caller, write: &Write) {
    loop {
        if caller.ask(write, Patience::Usual).await.answer.is_final() {
            return caller.shared.history.settled(write.request_id());
        }
        tokio::time::sleep(PAUSE.saturating_mul(4)).await;
    }
}

struct Writer {
    connections: [Caller; CONNECTIONS],
    manners: Arc<Manners>,
    random: fastrand::Rng,
    held: Vec<Held>,
    /// To be sent again some time.
    again: VecDeque<Write>,
}

impl Writer {
    async fn run(mut self) {
        while !self.manners.is_over.load(Ordering::SeqCst) {
            let answer = self.step().await;
            let pause = if answer.is_final() { BREATH } else { PAUSE };
            tokio::time::sleep(pause).await;
        }
    }

    async fn step(&mut self) -> Answer {
        let (customer_id, _) = self.random.choice(CUSTOMERS).unwrap_or(CUSTOMERS[0]);
        match self.random.u8(0..100) {
            0..10 => self.check(customer_id).await,
            10..20 if self.again.len() > 8 => self.send_again().await,
            10..30 => self.reserve(customer_id).await,
            30..50 if !self.held.is_empty() => self.end_hold().await,
            _ => {
                let write = Write::Consume(contract::consume(customer_id, self.random.i64(1..=30)));
                self.send(write).await.answer
            }
        }
    }

    fn caller(&mut self) -> Caller {
        self.random.choice(&self.connections).unwrap_or(&self.connections[0]).clone()
    }

    fn patience(&mut self) -> Patience {
        if self.random.u8(0..100) >= self.manners.hasty.load(Ordering::Relaxed) {
            return Patience::Usual;
        }
        let limit = Duration::from_millis(self.random.u64(1..=20));
        if self.random.bool() { Patience::Deadline(limit) } else { Patience::Cancels(limit) }
    }

    /// Some are sent twice at once, by two connections, and some again later.
    async fn send(&mut self, write: Write) -> Reply {
        let (caller, patience) = (self.caller(), self.patience());
        if self.random.u8(0..100) >= REPEATED {
            return caller.ask(&write, patience).await;
        }
        self.again.push_back(write.clone());
        if self.random.bool() {
            return caller.ask(&write, patience).await;
        }
        let other = self.caller();
        let (reply, _) = tokio::join!(caller.ask(&write, patience), other.ask(&write, Patience::Usual));
        reply
    }

    async fn send_again(&mut self) -> Answer {
        let caller = self.caller();
        match self.again.pop_front() {
            Some(write) => caller.ask(&write, Patience::Usual).await.answer,
            None => Answer::Open("nothing to repeat".to_owned()),
        }
    }

    async fn check(&mut self, customer_id: &str) -> Answer {
        let answer = self.caller().check(customer_id).await;
        if let Answer::Unclassified(told) = &answer {
            self.manners.unclassified.lock().await.push(told.clone());
        }
        answer
    }

    async fn reserve(&mut self, customer_id: &'static str) -> Answer {
        let amount = self.random.i64(2..=60);
        let is_long = self.random.u8(0..4) > 0;
        let seconds = if is_long { LONG } else { SHORT };
        let write = Write::Reserve(contract::reserve(customer_id, amount, seconds));
        let request_id = write.request_id().to_owned();
        let reply = self.send(write).await;
        self.note_early(&reply.answer, "EXPIRY_IN_PAST", is_long, request_id).await;
        if let Some(reservation_id) = reply.reservation_id {
            self.held.push(Held { customer_id, reservation_id, amount, is_long });
        }
        reply.answer
    }

    /// By a commit of all or of less, or by giving it back.
    async fn end_hold(&mut self) -> Answer {
        let row = self.random.usize(..self.held.len());
        let Held { customer_id, reservation_id, amount, is_long } = self.held.swap_remove(row);
        let write = match self.random.u8(0..3) {
            0 => Write::Commit(contract::commit(customer_id, &reservation_id, None)),
            1 => Write::Commit(contract::commit(customer_id, &reservation_id, Some(self.random.i64(1..=amount)))),
            _ => Write::Release(contract::release(customer_id, &reservation_id)),
        };
        let request_id = write.request_id().to_owned();
        let answer = self.send(write).await.answer;
        self.note_early(&answer, "RESERVATION_EXPIRED", is_long, request_id).await;
        answer
    }

    /// A long hold is told to be over.
    async fn note_early(&self, answer: &Answer, reason: &str, is_long: bool, request_id: String) {
        if let Answer::Refused { text, .. } = answer
            && text.ends_with(reason)
            && is_long
        {
            self.manners.early.lock().await.push(request_id);
        }
    }
}
