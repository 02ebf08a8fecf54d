//! Decisions by service and outcome. A batch makes a thousand in one call, so each is one addition to a counter that is
//! there already: one for each service of the catalogue, and outcome.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::catalog::Catalog;
use crate::engine::Outcome;

const OUTCOMES: [Outcome; 3] = [Outcome::Entitled, Outcome::Conditional, Outcome::NotEntitled];

#[derive(Debug, Default)]
pub(super) struct Decisions {
    by_service: HashMap<String, Outcomes>,
}

#[derive(Debug, Default)]
struct Outcomes {
    entitled: AtomicU64,
    conditional: AtomicU64,
    not_entitled: AtomicU64,
}

impl Outcomes {
    fn of(&self, outcome: Outcome) -> &AtomicU64 {
        match outcome {
            Outcome::Entitled => &self.entitled,
            Outcome::Conditional => &self.conditional,
            Outcome::NotEntitled => &self.not_entitled,
        }
    }
}

impl Decisions {
    pub(super) fn observed(meter: &Meter, catalog: Option<&Catalog>) -> Arc<Self> {
        let editions = catalog.map(Catalog::editions).unwrap_or_default();
        let services = editions.iter().flat_map(|edition| &edition.services);
        let by_service = services.map(|service| (service.id.clone(), Outcomes::default())).collect();
        let decisions = Arc::new(Self { by_service });
        let observed = Arc::clone(&decisions);
        // The meter keeps what it observes.
        let _ = meter
            .u64_observable_counter("entitled.decisions")
            .with_description("decisions by service and outcome")
            .with_callback(move |observer| {
                for (service_id, outcomes) in &observed.by_service {
                    for outcome in OUTCOMES {
                        let count = outcomes.of(outcome).load(Ordering::Relaxed);
                        if count > 0 {
                            let service = KeyValue::new("service_id", service_id.clone());
                            observer.observe(count, &[service, KeyValue::new("decision", outcome.as_str())]);
                        }
                    }
                }
            })
            .build();
        decisions
    }

    /// A service that no edition has is decided by none.
    pub(super) fn count(&self, service_id: &str, outcome: Outcome) {
        if let Some(outcomes) = self.by_service.get(service_id) {
            outcomes.of(outcome).fetch_add(1, Ordering::Relaxed);
        }
    }
}
