//! One connection: how much memory it may use, and how long it may make the server wait.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use prost::bytes::Bytes;

use super::budget::Budget;
use super::limits::Limits;

/// One client may have an eighth of the bytes of answers that wait for all clients.
const PART: usize = 8;
/// Bytes of one client's requests.
const REQUESTS: usize = 16 << 20;

/// How long a client has to send the preface and its settings.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to finish a frame or a block of headers, and to read what is sent.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames in a second that carry no call: pings, settings, frames of unknown kinds. Each is answered or read for nothing.
/// A client that measures its round trip sends one with each answer, at most.
const CONTROL_FRAMES_PER_SECOND: u64 = 1_000;
/// How long a connection may be open without a call,
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// and how long if there are too many connections.
const IDLE_TIMEOUT_WHEN_CROWDED: Duration = Duration::from_secs(10);
/// How long streams go on after their connection was told to go: its client has heard of it by then.
const STREAMS_GRACE: Duration = Duration::from_secs(2);
/// Unsent answers are counted by the time they were made, in steps of this,
const STEP: Duration = Duration::from_secs(5);
/// so that one of three steps ago has waited for 10 to 15 seconds.
const STEPS: u64 = 4;

#[derive(Debug)]
pub(super) struct Connection {
    pub limits: Arc<Limits>,
    answers: Budget,
    requests: Budget,
    /// Answers not sent yet, by the step they were made in.
    waiting: [AtomicUsize; STEPS as usize],
    /// Calls of any kind, and those of them that count against `max_calls`.
    calls: AtomicUsize,
    counted_calls: AtomicUsize,
    begun: u64,
    /// When it has reached its age.
    ends: u64,
    idle_since: AtomicU64,
    has_preface: AtomicBool,
    /// Since when a frame has been under way, and a write waiting; 0 if none.
    frame_since: AtomicU64,
    blocked_since: AtomicU64,
    /// Frames without a call that were read since the last look.
    control_frames: AtomicU64,
}

/// What to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionVerdict {
    Keep,
    /// It is idle, or has reached its age: its client is told to make no new calls, and it closes.
    Retire,
    /// Its client keeps the server waiting for too long, for this reason.
    Close(&'static str),
}

impl Connection {
    pub(super) fn new(limits: Arc<Limits>) -> Arc<Self> {
        let now = limits.now();
        let ends = now.saturating_add(milliseconds(with_jitter(limits.max_connection_age)));
        Arc::new(Self {
            answers: Budget::new(limits.answers.limit() / PART),
            limits,
            requests: Budget::new(REQUESTS),
            waiting: Default::default(),
            calls: AtomicUsize::new(0),
            counted_calls: AtomicUsize::new(0),
            begun: now,
            ends,
            idle_since: AtomicU64::new(now),
            has_preface: AtomicBool::new(false),
            frame_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            control_frames: AtomicU64::new(0),
        })
    }

    pub(super) fn preface_received(&self) {
        self.has_preface.store(true, Ordering::Relaxed);
    }

    pub(super) fn frame_since(&self, since: u64) {
        self.frame_since.store(since, Ordering::Relaxed);
    }

    pub(super) fn blocked_since(&self, since: u64) {
        self.blocked_since.store(since, Ordering::Relaxed);
    }

    pub(super) fn control_frames(&self, count: u64) {
        self.control_frames.fetch_add(count, Ordering::Relaxed);
    }

    /// Asked for once a second.
    pub(super) fn verdict(&self) -> ConnectionVerdict {
        self.verdict_at(self.limits.now())
    }

    pub(super) fn verdict_at(&self, now: u64) -> ConnectionVerdict {
        let is_over =
            |since: u64, limit: Duration| since > 0 && u128::from(now.saturating_sub(since)) > limit.as_millis();
        let since = |at: &AtomicU64| at.load(Ordering::Relaxed);
        if !self.has_preface.load(Ordering::Relaxed) && is_over(self.begun, PREFACE_TIMEOUT) {
            return ConnectionVerdict::Close("it did not begin to speak HTTP/2 in time");
        }
        if is_over(since(&self.frame_since), STALL_TIMEOUT) {
            return ConnectionVerdict::Close("it did not end a frame it had begun");
        }
        if is_over(since(&self.blocked_since), STALL_TIMEOUT) {
            return ConnectionVerdict::Close("it does not read what is sent");
        }
        if self.control_frames.swap(0, Ordering::Relaxed) > CONTROL_FRAMES_PER_SECOND {
            return ConnectionVerdict::Close("it sends a flood of frames without calls");
        }
        // The step that comes next is the oldest one, too.
        if self.waiting_in(step(now).saturating_add(1)).is_some_and(|count| count.load(Ordering::Relaxed) > 0) {
            return ConnectionVerdict::Close("it did not take an answer in time");
        }
        // A new connection may lead to a replica that is new, too, or has less to do.
        if now >= self.ends {
            return ConnectionVerdict::Retire;
        }
        let idle =
            if self.limits.is_crowded.load(Ordering::Relaxed) { IDLE_TIMEOUT_WHEN_CROWDED } else { IDLE_TIMEOUT };
        let is_idle = self.calls.load(Ordering::Relaxed) == 0 && is_over(since(&self.idle_since), idle);
        if is_idle { ConnectionVerdict::Retire } else { ConnectionVerdict::Keep }
    }

    fn waiting_in(&self, step: u64) -> Option<&AtomicUsize> {
        self.waiting.get(usize::try_from(step.checked_rem(STEPS)?).ok()?)
    }

    /// How long a stream that begins now may go on. Calls need no such end: they end by themselves within seconds.
    pub(super) fn time_of_streams(&self) -> Duration {
        Duration::from_millis(self.ends.saturating_sub(self.limits.now())).saturating_add(STREAMS_GRACE)
    }

