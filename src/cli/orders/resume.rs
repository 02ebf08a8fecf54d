use clap::Args;

use super::change::{Before, ChangeArgs, tell_change, tell_recorded};
use super::recorded::Recorded;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::{ResumeWorkOrderRequest, WorkOrderState};

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
        let ChangeArgs { effective, write } = self.change;
        let of = (self.customer.as_str(), self.work_order.as_str());
        let before = Before::read(&connection, of, effective, &write).await?;
        let recorded = Recorded::find(&connection, of, before.effective_time, write.given_id()).await?;
        let is_resumed = |it: &Recorded| {
            let is_suspended = [&it.before, &it.order].map(|order| order.state() == WorkOrderState::Suspended);
            it.is_by("ResumeWorkOrder", None) && is_suspended == [true, false]
        };
        if let Some(recorded) = recorded.filter(|it| is_resumed(it) && it.holds_from(before.effective_time)) {
            return tell_recorded!(
                context,
                ResumeWorkOrderResponse,
                "entitled.v1.ResumeWorkOrderResponse",
                before,
                recorded,
                false
            );
        }
        let request = ResumeWorkOrderRequest {
            customer_id: self.customer,
            work_order_id: self.work_order,
            effective_time: before.effective_time,
            request_id: write.request.id(),
            validate_only: write.plan,
            etag: write.etag(&before),
            strict: write.strict,
        };
        let id = request.request_id.clone();
        let answer = write.answer(&id, connection.contracts().resume_work_order(request)).await?;
        tell_change!(context, "entitled.v1.ResumeWorkOrderResponse", answer, before, false, write.written())
    }
}
