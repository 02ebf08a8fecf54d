use std::collections::BTreeMap;

use clap::Args;

use super::balance;
use crate::cli::client::{PAGE_SIZE, pages};
use crate::cli::render::reservations;
use crate::cli::{CliContext, Failure, Format, values};
use crate::proto::v1::{ListBlocksRequest, ListReservationsRequest, ListReservationsResponse};

/// List what is held, and what became of what was held.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  entitled hours reservations --customer halden-mills --state open"
)]
pub(super) struct Reservations {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Only reservations that this block funds.
    #[arg(long, value_name = "UUID")]
    block: Option<String>,
    /// Only those in this state.
    #[arg(long, value_enum, ignore_case = true)]
    state: Option<values::ReservationState>,
}

impl Reservations {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let request = ListReservationsRequest {
            customer_id: self.customer,
            page_size: PAGE_SIZE,
            page_token: String::new(),
            state: self.state.map(Into::into).unwrap_or_default(),
            block_id: self.block.unwrap_or_default(),
        };
        let pages = pages(|page_token| {
            let request = ListReservationsRequest { page_token, ..request.clone() };
            let mut client = connection.ledger();
            async move {
                let page = client.list_reservations(request).await?.into_inner();
                Ok((page.reservations, page.next_page_token))
            }
        });
        let reservations = pages.await?.into_iter().flatten().collect();
        let answer = ListReservationsResponse { reservations, next_page_token: String::new() };
        // A reservation names its blocks, and these their orders, by whose clocks it is told.
        let blocks = match context.format {
            Format::Table if !answer.reservations.is_empty() => {
                let all = ListBlocksRequest { customer_id: request.customer_id.clone(), ..Default::default() };
                balance::read(&connection, &all).await?.blocks
            }
            _ => Vec::new(),
        };
        let orders: BTreeMap<_, _> = blocks.into_iter().map(|block| (block.block_id, block.work_order_id)).collect();
        let places = context.hosts(&connection, &request.customer_id, orders.values()).await;
        context.answer("entitled.v1.ListReservationsResponse", &answer, |answer, screen| {
            reservations::table(&answer.reservations, &orders, &places, screen)
        })
    }
}
