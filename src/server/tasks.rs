//! Starts the tasks that run beside the calls once the store is open.

use std::sync::Arc;
use std::time::Duration;

use super::health::{self, Facts};
use super::supervisor::Supervisor;
use crate::service::{Context, Ledger, feed, ledger};

/// Starts all of it: what others changed is noted, holds run out, and health asks the store.
pub fn start(
    supervisor: &mut Supervisor,
    context: &Context,
    ledger: &Ledger,
    facts: &Arc<Facts>,
    max_staleness: Duration,
) {
    let (store, cache) = (context.store.clone(), Arc::clone(&context.cache));
    supervisor.keep("feed", move || feed::follow(store.clone(), Arc::clone(&cache), max_staleness));

    let expiring = ledger.clone();
    supervisor.keep("expiry", move || ledger::expire(expiring.clone()));

    facts.watch_tasks(supervisor.down());
    let (facts, store, ledger) = (Arc::clone(facts), context.store.clone(), ledger.clone());
    supervisor.keep("health", move || health::monitor(Arc::clone(&facts), store.clone(), ledger.clone()));
}
