//! The keys of an issuer: fetched now and then, and at once when a token has a key that is not known.

mod key;
mod source;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

pub(super) use self::key::Key;
pub(super) use self::source::Source;
use crate::config::OidcSettings;
use crate::error::BoxError;

/// At least so long after one fetch comes the next, whatever tokens are sent. A new key of the issuer may wait so long.
const COOLDOWN: Duration = Duration::from_secs(10);
/// After a fetch that failed, where that is sooner than the next one was to be.
const RETRY: Duration = Duration::from_secs(30);

/// How often keys are fetched, and how old they may grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub refresh: Duration,
    pub max_age: Duration,
    pub cooldown: Duration,
}

impl Times {
    pub(super) fn new(settings: &OidcSettings) -> Self {
        Self { refresh: settings.jwks_refresh, max_age: settings.jwks_max_age, cooldown: COOLDOWN }
    }
}

/// The keys of one issuer, as they were last fetched.
#[derive(Debug)]
pub(super) struct Jwks {
    source: Source,
    times: Times,
    current: ArcSwapOption<KeySet>,
    generation: AtomicU64,
    fetched: AtomicU64,
    failed: AtomicU64,
    /// When the last fetch began. Held while one is waited for, so that whoever comes meanwhile waits for the same.
    last_fetch: Mutex<Option<Instant>>,
}

/// Keys that were fetched together.
#[derive(Debug)]
pub(super) struct KeySet {
    pub keys: Vec<Key>,
    /// Another one where the keys are others: what an old key signed must be judged anew.
    pub generation: u64,
    fetched: Instant,
}

impl KeySet {
    /// The key with this id, or the only one if the token names none.
    pub(super) fn find(&self, key_id: Option<&str>) -> Option<&Key> {
        match (key_id, self.keys.as_slice()) {
            (Some(_), keys) => keys.iter().find(|key| key.id.as_deref() == key_id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl Jwks {
    pub(super) fn new(source: Source, times: Times) -> Arc<Self> {
        let (current, generation, last_fetch) = (ArcSwapOption::empty(), AtomicU64::new(0), Mutex::new(None));
        let (fetched, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { source, times, current, generation, fetched, failed, last_fetch })
    }

    /// How often the keys were fetched, and how often they could not be.
    pub(super) fn fetches(&self) -> (u64, u64) {
        (self.fetched.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// The keys, if they are young enough to be believed.
    pub(super) fn usable(&self) -> Option<Arc<KeySet>> {
        self.current.load_full().filter(|keys| keys.fetched.elapsed() <= self.times.max_age)
    }

    /// Fetches the keys unless that was done a moment ago, and returns those there are then.
    pub(super) async fn refreshed(self: &Arc<Self>) -> Option<Arc<KeySet>> {
        let mut last = self.last_fetch.lock().await;
        if last.is_none_or(|last| last.elapsed() >= self.times.cooldown) {
            *last = Some(Instant::now());
            let this = Arc::clone(self);
            // Not in the caller's future: one that goes away would take the fetch with it, for all who wait.
            let _ = tokio::spawn(async move { this.fetch().await }).await;
        }
        drop(last);
        self.usable()
    }

    /// Fetches the keys now and then; runs until it is dropped.
    pub(super) async fn follow(self: Arc<Self>) {
        loop {
            let is_fetched = {
                let mut last = self.last_fetch.lock().await;
                *last = Some(Instant::now());
                self.fetch().await
            };
            let pause = if is_fetched { self.times.refresh } else { self.times.refresh.min(RETRY) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Keys that cannot be had leave those there are, which grow old.
    async fn fetch(&self) -> bool {
        match self.source.fetch().await {
            Ok(keys) => {
                self.keep(keys);
                self.fetched.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(error = %chain(&*error), "the keys of the tokens' issuer cannot be fetched");
                false
            }
        }
    }

    fn keep(&self, keys: Vec<Key>) {
        let before = self.current.load_full();
        let is_same = before.as_ref().is_some_and(|before| before.keys == keys);
        if !is_same {
            let ids: Vec<_> = keys.iter().map(|key| key.id.as_deref().unwrap_or("-")).collect();
            tracing::info!(keys = ids.join(", "), "the keys of the tokens' issuer");
            self.generation.fetch_add(1, Ordering::Relaxed);
        }
        let generation = self.generation.load(Ordering::Relaxed);
        self.current.store(Some(Arc::new(KeySet { keys, generation, fetched: Instant::now() })));
    }
}

/// An error and what caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// Keys of a file must be there when the server starts.
pub(super) fn check_file(source: &Source) -> Result<(), BoxError> {
    match source {
        Source::File(path) => source::read(path).map(|_| ()),
        Source::Url(..) | Source::Issuer(..) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
