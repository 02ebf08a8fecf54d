use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::client::Client;
use super::document::{write, yaml};
use super::{CliContext, Failure, Format, customers, orders, screen};
use crate::legible;
use crate::proto::v1::{Customer, WorkOrder};

/// Write what a customer has, as it stands now, as a document that `import` reads.
///
/// Planned changes are not part of it. To import it again changes nothing. What the server sets, such as
/// versions, is left out. With --output json the document is JSON, which `import` reads too.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled export --customer halden-mills --file halden-mills.yaml
  entitled export --customer halden-mills | entitled import - --plan --address staging:50051"
)]
pub(super) struct Export {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
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
        let (customer, orders) = read(&connection, &self.customer).await?;
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
        Ok(ExitCode::SUCCESS)
    }
}

/// The customer and its orders as they stood together: its etag changes with any of them.
async fn read(connection: &Client, customer_id: &str) -> Result<(Customer, Vec<WorkOrder>), Failure> {
    let mut before = customers::read(connection, customer_id).await?.customer.unwrap_or_default();
    for _ in 0..TRIES {
        let orders = orders::all(connection, customer_id).await?;
        let after = customers::read(connection, customer_id).await?.customer.unwrap_or_default();
        if before.etag == after.etag {
            return Ok((after, orders));
        }
        before = after;
    }
    Err(Failure::Other("the customer changes again and again while it is read; try again".into()))
}
