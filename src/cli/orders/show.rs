use clap::Args;

use crate::cli::render::orders;
use crate::cli::{CliContext, Failure};
use crate::service::Clock;

/// Show a work order with its items, prices and total.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = "Example:\n  entitled orders show hm-2026 --customer halden-mills")]
pub(super) struct Show {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
}

impl Show {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let answer = super::read(&connection, &self.customer, &self.work_order).await?;
        let places = context.places(&connection, &self.customer).await.with_orders(&answer.work_order);
        context.answer("entitled.v1.GetWorkOrderResponse", &answer, |answer, screen| {
            let order = answer.work_order.as_ref();
            order.map_or(String::new(), |order| orders::page(order, &places, Clock::System.now(), screen))
        })
    }
}
