//! Traces and metrics as a collector is sent them.

use std::net::{Ipv4Addr, SocketAddr};

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::net::TcpListener;
use tonic::Request;

use super::collector::Collector;
use super::{Logged, consume};
use crate::sample::{check, stored};
use crate::server::{BOTH, Backend, TestServer};

const TRACE: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

async fn start(backend: Backend, endpoint: String, sample: usize) -> TestServer {
    let server = TestServer::start_with(backend, |config| {
        config.telemetry.otel_endpoint = Some(endpoint);
        config.telemetry.otel_trace_sample = sample;
    });
    server.await
}

fn within<T>(traceparent: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    request
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name.ends_with(name)).collect();
    let [one] = found.as_slice() else { panic!("{} spans {name}: {spans:#?}", found.len()) };
    one
}

fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let value = span.attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()?;
    match value {
        Value::StringValue(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_of_a_consume_shows_its_call_its_wait_and_its_transaction() {
    for backend in BOTH {
        let (collector, endpoint) = Collector::start().await;
        let server = start(backend, endpoint, 0).await;
        stored(&server, "contoso").await;
        server.ledger().consume_units(within(SAMPLED, consume("contoso", 2))).await.unwrap();
        server.stop().await;
        let spans = collector.spans();
        let call = named(&spans, "LedgerService/ConsumeUnits");
        assert!(spans.iter().all(|span| span.trace_id == TRACE), "{spans:#?}");
        assert_eq!(call.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
        assert_eq!((call.kind(), attribute(call, "rpc.system.name")), (SpanKind::Server, Some("grpc")));
        assert_eq!(attribute(call, "rpc.method"), Some("entitled.v1.LedgerService/ConsumeUnits"));
        assert_eq!(attribute(call, "rpc.status_code"), Some("OK"));
        let (queue, write) = (named(&spans, "ledger.queue"), named(&spans, "ledger.write"));
        assert_eq!((&queue.parent_span_id, &write.parent_span_id), (&call.span_id, &call.span_id));
        assert!(queue.start_time_unix_nano >= call.start_time_unix_nano);
        assert!(queue.start_time_unix_nano <= queue.end_time_unix_nano);
        let transaction = named(&spans, "ledger.transaction");
        assert_eq!(write.links[0].span_id, transaction.span_id);
        assert_eq!(transaction.links[0].span_id, write.span_id);
        let statements: Vec<_> = spans.iter().filter(|span| span.parent_span_id == transaction.span_id).collect();
        assert!(!statements.is_empty(), "{spans:#?}");
        for statement in statements {
            assert_eq!(statement.kind(), SpanKind::Client);
            let system = if backend == Backend::Postgres { "postgresql" } else { "sqlite" };
            assert_eq!(attribute(statement, "db.system.name"), Some(system));
            assert_eq!(attribute(statement, "db.operation.name"), Some(statement.name.as_str()));
            assert_eq!(statement.attributes.len(), 2, "no text and no values: {statement:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_one_transaction_are_linked_with_it_and_it_with_each() {
    let (collector, endpoint) = Collector::start().await;
    let server = start(Backend::Sqlite, endpoint, 1).await;
    stored(&server, "contoso").await;
    let consumes = (0..20).map(|_| {
        let mut ledger = server.ledger();
        async move { ledger.consume_units(consume("contoso", 1)).await.unwrap() }
    });
    futures_util::future::join_all(consumes).await;
    server.stop().await;
    let spans = collector.spans();
    let writes: Vec<_> = spans.iter().filter(|span| span.name == "ledger.write").collect();
    assert_eq!(writes.len(), 20);
    let transactions: Vec<_> = spans.iter().filter(|span| span.name == "ledger.transaction").collect();
    assert!(transactions.len() < 20, "some writes share one");
    for write in writes {
        let of_write = transactions.iter().find(|transaction| transaction.span_id == write.links[0].span_id).unwrap();
        assert!(of_write.links.iter().any(|link| link.span_id == write.span_id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_says_whether_its_trace_is_sampled() {
    let (collector, endpoint) = Collector::start().await;
    let server = start(Backend::Sqlite, endpoint, 1).await;
    stored(&server, "contoso").await;
    server.entitlements().check_entitlement(within(UNSAMPLED, check("contoso"))).await.unwrap();
    server.entitlements().check_entitlement(within("00-not-a-trace", check("nobody"))).await.unwrap_err();
    server.stop().await;
    let spans = collector.spans();
    let refused = named(&spans, "CheckEntitlement");
    assert_eq!((refused.parent_span_id.len(), attribute(refused, "rpc.status_code")), (0, Some("NOT_FOUND")));
    assert_eq!(refused.status.as_ref().map_or(0, |status| status.code), 0, "the caller's mistake is no error of ours");
    assert!(spans.iter().all(|span| span.trace_id != TRACE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_sent_as_well() {
    let (collector, endpoint) = Collector::start().await;
    let server = start(Backend::Sqlite, endpoint, 0).await;
    stored(&server, "contoso").await;
    server.stop().await;
    let metrics = collector.metrics();
    for name in ["rpc.server.call.duration", "entitled.build.info", "db.client.operation.duration"] {
        assert!(metrics.iter().any(|metric| metric.name == name), "{name}");
    }
}

/// A port that takes connections and never says a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_hangs_harms_no_call_and_does_not_hold_the_end() {
    let hole = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = hole.local_addr().unwrap();
    calls_are_answered_and_the_end_comes(address).await;
    drop(hole);
    // Now it refuses.
    calls_are_answered_and_the_end_comes(address).await;
}

async fn calls_are_answered_and_the_end_comes(collector: SocketAddr) {
    let endpoint = format!("http://{collector}");
    let server = Logged::start(&[
        ("ENTITLED_OTEL_ENDPOINT", endpoint.as_str()),
        ("ENTITLED_OTEL_TRACE_SAMPLE", "1"),
        ("ENTITLED_DRAIN_TIMEOUT", "5s"),
    ]);
    let channel = server.process.channel().await;
    let mut entitlements =
        entitled::proto::v1::entitlement_service_client::EntitlementServiceClient::new(channel.clone());
    // More than the queue takes.
    for _ in 0..3_000 {
        entitlements.check_entitlement(check("nobody")).await.unwrap_err();
    }
    drop((entitlements, channel));
    // The process sees to it itself that its end takes no longer than the drain time and 8 seconds: then it is not 0.
    server.stop().await;
}
