//! What a server tells of itself: lines of the log, one for each call among them, metrics, traces and
//! decisions.
//!
//! Nothing here makes a call wait, and nothing fails it: what finds no room is lost and counted.

pub mod call;
mod call_rules;
pub mod decision_log;
mod lines;
mod log;
pub mod metrics;
mod otlp;
mod resource;
mod rotating_file;
pub mod trace;

pub use log::{Guard, flush, init, lost_lines};

use std::sync::Arc;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;

use self::call_rules::CallRules;
use self::decision_log::DecisionLog;
use self::metrics::Metrics;
use self::otlp::SpanCounts;
use self::trace::Traces;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::error::BoxError;

/// What one server tells of itself.
#[derive(Debug)]
pub struct Telemetry {
    /// Which calls are logged.
    pub calls: CallRules,
    pub metrics: Metrics,
    pub traces: Traces,
    /// None where decisions are not to be logged.
    pub decisions: Option<DecisionLog>,
    tracer_provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// `catalog`: the services there are.
    pub fn start(config: &Config, catalog: Option<&Catalog>) -> Result<Arc<Self>, BoxError> {
        let settings = &config.telemetry;
        let decisions = DecisionLog::start(settings)?;
        let metrics = Metrics::start(settings, catalog)?;
        let counts = Arc::<SpanCounts>::default();
        let sample = u32::try_from(settings.otel_trace_sample).unwrap_or(u32::MAX);
        let endpoint = settings.otel_endpoint.as_deref();
        let tracer_provider = endpoint.map(|endpoint| otlp::tracer_provider(endpoint, sample, &counts)).transpose()?;
        metrics
            .gauges()
            .counter("entitled.trace.spans.dropped", "spans that no collector was told", move || counts.lost());
        if let Some(lost) = decisions.as_ref().map(DecisionLog::lost) {
            metrics.gauges().counter(
                "entitled.decision_log.lines.dropped",
                "decisions that could not be logged in time",
                lost,
            );
        }
        let traces = Traces::new(tracer_provider.as_ref().map(|provider| provider.tracer("entitled")));
        Ok(Arc::new(Self { calls: CallRules::new(&config.log), metrics, traces, decisions, tracer_provider }))
    }

    /// Tells the last of it, and waits for that for two seconds at most.
    pub async fn shut_down(&self) {
        if let Some(decisions) = &self.decisions {
            decisions.flush().await;
        }
        otlp::shut_down(self.tracer_provider.clone(), self.metrics.provider()).await;
    }
}
