use clap::Args;

use super::change::{ReasonedChange, make_reasoned};
use super::recorded::Recorded;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::WorkOrderState;

/// Hold an order: until it is resumed it entitles to nothing, and is no base for others.
///
/// What is reserved stays reserved, and work done before can be recorded.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled orders suspend hm-2026 --customer halden-mills --effective 2026-07-01 --plan"
)]
pub(super) struct Suspend {
    #[command(flatten)]
    order: ReasonedChange,
}

impl Suspend {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        make_reasoned!(
            context,
            self.order,
            suspend_work_order,
            SuspendWorkOrderRequest,
            SuspendWorkOrderResponse,
            "entitled.v1.SuspendWorkOrderResponse",
            |it: &Recorded, from| it.order.state() == WorkOrderState::Suspended && it.holds_from(from)
        )
    }
}
