//! How long a caller waits, and whether its write was begun by then.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::error::Error;

/// When a caller stops waiting. A write is either begun before that or never. The first decision holds for all clones, so
/// that the answer of the caller is true.
#[derive(Debug, Clone, Default)]
pub struct Deadline {
    /// None: it waits for as long as it takes.
    at: Option<Instant>,
    /// Whether the write is begun; not decided yet if empty.
    begun: Arc<OnceLock<bool>>,
}

impl Deadline {
    pub fn at(at: Instant) -> Self {
        Self { at: Some(at), begun: Arc::default() }
    }

    pub fn has_passed(&self) -> bool {
        self.at.is_some_and(|at| at <= Instant::now())
    }

    /// How long its caller still waits; none for as long as it takes.
    pub fn left(&self) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Begins the write, unless it is too late.
    pub fn begin(&self) -> bool {
        *self.begun.get_or_init(|| !self.has_passed())
    }

    /// Gives the write up, unless it is begun: what its caller is to be told.
    pub fn give_up(&self) -> Error {
        if *self.begun.get_or_init(|| false) { Error::DeadlinePassedWriting } else { Error::DeadlinePassed }
    }

    /// Whether the write is begun.
    pub fn is_begun(&self) -> bool {
        self.begun.get() == Some(&true)
    }

    /// Whether there will be no write any more.
    pub fn is_given_up(&self) -> bool {
        self.begun.get() == Some(&false)
    }

    /// Waits for the deadline; what is not begun by then is given up.
    pub async fn passed(&self) -> Error {
        match self.at {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3_600)
    }

    #[test]
    fn whoever_decides_first_decides() {
        let deadline = Deadline::at(far());
        assert!(deadline.clone().begin());
        assert!(matches!(deadline.give_up(), Error::DeadlinePassedWriting));
        assert!(!deadline.is_given_up());

        let deadline = Deadline::at(far());
        assert!(matches!(deadline.give_up(), Error::DeadlinePassed));
        assert!(!deadline.clone().begin() && deadline.is_given_up());
    }

    #[test]
    fn nothing_begins_late() {
        assert!(!Deadline::at(Instant::now()).begin());
        assert!(Deadline::default().begin());
    }

    #[tokio::test]
    async fn a_deadline_that_passes_gives_up() {
        let deadline = Deadline::at(Instant::now());
        assert!(matches!(deadline.passed().await, Error::DeadlinePassed));
        assert!(!deadline.begin());
    }
}
