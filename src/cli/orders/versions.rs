use clap::Args;

use super::OrderArgs;
use crate::cli::client::{PAGE_SIZE, pages};
use crate::cli::render::versions;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::{ListWorkOrderVersionsRequest, ListWorkOrderVersionsResponse};

/// List every version of an order, the last recorded first: who wrote it, when, and from when on it holds.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = "Example:\n  entitled orders versions hm-2026 --customer halden-mills")]
pub(super) struct Versions {
    #[command(flatten)]
    order: OrderArgs,
}

impl Versions {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let OrderArgs { work_order, customer } = self.order;
        let pages = pages(|page_token| {
            let request = ListWorkOrderVersionsRequest {
                customer_id: customer.clone(),
                work_order_id: work_order.clone(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let mut client = connection.contracts();
            async move {
                let page = client.list_work_order_versions(request).await?.into_inner();
                Ok((page.work_order_versions, page.next_page_token))
            }
        });
        let work_order_versions: Vec<_> = pages.await?.into_iter().flatten().collect();
        let last = work_order_versions.first().and_then(|version| version.work_order.clone());
        let places = context.places(&connection, &customer).await.with_orders(&last);
        let answer = ListWorkOrderVersionsResponse { work_order_versions, next_page_token: String::new() };
        context.answer("entitled.v1.ListWorkOrderVersionsResponse", &answer, |answer, screen| {
            versions::table(&answer.work_order_versions, &screen.in_zone(places.order(&work_order)))
        })
    }
}
