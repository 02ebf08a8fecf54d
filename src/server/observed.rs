//! What the metrics read off the parts of a server.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Authenticator;
use crate::service::{Context, Ledger};
use crate::store::Store;
use crate::telemetry::Telemetry;

/// The store, whose statements are measured.
pub(super) fn store(store: &Store, telemetry: &Arc<Telemetry>) -> Store {
    // The telemetry knows the store, too: only one of them may keep the other.
    let (mut store, telemetry) = (store.clone(), Arc::downgrade(telemetry));
    store.observe(move |statement| {
        if let Some(telemetry) = telemetry.upgrade() {
            telemetry.metrics.statement(statement);
            telemetry.traces.statement(statement);
        }
    });
    store
}

/// The fetches of the issuer's keys, where there is one.
pub(super) fn key_fetches(telemetry: &Telemetry, authenticator: &Arc<Authenticator>) {
    let authenticator = Arc::clone(authenticator);
    if authenticator.key_fetches().is_none() {
        return;
    }
    let meaning = "fetches of the keys of the tokens' issuer";
    telemetry.metrics.gauges().counter_by("entitled.auth.key.fetches", meaning, "result", move || {
        let (fetched, failed) = authenticator.key_fetches().unwrap_or_default();
        [("fetched", fetched), ("failed", failed)]
    });
}

pub(super) fn observe(context: &Context, ledger: &Ledger) {
    let gauges = context.telemetry.metrics.gauges();
    let cache = || Arc::clone(&context.cache);
    let (lookups, bytes, customers, lag) = (cache(), cache(), cache(), cache());
    gauges.counter_by("entitled.cache.lookups", "snapshots that were looked for in the cache", "result", move || {
        let (hits, misses) = lookups.lookups();
        [("hit", hits), ("miss", misses)]
    });
    gauges.gauge("entitled.cache.size", "By", "what the cached customers take", move || Some(bytes.bytes()));
    gauges.gauge("entitled.cache.customers", "", "customers in the cache", move || Some(customers.customers()));
    gauges.seconds("entitled.feed.lag", "how old what is known of changes in the store is", move || {
        lag.lag().as_ref().map(Duration::as_secs_f64)
    });
    let depth = ledger.waiting();
    gauges.gauge("entitled.ledger.queue.depth", "", "writes that wait for their batch", depth);
    let store = context.store.clone();
    gauges.connections(move || store.connections());
}
