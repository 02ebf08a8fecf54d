//! How fast writes are carried out, estimated from the last batches. Writes that would wait in vain are refused by this
//! estimate.

use std::time::Duration;

/// Of what is remembered, a quarter is the newest batch.
const OLD: u32 = 3;
const ALL: u32 = 4;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Throughput {
    /// The time from taking a batch to its answers; none before the first batch.
    batch: Option<Duration>,
    /// The part of that time that one write takes.
    write: Duration,
}

impl Throughput {
    /// A batch of so many writes has ended that took so long.
    pub(super) fn record(&mut self, took: Duration, writes: usize) {
        let blended =
            |old: Duration, new: Duration| old.saturating_mul(OLD).saturating_add(new).checked_div(ALL).unwrap_or(new);
        let write = took.checked_div(u32::try_from(writes).unwrap_or(u32::MAX)).unwrap_or(took);
        self.write = self.batch.map_or(write, |_| blended(self.write, write));
        self.batch = Some(self.batch.map_or(took, |batch| blended(batch, took)));
    }

    /// How many writes are carried out in so long. A write takes less of a large batch than of a small one, so batches
    /// of this size come nearer to that time one by one.
    pub(super) fn writes_within(&self, limit: Duration) -> usize {
        let writes = limit.as_nanos().checked_div(self.write.as_nanos()).unwrap_or(u128::MAX);
        usize::try_from(writes).unwrap_or(usize::MAX)
    }

    /// How long a batch takes.
    pub(super) fn batch_time(&self) -> Duration {
        self.batch.unwrap_or_default()
    }

    /// How long a write waits for its answer that has so many batches before its own.
    pub(super) fn until_answer(&self, batches: usize) -> Duration {
        let batches = u32::try_from(batches).unwrap_or(u32::MAX).saturating_add(1);
        self.batch_time().saturating_mul(batches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn nothing_is_expected_before_the_first_batch() {
        assert_eq!(Throughput::default().until_answer(1_000), Duration::ZERO);
    }

    #[test]
    fn who_waits_behind_more_waits_longer() {
        let mut throughput = Throughput::default();
        throughput.record(MILLI * 8, 1);
        assert_eq!(throughput.until_answer(0), MILLI * 8);
        assert_eq!(throughput.until_answer(2), MILLI * 24);
    }

    #[test]
    fn so_many_writes_fit_into_the_time() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.writes_within(MILLI), usize::MAX, "nothing is known yet");
        throughput.record(MILLI * 20, 100);
        assert_eq!(throughput.writes_within(MILLI * 10), 50);
    }

    #[test]
    fn one_slow_batch_is_forgotten() {
        let mut throughput = Throughput::default();
        throughput.record(MILLI * 500, 1);
        (0..20).for_each(|_| throughput.record(MILLI * 4, 1));
        assert!(throughput.batch_time() < MILLI * 8, "{throughput:?}");
    }
}
