//! Starts the tasks that run beside the calls once the store is open.

use std::sync::Arc;
use std::time::Duration;

use super::epoch;
use super::health::{self, HealthState};
use super::supervisor::Supervisor;
use crate::service::{Context, Ledger, feed, ledger};

/// Starts all of it: what others changed is noted, holds run out, and health asks the store.
pub(super) fn start(
    supervisor: &mut Supervisor,
    context: &Context,
    ledger: &Ledger,
    health: &Arc<HealthState>,
    max_staleness: Duration,
) {
    let (store, cache) = (context.store.clone(), Arc::clone(&context.cache));
    supervisor.run("feed", move || feed::follow(store.clone(), Arc::clone(&cache), max_staleness));

    let expiring = ledger.clone();
    supervisor.run("expiry", move || ledger::expire(expiring.clone()));

    supervisor.end_with(epoch::ended(context.store.clone(), (*context.epoch).clone()));

    health.watch_tasks(supervisor.down());
    let (health, store, ledger) = (Arc::clone(health), context.store.clone(), ledger.clone());
    supervisor.run("health", move || health::monitor(Arc::clone(&health), store.clone(), ledger.clone()));
}
