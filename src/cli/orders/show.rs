use clap::Args;

use super::OrderArgs;
use crate::cli::places::{Named, zone_of_days};
use crate::cli::render::orders;
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::GetWorkOrderRequest;
use crate::service::Clock;

/// Show a work order with its items, prices and total; as it is, as it was, or as it will be.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders show hm-2026 --customer halden-mills
  entitled orders show hm-2026 --customer halden-mills --as-of 2026-03-01"
)]
pub(super) struct Show {
    #[command(flatten)]
    order: OrderArgs,
    /// The version with this number; see `orders versions`.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["as_of", "known"])]
    version: Option<i64>,
    /// The version in effect at this instant (RFC 3339) or day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    as_of: Option<When>,
    /// By what was recorded up to this instant (RFC 3339) or day. Default: everything recorded.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    known: Option<When>,
}

impl Show {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let named = Named::Order(&self.order.work_order);
        let zone = zone_of_days(&connection, &self.order.customer, named, &[self.as_of, self.known]).await?;
        let request = GetWorkOrderRequest {
            customer_id: self.order.customer.clone(),
            work_order_id: self.order.work_order,
            version: self.version,
            known_time: self.known.map(|it| it.at(zone)),
            as_of_time: self.as_of.map(|it| it.at(zone)),
        };
        let as_of = request.as_of_time;
        let answer = super::read(&connection, request).await?;
        let places = context.places(&connection, &self.order.customer).await.with_orders(&answer.work_order);
        context.answer("entitled.v1.GetWorkOrderResponse", &answer, |answer, screen| {
            let order = answer.work_order.as_ref();
            let at = as_of.as_ref().and_then(values::instant).unwrap_or_else(|| Clock::System.now());
            order.map_or(String::new(), |order| orders::page(order, &places, at, screen))
        })
    }
}
