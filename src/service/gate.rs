//! A gate for calls of one kind. It limits how many run at a time, how many wait, and how long they wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// Who waited that long is sent away: its caller may ask another replica.
const PATIENCE: Duration = Duration::from_secs(2);

/// Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

/// Somebody waits for as long as this is there.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub fn new(most_running: usize, most_waiting: usize) -> Self {
        let running = Arc::new(Semaphore::new(most_running.max(1)));
        Self(Arc::new(Inner { running, waiting: AtomicUsize::new(0), most_waiting }))
    }

    /// Lets the caller in, in its turn; it is in until the permit is dropped. [`Error::Overloaded`] where too many
    /// wait already, or for too long.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let Inner { running, waiting, most_waiting } = &*self.0;
        if let Ok(permit) = Arc::clone(running).try_acquire_owned() {
            return Ok(permit);
        }
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(waiting);
        if before >= *most_waiting {
            return Err(Error::Overloaded);
        }
        let permit = tokio::time::timeout(PATIENCE, Arc::clone(running).acquire_owned()).await;
        permit.map_err(|_| Error::Overloaded)?.map_err(|error| Error::Internal(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_runs_one_waits_and_the_next_is_sent_away() {
        let gate = Gate::new(1, 1);
        let first = gate.enter().await.unwrap();
        let (at_gate, waits) = (gate.clone(), gate.clone());
        let second = tokio::spawn(async move { waits.enter().await.map(|_| ()) });
        while at_gate.0.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(gate.enter().await, Err(Error::Overloaded)));
        drop(first);
        second.await.unwrap().unwrap();
        drop(gate.enter().await.unwrap());
    }

    #[tokio::test]
    async fn who_goes_away_waits_no_longer() {
        let gate = Gate::new(1, 1);
        let _first = gate.enter().await.unwrap();
        {
            let waiting = gate.enter();
            tokio::pin!(waiting);
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("two are in"),
                () = std::future::ready(()) => {}
            }
            assert_eq!(gate.0.waiting.load(Ordering::Relaxed), 1);
        }
        assert_eq!(gate.0.waiting.load(Ordering::Relaxed), 0);
    }
}
