//! Decisions, one line of JSON each, to a file or to standard output.
//!
//! A line is made where the decision is, and written by a thread of its own: a full disk or a slow reader loses lines,
//! which are counted, and delays no call.

use std::io::Write;
use std::time::Duration;

use super::lines::{self, Lines};
use super::rotating_file::RotatingFile;
use crate::config::{DecisionLogTarget, TelemetrySettings};
use crate::error::BoxError;

const MEBIBYTE: u64 = 1 << 20;
/// How long the end of the server waits for lines that are still to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct DecisionLog {
    lines: Lines,
    /// Of the decisions one of so many is written.
    sample: u32,
}

impl DecisionLog {
    /// None where decisions are not to be written; an error if they cannot be.
    pub fn start(settings: &TelemetrySettings) -> Result<Option<Self>, BoxError> {
        let output: Box<dyn Write + Send> = match &settings.decision_log {
            None => return Ok(None),
            Some(DecisionLogTarget::Stdout) => lines::standard_output(),
            Some(DecisionLogTarget::File(path)) => {
                let limit = u64::try_from(settings.decision_log_max_size).unwrap_or(u64::MAX).saturating_mul(MEBIBYTE);
                let file = RotatingFile::open(path, limit, settings.decision_log_keep);
                Box::new(file.map_err(|error| format!("decisions cannot be logged to {}: {error}", path.display()))?)
            }
        };
        let sample = u32::try_from(settings.decision_log_sample).unwrap_or(u32::MAX);
        Ok(Some(Self { lines: Lines::to(output, tell_lost), sample }))
    }

    /// Whether this decision is one of those. All replicas choose the same.
    pub fn wants(&self, decision_id: &str) -> bool {
        let number = decision_id.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.is_some_and(|number| number.checked_rem(self.sample) == Some(0))
    }

    /// Hands the line of a record over.
    pub fn write(&self, line: Vec<u8>) {
        self.lines.put(line);
    }

    /// Tells how many lines were lost since the start.
    pub fn lost(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let lines = self.lines.clone();
        move || lines.lost()
    }

    /// Waits until what was handed over is written, for a second at most.
    pub async fn flush(&self) {
        let lines = self.lines.clone();
        // Its thread waits no longer than that, so nobody has to wait for it.
        let _ = tokio::task::spawn_blocking(move || lines.flush(LAST_WORDS)).await;
    }
}

fn tell_lost(lost: u64) {
    tracing::error!(lost, "decisions were not logged since the start: they could not be written in time");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_so_many_is_wanted_whoever_asks() {
        let log = |sample| DecisionLog { lines: Lines::to(std::io::sink(), |_| ()), sample };
        let ids: Vec<_> = (0..1_000).map(|number| format!("{number:08x}{number:024x}")).collect();
        assert!(ids.iter().all(|id| log(1).wants(id)));
        assert_eq!(ids.iter().filter(|id| log(10).wants(id)).count(), 100);
        assert!(!log(1).wants("short") && !log(1).wants("no hexadecimal number"));
    }
}
