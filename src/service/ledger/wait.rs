//! How long a write waits that comes now: told by the queue, asked at the door before a call is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a refusal is held back, and for which part of the time its caller waits.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const PART_OF_DEADLINE: f64 = 0.75;

/// From coming to being answered, as the queue last saw it. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Wait(Arc<AtomicU64>);

impl Wait {
    pub(crate) fn tell(&self, wait: Duration) {
        self.0.store(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether whoever waits so long would wait in vain.
    pub fn is_longer_than(&self, patience: Duration) -> bool {
        u128::from(self.0.load(Ordering::Relaxed)) > patience.as_micros()
    }
}

/// How long the refusal of a caller is held back that waits so long; none for as long as it takes.
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
        let wait = Wait::default();
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
