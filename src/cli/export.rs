mod planned;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use prost_types::Timestamp;
use serde_json::json;

use super::client::Client;
use super::document::{write, yaml};
use super::{CliContext, Failure, Format, customers, orders, screen, values};
use crate::legible;
use crate::proto::v1::{Customer, WorkOrder};

/// Write what a customer has as a document that `import` reads: as it stands now, or at another instant.
///
/// To import what stands now changes nothing. Planned changes are not part of it: a note tells when they take
/// effect, and `--as-of` writes what stands then. What the server sets, such as versions, is left out.
/// With --output json the document is JSON, which `import` reads too.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled export --customer halden-mills --file halden-mills.yaml
  entitled export --customer halden-mills --as-of 2027-01-01
  entitled export --customer halden-mills | entitled import - --plan --address staging:50051"
)]
pub(super) struct Export {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// As it stands at this instant (RFC 3339), or at the start of this day (UTC). Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = as_of)]
    as_of: Option<Timestamp>,
    /// Where it goes. Default: standard output.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// How often a customer is read that changes meanwhile.
const TRIES: usize = 5;
/// How editors find the schema, which `entitled schema` prints.
const HEADER: &str = "# yaml-language-server: $schema=contract.schema.json\n";

impl Export {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let (customer, orders) = read(&connection, &self.customer, self.as_of).await?;
        let document = write::document(&customer, &orders)?;
        let text = match context.format {
            Format::Table => format!("{HEADER}{}", yaml::yaml(&document)),
            Format::Json => {
                let json = serde_json::to_string_pretty(&document).map_err(|error| Failure::Other(error.into()))?;
                legible::json(&json).into_owned() + "\n"
            }
        };
        match self.file {
            Some(file) => std::fs::write(&file, text)
                .map_err(|error| Failure::Other(format!("{}: {error}", file.display()).into()))?,
            None => screen::write_raw(text.trim_end())?,
        }
        let planned = planned::after(&connection, &customer, &orders, self.as_of).await?;
        if !planned.is_empty() {
            let note = format!("changes that take effect later are not part of it: {}", planned.join(", "));
            screen::write_error(&match context.format {
                Format::Table => format!("note: {note}; `--as-of` writes what stands then"),
                Format::Json => json!({"note": note, "planned": planned}).to_string(),
            });
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads an instant, or a day by its beginning.
fn as_of(text: &str) -> Result<Timestamp, String> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(Timestamp { seconds: day.and_time(NaiveTime::MIN).and_utc().timestamp(), nanos: 0 }),
        Err(_) => values::time(text).map_err(|why| format!("{why}; or a day, as in `2026-06-01`")),
    }
}

/// The customer and its orders as they stood together: its etag changes with any of them.
async fn read(
    connection: &Client,
    customer_id: &str,
    as_of: Option<Timestamp>,
) -> Result<(Customer, Vec<WorkOrder>), Failure> {
    let mut before = customers::read_at(connection, customer_id, as_of).await?.customer.unwrap_or_default();
    for _ in 0..TRIES {
        let orders = orders::all_at(connection, customer_id, as_of).await?;
        let after = customers::read_at(connection, customer_id, as_of).await?.customer.unwrap_or_default();
        if before.etag == after.etag {
            return Ok((after, orders));
        }
        before = after;
    }
    Err(Failure::Other("the customer changes again and again while it is read; try again".into()))
}
