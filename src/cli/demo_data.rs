mod customer;
mod draw;
mod order;
mod places;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::time::Duration;

use chrono::Datelike as _;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use self::customer::{Plan, document, id, is_demo};
use self::order::LODESTAR;
use super::client::{Client, PAGE_SIZE};
use super::progress::Progress;
use super::render::changes::ChangeCounts;
use super::{CliContext, Failure, Format, screen};
use crate::legible::{excerpt, shown};
use crate::proto::v1::{ApplyContractRequest, ApplyContractResponse, ListCustomersRequest, ListEditionsRequest};
use crate::service::Clock;

/// Fill the database of a server with invented customers, for load tests and trials.
///
/// Customers are `demo-1` to `demo-N`, and the head office of each is the location `hq`. Those whose
/// number ends in 1 to 8 have a contract in force: `problem-resolution-support` at `hq` for `azure`,
/// and a block of hours of `enhanced-designated-engineering` there. Of the others some are suspended,
/// terminated, drafts, not begun or ended; some are of the edition `lodestar-care-2026`, if the server
/// has it. Every seventh of those in force has a second order for a country of its own, and every
/// hundredth 30 locations.
///
/// They are written as `entitled import` writes, by the same rules. The same seed and year make the
/// same customers: once more changes nothing. Another seed or year is refused by what is stored
/// already; take an empty database for it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled demo-data --customers 1000
  entitled demo-data --customers 50000 --seed 7 --year 2027"
)]
pub(super) struct DemoData {
    /// How many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    customers: u32,
    /// What is drawn by chance follows from it.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// In which the contracts are in force. Default: this year.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(2025..=2200))]
    year: Option<i32>,
    /// Also where there are other customers.
    #[arg(long)]
    beside_others: bool,
}

/// How many writes wait for their answers at a time: the server writes two contracts at a time.
const IN_FLIGHT: usize = 8;
/// How often a write is sent again that the server asks to be sent later.
const TRIES: usize = 20;

impl DemoData {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        if !self.beside_others {
            refuse_others(&connection).await?;
        }
        let plan = Plan {
            seed: self.seed,
            year: self.year.unwrap_or_else(|| Clock::System.now().year()),
            has_lodestar: has_edition(&connection, LODESTAR).await?,
        };
        let mut progress = Progress::new(&context.errors);
        let written = self.fill(&connection, plan, &mut progress).await;
        progress.end();
        match written {
            Ok(counts) => self.tell(context, counts),
            Err((number, status)) => {
                let advice = match status.code() {
                    Code::AlreadyExists => {
                        "it was made with another --seed or --year; take the same, or an empty database"
                    }
                    _ => "the same command once more writes what is missing",
                };
                screen::write_error(&format!("{} was not written; {advice}", id(number)));
                Err(status.into())
            }
        }
    }

    /// Ends with the first customer that has no answer, or another one than yes.
    async fn fill(
        &self,
        connection: &Client,
        plan: Plan,
        progress: &mut Progress,
    ) -> Result<ChangeCounts, (u32, Status)> {
        let (mut counts, mut done) = (ChangeCounts::default(), 0_u32);
        let writes = stream::iter(1..=self.customers)
            .map(async |number| apply(connection, document(&plan, number)).await.map_err(|status| (number, status)));
        let mut writes = std::pin::pin!(writes.buffer_unordered(IN_FLIGHT));
        while let Some(answer) = writes.try_next().await? {
            // The first change is the customer's, the others are of its orders.
            counts.add(answer.changes.get(..1).unwrap_or_default());
            done = done.saturating_add(1);
            progress.show(format_args!("{done} of {} customers", self.customers));
        }
        Ok(counts)
    }

    fn tell(&self, context: &CliContext, counts: ChangeCounts) -> Result<ExitCode, Failure> {
        let (first, last) = (id(1), id(self.customers));
        let text = match context.format {
            Format::Table => format!("{first} to {last}: {}", counts.words()),
            Format::Json => json!({
                "first": first, "last": last,
                "added": counts.added, "updated": counts.updated, "unchanged": counts.unchanged,
            })
            .to_string(),
        };
        screen::write(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn apply(connection: &Client, document: ApplyContractRequest) -> Result<ApplyContractResponse, Status> {
    let request = ApplyContractRequest { request_id: Uuid::now_v7().to_string(), ..document };
    let mut tries = 0_usize;
    loop {
        tries = tries.saturating_add(1);
        match connection.contracts().apply_contract(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => match retry_delay(&status).filter(|_| tries < TRIES) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(status),
            },
        }
    }
}

/// When the server wants the call again, if it does: it has too many at the moment.
fn retry_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// A customer of somebody else is no place for invented ones.
async fn refuse_others(connection: &Client) -> Result<(), Failure> {
    let mut page_token = String::new();
    loop {
        let request = ListCustomersRequest { page_size: PAGE_SIZE, page_token };
        let page = connection.contracts().list_customers(request).await?.into_inner();
        if let Some(other) = page.customers.iter().find(|customer| !is_demo(&customer.customer_id)) {
            return Err(Failure::Usage(format!(
                "the database has other customers, such as `{}`; nothing was written. Take an empty database, or say \
                 --beside-others",
                shown(&excerpt(&other.customer_id))
            )));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

async fn has_edition(connection: &Client, edition_id: &str) -> Result<bool, Failure> {
    let editions = connection.catalog().list_editions(ListEditionsRequest::default()).await?.into_inner();
    Ok(editions.editions.iter().any(|edition| edition.edition_id == edition_id))
}
