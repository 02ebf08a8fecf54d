mod list;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use prost_types::Timestamp;

use super::client::{Client, PAGE_SIZE, pages};
use super::{CliContext, Failure};
use crate::proto::v1::{Customer, GetCustomerRequest, GetCustomerResponse, ListCustomersRequest};

/// List customers, or show one with its locations and contacts.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled customers list
  entitled customers show halden-mills"
)]
pub(super) struct Customers {
    #[command(subcommand)]
    command: CustomersCommand,
}

#[derive(Debug, Subcommand)]
enum CustomersCommand {
    List(list::List),
    Show(show::Show),
}

impl Customers {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            CustomersCommand::List(list) => list.run(context).await,
            CustomersCommand::Show(show) => show.run(context).await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Every customer the caller may see.
async fn all(connection: &Client) -> Result<Vec<Customer>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.contracts();
        async move {
            let request = ListCustomersRequest { page_size: PAGE_SIZE, page_token };
            let page = client.list_customers(request).await?.into_inner();
            Ok((page.customers, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().collect())
}

/// One customer, and its revision.
pub(super) async fn read(connection: &Client, customer_id: &str) -> Result<GetCustomerResponse, Failure> {
    read_at(connection, customer_id, None).await
}

/// The same as of an instant; none: now.
pub(super) async fn read_at(
    connection: &Client,
    customer_id: &str,
    as_of_time: Option<Timestamp>,
) -> Result<GetCustomerResponse, Failure> {
    let request = GetCustomerRequest { customer_id: customer_id.to_owned(), as_of_time };
    Ok(connection.contracts().get_customer(request).await?.into_inner())
}
