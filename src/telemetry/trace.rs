//! The spans of one server, sent by OTLP. Without an endpoint there are none, and they cost nothing.
//!
//! A trace goes on from the `traceparent` of the call, if it has one (W3C Trace Context); its caller then says whether
//! it is sampled. Baggage is not read. The names of calls and of the database are those of OpenTelemetry's semantic
//! conventions 1.45.0.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use super::call;
use super::metrics::EndedStatement;

const TRACEPARENT: &str = "traceparent";

/// What begins spans.
#[derive(Debug)]
pub struct Traces(Option<SdkTracer>);

/// A span that is under way; it ends when this is dropped.
#[derive(Debug)]
pub struct Span(opentelemetry_sdk::trace::Span);

impl Traces {
    pub(super) fn new(tracer: Option<SdkTracer>) -> Self {
        Self(tracer)
    }

    /// The span of a call if it is sampled, and where its trace is.
    pub fn call(&self, method: &'static str, headers: &HeaderMap) -> (Option<Span>, SpanContext) {
        let parent = parent(headers);
        let Some(tracer) = &self.0 else { return (None, parent.span().span_context().clone()) };
        let attributes = [KeyValue::new("rpc.system.name", "grpc"), KeyValue::new("rpc.method", method)];
        let builder = SpanBuilder::from_name(method).with_kind(SpanKind::Server).with_attributes(attributes);
        let span = Span(builder.start_with_context(tracer, &parent));
        let context = span.context();
        (Some(span).filter(|span| span.0.is_recording()), context)
    }

    /// A part of what `parent` is the span of; none if that is not sampled.
    pub fn part(&self, name: &'static str, parent: &SpanContext, links: Vec<Link>) -> Option<Span> {
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_links(links);
        self.start(builder, parent)
    }

    /// A part that has been under way for so long, and ends now.
    pub fn ended_part(&self, name: &'static str, parent: &SpanContext, took: Duration) {
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_start_time(ago(took));
        drop(self.start(builder, parent));
    }

    /// A statement of what runs in this task. Its text and its values are not told.
    pub fn statement(&self, statement: EndedStatement) {
        if self.0.is_none() {
            return;
        }
        let Some(parent) = call::sampled_span() else { return };
        let EndedStatement { system, operation, has_failed, took } = statement;
        let attributes = [KeyValue::new("db.system.name", system), KeyValue::new("db.operation.name", operation)];
        let builder = SpanBuilder::from_name(operation).with_kind(SpanKind::Client).with_start_time(ago(took));
        if let Some(mut span) = self.start(builder.with_attributes(attributes), &parent)
            && has_failed
        {
            span.fail("_OTHER");
        }
    }

    fn start(&self, builder: SpanBuilder, parent: &SpanContext) -> Option<Span> {
        let tracer = self.0.as_ref().filter(|_| parent.is_sampled())?;
        let parent = Context::new().with_remote_span_context(parent.clone());
        Some(Span(tracer.build_with_context(builder, &parent)))
    }
}

impl Span {
    pub fn context(&self) -> SpanContext {
        self.0.span_context().clone()
    }

    pub fn set(&mut self, key: &'static str, value: impl Into<Cow<'static, str>>) {
        self.0.set_attribute(KeyValue::new(key, value.into()));
    }

    pub fn link(&mut self, to: SpanContext) {
        self.0.add_link(to, Vec::new());
    }

    pub fn fail(&mut self, kind: &'static str) {
        self.set("error.type", kind);
        self.0.set_status(Status::error(kind));
    }
}

/// A link to a span.
pub fn link(to: SpanContext) -> Link {
    Link::with_context(to)
}

fn parent(headers: &HeaderMap) -> Context {
    match headers.contains_key(TRACEPARENT) {
        true => TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers)),
        false => Context::new(),
    }
}

/// When a span began that ends now.
#[expect(clippy::disallowed_methods, reason = "a span tells when it was; nothing is judged by it")]
fn ago(took: Duration) -> SystemTime {
    let now = SystemTime::now();
    now.checked_sub(took).unwrap_or(now)
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
