//! Logs, to standard error: standard output belongs to answers.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Keeps the telemetry alive; dropped last.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped"]
pub struct Guard(());

/// Starts the logs. Only the first call in a process has an effect.
pub fn init(log: &Log) -> Guard {
    let is_terminal = io::stderr().is_terminal();
    // The filter was checked when the settings were read.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_default();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(is_terminal && !log.plain);
    let as_json = match log.format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A subscriber that is already there, as in tests, stays.
    let _ = if as_json { builder.json().flatten_event(true).try_init() } else { builder.with_target(false).try_init() };
    Guard(())
}
