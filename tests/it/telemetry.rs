//! What a server tells of itself.

mod calls;
mod canary;
mod collector;
mod decisions;
mod metrics;
mod traces;

use std::fs::File;
use std::path::Path;

use entitled::proto::v1;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::sample::{DUBLIN, ENGINEERING, hours};
use crate::server::request_id;

/// A server in a process of its own, and the file it logs into.
struct Logged {
    process: Process,
    directory: TempDir,
}

impl Logged {
    fn start(settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
        let log = File::create(directory.path().join("log")).unwrap();
        Self { process: Process::start_with(&database, settings, Some(log.into())), directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Stops the server; everything it logged.
    async fn stop(mut self) -> String {
        self.process.tell("TERM");
        assert_eq!(self.process.exit_code().await, Some(0));
        std::fs::read_to_string(self.path().join("log")).unwrap()
    }
}

/// So many hours of what `sample::stored` keeps.
fn consume(customer_id: &str, amount: i64) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: customer_id.to_owned(),
        location_id: DUBLIN.to_owned(),
        product_id: "azure".to_owned(),
        service_id: ENGINEERING.to_owned(),
        quantity: hours(amount),
        request_id: request_id(),
        ..Default::default()
    }
}

/// The lines of calls of this method, by the words at its end.
fn calls_of(log: &str, method: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    lines.filter(|line| line["method"].as_str().is_some_and(|name| name.ends_with(method))).collect()
}