    /// Whether so much waits for this client, or for all, that no further call is taken on.
    pub(super) fn is_full(&self) -> bool {
        self.answers.is_spent() || self.limits.answers.is_spent()
    }

    /// Whether nothing of it is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.calls.load(Ordering::Relaxed) == 0 && self.answers.used() == 0
    }

    /// Whether this connection has as many calls under way as it may. While half of all calls are in use, that is an
    /// equal share for each connection that has some, and for one more that comes: a few that hold many calls for long
    /// leave room for the others.
    fn has_its_share_of_calls(&self) -> bool {
        let (calls, connections) = (&self.limits.calls, self.limits.busy_connections.load(Ordering::Relaxed));
        let share = calls.limit().div_euclid(connections.saturating_add(1)).max(1);
        calls.used() >= calls.limit().div_euclid(2) && self.counted_calls.load(Ordering::Relaxed) >= share
    }

    fn count_call(&self) {
        if self.counted_calls.fetch_add(1, Ordering::Relaxed) == 0 {
            self.limits.busy_connections.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn uncount_call(&self) {
        if self.counted_calls.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.limits.busy_connections.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn take_request(&self, bytes: usize) -> bool {
        if !self.requests.take(bytes) {
            return false;
        }
        let fits = self.limits.requests.take(bytes);
        if !fits {
            self.requests.give(bytes);
        }
        fits
    }

    /// Counts the bytes of an answer until the last one is sent, or its stream is gone; none if there is no room. An answer
    /// that is larger than the limit of a connection is allowed if it is the only one.
    pub(super) fn track_unsent(self: &Arc<Self>, bytes: Bytes, kind: CallKind) -> Option<Bytes> {
        let size = bytes.len();
        if kind == CallKind::Probe {
            self.answers.take_anyway(size);
            self.limits.answers.take_anyway(size);
        } else if !self.answers.take_or_alone(size) {
            return None;
        } else if !self.limits.answers.take(size) {
            self.answers.give(size);
            return None;
        }
        let step = step(self.limits.now());
        self.waiting_in(step).map(|count| count.fetch_add(1, Ordering::Relaxed));
        Some(Bytes::from_owner(UnsentBytes { bytes, connection: Arc::clone(self), step }))
    }
}

/// Give or take a tenth: connections that were opened together, after a failure or a rollout, shall not end together.
fn with_jitter(age: Duration) -> Duration {
    let tenth = age.checked_div(10).unwrap_or_default();
    let spread = milliseconds(tenth.saturating_mul(2)).max(1);
    let random = RandomState::new().hash_one(()).checked_rem(spread).unwrap_or_default();
    age.saturating_sub(tenth).saturating_add(Duration::from_millis(random))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn step(now: u64) -> u64 {
    u128::from(now).checked_div(STEP.as_millis()).and_then(|step| u64::try_from(step).ok()).unwrap_or_default()
}

struct UnsentBytes {
    bytes: Bytes,
    connection: Arc<Connection>,
    step: u64,
}

impl AsRef<[u8]> for UnsentBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for UnsentBytes {
    fn drop(&mut self) {
        let Self { bytes, connection, step } = self;
        connection.answers.give(bytes.len());
        connection.limits.answers.give(bytes.len());
        connection.waiting_in(*step).map(|count| count.fetch_sub(1, Ordering::Relaxed));
    }
}

/// The bytes of one request. They count until it is answered, because the values made of them live as long.
#[derive(Debug)]
pub(super) struct RequestBytes {
    connection: Arc<Connection>,
    bytes: AtomicUsize,
}

impl RequestBytes {
    pub(super) fn new(connection: &Arc<Connection>) -> Arc<Self> {
        Arc::new(Self { connection: Arc::clone(connection), bytes: AtomicUsize::new(0) })
    }

    pub(super) fn grow(&self, bytes: usize) -> bool {
        let fits = self.connection.take_request(bytes);
        if fits {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        fits
    }

    #[cfg(test)]
    pub(super) fn counted(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for RequestBytes {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        self.connection.requests.give(bytes);
        self.connection.limits.requests.give(bytes);
    }
}

/// What kind of call it is, by what it may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    /// Health, once: answered whatever else there is to do.
    Probe,
    /// A stream without an end of its own.
    Stream,
    Read,
    Write,
}

/// A call under way, until its answer is handed over.
#[derive(Debug)]
pub(super) struct CallPermit {
    connection: Arc<Connection>,
    kind: CallKind,
}

impl CallPermit {
    pub(super) fn take(connection: &Arc<Connection>, kind: CallKind) -> Option<Self> {
        let is_admitted = match kind {
            CallKind::Probe => true,
            CallKind::Stream => !connection.is_full() && connection.limits.long_streams.take(1),
            CallKind::Read | CallKind::Write => {
                !connection.is_full() && !connection.has_its_share_of_calls() && connection.limits.calls.take(1)
            }
        };
        is_admitted.then(|| {
            connection.calls.fetch_add(1, Ordering::Relaxed);
            if matches!(kind, CallKind::Read | CallKind::Write) {
                connection.count_call();
            }
            Self { connection: Arc::clone(connection), kind }
        })
    }

    pub(super) fn kind(&self) -> CallKind {
        self.kind
    }

    pub(super) fn is_stream(&self) -> bool {
        self.kind == CallKind::Stream
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        let Self { connection, kind } = self;
        match kind {
            CallKind::Probe => {}
            CallKind::Stream => connection.limits.long_streams.give(1),
            CallKind::Read | CallKind::Write => {
                connection.limits.calls.give(1);
                connection.uncount_call();
            }
        }
        if connection.calls.fetch_sub(1, Ordering::Relaxed) == 1 {
            connection.idle_since.store(connection.limits.now(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
