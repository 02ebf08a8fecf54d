//! When the writers were last answered, for all who want to know whether the server lives.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::answer::Answer;

const NEVER: u64 = u64::MAX;

/// Times are milliseconds since the round began.
#[derive(Debug)]
pub(crate) struct Pulse {
    begun: Instant,
    /// When a write was last done.
    done: AtomicU64,
    /// Since when no call has shown any life.
    failing: AtomicU64,
    /// Calls without an answer in the time any call may take.
    late: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            done: AtomicU64::new(NEVER),
            failing: AtomicU64::new(NEVER),
            late: AtomicU64::default(),
        }
    }
}

impl Pulse {
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What a patient caller was told.
    pub(crate) fn note(&self, answer: &Answer) {
        if matches!(answer, Answer::Done { .. }) {
            self.done.store(self.now(), Ordering::SeqCst);
        }
        if answer.is_sign_of_life() {
            self.failing.store(NEVER, Ordering::SeqCst);
        } else {
            let _ = self.failing.compare_exchange(NEVER, self.now(), Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    pub(crate) fn note_late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// For how long nobody has seen any life.
    pub(crate) fn failing_for(&self, now: u64) -> Option<Duration> {
        match self.failing.load(Ordering::SeqCst) {
            NEVER => None,
            since => Some(Duration::from_millis(now.saturating_sub(since))),
        }
    }

    /// Whether a write was done since an instant.
    pub(crate) fn has_done_since(&self, instant: u64) -> bool {
        let done = self.done.load(Ordering::SeqCst);
        done != NEVER && done >= instant
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn one_sign_of_life_ends_a_failure() {
        let pulse = Pulse::default();
        assert_eq!(pulse.failing_for(pulse.now()), None);
        pulse.note(&Answer::Open("no answer".to_owned()));
        assert!(pulse.failing_for(pulse.now()).is_some() && !pulse.has_done_since(0));
        pulse
            .note(&Answer::Refused { code: Code::ResourceExhausted, text: "RESOURCE_EXHAUSTED OVERLOADED".to_owned() });
        assert_eq!(pulse.failing_for(pulse.now()), None);
        pulse.note(&Answer::Done { replayed: false, entries: Vec::new() });
        assert!(pulse.has_done_since(0));
    }
}
