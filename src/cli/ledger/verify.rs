use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::entry::{self, Claim};
use crate::cli::client::{Connection, PAGE_SIZE, pages};
use crate::cli::render::amount;
use crate::cli::screen::{self, Screen, Tone};
use crate::cli::{Context, Failure, Format};
use crate::ledger::{Chains, Totals};
use crate::proto::v1::{Entry, ListBlocksRequest, ListCustomersRequest, ListEntriesRequest, Unit};

/// Recompute every chain and every balance, and name the first entry that does not fit.
///
/// Nothing is taken on trust: the hashes are computed here, from what the server returns.
///
/// Exit status: 0 everything fits, 1 something does not, or an error.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Verify {
    /// Only this customer. Default: all the caller may see.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
}

/// What was looked at so far.
#[derive(Debug, Default)]
struct Seen {
    customers: u64,
    blocks: u64,
    entries: u64,
}

/// What does not fit.
#[derive(Debug)]
pub(super) struct Finding {
    pub customer_id: String,
    pub block_id: String,
    /// Empty where an entry is missing.
    pub entry_id: String,
    pub sequence: i64,
    pub message: String,
}

impl Verify {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let customers = match self.customer {
            Some(customer_id) => vec![customer_id],
            None => all_customers(&connection).await?,
        };
        let mut progress = Progress::new(&context.errors);
        let mut seen = Seen::default();
        let mut finding = None;
        for customer_id in &customers {
            finding = verify(&connection, customer_id, &mut seen, &mut progress).await?;
            seen.customers = seen.customers.saturating_add(1);
            if finding.is_some() {
                break;
            }
        }
        progress.end();
        tell(context, &seen, finding.as_ref())?;
        Ok(if finding.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn all_customers(connection: &Connection) -> Result<Vec<String>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.contracts();
        async move {
            let request = ListCustomersRequest { page_size: PAGE_SIZE, page_token };
            let page = client.list_customers(request).await?.into_inner();
            let ids: Vec<_> = page.customers.into_iter().map(|customer| customer.customer_id).collect();
            Ok((ids, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().collect())
}

/// The blocks are read first: what is written meanwhile only makes their chains longer.
async fn verify(
    connection: &Connection,
    customer_id: &str,
    seen: &mut Seen,
    progress: &mut Progress,
) -> Result<Option<Finding>, Failure> {
    let mut check = Check::new(customer_id, claims(connection, customer_id).await?);
    seen.blocks = seen.blocks.saturating_add(u64::try_from(check.claims.len()).unwrap_or(u64::MAX));
    let mut page_token = String::new();
    loop {
        let request = ListEntriesRequest {
            customer_id: customer_id.to_owned(),
            page_size: PAGE_SIZE,
            page_token: page_token.clone(),
            ..Default::default()
        };
        let page = connection.ledger().list_entries(request).await?.into_inner();
        for entry in &page.entries {
            seen.entries = seen.entries.saturating_add(1);
            if let Some(finding) = check.entry(entry) {
                return Ok(Some(finding));
            }
        }
        progress.show(customer_id, seen.entries);
        if page.next_page_token.is_empty() {
            return Ok(check.end());
        }
        if page.next_page_token == page_token {
            return Err(Failure::Other("the server returns the same page again and again".into()));
        }
        page_token = page.next_page_token;
    }
}

async fn claims(connection: &Connection, customer_id: &str) -> Result<BTreeMap<String, Claim>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.ledger();
        let customer_id = customer_id.to_owned();
        async move {
            let request = ListBlocksRequest { customer_id, page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = client.list_blocks(request).await?.into_inner();
            Ok((page.blocks, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().map(|block| (block.block_id.clone(), Claim::of(&block))).collect())
}

/// One customer's entries against what its blocks claim.
#[derive(Debug)]
pub(super) struct Check {
    customer_id: String,
    /// By block, those that were not met yet.
    claims: BTreeMap<String, Claim>,
    chains: Chains,
}

impl Check {
    pub fn new(customer_id: &str, claims: BTreeMap<String, Claim>) -> Self {
        Self { customer_id: customer_id.to_owned(), claims, chains: Chains::default() }
    }

    /// What is wrong with the next entry.
    pub fn entry(&mut self, told: &Entry) -> Option<Finding> {
        let Some(entry) = entry::read(&self.customer_id, told) else {
            return Some(self.finding(told, "it holds what no entry holds".to_owned()));
        };
        if let Err(misfit) = self.chains.push(&entry) {
            return Some(self.finding(told, misfit.kind.to_string()));
        }
        let claim = self.claims.get(&told.block_id).filter(|claim| claim.sequence == entry.sequence)?;
        let link = self.chains.link(entry.block_id)?;
        if claim.head != Some(link.head) {
            return Some(self.finding(told, "the block has another hash for it".to_owned()));
        }
        if claim.totals != link.totals {
            let [left, claimed] = [link.totals, claim.totals].map(|totals| in_words(totals, told.unit()));
            let message = format!("the balance it leaves is {left}; the block says {claimed}");
            return Some(self.finding(told, message));
        }
        self.claims.remove(&told.block_id);
        None
    }

    /// What is missing once all entries were seen.
    pub fn end(self) -> Option<Finding> {
        let (block_id, claim) = self.claims.into_iter().find(|(_, claim)| claim.sequence != 0)?;
        let last = block_id.parse().ok().and_then(|id| self.chains.link(id)).map_or(0, |link| link.sequence);
        Some(Finding {
            customer_id: self.customer_id,
            block_id,
            entry_id: String::new(),
            sequence: last.saturating_add(1),
            message: format!("it is missing; the block has {} entries", claim.sequence),
        })
    }

    fn finding(&self, entry: &Entry, message: String) -> Finding {
        Finding {
            customer_id: self.customer_id.clone(),
            block_id: entry.block_id.clone(),
            entry_id: entry.entry_id.clone(),
            sequence: entry.sequence,
            message,
        }
    }
}

fn in_words(totals: Totals, unit: Unit) -> String {
    let Totals { granted, used, reserved } = totals;
    let [granted, used, reserved] = [granted, used, reserved].map(|part| amount::amount(part, unit));
    format!("{granted} granted, {used} used, {reserved} reserved")
}

fn tell(context: &Context, seen: &Seen, finding: Option<&Finding>) -> Result<(), Failure> {
    let Seen { customers, blocks, entries } = seen;
    let text = match context.format {
        Format::Json => {
            let misfit = finding.map(|found| {
                json!({
                    "customer_id": found.customer_id, "block_id": found.block_id, "entry_id": found.entry_id,
                    "sequence": found.sequence, "message": found.message,
                })
            });
            format!("{:#}", json!({"customers": customers, "blocks": blocks, "entries": entries, "misfit": misfit}))
        }
        Format::Table => {
            let counted = format!("{entries} entries in {blocks} blocks of {customers} customers");
            match finding {
                None => format!("{}  {counted}", context.screen.paint(Tone::Good, "VERIFIED")),
                Some(found) => {
                    let facts = [
                        ("customer", found.customer_id.clone()),
                        ("block", found.block_id.clone()),
                        ("entry", if found.entry_id.is_empty() { "none".to_owned() } else { found.entry_id.clone() }),
                        ("number", found.sequence.to_string()),
                        ("why", found.message.clone()),
                        ("seen", counted),
                    ];
                    let heading = context.screen.paint(Tone::Bad, "DOES NOT FIT");
                    format!("{heading}\n{}", context.screen.pairs(facts))
                }
            }
        }
    };
    screen::write(&text).map_err(Failure::from)
}

/// How far it is, on a terminal.
#[derive(Debug)]
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn new(errors: &Screen) -> Self {
        Self { is_shown: errors.is_terminal && std::io::stderr().is_terminal() }
    }

    fn show(&mut self, customer_id: &str, entries: u64) {
        if self.is_shown {
            // Where it cannot be shown, the work goes on all the same.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K{entries} entries, {customer_id}");
        }
    }

    fn end(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
