//! Where metrics, traces and decisions are told.

use std::net::SocketAddr;

use super::setting::Setting;
use super::value::{Value, read};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TelemetrySettings {
    /// Where metrics and probes are answered over HTTP.
    pub metrics_listen: Option<SocketAddr>,
}

pub const SETTINGS: &[Setting] = &[Setting {
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
}];
