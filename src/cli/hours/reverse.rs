use clap::Args;

use super::{WriteArgs, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{Quantity, ReverseEntryRequest};

/// Undo a use, wholly or partly.
///
/// The entry stays as it is; another one refers to it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  entitled hours reverse 01a2056b… --customer halden-mills --quantity 2h"
)]
pub(super) struct Reverse {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The entry to undo, by its id as `hours entries` shows it.
    #[arg(value_name = "ENTRY", required_unless_present = "entry_flag", conflicts_with = "entry_flag")]
    entry: Option<String>,
    /// The same as a flag.
    #[arg(id = "entry_flag", long = "entry", value_name = "UUID", hide = true)]
    flag: Option<String>,
    /// How much of it. Default: all that is left of it.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true)]
    quantity: Option<Quantity>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Reverse {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let request = ReverseEntryRequest {
            customer_id: self.customer,
            entry_id: self.entry.or(self.flag).unwrap_or_default(),
            quantity: self.quantity,
            note: self.write.note.unwrap_or_default(),
            request_id: self.write.request.id(),
        };
        let connection = context.connect().await?;
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().reverse_entry(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.ReverseEntryResponse", &answer, |answer, screen| {
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
