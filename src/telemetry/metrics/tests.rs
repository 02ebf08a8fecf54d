use std::net::{Ipv4Addr, SocketAddr};

use super::*;

fn metrics() -> Metrics {
    let metrics_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let settings = TelemetrySettings { metrics_listen, ..TelemetrySettings::default() };
    Metrics::start(&settings, Some(&Catalog::embedded().unwrap())).unwrap()
}

fn call<'a>(status: &'static str, reason: Option<&'a str>) -> EndedCall<'a> {
    let is_server_error = status == "INTERNAL";
    EndedCall { method: "s/M", status, is_server_error, reason, took: Duration::from_micros(300) }
}

#[test]
fn a_call_is_counted_by_method_status_and_reason() {
    let metrics = metrics();
    metrics.call(call("OK", None));
    metrics.call(call("NOT_FOUND", Some("CUSTOMER_NOT_FOUND")));
    metrics.call(call("INTERNAL", Some("INTERNAL")));
    let text = metrics.as_text().unwrap();
    let count = |status: &str, error: &str| {
        format!(
            "rpc_server_call_duration_seconds_count{{{error}rpc_method=\"s/M\",rpc_status_code=\"{status}\",rpc_system_name=\"grpc\"}} 1"
        )
    };
    assert!(text.contains(&count("OK", "")) && text.contains(&count("NOT_FOUND", "")), "{text}");
    assert!(text.contains(&count("INTERNAL", "error_type=\"INTERNAL\",")), "{text}");
    assert!(text.contains("entitled_refusals_total{reason=\"CUSTOMER_NOT_FOUND\"} 1"), "{text}");
    for bucket in ["le=\"0.00025\"} 0", "le=\"0.0005\"} 1", "le=\"0.001\"} 1", "le=\"0.0025\"} 1"] {
        assert!(text.contains(bucket), "{bucket}\n{text}");
    }
}

#[test]
fn only_services_of_the_catalogue_are_told() {
    let metrics = metrics();
    metrics.decision("problem-resolution-support", Outcome::Entitled);
    metrics.decision("problem-resolution-support", Outcome::Entitled);
    metrics.decision("made-up", Outcome::NotEntitled);
    let text = metrics.as_text().unwrap();
    let counted = "entitled_decisions_total{decision=\"ENTITLED\",service_id=\"problem-resolution-support\"} 2";
    assert!(text.contains(counted), "{text}");
    assert!(!text.contains("made-up"), "{text}");
}

#[test]
fn the_build_and_the_process_are_told() {
    let text = metrics().as_text().unwrap();
    let info = format!("entitled_build_info{{tzdata=\"{}\",version=", crate::model::current_zones().version());
    for told in [&info, "process_memory_usage_bytes ", "process_unix_file_descriptor_count ", "process_uptime_seconds "]
    {
        assert!(text.contains(told), "{told}\n{text}");
    }
}

#[test]
fn without_a_reader_nothing_is_kept() {
    let metrics = Metrics::start(&TelemetrySettings::default(), None).unwrap();
    metrics.call(call("OK", None));
    assert_eq!(metrics.as_text().unwrap(), "");
}
