//! Spans on their way to the collector, with the number of those that are lost. The processor of the SDK loses some,
//! too, but tells nobody how many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};

/// Spans that wait.
const QUEUE: usize = 2_048;
/// How often a collector that does not take them is told of.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct SpanCounts {
    begun: Instant,
    waiting: AtomicUsize,
    lost: AtomicU64,
    /// Seconds after `begun`.
    next_warning: AtomicU64,
}

impl Default for SpanCounts {
    fn default() -> Self {
        let (waiting, lost, next_warning) = Default::default();
        Self { begun: Instant::now(), waiting, lost, next_warning }
    }
}

impl SpanCounts {
    /// Since the start.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn lose(&self, spans: usize) {
        let lost = self.lost.fetch_add(u64::try_from(spans).unwrap_or(u64::MAX), Ordering::Relaxed);
        let (now, next) = (self.begun.elapsed().as_secs(), self.next_warning.load(Ordering::Relaxed));
        let then = now.saturating_add(WARNING_INTERVAL.as_secs());
        let is_due =
            now >= next && self.next_warning.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due {
            tracing::warn!(lost_before = lost, spans, "the collector of traces does not take spans; they are lost");
        }
    }
}

/// Takes a span as long as there is room for it, and never waits.
#[derive(Debug)]
pub(super) struct BoundedProcessor {
    inner: BatchSpanProcessor,
    counts: Arc<SpanCounts>,
}

impl BoundedProcessor {
    pub(super) fn new<E: SpanExporter + 'static>(exporter: CountedExporter<E>, counts: &Arc<SpanCounts>) -> Self {
        let config = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
        let inner = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
        Self { inner, counts: Arc::clone(counts) }
    }
}

impl SpanProcessor for BoundedProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.counts.waiting.fetch_add(1, Ordering::Relaxed) < QUEUE {
            self.inner.on_end(span);
        } else {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            self.counts.lose(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Counts what the collector does not take.
#[derive(Debug)]
pub(super) struct CountedExporter<E> {
    inner: E,
    counts: Arc<SpanCounts>,
}

impl<E> CountedExporter<E> {
    pub(super) fn new(inner: E, counts: &Arc<SpanCounts>) -> Self {
        Self { inner, counts: Arc::clone(counts) }
    }
}

impl<E: SpanExporter> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.counts.waiting.fetch_sub(spans, Ordering::Relaxed);
        self.inner.export(batch).await.inspect_err(|_| self.counts.lose(spans))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use opentelemetry::trace::{Span as _, SpanContext, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::error::OTelSdkError;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    /// Takes no batch before it is let go, and then refuses it.
    #[derive(Debug)]
    struct Stalled(Mutex<Receiver<()>>);

    impl SpanExporter for Stalled {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            let _ = self.0.lock().unwrap().recv();
            Err(OTelSdkError::InternalFailure("it is away".to_owned()))
        }
    }

    #[test]
    fn what_finds_no_room_or_is_not_taken_is_counted() {
        let (go, stalled): (SyncSender<()>, _) = sync_channel(0);
        let counts = Arc::<SpanCounts>::default();
        let exporter = CountedExporter::new(Stalled(Mutex::new(stalled)), &counts);
        let provider =
            SdkTracerProvider::builder().with_span_processor(BoundedProcessor::new(exporter, &counts)).build();
        let tracer = provider.tracer("test");
        let spans: Vec<SpanContext> = (0..10 * QUEUE)
            .map(|_| {
                let mut span = tracer.start("span");
                span.end();
                span.span_context().clone()
            })
            .collect();
        // All that wait, and at most one batch that is being sent.
        assert!(counts.waiting.load(Ordering::Relaxed) <= QUEUE);
        assert!(counts.lost() >= u64::try_from(8 * QUEUE).unwrap(), "{counts:?}");
        drop(go);
        provider.shutdown().unwrap();
        assert_eq!(counts.lost(), u64::try_from(spans.len()).unwrap());
        assert_eq!(counts.waiting.load(Ordering::Relaxed), 0);
    }
}
