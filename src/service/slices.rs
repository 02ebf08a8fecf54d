//! Divides long work into short slices, so that other tasks on the same thread get their turn in between.

use std::time::{Duration, Instant};

/// Some tens of checks.
const SLICE: Duration = Duration::from_micros(200);

/// Documents of this size take milliseconds to read and judge.
const LARGE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Slices {
    begun: Instant,
}

impl Slices {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Between two pieces of work: gives way if the slice is over. A caller that gave up ends the work here.
    pub(super) async fn next(&mut self) {
        if self.begun.elapsed() >= SLICE {
            tokio::task::yield_now().await;
            self.begun = Instant::now();
        }
    }
}

/// Work that cannot be cut, on as many bytes. What else this thread had to do goes on another one meanwhile.
pub(super) fn uncut<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let is_shared = Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes >= LARGE && is_shared { tokio::task::block_in_place(work) } else { work() }
}
