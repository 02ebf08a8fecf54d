//! Where metrics, traces and decisions are told.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::setting::Setting;
use super::value::{Value, read, short};
use crate::legible::excerpt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// Where metrics and probes are answered over HTTP.
    pub metrics_listen: Option<SocketAddr>,
    /// The collector that traces and metrics are sent to.
    pub otel_endpoint: Option<String>,
    /// Of the traces that no caller decides about one of so many is sampled; 0: none.
    pub otel_trace_sample: usize,
    /// Where decisions are logged.
    pub decision_log: Option<DecisionLogTarget>,
    /// Of the decisions one of so many is logged.
    pub decision_log_sample: usize,
    /// MiB of a file, before it is put aside,
    pub decision_log_max_size: usize,
    /// and how many of those are kept.
    pub decision_log_keep: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionLogTarget {
    Stdout,
    File(PathBuf),
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            metrics_listen: None,
            otel_endpoint: None,
            otel_trace_sample: 10,
            decision_log: None,
            decision_log_sample: 1,
            decision_log_max_size: 100,
            decision_log_keep: 5,
        }
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "metrics_listen",
        variable: "ENTITLED_METRICS_LISTEN",
        flag: Some("ADDRESS"),
        default: None,
        value: Value::Text {
            range: "an address and a port such as `127.0.0.1:9090`",
            set: |config, text| {
                config.telemetry.metrics_listen = Some(read(text, "an address and a port such as `127.0.0.1:9090`")?);
                Ok(())
            },
        },
        meaning: "where `/metrics`, `/livez` and `/readyz` are answered over HTTP, to whoever asks; without it nowhere",
    },
    Setting {
        key: "otel_endpoint",
        variable: "ENTITLED_OTEL_ENDPOINT",
        flag: Some("URL"),
        default: None,
        value: Value::Text {
            range: "`http://HOST:PORT` or `https://HOST:PORT`",
            set: |config, text| endpoint(text).map(|endpoint| config.telemetry.otel_endpoint = Some(endpoint)),
        },
        meaning: "the collector that traces and metrics are sent to, by OTLP over gRPC; without it none",
    },
    Setting {
        key: "otel_trace_sample",
        variable: "ENTITLED_OTEL_TRACE_SAMPLE",
        flag: None,
        default: Some("10"),
        value: Value::Number {
            unit: "traces",
            range: 0..=1_000_000,
            set: |config, number| config.telemetry.otel_trace_sample = number,
        },
        meaning: "of the traces that no caller decides about one of so many is sent; 0: none",
    },
    Setting {
        key: "decision_log",
        variable: "ENTITLED_DECISION_LOG",
        flag: None,
        default: None,
        value: Value::Text {
            range: "a path, or `stdout`",
            set: |config, text| {
                config.telemetry.decision_log = Some(match short(text)? {
                    "stdout" => DecisionLogTarget::Stdout,
                    path => DecisionLogTarget::File(path.into()),
                });
                Ok(())
            },
        },
        meaning: "where decisions are logged, a line of JSON each; without it nowhere",
    },
    Setting {
        key: "decision_log_sample",
        variable: "ENTITLED_DECISION_LOG_SAMPLE",
        flag: None,
        default: Some("1"),
        value: Value::Number {
            unit: "decisions",
            range: 1..=1_000_000,
            set: |config, number| config.telemetry.decision_log_sample = number,
        },
        meaning: "of the decisions one of so many is logged",
    },
    Setting {
        key: "decision_log_max_size",
        variable: "ENTITLED_DECISION_LOG_MAX_SIZE",
        flag: None,
        default: Some("100"),
        value: Value::Number {
            unit: "MiB",
            range: 1..=1_000_000,
            set: |config, number| config.telemetry.decision_log_max_size = number,
        },
        meaning: "MiB of a file of decisions, before it is put aside as `PATH.1`",
    },
    Setting {
        key: "decision_log_keep",
        variable: "ENTITLED_DECISION_LOG_KEEP",
        flag: None,
        default: Some("5"),
        value: Value::Number {
            unit: "files",
            range: 0..=1_000,
            set: |config, number| config.telemetry.decision_log_keep = number,
        },
        meaning: "how many files that were put aside are kept",
    },
];

/// Nothing in it is a secret: it is shown.
fn endpoint(text: &str) -> Result<String, String> {
    let url = Url::parse(short(text)?).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        Some(url) if url.username().is_empty() && url.password().is_none() => Ok(text.to_owned()),
        Some(_) => Err("a user and a password are no part of it: OTEL_EXPORTER_OTLP_HEADERS has tokens".to_owned()),
        None => Err(format!("expected `http://HOST:PORT` or `https://HOST:PORT`; found `{}`", excerpt(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_without_secrets() {
        for taken in ["http://localhost:4317", "https://otel.example.org"] {
            assert_eq!(endpoint(taken).unwrap(), taken);
        }
        for refused in ["", "localhost:4317", "ftp://x", "http://", "http://me:s3cret@x"] {
            assert!(!endpoint(refused).unwrap_err().contains("s3cret"), "{refused}");
        }
    }
}
