//! Every setting, and how its text is read.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use tracing_subscriber::EnvFilter;

use super::{Config, LogFormat};
use crate::ledger::LONGEST_GRACE;

/// A setting by its key in the file and its variable in the environment.
pub struct Setting {
    pub key: &'static str,
    pub variable: &'static str,
    pub set: fn(&mut Config, &str) -> Result<(), String>,
}

/// The one setting that may be a list.
pub const CATALOG: &str = "catalog";

pub const SETTINGS: [Setting; 13] = [
    Setting {
        key: "listen",
        variable: "ENTITLED_LISTEN",
        set: |config, text| {
            read(text, "an address and a port such as `127.0.0.1:50051`").map(|value| config.listen = value)
        },
    },
    Setting {
        key: "database",
        variable: "ENTITLED_DATABASE_URL",
        set: |config, text| text.parse().map(|value| config.database = value).map_err(str::to_owned),
    },
    Setting {
        key: "max_connections",
        variable: "ENTITLED_MAX_CONNECTIONS",
        set: |config, text| {
            let value = read(text, "a number of connections, 1 to 10000")?;
            if !(1..=10_000).contains(&value) {
                return Err(format!("expected a number of connections, 1 to 10000; found `{text}`"));
            }
            config.max_connections = value;
            Ok(())
        },
    },
    Setting {
        key: "max_staleness",
        variable: "ENTITLED_MAX_STALENESS",
        set: |config, text| duration(text).map(|value| config.max_staleness = value),
    },
    Setting {
        key: "ledger_grace",
        variable: "ENTITLED_LEDGER_GRACE",
        set: |config, text| {
            let grace = TimeDelta::from_std(duration(text)?).ok().filter(|grace| *grace <= LONGEST_GRACE);
            let too_long = || format!("expected at most {} days; found `{text}`", LONGEST_GRACE.num_days());
            grace.map(|value| config.ledger_grace = value).ok_or_else(too_long)
        },
    },
    Setting {
        key: "max_clients",
        variable: "ENTITLED_MAX_CLIENTS",
        set: |config, text| number(text, "connections", 1..=100_000).map(|value| config.max_clients = value),
    },
    Setting {
        key: "max_calls",
        variable: "ENTITLED_MAX_CALLS",
        set: |config, text| number(text, "calls", 1..=1_000_000).map(|value| config.max_calls = value),
    },
    Setting {
        key: "max_unsent",
        variable: "ENTITLED_MAX_UNSENT",
        set: |config, text| number(text, "MiB", 8..=65_536).map(|value| config.max_unsent = value),
    },
    Setting {
        key: "drain_timeout",
        variable: "ENTITLED_DRAIN_TIMEOUT",
        set: |config, text| duration(text).map(|value| config.drain_timeout = value),
    },
    Setting {
        key: CATALOG,
        variable: "ENTITLED_CATALOG",
        set: |config, text| {
            config.catalog =
                text.split(',').map(str::trim).filter(|file| !file.is_empty()).map(PathBuf::from).collect();
            Ok(())
        },
    },
    Setting {
        key: "default_edition",
        variable: "ENTITLED_DEFAULT_EDITION",
        set: |config, text| {
            // Whether there is such an edition is seen when the catalogue is loaded.
            config.default_edition = Some(text.to_owned());
            Ok(())
        },
    },
    Setting {
        key: "log",
        variable: "ENTITLED_LOG",
        set: |config, text| {
            EnvFilter::builder().parse(text).map_err(|error| error.to_string())?;
            config.log.filter = text.to_owned();
            Ok(())
        },
    },
    Setting {
        key: "log_format",
        variable: "ENTITLED_LOG_FORMAT",
        set: |config, text| {
            config.log.format = match text {
                "auto" => LogFormat::Auto,
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(format!("expected `auto`, `text` or `json`; found `{text}`")),
            };
            Ok(())
        },
    },
];

fn read<T: FromStr>(text: &str, expected: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("expected {expected}; found `{text}`"))
}

fn number(text: &str, of: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let expected = || format!("expected a number of {of}, {} to {}; found `{text}`", range.start(), range.end());
    text.parse().ok().filter(|value| range.contains(value)).ok_or_else(expected)
}

/// A whole number and `ms`, `s`, `m`, `h` or `d`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let milliseconds = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    let value = number.parse::<u64>().ok().zip(milliseconds).and_then(|(number, each)| number.checked_mul(each));
    value
        .map(Duration::from_millis)
        .ok_or_else(|| format!("expected a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `{text}`"))
}
