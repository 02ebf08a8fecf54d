use clap::Args;

use crate::cli::client::{PAGE_SIZE, pages};
use crate::cli::places::{Named, zone_of_days};
use crate::cli::render::entries;
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{ListEntriesRequest, ListEntriesResponse};

/// List what happened to the blocks: every entry, block by block.
///
/// `hours reverse` takes an id from here. Times are those of the record.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled hours entries --customer halden-mills --work-order hm-2026
  entitled hours entries --customer halden-mills --from 2026-03-01 --until 2026-04-01"
)]
pub(super) struct Entries {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Only entries of blocks of this work order.
    #[arg(long, value_name = "ID")]
    work_order: Option<String>,
    /// Only entries of this block.
    #[arg(long, value_name = "UUID")]
    block: Option<String>,
    /// Only entries of this reservation.
    #[arg(long, value_name = "UUID")]
    reservation: Option<String>,
    /// Only entries recorded then or later: an instant (RFC 3339) or a day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    from: Option<When>,
    /// Only entries recorded before.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    until: Option<When>,
}

impl Entries {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let named = Named::first([
            self.work_order.as_deref().map(Named::Order),
            self.block.as_deref().map(Named::Block),
            self.reservation.as_deref().map(Named::Reservation),
        ]);
        let zone = zone_of_days(&connection, &self.customer, named, &[self.from, self.until]).await?;
        let request = ListEntriesRequest {
            customer_id: self.customer,
            page_size: PAGE_SIZE,
            page_token: String::new(),
            block_id: self.block.unwrap_or_default(),
            reservation_id: self.reservation.unwrap_or_default(),
            work_order_id: self.work_order.unwrap_or_default(),
            start_time: self.from.map(|it| it.at(zone)),
            end_time: self.until.map(|it| it.at(zone)),
        };
        let pages = pages(|page_token| {
            let request = ListEntriesRequest { page_token, ..request.clone() };
            let mut client = connection.ledger();
            async move {
                let page = client.list_entries(request).await?.into_inner();
                Ok((page.entries, page.next_page_token))
            }
        });
        let entries = pages.await?.into_iter().flatten().collect();
        let answer = ListEntriesResponse { entries, next_page_token: String::new() };
        let orders = answer.entries.iter().map(|entry| &entry.work_order_id);
        let places = context.hosts(&connection, &request.customer_id, orders).await;
        context.answer("entitled.v1.ListEntriesResponse", &answer, |answer, screen| {
            entries::table(&answer.entries, &places, screen)
        })
    }
}
