//! Starts the tasks that run beside the calls once the store is open.

use std::sync::Arc;

use super::epoch;
use super::health::{self, HealthState};
use super::supervisor::Supervisor;
use crate::config::Config;
use crate::service::{Context, Ledger, feed, ledger};
use crate::zoneinfo::{self, Zoneinfo};

/// Starts all of it: what others changed is noted, newer zone data is taken up, holds run out, and health asks the store.
pub(super) fn start(
    supervisor: &mut Supervisor,
    context: &Context,
    ledger: &Ledger,
    health: &Arc<HealthState>,
    config: &Config,
) {
    let (store, cache) = (context.store.clone(), Arc::clone(&context.cache));
    let max_staleness = config.store.max_staleness;
    supervisor.run("feed", move || feed::follow(store.clone(), Arc::clone(&cache), max_staleness));

    let (zoneinfo, cache) = (Zoneinfo::new(config.catalog.zoneinfo.as_deref()), Arc::clone(&context.cache));
    supervisor.run("zoneinfo", move || zoneinfo::follow(zoneinfo.clone(), Arc::clone(&cache)));

    let expiring = ledger.clone();
    supervisor.run("expiry", move || ledger::expire(expiring.clone()));

    supervisor.end_with(epoch::ended(context.store.clone(), (*context.epoch).clone()));

    health.watch_tasks(supervisor.down());
    let (health, store, ledger) = (Arc::clone(health), context.store.clone(), ledger.clone());
    supervisor.run("health", move || health::monitor(Arc::clone(&health), store.clone(), ledger.clone()));
}
