//! The instruments of one server, read by Prometheus at a port of its own and pushed by OTLP.
//!
//! The names and attributes of calls, of the database and of the process are those of OpenTelemetry's semantic
//! conventions 1.45.0. No attribute is a text that a caller can choose: methods, services and reasons are those there
//! are. Where nobody reads the metrics, a measurement costs next to nothing.

mod decisions;
mod observed;
mod process;

pub use observed::Gauges;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

use self::decisions::Decisions;
use super::otlp;
use super::resource::resource;
use crate::catalog::Catalog;
use crate::config::TelemetrySettings;
use crate::engine::Outcome;
use crate::error::BoxError;
use crate::ledger::EntryKind;
use crate::model::Unit;

/// In seconds: a check from the cache takes less than the least of those that are usual.
const SECONDS: [f64; 18] =
    [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const WRITES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Debug)]
pub struct Metrics {
    provider: SdkMeterProvider,
    prometheus: Registry,
    calls: Histogram<f64>,
    refusals: Counter<u64>,
    decisions: Arc<Decisions>,
    ledger_units: Counter<u64>,
    queue_wait: Histogram<f64>,
    batch_size: Histogram<u64>,
    statements: Histogram<f64>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedCall<'a> {
    pub method: &'static str,
    pub status: &'static str,
    /// Whether the server is to blame.
    pub is_server_error: bool,
    pub reason: Option<&'a str>,
    pub took: Duration,
}

/// A statement that the database has carried out.
#[derive(Debug, Clone, Copy)]
pub struct EndedStatement {
    pub system: &'static str,
    /// Its first word.
    pub operation: &'static str,
    pub has_failed: bool,
    pub took: Duration,
}

impl Metrics {
    pub fn start(settings: &TelemetrySettings, catalog: Option<&Catalog>) -> Result<Self, BoxError> {
        let prometheus = Registry::new();
        let mut provider = SdkMeterProvider::builder().with_resource(resource());
        if settings.metrics_listen.is_some() {
            let exporter = opentelemetry_prometheus::exporter().with_registry(prometheus.clone());
            provider = provider.with_reader(exporter.scope_info_enabled(false).build()?);
        }
        if let Some(endpoint) = &settings.otel_endpoint {
            provider = provider.with_reader(otlp::metric_reader(endpoint)?);
        }
        let provider = provider.build();
        let meter = provider.meter("entitled");
        let seconds = |name: &'static str, description: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        let counter = |name: &'static str, description: &'static str| {
            meter.u64_counter(name).with_description(description).build()
        };
        let metrics = Self {
            calls: seconds("rpc.server.call.duration", "how long calls took, from their headers to their status"),
            refusals: counter("entitled.refusals", "calls that were refused, by the reason of their ErrorInfo"),
            decisions: Decisions::observed(&meter, catalog),
            ledger_units: counter("entitled.ledger.units", "what entries of the ledger moved, in base units"),
            queue_wait: seconds("entitled.ledger.queue.wait", "how long writes waited for their batch"),
            batch_size: meter
                .u64_histogram("entitled.ledger.batch.size")
                .with_description("writes that one transaction carried")
                .with_boundaries(WRITES.to_vec())
                .build(),
            statements: seconds("db.client.operation.duration", "how long statements of the database took"),
            provider,
            prometheus,
        };
        observed::observe_process(&metrics.gauges());
        Ok(metrics)
    }

    /// What is read off others when the metrics are.
    pub fn gauges(&self) -> Gauges {
        Gauges(self.meter())
    }

    pub(super) fn provider(&self) -> SdkMeterProvider {
        self.provider.clone()
    }

    fn meter(&self) -> Meter {
        self.provider.meter("entitled")
    }

    pub fn call(&self, call: EndedCall<'_>) {
        let EndedCall { method, status, is_server_error, reason, took } = call;
        let [system, method, status_code, error] = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method),
            KeyValue::new("rpc.status_code", status),
            KeyValue::new("error.type", status),
        ];
        match is_server_error {
            true => self.calls.record(took.as_secs_f64(), &[system, method, status_code, error]),
            false => self.calls.record(took.as_secs_f64(), &[system, method, status_code]),
        }
        if let Some(reason) = reason {
            self.refusals.add(1, &[KeyValue::new("reason", reason.to_owned())]);
        }
    }

    pub fn decision(&self, service_id: &str, outcome: Outcome) {
        self.decisions.count(service_id, outcome);
    }

    /// An entry was written. What contracts grant is not counted: most of it is granted by other writes.
    pub fn ledger_moved(&self, kind: EntryKind, unit: Unit, amount: i64) {
        if kind != EntryKind::Grant && amount != 0 {
            let attributes = [KeyValue::new("kind", kind.as_str()), KeyValue::new("unit", unit.as_str())];
            self.ledger_units.add(amount.unsigned_abs(), &attributes);
        }
    }

    /// A write has waited for its batch.
    pub fn waited(&self, took: Duration) {
        self.queue_wait.record(took.as_secs_f64(), &[]);
    }

    /// A batch of so many writes has begun.
    pub fn batch(&self, writes: usize) {
        self.batch_size.record(u64::try_from(writes).unwrap_or(u64::MAX), &[]);
    }

    pub fn statement(&self, statement: EndedStatement) {
        let EndedStatement { system, operation, has_failed, took } = statement;
        let [system, operation] =
            [KeyValue::new("db.system.name", system), KeyValue::new("db.operation.name", operation)];
        match has_failed {
            true => {
                self.statements.record(took.as_secs_f64(), &[system, operation, KeyValue::new("error.type", "_OTHER")])
            }
            false => self.statements.record(took.as_secs_f64(), &[system, operation]),
        }
    }

    /// All of it in the text format of Prometheus.
    pub fn as_text(&self) -> Result<String, BoxError> {
        Ok(TextEncoder::new().encode_to_string(&self.prometheus.gather())?)
    }
}

#[cfg(test)]
mod tests;
