//! What is told of one call, and whether it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use http::HeaderValue;
use opentelemetry::trace::SpanContext;

use super::outcome::{Outcome, is_server_error, name};
use crate::grpc::method::Method;
use crate::legible::shown;
use crate::telemetry::Telemetry;
use crate::telemetry::call::{CallFacts, Noted, NotedDecision};
use crate::telemetry::metrics::EndedCall;
use crate::telemetry::trace::Span;

/// One call; it is told once, when it ends or at the latest when this is dropped.
#[derive(Debug)]
pub(super) struct CallRecord {
    telemetry: Arc<Telemetry>,
    method: Method,
    request_id: HeaderValue,
    peer: Option<SocketAddr>,
    begun: Instant,
    facts: Arc<CallFacts>,
    sent: u64,
    span: Option<Span>,
    /// Whether it is logged if it succeeds.
    is_wanted: bool,
    is_over: bool,
}

impl CallRecord {
    pub(super) fn begin(
        telemetry: &Arc<Telemetry>,
        method: Method,
        request_id: HeaderValue,
        peer: Option<SocketAddr>,
        (span, trace): (Option<Span>, SpanContext),
    ) -> Self {
        let is_wanted = telemetry.calls.wants_success(method.is_write);
        let facts = CallFacts::new(is_wanted || span.is_some(), request_id.clone(), trace);
        Self {
            telemetry: Arc::clone(telemetry),
            method,
            request_id,
            peer,
            begun: Instant::now(),
            facts,
            sent: 0,
            span,
            is_wanted,
            is_over: false,
        }
    }

    pub(super) fn facts(&self) -> Arc<CallFacts> {
        Arc::clone(&self.facts)
    }

    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
    }

    pub(super) fn request_id(&self) -> &HeaderValue {
        &self.request_id
    }

    pub(super) fn end(&mut self, outcome: &Outcome) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let is_server_error = is_server_error(outcome.code);
        self.telemetry.metrics.call(EndedCall {
            method: self.method.name,
            status: name(outcome.code),
            is_server_error,
            reason: outcome.reason.as_deref(),
            took: self.begun.elapsed(),
        });
        // Whoever watches health goes away in the end: that is no failure.
        let is_success = outcome.code == tonic::Code::Ok || (self.method.is_standard && *outcome == Outcome::CANCELLED);
        let suppressed = match is_success {
            true if self.is_wanted => Some(0),
            true => None,
            false => self.telemetry.calls.refusal_due(),
        };
        if let Some(suppressed) = suppressed {
            self.log(outcome, suppressed);
        }
        if let Some(span) = self.span.take() {
            self.end_span(span, outcome);
        }
    }

    fn end_span(&self, mut span: Span, outcome: &Outcome) {
        let Noted { customer_id, decision, .. } = self.facts.noted();
        span.set("rpc.status_code", name(outcome.code));
        if let Some(reason) = &outcome.reason {
            span.set("entitled.reason", reason.clone());
        }
        if let Some(customer_id) = customer_id {
            span.set("entitled.customer_id", customer_id);
        }
        if let Some(NotedDecision { id, outcome }) = decision {
            span.set("entitled.decision_id", id);
            span.set("entitled.decision", outcome);
        }
        if is_server_error(outcome.code) {
            span.fail(name(outcome.code));
        }
    }

    fn log(&self, outcome: &Outcome, suppressed: u64) {
        let Noted { principal, customer_id, decision } = self.facts.noted();
        let status = name(outcome.code);
        let request_id = self.request_id.to_str().unwrap_or_default();
        let duration = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let peer = self.peer.map(tracing::field::display);
        let trace = Some(self.facts.span()).filter(|span| span.is_valid());
        // What comes from outside has no control of a terminal in it, in either format.
        let principal = principal.as_deref().map(shown);
        let customer_id = customer_id.as_deref().map(shown);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "entitled::call",
                    method = self.method.name,
                    status,
                    reason = outcome.reason.as_deref(),
                    duration_us = duration,
                    principal = principal.as_deref(),
                    peer,
                    customer_id = customer_id.as_deref(),
                    x_request_id = request_id,
                    trace_id = trace.map(|span| tracing::field::display(span.trace_id())),
                    span_id = trace.map(|span| tracing::field::display(span.span_id())),
                    decision_id = decision.as_ref().map(|decision| decision.id.as_str()),
                    decision = decision.as_ref().map(|decision| decision.outcome),
                    request_bytes = self.facts.received.load(Ordering::Relaxed),
                    response_bytes = self.sent,
                    suppressed = (suppressed > 0).then_some(suppressed),
                    "call"
                )
            };
        }
        if is_server_error(outcome.code) { line!(warn) } else { line!(info) }
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        self.end(&Outcome::CANCELLED);
    }
}
