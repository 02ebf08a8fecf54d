use clap::Args;

use crate::cli::render::customers;
use crate::cli::{CliContext, Failure};

/// Show a customer with its locations, contacts and licences.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = "Example:\n  entitled customers show halden-mills")]
pub(super) struct Show {
    /// The customer.
    #[arg(value_name = "CUSTOMER", id = "customer")]
    customer: String,
}

impl Show {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let answer = super::read(&connection, &self.customer).await?;
        context.answer("entitled.v1.GetCustomerResponse", &answer, |answer, screen| {
            answer.customer.as_ref().map_or(String::new(), |customer| customers::page(customer, screen))
        })
    }
}
