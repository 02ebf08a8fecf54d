//! Replaces the content of an order.

use super::standing::judge_living;
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::{Violation, reason};

/// What of the order as it shall be is not for an amendment to change. `path`: where it stands in the request.
pub(super) fn judge(stored: &WorkOrder, order: &WorkOrder, path: &str) -> Vec<Violation> {
    use WorkOrderState::{Active, Draft, Suspended, Terminated};
    if let Some(terminated) = judge_living(stored, &format!("{path}.work_order_id")) {
        return vec![terminated];
    }
    let advice = match (stored.state, order.state) {
        (Draft | Active, Draft | Active) | (Suspended, Suspended) => return Vec::new(),
        (_, Terminated) => "terminate it by `TerminateWorkOrder`",
        (Draft, _) => "make it `ACTIVE` first",
        (_, Suspended) => "suspend it by `SuspendWorkOrder`",
        (_, Active) => "resume it by `ResumeWorkOrder`",
        (_, Draft) => "a suspended order does not become a draft",
    };
    let [from, to] = [stored.state, order.state].map(WorkOrderState::as_str);
    let description = format!("no amendment takes an order from `{from}` to `{to}`; send `{from}`, and {advice}");
    vec![Violation::new(format!("{path}.state"), reason::FIELD_CONFLICT, description)]
}
