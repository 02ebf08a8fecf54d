use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::check::{CustomerVerification, Finding};
use super::entry::BlockClaim;
use super::heads::{Head, KeptHeads};
use crate::cli::client::{Client, PAGE_SIZE, pages};
use crate::cli::progress::Progress;
use crate::cli::screen::{self, Tone};
use crate::cli::{CliContext, Failure, Format};
use crate::legible::{self, excerpt, shown};
use crate::proto::v1::{
    ListBlocksRequest, ListCustomersRequest, ListEntriesRequest, ListReservationsRequest, Reservation, ReservationState,
};

/// Every state; the open ones first: what ends meanwhile is read again, as what it became.
const STATES: [ReservationState; 4] =
    [ReservationState::Open, ReservationState::Committed, ReservationState::Released, ReservationState::Expired];

/// Recompute every chain, balance and reservation, and name the first that does not fit.
///
/// Nothing is taken on trust: hashes and sums are computed here, from what the server returns.
/// A reservation must be what its entries make of it, and have ended once at most. The ledger
/// may be written meanwhile.
///
/// As JSON it tells `heads` too, the number and hash of each verified block's last entry. Kept
/// elsewhere, they show later whether anything before them was taken away or forged: `--heads`
/// compares with those of the last run and, if everything fits, keeps those of this one.
///
/// Exit status: 0 everything fits, 1 something does not, or an error.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// Only this customer. Default: all the caller may see.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// A file with the heads of the last run, made where there is none. Nobody who may write to the database may write to it.
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
}

/// What was looked at so far.
#[derive(Debug, Default)]
struct VerifiedCounts {
    customers: u64,
    blocks: u64,
    reservations: u64,
    entries: u64,
    /// Of the blocks of the customers that fit, the last entries.
    heads: Vec<Head>,
}

impl Verify {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let mut kept = self.heads.as_deref().map(KeptHeads::read).transpose()?.unwrap_or_default();
        let connection = context.connect().await?;
        let customers = match &self.customer {
            Some(customer_id) => vec![customer_id.clone()],
            None => all_customers(&connection).await?,
        };
        let mut progress = Progress::new(&context.errors);
        let mut counts = VerifiedCounts::default();
        let mut finding = None;
        for customer_id in &customers {
            finding = match verify(&connection, customer_id, &mut kept, &mut counts, &mut progress).await {
                Err(Failure::Status(refusal)) => match Finding::unreadable(customer_id, &refusal) {
                    None => return Err(Failure::Status(refusal)),
                    found => found,
                },
                verified => verified?,
            };
            counts.customers = counts.customers.saturating_add(1);
            if finding.is_some() {
                break;
            }
        }
        progress.end();
        let finding = finding.or_else(|| kept.missing(self.customer.as_deref()));
        if let Some(file) = self.heads.filter(|_| finding.is_none()) {
            kept.renew(&file, &counts.heads)?;
        }
        tell(context, &counts, finding.as_ref())?;
        Ok(if finding.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn all_customers(connection: &Client) -> Result<Vec<String>, Failure> {
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

/// The blocks are read first, then the reservations: what is written meanwhile only makes chains
/// longer, beyond what the blocks claim.
async fn verify(
    connection: &Client,
    customer_id: &str,
    kept: &mut KeptHeads,
    counts: &mut VerifiedCounts,
    progress: &mut Progress,
) -> Result<Option<Finding>, Failure> {
    let claims = claims(connection, customer_id).await?;
    counts.blocks = counts.blocks.saturating_add(count(claims.len()));
    let heads: Vec<_> = claims.iter().filter_map(|(block_id, claim)| head(customer_id, block_id, claim)).collect();
    let mut check = CustomerVerification::new(customer_id, claims);
    for state in STATES {
        let listed = reservations(connection, customer_id, state).await?;
        if let Some(finding) = listed.iter().find_map(|reservation| check.reservation(state, reservation)) {
            return Ok(Some(finding));
        }
    }
    counts.reservations = counts.reservations.saturating_add(count(check.reservations()));
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
            counts.entries = counts.entries.saturating_add(1);
            if let Some(finding) = check.entry(entry).or_else(|| kept.entry(customer_id, entry)) {
                return Ok(Some(finding));
            }
        }
        progress.show(format_args!("{} entries, {}", counts.entries, excerpt(customer_id)));
        if page.next_page_token.is_empty() {
            let finding = check.end();
            counts.heads.extend(heads.into_iter().filter(|_| finding.is_none()));
            return Ok(finding);
        }
        if page.next_page_token == page_token {
            return Err(Failure::Other("the server returns the same page again and again".into()));
        }
        page_token = page.next_page_token;
    }
}

/// None: it has no entries yet.
fn head(customer_id: &str, block_id: &str, claim: &BlockClaim) -> Option<Head> {
    let head_hash = claim.head.filter(|_| claim.sequence > 0)?.to_string();
    let [customer_id, block_id] = [customer_id, block_id].map(str::to_owned);
    Some(Head { customer_id, block_id, sequence: claim.sequence, head_hash })
}

async fn claims(connection: &Client, customer_id: &str) -> Result<BTreeMap<String, BlockClaim>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.ledger();
        let customer_id = customer_id.to_owned();
        async move {
            let request = ListBlocksRequest { customer_id, page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = client.list_blocks(request).await?.into_inner();
            Ok((page.blocks, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().map(|block| (block.block_id.clone(), BlockClaim::of(&block))).collect())
}

async fn reservations(
    connection: &Client,
    customer_id: &str,
    state: ReservationState,
) -> Result<Vec<Reservation>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.ledger();
        let request = ListReservationsRequest {
            customer_id: customer_id.to_owned(),
            page_size: PAGE_SIZE,
            page_token,
            state: state.into(),
            ..Default::default()
        };
        async move {
            let page = client.list_reservations(request).await?.into_inner();
            Ok((page.reservations, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().collect())
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn tell(context: &CliContext, counts: &VerifiedCounts, finding: Option<&Finding>) -> Result<(), Failure> {
    let VerifiedCounts { customers, blocks, reservations, entries, heads } = counts;
    let text = match context.format {
        Format::Json => {
            let discrepancy = finding.map(|found| {
                json!({
                    "customer_id": found.customer_id, "reservation_id": found.reservation_id,
                    "block_id": found.block_id, "entry_id": found.entry_id, "sequence": found.sequence,
                    "message": found.message,
                })
            });
            let told = json!({
                "customers": customers, "blocks": blocks, "reservations": reservations, "entries": entries,
                "misfit": discrepancy, "heads": heads,
            });
            legible::json(&format!("{told:#}")).into_owned()
        }
        Format::Table => {
            let counted =
                format!("{entries} entries in {blocks} blocks, {reservations} reservations, {customers} customers");
            match finding {
                None => format!("{}  {counted}", context.screen.paint(Tone::Good, "VERIFIED")),
                Some(found) => {
                    let number = if found.sequence == 0 { String::new() } else { found.sequence.to_string() };
                    let facts = [
                        ("customer", found.customer_id.clone()),
                        ("reservation", found.reservation_id.clone()),
                        ("block", found.block_id.clone()),
                        ("entry", found.entry_id.clone()),
                        ("number", number),
                        ("why", found.message.clone()),
                        ("seen", counted),
                    ];
                    let heading = context.screen.paint(Tone::Bad, "DOES NOT FIT");
                    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
                    let facts = facts.map(|(name, fact)| (name, shown(&fact).into_owned()));
                    format!("{heading}\n{}", context.screen.pairs(facts))
                }
            }
        }
    };
    screen::write(&text).map_err(Failure::from)
}
