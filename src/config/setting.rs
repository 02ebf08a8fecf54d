//! Every setting: its names, its range, and how its text is read.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use tracing_subscriber::EnvFilter;

use super::{Config, LogFormat, OnDamage};
use crate::ledger::LONGEST_GRACE;
use crate::legible::excerpt;

/// A setting by its key in the file and its variable in the environment. `docs/OPERATIONS.md` and
/// `entitled serve --help` tell the range of each.
pub struct Setting {
    pub key: &'static str,
    pub variable: &'static str,
    pub set: fn(&mut Config, &str) -> Result<(), String>,
}

/// The one setting that may be a list.
pub const CATALOG: &str = "catalog";

const MOST_CATALOG_FILES: usize = 100;
/// In bytes; also of the directives of the log.
const LONGEST_TEXT: usize = 4_096;

pub const SETTINGS: &[Setting] = &[
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
        set: |config, text| text.parse().map(|value| config.database = value),
    },
    Setting {
        key: "max_connections",
        variable: "ENTITLED_MAX_CONNECTIONS",
        set: |config, text| {
            number(text, "a number of connections", 1..=10_000).map(|value| config.max_connections = value)
        },
    },
    Setting {
        key: "max_staleness",
        variable: "ENTITLED_MAX_STALENESS",
        set: |config, text| time(text, ["50ms", "5m"]).map(|value| config.max_staleness = value),
    },
    Setting {
        key: "ledger_grace",
        variable: "ENTITLED_LEDGER_GRACE",
        set: |config, text| {
            let longest = format!("{}d", LONGEST_GRACE.num_days());
            let grace = time(text, ["0d", &longest])?;
            config.ledger_grace = TimeDelta::from_std(grace).map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    Setting {
        key: "max_clients",
        variable: "ENTITLED_MAX_CLIENTS",
        set: |config, text| size(text, "a number of connections", 1..=100_000).map(|value| config.max_clients = value),
    },
    Setting {
        key: "max_calls",
        variable: "ENTITLED_MAX_CALLS",
        set: |config, text| size(text, "a number of calls", 1..=1_000_000).map(|value| config.max_calls = value),
    },
    Setting {
        key: "max_unsent",
        variable: "ENTITLED_MAX_UNSENT",
        set: |config, text| size(text, "a number of MiB", 8..=65_536).map(|value| config.max_unsent = value),
    },
    Setting {
        key: "drain_timeout",
        variable: "ENTITLED_DRAIN_TIMEOUT",
        set: |config, text| time(text, ["0s", "10m"]).map(|value| config.drain_timeout = value),
    },
    Setting {
        key: "on_damage",
        variable: "ENTITLED_ON_DAMAGE",
        set: |config, text| {
            config.on_damage = match text {
                "refuse" => OnDamage::Refuse,
                "read_only" => OnDamage::ReadOnly,
                _ => return Err(format!("expected `refuse` or `read_only`; found `{}`", excerpt(text))),
            };
            Ok(())
        },
    },
    Setting {
        key: CATALOG,
        variable: "ENTITLED_CATALOG",
        set: |config, text| {
            let files = text.split(',').map(str::trim).filter(|file| !file.is_empty()).map(PathBuf::from).collect();
            config.catalog = catalog(files)?;
            Ok(())
        },
    },
    Setting {
        key: "default_edition",
        variable: "ENTITLED_DEFAULT_EDITION",
        set: |config, text| {
            // Whether there is such an edition is seen when the catalogue is loaded.
            config.default_edition = Some(short(text)?.to_owned());
            Ok(())
        },
    },
    Setting {
        key: "log",
        variable: "ENTITLED_LOG",
        set: |config, text| {
            EnvFilter::builder().parse(short(text)?).map_err(|error| error.to_string())?;
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
                _ => return Err(format!("expected `auto`, `text` or `json`; found `{}`", excerpt(text))),
            };
            Ok(())
        },
    },
];

/// The files of the catalogue, wherever they were named.
pub fn catalog(files: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    match files.len() {
        0..=MOST_CATALOG_FILES => Ok(files),
        found => Err(format!("expected at most {MOST_CATALOG_FILES} files; found {found}")),
    }
}

fn short(text: &str) -> Result<&str, String> {
    if text.len() <= LONGEST_TEXT {
        return Ok(text);
    }
    Err(format!("expected at most {LONGEST_TEXT} bytes; found {}", text.len()))
}

fn read<T: FromStr>(text: &str, expected: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("expected {expected}; found `{}`", excerpt(text)))
}

fn number(text: &str, noun: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.ok_or_else(|| format!("expected {noun}, {} to {}; found `{}`", range.start(), range.end(), excerpt(text)))
}

fn size(text: &str, noun: &str, range: std::ops::RangeInclusive<u32>) -> Result<usize, String> {
    number(text, noun, range).and_then(|value| usize::try_from(value).map_err(|error| error.to_string()))
}

/// A time within the two, which are written as the setting itself is.
fn time(text: &str, [least, most]: [&str; 2]) -> Result<Duration, String> {
    let value = duration(text).ok_or_else(|| {
        format!("expected a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `{}`", excerpt(text))
    })?;
    if duration(least).is_some_and(|least| value < least) || duration(most).is_some_and(|most| value > most) {
        return Err(format!("expected a time from {least} to {most}; found `{}`", excerpt(text)));
    }
    Ok(value)
}

/// A whole number and `ms`, `s`, `m`, `h` or `d`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_setting_is_told_by_the_help_and_the_documentation() {
        let help = crate::cli::Cli::command();
        let help = help.find_subcommand("serve").unwrap().get_long_about().unwrap().to_string();
        let documentation = include_str!("../../docs/OPERATIONS.md");
        for Setting { key, variable, .. } in SETTINGS {
            for text in [&help, documentation] {
                assert!(text.contains(key) && text.contains(variable), "{key}");
            }
        }
    }
}
