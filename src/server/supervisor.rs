//! Restarts tasks that must run as long as the server does.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

/// Before a task that ended is started again: its reason may pass, and must not fill the log.
const PAUSE: Duration = Duration::from_secs(1);
/// A task that ends so often without having run for a while is given up,
const MOST_ENDS: u32 = 10;
/// and this long is a while.
const A_WHILE: Duration = Duration::from_secs(60);

/// The tasks of one server in one set; they end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Supervisor {
    /// Each tells at its end why the server must end.
    supervised: JoinSet<String>,
    down: Arc<AtomicUsize>,
}

/// How many tasks do not run at the moment; for health.
#[derive(Debug, Clone, Default)]
pub(super) struct DownTasks(Arc<AtomicUsize>);

impl DownTasks {
    pub(super) fn none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Supervisor {
    pub(super) fn down(&self) -> DownTasks {
        DownTasks(Arc::clone(&self.down))
    }

    /// Runs what `make` makes. If it panics or ends it is made anew, again and again.
    pub(super) fn run<F>(&mut self, name: &'static str, make: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.supervised.spawn(supervise(name, make, Arc::clone(&self.down), PAUSE));
    }

    /// Runs a task at whose end the server must end: it tells why.
    pub(super) fn end_with(&mut self, task: impl Future<Output = String> + Send + 'static) {
        self.supervised.spawn(task);
    }

    /// Ends when the server must end, as when a task keeps ending: without it the server does not do what it says. Tells
    /// why.
    pub(super) async fn given_up(&mut self) -> String {
        match self.supervised.join_next().await {
            Some(why) => why.unwrap_or_else(|_| "a supervisor ended".to_owned()),
            None => std::future::pending().await,
        }
    }
}

async fn supervise<F>(
    name: &'static str,
    make: impl Fn() -> F + Send + Sync,
    down: Arc<AtomicUsize>,
    pause: Duration,
) -> String
where
    F: Future<Output = ()> + Send,
{
    let mut ends = 0_u32;
    loop {
        let begun = Instant::now();
        let ended = AssertUnwindSafe(async { make().await }).catch_unwind().await;
        down.fetch_add(1, Ordering::Relaxed);
        let why = ended.map_or_else(|panic| words(&*panic).to_owned(), |()| "it returned".to_owned());
        ends = if begun.elapsed() < A_WHILE { ends.saturating_add(1) } else { 1 };
        if ends >= MOST_ENDS {
            tracing::error!(task = name, why, ends, "a background task keeps ending: the server stops");
            return format!("the background task `{name}` keeps ending");
        }
        tracing::error!(task = name, why, "a background task ended; it is started again");
        tokio::time::sleep(pause).await;
        down.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_is_made_again_until_it_keeps_ending() {
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let make = move || {
            let run = counter.fetch_add(1, Ordering::Relaxed);
            async move { assert!(run.is_multiple_of(2), "odd") }
        };
        let down = Arc::<AtomicUsize>::default();
        let why = supervise("brittle", make, Arc::clone(&down), Duration::ZERO).await;
        let told = "the background task `brittle` keeps ending";
        assert_eq!((why.as_str(), runs.load(Ordering::Relaxed)), (told, MOST_ENDS as usize));
        assert!(!DownTasks(down).none());
    }

    #[tokio::test]
    async fn a_server_whose_task_keeps_ending_is_told_so() {
        let mut supervisor = Supervisor::default();
        let down = supervisor.down();
        supervisor.run("steady", std::future::pending);
        assert!(supervisor.given_up().now_or_never().is_none() && down.none());
        let (down, pause) = (Arc::default(), Duration::ZERO);
        supervisor.supervised.spawn(supervise("brittle", || async {}, down, pause));
        assert_eq!(supervisor.given_up().await, "the background task `brittle` keeps ending");
    }
}
