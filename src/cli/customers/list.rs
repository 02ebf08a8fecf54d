use clap::Args;

use crate::cli::render::customers;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::ListCustomersResponse;

/// List the customers the caller may see, by id.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled customers list --output json | jq -r '.customers[].customer_id'"
)]
pub(super) struct List {}

impl List {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let customers = super::all(&connection).await?;
        let answer = ListCustomersResponse { customers, next_page_token: String::new() };
        context.answer("entitled.v1.ListCustomersResponse", &answer, |answer, screen| {
            customers::list(&answer.customers, screen)
        })
    }
}
