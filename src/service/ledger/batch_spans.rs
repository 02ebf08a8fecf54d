//! The spans of a batch: one transaction serves the writes of many traces.
//!
//! Each write has a span for its wait and one for its batch, which is linked with that of the transaction; the
//! transaction is a part of the first write whose trace is sampled, and linked with all of them.

use std::sync::Arc;

use opentelemetry::trace::SpanContext;
use tokio::task::futures::TaskLocalFuture;

use super::queue::Job;
use crate::telemetry::call::CallFacts;
use crate::telemetry::trace::{Span, Traces, link};

/// They end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct BatchSpans {
    /// First, so that it ends first.
    transaction: Option<Span>,
    _writes: Vec<Span>,
}

impl BatchSpans {
    pub(super) fn begin(traces: &Traces, jobs: &[Job]) -> Self {
        let mut writes: Vec<Span> = Vec::new();
        for job in jobs {
            let Some(call) = &job.span else { continue };
            traces.ended_part("ledger.queue", call, job.came.elapsed());
            writes.extend(traces.part("ledger.write", call, Vec::new()));
        }
        let Some(first) = writes.first().map(Span::context) else { return Self::default() };
        let links = writes.iter().map(|write| link(write.context())).collect();
        let transaction = traces.part("ledger.transaction", &first, links);
        if let Some(transaction) = &transaction {
            writes.iter_mut().for_each(|write| write.link(transaction.context()));
        }
        Self { transaction, _writes: writes }
    }

    /// Statements of this work are parts of the transaction.
    pub(super) fn scope<F: Future>(&self, work: F) -> TaskLocalFuture<Arc<CallFacts>, F> {
        let span = self.transaction.as_ref().map_or(SpanContext::NONE, Span::context);
        CallFacts::of_span(span).scope(work)
    }
}
