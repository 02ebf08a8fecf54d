//! `grpc.health.v1`: serving only while the store answers. `liveness` says that the process
//! runs, whatever the store does.

use std::time::Duration;

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::store::Store;

const PERIOD: Duration = Duration::from_secs(1);

/// Names a probe can ask for; the empty one is the whole server.
const SERVICES: [&str; 6] = [
    "",
    "readiness",
    "entitled.v1.EntitlementService",
    "entitled.v1.ContractService",
    "entitled.v1.LedgerService",
    "entitled.v1.CatalogService",
];

pub async fn not_serving(reporter: &HealthReporter) {
    reporter.set_service_status("liveness", ServingStatus::Serving).await;
    set_all(reporter, ServingStatus::NotServing).await;
}

/// Asks the store once a second; runs until it is dropped.
pub async fn monitor(reporter: HealthReporter, store: Store) {
    let mut ticks = tokio::time::interval(PERIOD);
    let mut last = None;
    loop {
        ticks.tick().await;
        let is_up = store.probe().await.is_ok();
        if last != Some(is_up) {
            last = Some(is_up);
            tracing::info!(serving = is_up, "health");
            let status = if is_up { ServingStatus::Serving } else { ServingStatus::NotServing };
            set_all(&reporter, status).await;
        }
    }
}

async fn set_all(reporter: &HealthReporter, status: ServingStatus) {
    for service in SERVICES {
        reporter.set_service_status(service, status).await;
    }
}
