use clap::Args;

use super::{RequestIdArg, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::adjust_block_request::Change;
use crate::proto::v1::{AdjustBlockRequest, Quantity};

/// Correct what a block grants, as an administrator, with a reason that is kept.
///
/// It never grants less than is used and held. To change what was bought, amend the order instead.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled hours adjust --customer halden-mills --block 0a1b… --by 8h --reason 'goodwill, case 4711'
  entitled hours adjust --customer halden-mills --block 0a1b… --by -8h --reason 'counted twice'
  entitled hours adjust --customer halden-mills --block 0a1b… --granted 400h --reason 'as signed'"
)]
#[command(group = clap::ArgGroup::new("change").required(true).args(["by", "granted"]))]
pub(super) struct Adjust {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The block.
    #[arg(long, value_name = "UUID")]
    block: String,
    /// Grant so much more, or with a minus so much less: `8h`, `-90m`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::change, allow_hyphen_values = true)]
    by: Option<Quantity>,
    /// Grant so much in all.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true)]
    granted: Option<Quantity>,
    /// Why; kept with the entry.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    request: RequestIdArg,
}

impl Adjust {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let request = AdjustBlockRequest {
            customer_id: self.customer,
            block_id: self.block,
            change: self.by.map(Change::Delta).or(self.granted.map(Change::Granted)),
            reason: self.reason,
            request_id: self.request.id(),
        };
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().adjust_block(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.AdjustBlockResponse", &answer, |answer, screen| {
            let written = WriteSummary {
                entries: &answer.entries,
                reservation: None,
                balances: &answer.balances,
                replayed: answer.replayed,
            };
            entries::write_summary(&written, &places, screen)
        })
    }
}
