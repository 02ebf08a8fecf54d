use clap::Args;

use super::change::{Before, ChangeArgs, tell_change};
use crate::cli::{CliContext, Failure};
use crate::proto::v1::TerminateWorkOrderRequest;

/// End an order early; before that instant everything still works.
///
/// It cannot be undone; a terminated order can be renewed.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled orders terminate hm-2026 --customer halden-mills --effective 2026-07-01 --plan"
)]
pub(super) struct Terminate {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Terminate {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let before = Before::read(&connection, &self.customer, &self.work_order, self.change.effective).await?;
        let request = TerminateWorkOrderRequest {
            customer_id: self.customer,
            work_order_id: self.work_order,
            effective_time: before.effective_time,
            reason: self.reason.unwrap_or_default(),
            request_id: self.change.write.request.id(),
            validate_only: self.change.write.plan,
            etag: self.change.write.etag(&before),
            strict: self.change.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.change.write.answer(&id, connection.contracts().terminate_work_order(request)).await?;
        tell_change!(context, "entitled.v1.TerminateWorkOrderResponse", answer, before, false, self.change.write.plan)
    }
}
