//! Which calls are logged.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::config::{LogCalls, LogSettings};

/// How many refusals are logged in a second; in overload most calls are refused, and what is spent on them is taken
/// from the others.
const REFUSALS_PER_SECOND: u64 = 200;

#[derive(Debug)]
pub struct CallRules {
    log: LogCalls,
    /// Of the calls that are not logged otherwise, one of so many is; 0: none.
    sample: u64,
    seen: AtomicU64,
    refusals: PerSecond,
}

impl CallRules {
    pub fn new(settings: &LogSettings) -> Self {
        let sample = u64::try_from(settings.calls_sample).unwrap_or(u64::MAX);
        let refusals = PerSecond::new(REFUSALS_PER_SECOND);
        Self { log: settings.calls, sample, seen: AtomicU64::new(0), refusals }
    }

    /// Whether a call is logged if it succeeds.
    pub fn wants_success(&self, is_write: bool) -> bool {
        match self.log {
            LogCalls::All => true,
            LogCalls::Writes if is_write => true,
            LogCalls::None => false,
            LogCalls::Writes | LogCalls::Refusals => self.is_sampled(),
        }
    }

    /// Whether a call that was refused is logged; if so, how many were not since the last one that was.
    pub fn refusal_due(&self) -> Option<u64> {
        if self.log == LogCalls::None { None } else { self.refusals.due() }
    }

    fn is_sampled(&self) -> bool {
        self.sample > 0 && self.seen.fetch_add(1, Ordering::Relaxed).checked_rem(self.sample) == Some(0)
    }
}

/// Lets so many through in each second, and counts the others.
#[derive(Debug)]
struct PerSecond {
    limit: u64,
    begun: Instant,
    second: AtomicU64,
    count: AtomicU64,
    suppressed: AtomicU64,
}

impl PerSecond {
    fn new(limit: u64) -> Self {
        let (second, count, suppressed) = Default::default();
        Self { limit, begun: Instant::now(), second, count, suppressed }
    }

    fn due(&self) -> Option<u64> {
        self.due_at(self.begun.elapsed().as_secs())
    }

    fn due_at(&self, second: u64) -> Option<u64> {
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.count.store(0, Ordering::Relaxed);
        }
        if self.count.fetch_add(1, Ordering::Relaxed) < self.limit {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(calls: LogCalls, calls_sample: usize) -> CallRules {
        CallRules::new(&LogSettings { calls, calls_sample, ..LogSettings::default() })
    }

    #[test]
    fn each_word_names_the_calls_that_are_logged() {
        let logged = |calls| {
            let rules = rules(calls, 0);
            (rules.refusal_due().is_some(), rules.wants_success(true), rules.wants_success(false))
        };
        assert_eq!(logged(LogCalls::None), (false, false, false));
        assert_eq!(logged(LogCalls::Refusals), (true, false, false));
        assert_eq!(logged(LogCalls::Writes), (true, true, false));
        assert_eq!(logged(LogCalls::All), (true, true, true));
        assert_eq!(LogCalls::default(), LogCalls::Writes);
    }

    #[test]
    fn one_of_so_many_of_the_others_is_logged() {
        let rules = rules(LogCalls::Writes, 3);
        let logged: Vec<_> = (0..7).map(|_| rules.wants_success(false)).collect();
        assert_eq!(logged, [true, false, false, true, false, false, true]);
        assert!(!self::rules(LogCalls::None, 1).wants_success(true));
    }

    #[test]
    fn refusals_beyond_the_limit_of_a_second_are_counted() {
        let limit = PerSecond::new(2);
        let due: Vec<_> = [0, 0, 0, 0, 1, 1, 1, 2].map(|second| limit.due_at(second)).to_vec();
        assert_eq!(due, [Some(0), Some(0), None, None, Some(2), Some(0), None, Some(1)]);
    }
}
