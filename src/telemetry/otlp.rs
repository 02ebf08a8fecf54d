//! Sends spans and metrics to a collector, by OTLP over gRPC, from threads of their own.
//!
//! A collector that is away, refuses or hangs harms nobody: spans wait in a bounded queue, what finds no room there or
//! is not taken is lost and counted, and the end of the server waits for a moment only.

mod spans;

pub(super) use spans::SpanCounts;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::sync::oneshot;
use tonic::transport::ClientTlsConfig;

use self::spans::{BoundedProcessor, CountedExporter};
use super::resource::resource;
use crate::error::BoxError;

/// How long a collector may take to answer,
const TIMEOUT: Duration = Duration::from_secs(3);
/// and how long the end of the server waits for what was not sent yet.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Of the traces that no caller decides about one of so many is sampled.
pub(super) fn tracer_provider(
    endpoint: &str,
    sample: u32,
    counts: &Arc<SpanCounts>,
) -> Result<SdkTracerProvider, BoxError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(TIMEOUT);
    let exporter = if is_encrypted(endpoint) { exporter.with_tls_config(tls()) } else { exporter }.build()?;
    let root = match sample {
        0 => Sampler::AlwaysOff,
        sample => Sampler::TraceIdRatioBased(f64::from(sample).recip()),
    };
    Ok(SdkTracerProvider::builder()
        .with_resource(resource())
        .with_sampler(Sampler::ParentBased(Box::new(root)))
        .with_span_processor(BoundedProcessor::new(CountedExporter::new(exporter, counts), counts))
        .build())
}

pub(super) fn metric_reader(endpoint: &str) -> Result<PeriodicReader<MetricExporter>, BoxError> {
    let exporter = MetricExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(TIMEOUT);
    let exporter = if is_encrypted(endpoint) { exporter.with_tls_config(tls()) } else { exporter }.build()?;
    Ok(PeriodicReader::builder(exporter).build())
}

fn is_encrypted(endpoint: &str) -> bool {
    endpoint.starts_with("https:")
}

/// The collector's certificate is to be of an authority that this machine trusts.
fn tls() -> ClientTlsConfig {
    ClientTlsConfig::new().with_enabled_roots()
}

/// Sends what was not sent yet, for two seconds at most. In threads that nobody waits for after that: not even the
/// runtime, which would wait for its own.
pub(super) async fn shut_down(traces: Option<SdkTracerProvider>, metrics: SdkMeterProvider) {
    let traces = traces.map(|traces| in_a_thread(move || drop(traces.shutdown_with_timeout(LAST_WORDS))));
    let metrics = in_a_thread(move || drop(metrics.shutdown_with_timeout(LAST_WORDS)));
    let both = async {
        if let Some(traces) = traces {
            // An error means that the thread is gone.
            let _ = traces.await;
        }
        let _ = metrics.await;
    };
    let _ = tokio::time::timeout(LAST_WORDS, both).await;
}

fn in_a_thread(work: impl FnOnce() + Send + 'static) -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    let _ = thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
        work();
        let _ = tell.send(());
    });
    told
}
