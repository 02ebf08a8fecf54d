use clap::Args;

use super::change::{Before, ChangeArgs, tell_change};
use crate::cli::{CliContext, Failure};
use crate::proto::v1::ResumeWorkOrderRequest;

/// Bring a suspended order back into force.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled orders resume hm-2026 --customer halden-mills --effective 2026-07-01 --plan"
)]
pub(super) struct Resume {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Resume {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let before = Before::read(&connection, &self.customer, &self.work_order, self.change.effective).await?;
        let request = ResumeWorkOrderRequest {
            customer_id: self.customer,
            work_order_id: self.work_order,
            effective_time: before.effective_time,
            request_id: self.change.write.request.id(),
            validate_only: self.change.write.plan,
            etag: self.change.write.etag(&before),
            strict: self.change.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.change.write.answer(&id, connection.contracts().resume_work_order(request)).await?;
        tell_change!(context, "entitled.v1.ResumeWorkOrderResponse", answer, before, false, self.change.write.plan)
    }
}
