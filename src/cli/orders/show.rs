use clap::Args;
use prost_types::Timestamp;

use super::OrderArgs;
use crate::cli::render::orders;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::GetWorkOrderRequest;
use crate::service::Clock;

/// Show a work order with its items, prices and total; as it is, as it was, or as it will be.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders show hm-2026 --customer halden-mills
  entitled orders show hm-2026 --customer halden-mills --as-of 2026-03-01T00:00:00Z"
)]
pub(super) struct Show {
    #[command(flatten)]
    order: OrderArgs,
    /// The version with this number; see `orders versions`.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["as_of", "known"])]
    version: Option<i64>,
    /// The version in effect at this instant (RFC 3339). Default: now.
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    as_of: Option<Timestamp>,
    /// By what was recorded up to this instant (RFC 3339). Default: everything recorded.
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    known: Option<Timestamp>,
}

impl Show {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let request = GetWorkOrderRequest {
            customer_id: self.order.customer.clone(),
            work_order_id: self.order.work_order,
            version: self.version,
            known_time: self.known,
            as_of_time: self.as_of,
        };
        let answer = super::read(&connection, request).await?;
        let places = context.places(&connection, &self.order.customer).await.with_orders(&answer.work_order);
        context.answer("entitled.v1.GetWorkOrderResponse", &answer, |answer, screen| {
            let order = answer.work_order.as_ref();
            order.map_or(String::new(), |order| orders::page(order, &places, Clock::System.now(), screen))
        })
    }
}
