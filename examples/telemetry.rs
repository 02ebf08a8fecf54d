//! `make demo-telemetry`: a collector, a server that tells it what it does, a few calls, and what the collector was told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a demonstration that fails says so")]

#[path = "../tests/it/telemetry/collector.rs"]
mod collector;

use std::net::{Ipv4Addr, SocketAddr};

use entitled::config::Config;
use entitled::error::BoxError;
use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use entitled::server;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::oneshot;
use tonic::transport::Channel;

use self::collector::Collector;

const CUSTOMER: &str = "contoso";
const LOCATION: &str = "gb-london";
const SERVICE: &str = "enhanced-designated-engineering";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (collector, endpoint) = Collector::start().await;
    let directory = tempfile::tempdir()?;
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.store.database = format!("sqlite:{}", directory.path().join("demo.db").display()).parse()?;
    config.telemetry.otel_endpoint = Some(endpoint);
    config.telemetry.otel_trace_sample = 1;
    let (ready, bound) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let tell = |address| {
        // Whoever waited for it may be gone.
        let _ = ready.send(address);
    };
    let server = tokio::spawn(server::serve(config, tell, async { drop(stopped.await) }));
    let channel = Channel::from_shared(format!("http://{}", bound.await?))?.connect().await?;
    calls(channel).await?;
    drop(stop);
    server.await??;
    println!("Spans\n");
    let spans = collector.spans();
    for root in spans.iter().filter(|span| spans.iter().all(|parent| parent.span_id != span.parent_span_id)) {
        print_span(root, &spans, 0);
        println!();
    }
    println!("Metrics\n");
    collector.metrics().iter().for_each(print_metric);
    Ok(())
}

/// A contract, a check, two hours used, and a question that is refused.
async fn calls(channel: Channel) -> Result<(), BoxError> {
    let hours = |amount| Some(v1::Quantity { amount, unit: v1::Unit::Hours.into() });
    let base = v1::Item {
        item_id: "base".to_owned(),
        service_id: "unified-enterprise-base".to_owned(),
        all_locations: true,
        ..v1::Item::default()
    };
    let engineering = v1::Item {
        item_id: "ede".to_owned(),
        service_id: SERVICE.to_owned(),
        location_ids: vec![LOCATION.to_owned()],
        product_ids: vec!["azure/*".to_owned()],
        quantity: hours(400),
        ..v1::Item::default()
    };
    let contact = v1::Contact {
        contact_id: "ada".to_owned(),
        location_ids: vec![LOCATION.to_owned()],
        roles: vec![v1::ContactRole::SupportAdministrator.into()],
        ..v1::Contact::default()
    };
    let location = v1::Location {
        location_id: LOCATION.to_owned(),
        display_name: "London".to_owned(),
        country: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        ..v1::Location::default()
    };
    let customer = v1::Customer {
        customer_id: CUSTOMER.to_owned(),
        display_name: "Contoso Ltd".to_owned(),
        locations: vec![location],
        contacts: vec![contact],
        ..v1::Customer::default()
    };
    let order = v1::WorkOrder {
        work_order_id: "wo-1".to_owned(),
        edition_id: "unified-enterprise-2023".to_owned(),
        start_date: "2020-01-01".to_owned(),
        end_date: "2099-12-31".to_owned(),
        host_location_id: LOCATION.to_owned(),
        covered_products: vec!["azure/*".to_owned()],
        currency: "GBP".to_owned(),
        items: vec![base, engineering],
        ..v1::WorkOrder::default()
    };
    let request_id = || uuid::Uuid::now_v7().to_string();
    let apply = v1::ApplyContractRequest {
        customer: Some(customer),
        work_orders: vec![order],
        request_id: request_id(),
        ..v1::ApplyContractRequest::default()
    };
    ContractServiceClient::new(channel.clone()).apply_contract(apply).await?;
    let check = |customer_id: &str| v1::CheckEntitlementRequest {
        customer_id: customer_id.to_owned(),
        location_id: LOCATION.to_owned(),
        product_id: "azure".to_owned(),
        service_id: SERVICE.to_owned(),
        ..v1::CheckEntitlementRequest::default()
    };
    let mut entitlements = EntitlementServiceClient::new(channel.clone());
    entitlements.check_entitlement(check(CUSTOMER)).await?;
    entitlements.check_entitlement(check("nobody")).await.unwrap_err();
    let consume = v1::ConsumeUnitsRequest {
        customer_id: CUSTOMER.to_owned(),
        location_id: LOCATION.to_owned(),
        product_id: "azure".to_owned(),
        service_id: SERVICE.to_owned(),
        quantity: hours(2),
        request_id: request_id(),
        ..v1::ConsumeUnitsRequest::default()
    };
    LedgerServiceClient::new(channel).consume_units(consume).await?;
    Ok(())
}

fn print_span(span: &Span, all: &[Span], depth: usize) {
    let indent = "  ".repeat(depth);
    let micros = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano) / 1_000;
    println!("{indent}{} {micros} µs  {}", span.name, attributes(&span.attributes));
    for link in &span.links {
        let to =
            all.iter().find(|other| other.span_id == link.span_id).map_or("elsewhere", |other| other.name.as_str());
        println!("{indent}  ↔ {to}");
    }
    let mut parts: Vec<_> = all.iter().filter(|part| part.parent_span_id == span.span_id).collect();
    parts.sort_by_key(|part| part.start_time_unix_nano);
    parts.into_iter().for_each(|part| print_span(part, all, depth.saturating_add(1)));
}

fn print_metric(metric: &Metric) {
    let name = &metric.name;
    match &metric.data {
        Some(metric::Data::Sum(sum)) => sum.data_points.iter().for_each(|point| {
            println!("{name} {{{}}} {}", attributes(&point.attributes), number(point.value.as_ref()));
        }),
        Some(metric::Data::Gauge(gauge)) => gauge.data_points.iter().for_each(|point| {
            println!("{name} {{{}}} {}", attributes(&point.attributes), number(point.value.as_ref()));
        }),
        Some(metric::Data::Histogram(histogram)) => histogram.data_points.iter().for_each(|point| {
            println!("{name} {{{}}} {} in all {:.6}", attributes(&point.attributes), point.count, point.sum());
        }),
        _ => {}
    }
}

fn number(value: Option<&number_data_point::Value>) -> String {
    match value {
        Some(number_data_point::Value::AsDouble(value)) => format!("{value:.3}"),
        Some(number_data_point::Value::AsInt(value)) => value.to_string(),
        None => String::new(),
    }
}

fn attributes(attributes: &[KeyValue]) -> String {
    let text = |value: &any_value::Value| match value {
        any_value::Value::StringValue(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let each = attributes.iter().map(|attribute| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref()).map(text).unwrap_or_default();
        format!("{}={value}", attribute.key)
    });
    each.collect::<Vec<_>>().join(" ")
}
