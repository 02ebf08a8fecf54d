//! How long the next write would wait for its answer. The queue sets this value, and the server's guard reads it before
//! it reads a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a refusal is held back, and for which part of the time its caller waits.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const PART_OF_DEADLINE: f64 = 0.75;

/// The time from a write's arrival to its answer, as the queue last saw it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ExpectedWait(Arc<AtomicU64>);

impl ExpectedWait {
    pub(crate) fn tell(&self, wait: Duration) {
        self.0.store(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether a caller that waits for `patience` would wait in vain.
    pub fn is_longer_than(&self, patience: Duration) -> bool {
        u128::from(self.0.load(Ordering::Relaxed)) > patience.as_micros()
    }
}

/// How long we hold a refusal back from a caller that waits for `patience`. `None`: the caller sets no limit.
///
/// Callers that repeat at once, whatever they are told, would have the server do nothing but refuse.
pub fn pause(patience: Option<Duration>) -> Duration {
    patience.map_or(LONGEST_PAUSE, |patience| patience.mul_f64(PART_OF_DEADLINE).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_less_than_the_queue_takes_waits_in_vain() {
        let wait = ExpectedWait::default();
        assert!(!wait.is_longer_than(Duration::ZERO), "nothing is known yet");
        wait.tell(Duration::from_millis(20));
        assert!(wait.is_longer_than(Duration::from_millis(19)));
        assert!(!wait.is_longer_than(Duration::from_millis(20)));
    }

    #[test]
    fn a_refusal_comes_while_its_caller_still_waits() {
        assert_eq!(pause(Some(Duration::from_millis(40))), Duration::from_millis(30));
        assert_eq!(pause(Some(Duration::from_secs(9))), LONGEST_PAUSE);
        assert_eq!(pause(None), LONGEST_PAUSE);
    }
}
