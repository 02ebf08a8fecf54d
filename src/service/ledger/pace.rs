//! How quickly writes are carried out, by what was lately seen: who waits in vain is sent away at the door.

use std::time::Duration;

/// Of what is remembered, a quarter is the newest batch.
const OLD: u32 = 3;
const ALL: u32 = 4;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Pace {
    /// From taking a batch to its answers; none before the first.
    batch: Option<Duration>,
}

impl Pace {
    /// A batch has ended that took so long.
    pub fn note(&mut self, took: Duration) {
        let blended = |old: Duration| old.saturating_mul(OLD).saturating_add(took).checked_div(ALL);
        self.batch = self.batch.and_then(blended).or(Some(took));
    }

    /// How long a batch takes.
    pub fn batch(&self) -> Duration {
        self.batch.unwrap_or_default()
    }

    /// When the answer to a write is to be expected that has so many batches before its own.
    pub fn until_answer(&self, batches: usize) -> Duration {
        let batches = u32::try_from(batches).unwrap_or(u32::MAX).saturating_add(1);
        self.batch().saturating_mul(batches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn nothing_is_expected_before_the_first_batch() {
        assert_eq!(Pace::default().until_answer(1_000), Duration::ZERO);
    }

    #[test]
    fn who_waits_behind_more_waits_longer() {
        let mut pace = Pace::default();
        pace.note(MILLI * 8);
        assert_eq!(pace.until_answer(0), MILLI * 8);
        assert_eq!(pace.until_answer(2), MILLI * 24);
    }

    #[test]
    fn one_slow_batch_is_forgotten() {
        let mut pace = Pace::default();
        pace.note(MILLI * 500);
        (0..20).for_each(|_| pace.note(MILLI * 4));
        assert!(pace.batch() < MILLI * 8, "{pace:?}");
    }
}
