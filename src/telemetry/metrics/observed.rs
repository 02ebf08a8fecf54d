//! What is read off others when the metrics are read, so that nobody else is kept by it.

use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::process;
use crate::model::current_zones;
use crate::telemetry::log;

/// Instruments whose values others have. Whatever is handed over here lives as long as the metrics do.
#[derive(Debug)]
pub struct Gauges(pub(super) Meter);

impl Gauges {
    /// A value that goes up and down; none while there is none.
    pub fn gauge(
        &self,
        name: &'static str,
        unit: &'static str,
        meaning: &'static str,
        value: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) {
        let builder = self.0.u64_observable_gauge(name).with_unit(unit).with_description(meaning);
        let _ = builder
            .with_callback(move |observer| value().into_iter().for_each(|value| observer.observe(value, &[])))
            .build();
    }

    /// A time in seconds.
    pub fn seconds(
        &self,
        name: &'static str,
        meaning: &'static str,
        value: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) {
        let builder = self.0.f64_observable_gauge(name).with_unit("s").with_description(meaning);
        let _ = builder
            .with_callback(move |observer| value().into_iter().for_each(|value| observer.observe(value, &[])))
            .build();
    }

    /// A value that only grows.
    pub fn counter(&self, name: &'static str, meaning: &'static str, value: impl Fn() -> u64 + Send + Sync + 'static) {
        let builder = self.0.u64_observable_counter(name).with_description(meaning);
        let _ = builder.with_callback(move |observer| observer.observe(value(), &[])).build();
    }

    /// Values by the word of one attribute.
    pub fn counter_by<const N: usize>(
        &self,
        name: &'static str,
        meaning: &'static str,
        attribute: &'static str,
        values: impl Fn() -> [(&'static str, u64); N] + Send + Sync + 'static,
    ) {
        let builder = self.0.u64_observable_counter(name).with_description(meaning);
        let observe = move |observer: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
            values().into_iter().for_each(|(word, value)| observer.observe(value, &[KeyValue::new(attribute, word)]));
        };
        let _ = builder.with_callback(observe).build();
    }

    /// When the certificate of the listener expires, in seconds since 1970; none without TLS.
    pub fn certificate_expiry(&self, expiry: impl Fn() -> Option<u64> + Send + Sync + 'static) {
        self.gauge("entitled.tls.certificate.expiry", "s", "when the certificate of the listener expires", expiry);
    }

    /// The connections of the pools to the database: name, all of them, those that are idle.
    pub fn connections(&self, pools: impl Fn() -> Vec<(&'static str, u64, u64)> + Send + Sync + 'static) {
        let builder = self.0.u64_observable_gauge("db.client.connection.count");
        let builder = builder.with_description("connections to the database by pool and state");
        let observe = move |observer: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
            for (pool, all, idle) in pools() {
                for (state, count) in [("idle", idle), ("used", all.saturating_sub(idle))] {
                    let pool = KeyValue::new("db.client.connection.pool.name", pool);
                    observer.observe(count, &[pool, KeyValue::new("db.client.connection.state", state)]);
                }
            }
        };
        let _ = builder.with_callback(observe).build();
    }
}

/// What every server has: its version, its process, its log.
pub(super) fn observe_process(gauges: &Gauges) {
    // The zone data may be renewed while the process runs.
    let build = || {
        let zones = KeyValue::new("tzdata", current_zones().version().to_owned());
        [KeyValue::new("version", env!("CARGO_PKG_VERSION")), zones]
    };
    let info = gauges.0.u64_observable_gauge("entitled.build.info");
    let info = info.with_description("1: the version of the program, and of its time zones");
    let _ = info.with_callback(move |observer| observer.observe(1, &build())).build();
    gauges.gauge("process.memory.usage", "By", "memory of the process that is in use", process::memory);
    gauges.gauge("process.unix.file_descriptor.count", "", "open files and connections", process::open_files);
    let begun = Instant::now();
    gauges.seconds("process.uptime", "how long the process runs", move || Some(begun.elapsed().as_secs_f64()));
    gauges.counter("entitled.log.lines.dropped", "lines of the log that could not be written in time", log::lost_lines);
}
