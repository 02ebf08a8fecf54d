//! Where calls are taken, and how many.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::setting::Setting;
use super::value::{Value, read};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    pub listen: SocketAddr,
    /// Connections of callers at most,
    pub max_clients: usize,
    /// their calls at once,
    pub max_calls: usize,
    /// and MiB of answers that wait for them.
    pub max_unsent: usize,
    /// How long running calls may take to end after a stop was asked for.
    pub drain_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            max_clients: 1_024,
            max_calls: 10_000,
            max_unsent: 256,
            drain_timeout: Duration::from_secs(20),
        }
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        variable: "ENTITLED_LISTEN",
        flag: Some("ADDRESS"),
        default: Some("127.0.0.1:50051"),
        value: Value::Text {
            range: "an address and a port; 0 is any free one",
            set: |config, text| {
                let listen = read(text, "an address and a port such as `127.0.0.1:50051`")?;
                config.server.listen = listen;
                Ok(())
            },
        },
        meaning: "where calls are taken",
    },
    Setting {
        key: "max_clients",
        variable: "ENTITLED_MAX_CLIENTS",
        flag: None,
        default: Some("1024"),
        value: Value::Number {
            unit: "connections",
            range: 1..=100_000,
            set: |config, number| config.server.max_clients = number,
        },
        meaning: "connections of callers at once",
    },
    Setting {
        key: "max_calls",
        variable: "ENTITLED_MAX_CALLS",
        flag: None,
        default: Some("10000"),
        value: Value::Number {
            unit: "calls",
            range: 1..=1_000_000,
            set: |config, number| config.server.max_calls = number,
        },
        meaning: "calls at once, of all callers",
    },
    Setting {
        key: "max_unsent",
        variable: "ENTITLED_MAX_UNSENT",
        flag: None,
        default: Some("256"),
        value: Value::Number {
            unit: "MiB",
            range: 8..=65_536,
            set: |config, number| config.server.max_unsent = number,
        },
        meaning: "MiB of answers that wait to be sent, of all callers; one connection has an eighth",
    },
    Setting {
        key: "drain_timeout",
        variable: "ENTITLED_DRAIN_TIMEOUT",
        flag: None,
        default: Some("20s"),
        value: Value::Time { range: ["0s", "10m"], set: |config, time| config.server.drain_timeout = time },
        meaning: "how long running calls may take to end",
    },
];
