use clap::Args;

use crate::cli::render::orders;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::ListWorkOrdersResponse;
use crate::service::Clock;

/// List a customer's work orders, ended ones too.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = "Example:\n  entitled orders list --customer halden-mills")]
pub(super) struct List {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
}

impl List {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let work_orders = super::all(&connection, &self.customer).await?;
        let places = context.places(&connection, &self.customer).await.with_orders(&work_orders);
        let answer = ListWorkOrdersResponse { work_orders, next_page_token: String::new() };
        context.answer("entitled.v1.ListWorkOrdersResponse", &answer, |answer, screen| {
            orders::list(&answer.work_orders, &places, Clock::System.now(), screen)
        })
    }
}
