//! Keeps the cache up to date. Every replica reads which customers changed, four times within the allowed staleness.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use crate::cache::Cache;
use crate::store::Store;

/// Runs until it is dropped.
pub async fn follow(store: Store, cache: Arc<Cache>, max_staleness: Duration) {
    let period = max_staleness.checked_div(4).unwrap_or(max_staleness).max(Duration::from_millis(10));
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let overlap = i64::try_from(store.change_overlap().as_micros()).unwrap_or(i64::MAX);
    // The first read tells the database's time; nothing older can be in an empty cache.
    let mut since = i64::MAX;
    let mut is_down = false;
    loop {
        ticks.tick().await;
        let begun = Instant::now();
        match store.changed_since(since).await {
            Ok((changed, now)) => {
                changed.iter().for_each(|(customer_id, revision)| cache.note(customer_id, *revision));
                cache.mark_fresh(begun);
                since = now.saturating_sub(overlap);
                if std::mem::take(&mut is_down) {
                    tracing::info!("the store answers again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_down, true) {
                    tracing::warn!(error = ?error, "what changed in the store cannot be read");
                }
            }
        }
    }
}
