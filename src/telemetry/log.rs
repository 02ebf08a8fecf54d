//! Logs, to standard error: standard output belongs to answers.
//!
//! Whoever writes a line never waits and never fails: lines go through a bounded queue to a thread
//! of their own ([`super::lines`]). What finds no room there, or cannot be written, is lost and counted.

use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::lines::{self, Lines};
use crate::config::{LogFormat, LogSettings};

/// How long the end of the process waits for lines that are still to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

static LINES: OnceLock<Lines> = OnceLock::new();

/// Keeps the telemetry alive; dropped last.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped"]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        flush();
    }
}

/// Starts the logs. Only the first call in a process has an effect.
pub fn init(log: &LogSettings) -> Guard {
    let is_terminal = io::stderr().is_terminal();
    // The filter was checked when the settings were read.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_default();
    let lines = LINES.get_or_init(|| Lines::to(lines::standard_error(), tell_lost));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines.clone())
        .with_ansi(is_terminal && !log.plain)
        // It would tell its own troubles on standard error, and panic where that cannot be written.
        .log_internal_errors(false);
    let as_json = match log.format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A subscriber that is already there, as in tests, stays.
    let _ = if as_json { builder.json().flatten_event(true).try_init() } else { builder.with_target(false).try_init() };
    panic::set_hook(Box::new(tell_panic));
    Guard(())
}

/// Waits until what was logged up to now is written, for a second at most: a reader that has
/// stalled must not hold the end of the process.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush(LAST_WORDS);
    }
}

/// How many lines were lost since the start.
pub fn lost_lines() -> u64 {
    LINES.get().map_or(0, Lines::lost)
}

/// An error, so that it is told whatever the filter; the sum, so that none of these lines matters.
fn tell_lost(lost: u64) {
    tracing::error!(lost, "log lines were dropped since the start: they could not be written in time");
}

/// The usual hook writes to standard error: that can block, and panic again.
fn tell_panic(about: &PanicHookInfo<'_>) {
    let place = about.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, panic = about.payload_as_str().unwrap_or("without words"), "a mistake of the program");
}
