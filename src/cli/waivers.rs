mod record;
mod revoke;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliContext, Failure};
use crate::proto::v1::{Waiver, WorkOrder};

/// Record a written agreement that lifts a clause for an item, or take it off.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled waivers record --customer meridian-foods --work-order mf-europe --item engineer-lyon \\
      --code ONSITE_NOT_INCLUDED --reference 'amendment 3' --end 2027-06-30
  entitled waivers revoke --customer meridian-foods --work-order mf-europe --item engineer-lyon \\
      --code ONSITE_NOT_INCLUDED --reference 'amendment 3'"
)]
pub(super) struct Waivers {
    #[command(subcommand)]
    command: WaiversCommand,
}

#[derive(Debug, Subcommand)]
enum WaiversCommand {
    Record(Box<record::Record>),
    Revoke(revoke::Revoke),
}

impl Waivers {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            WaiversCommand::Record(record) => record.run(context).await,
            WaiversCommand::Revoke(revoke) => revoke.run(context).await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Which waiver, of which item.
#[derive(Debug, Args)]
struct WaiverArgs {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The work order.
    #[arg(long, visible_alias = "order", value_name = "ID")]
    work_order: String,
    /// The item of the order.
    #[arg(long, value_name = "ID")]
    item: String,
    /// The clause it lifts, such as `ONSITE_NOT_INCLUDED`.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Where the agreement is written down, such as `amendment 3`.
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

impl WaiverArgs {
    /// Whose order it is, and which.
    fn of(&self) -> (&str, &str) {
        (&self.customer, &self.work_order)
    }

    fn names(&self, waiver: &Waiver) -> bool {
        waiver.code == self.code && waiver.reference == self.reference
    }

    /// Every waiver of the item.
    fn all_of<'a>(&'a self, order: &'a WorkOrder) -> impl Iterator<Item = &'a Waiver> {
        order.items.iter().filter(|item| item.item_id == self.item).flat_map(|item| &item.waivers)
    }
}
