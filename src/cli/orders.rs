mod amend;
pub(super) mod change;
mod diff;
mod list;
pub(super) mod recorded;
mod renew;
mod resume;
mod show;
mod suspend;
mod terminate;
mod versions;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use prost_types::Timestamp;

use super::client::{Client, PAGE_SIZE, pages};
use super::{CliContext, Failure};
use crate::proto::v1::{GetWorkOrderRequest, GetWorkOrderResponse, ListWorkOrdersRequest, WorkOrder};

/// Show a customer's work orders, and change them: amend, renew, suspend, resume, terminate.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders list --customer halden-mills
  entitled orders show hm-2026 --customer halden-mills"
)]
pub(super) struct Orders {
    #[command(subcommand)]
    command: OrdersCommand,
}

#[derive(Debug, Subcommand)]
enum OrdersCommand {
    List(list::List),
    Show(show::Show),
    Versions(versions::Versions),
    Diff(diff::Diff),
    Amend(Box<amend::Amend>),
    Renew(renew::Renew),
    Suspend(suspend::Suspend),
    Resume(resume::Resume),
    Terminate(terminate::Terminate),
}

impl Orders {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            OrdersCommand::List(list) => list.run(context).await,
            OrdersCommand::Show(show) => show.run(context).await,
            OrdersCommand::Versions(versions) => versions.run(context).await,
            OrdersCommand::Diff(diff) => diff.run(context).await,
            OrdersCommand::Amend(amend) => amend.run(context).await,
            OrdersCommand::Renew(renew) => renew.run(context).await,
            OrdersCommand::Suspend(suspend) => suspend.run(context).await,
            OrdersCommand::Resume(resume) => resume.run(context).await,
            OrdersCommand::Terminate(terminate) => terminate.run(context).await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Every work order of a customer.
pub(super) async fn all(connection: &Client, customer_id: &str) -> Result<Vec<WorkOrder>, Failure> {
    let pages = pages(|page_token| {
        let mut client = connection.contracts();
        let customer_id = customer_id.to_owned();
        async move {
            let request = ListWorkOrdersRequest { customer_id, page_size: PAGE_SIZE, page_token };
            let page = client.list_work_orders(request).await?.into_inner();
            Ok((page.work_orders, page.next_page_token))
        }
    });
    Ok(pages.await?.into_iter().flatten().collect())
}

/// The same as they stand at an instant; none: now.
pub(super) async fn all_at(
    connection: &Client,
    customer_id: &str,
    as_of_time: Option<Timestamp>,
) -> Result<Vec<WorkOrder>, Failure> {
    let mut orders = all(connection, customer_id).await?;
    if as_of_time.is_some() {
        for order in &mut orders {
            *order = at(connection, customer_id, &order.work_order_id, as_of_time).await?;
        }
    }
    Ok(orders)
}

/// One work order as it stands at an instant.
pub(super) async fn at(
    connection: &Client,
    customer_id: &str,
    work_order_id: &str,
    as_of_time: Option<Timestamp>,
) -> Result<WorkOrder, Failure> {
    let (customer_id, work_order_id) = (customer_id.to_owned(), work_order_id.to_owned());
    let request = GetWorkOrderRequest { customer_id, work_order_id, as_of_time, ..Default::default() };
    Ok(read(connection, request).await?.work_order.unwrap_or_default())
}

/// One work order, and the customer's revision.
async fn read(connection: &Client, request: GetWorkOrderRequest) -> Result<GetWorkOrderResponse, Failure> {
    Ok(connection.contracts().get_work_order(request).await?.into_inner())
}

/// Which work order.
#[derive(Debug, Args)]
struct OrderArgs {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
}
