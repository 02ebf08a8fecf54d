//! Counts that have a limit: bytes and calls, of one connection or of all.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So much of something. Taken and given back without a lock.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    /// Takes `amount`, if it is there.
    pub(super) fn take(&self, amount: usize) -> bool {
        let before = self.used.fetch_add(amount, Ordering::Relaxed);
        let fits = before.saturating_add(amount) <= self.limit;
        if !fits {
            self.give(amount);
        }
        fits
    }

    /// Takes `amount` where nothing else is taken, too: one thing that is larger than the limit
    /// would never pass otherwise.
    pub(super) fn take_or_alone(&self, amount: usize) -> bool {
        let before = self.used.fetch_add(amount, Ordering::Relaxed);
        let fits = before == 0 || before.saturating_add(amount) <= self.limit;
        if !fits {
            self.give(amount);
        }
        fits
    }

    /// Takes what cannot be refused.
    pub(super) fn take_anyway(&self, amount: usize) {
        self.used.fetch_add(amount, Ordering::Relaxed);
    }

    pub(super) fn give(&self, amount: usize) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.used() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let budget = Budget::new(10);
        assert!(budget.take(6) && !budget.take(5) && budget.take(4));
        assert!(budget.is_spent() && !budget.take(1));
        budget.give(6);
        assert_eq!(budget.used(), 4);
        assert!(budget.take(6));
    }

    #[test]
    fn what_is_larger_than_the_limit_passes_alone() {
        let budget = Budget::new(10);
        assert!(!budget.take(11) && budget.take_or_alone(11));
        assert!(!budget.take_or_alone(1));
        budget.give(11);
        assert_eq!(budget.used(), 0);
    }
}
