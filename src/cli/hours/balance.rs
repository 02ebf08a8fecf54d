use clap::Args;

use crate::cli::client::{Client, PAGE_SIZE, pages};
use crate::cli::places::{Named, zone_of_days};
use crate::cli::render::hours;
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{GetBlockRequest, ListBlocksRequest, ListBlocksResponse};

/// Show what is left of every block.
#[derive(Debug, Args)]
pub(super) struct Balance {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Only blocks of this work order.
    #[arg(long, value_name = "ID")]
    work_order: Option<String>,
    /// Only blocks of this service.
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// Only this block.
    #[arg(long, value_name = "UUID", conflicts_with_all = ["work_order", "service"])]
    block: Option<String>,
    /// As the --block stood at this instant (RFC 3339) or day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, requires = "block")]
    at: Option<When>,
}

impl Balance {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        if let Some(block_id) = self.block {
            let zone = zone_of_days(&connection, &self.customer, Named::Block(&block_id), &[self.at]).await?;
            let as_of_time = self.at.map(|it| it.at(zone));
            let request = GetBlockRequest { customer_id: self.customer, block_id, as_of_time };
            let customer = request.customer_id.clone();
            let answer = connection.ledger().get_block(request).await?.into_inner();
            let orders = answer.block.iter().map(|block| &block.work_order_id);
            let places = context.hosts(&connection, &customer, orders).await;
            return context.answer("entitled.v1.GetBlockResponse", &answer, |answer, screen| {
                hours::balances(answer.block.as_slice(), &places, screen)
            });
        }
        let request = ListBlocksRequest {
            customer_id: self.customer,
            work_order_id: self.work_order.unwrap_or_default(),
            service_id: self.service.unwrap_or_default(),
            ..Default::default()
        };
        let answer = read(&connection, &request).await?;
        let orders = answer.blocks.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &request.customer_id, orders).await;
        context.answer("entitled.v1.ListBlocksResponse", &answer, |answer, screen| match answer.blocks.as_slice() {
            [] => none_of(&request),
            blocks => hours::balances(blocks, &places, screen),
        })
    }
}

/// Every block that is asked for.
pub(super) async fn read(connection: &Client, request: &ListBlocksRequest) -> Result<ListBlocksResponse, Failure> {
    let pages = pages(|page_token| {
        let request = ListBlocksRequest { page_token, page_size: PAGE_SIZE, ..request.clone() };
        let mut client = connection.ledger();
        async move {
            let mut page = client.list_blocks(request).await?.into_inner();
            let next = std::mem::take(&mut page.next_page_token);
            Ok((page, next))
        }
    });
    Ok(joined(pages.await?))
}

/// With what it was asked for, which may be mistyped.
fn none_of(request: &ListBlocksRequest) -> String {
    let filters = [("work order", &request.work_order_id), ("service", &request.service_id)];
    let filters = filters.iter().filter(|(_, id)| !id.is_empty()).map(|(what, id)| format!("{what} {id}"));
    let filters: Vec<_> = filters.collect();
    if filters.is_empty() { "no blocks".to_owned() } else { format!("no blocks of {}", filters.join(" and ")) }
}

/// All blocks as one answer, of the first page's revision, which is the oldest.
fn joined(pages: Vec<ListBlocksResponse>) -> ListBlocksResponse {
    let mut pages = pages.into_iter();
    let mut answer = pages.next().unwrap_or_default();
    answer.blocks.extend(pages.flat_map(|page| page.blocks));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_nothing_the_filter_is_told() {
        let message = |work_order_id: &str, service_id: &str| {
            let (work_order_id, service_id) = (work_order_id.to_owned(), service_id.to_owned());
            none_of(&ListBlocksRequest { work_order_id, service_id, ..Default::default() })
        };
        assert_eq!(message("", ""), "no blocks");
        assert_eq!(message("typo", ""), "no blocks of work order typo");
        assert_eq!(message("wo-1", "workshops"), "no blocks of work order wo-1 and service workshops");
    }
}
