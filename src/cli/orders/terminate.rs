use clap::Args;

use super::change::{ReasonedChange, make_reasoned};
use super::recorded::Recorded;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::WorkOrderState;

/// End an order early; before that instant everything still works, and the order can be changed.
///
/// A planned end is replaced by another --effective, sooner or later, or withdrawn:
/// `entitled orders amend ORDER --set state=ACTIVE --set terminate_time=`. Once it has come it
/// cannot be undone; a terminated order can be renewed.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled orders terminate hm-2026 --customer halden-mills --effective 2026-07-01 --plan"
)]
pub(super) struct Terminate {
    #[command(flatten)]
    order: ReasonedChange,
}

impl Terminate {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        make_reasoned!(
            context,
            self.order,
            terminate_work_order,
            TerminateWorkOrderRequest,
            TerminateWorkOrderResponse,
            "entitled.v1.TerminateWorkOrderResponse",
            |it: &Recorded, end| it.order.state() == WorkOrderState::Terminated && it.ends_at(end)
        )
    }
}
