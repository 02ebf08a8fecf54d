//! Replaces the content of an order.

use chrono::{DateTime, Utc};

use super::standing::judge_living;
use crate::model::{WorkOrder, WorkOrderState, rfc3339};
use crate::terms::Span;
use crate::violation::{Violation, reason};

/// What of the order as it shall be is not for an amendment to change. `term`: its dates as it is stored; `path`: where
/// it stands in the request.
pub(super) fn judge(
    stored: &WorkOrder,
    order: &WorkOrder,
    (at, term): (DateTime<Utc>, Span),
    path: &str,
) -> Vec<Violation> {
    use WorkOrderState::{Active, Draft, Suspended, Terminated};
    if let Some(terminated) = judge_living(stored, at, &format!("{path}.work_order_id")) {
        return vec![terminated];
    }
    let conflict = |field: &str, description: String| {
        vec![Violation::new(format!("{path}.{field}"), reason::FIELD_CONFLICT, description)]
    };
    let advice = match (stored.state, order.state) {
        // What leaned on it has ended with it, and not before.
        (Active, Draft) if term.end <= at => return vec![expired(stored, term)],
        (Draft | Active, Draft | Active) | (Suspended, Suspended) => return Vec::new(),
        // It serves until its end. To make it `ACTIVE` withdraws that.
        (Terminated, Active) => return Vec::new(),
        (Terminated, Terminated) if stored.terminate_time == order.terminate_time => return Vec::new(),
        (Terminated, Terminated) => {
            let description = "no amendment moves the end of an order; send it as it is stored, and move it by \
                               `TerminateWorkOrder`, or withdraw it by `ACTIVE` without `terminate_time`";
            return conflict("terminate_time", description.to_owned());
        }
        (_, Terminated) => "terminate it by `TerminateWorkOrder`",
        (Draft, _) => "make it `ACTIVE` first",
        (_, Suspended) => "suspend it by `SuspendWorkOrder`",
        (_, Active) => "resume it by `ResumeWorkOrder`",
        (Terminated, Draft) => "withdraw its end by `ACTIVE` first",
        (_, Draft) => "a suspended order does not become a draft",
    };
    let [from, to] = [stored.state, order.state].map(WorkOrderState::as_str);
    conflict("state", format!("no amendment takes an order from `{from}` to `{to}`; send `{from}`, and {advice}"))
}

fn expired(order: &WorkOrder, term: Span) -> Violation {
    let (id, start, end) = (&order.work_order_id, rfc3339(term.start), rfc3339(term.end));
    let description = format!(
        "work order `{id}` has ended at `{end}` and becomes no draft any more; renew it, or name an instant before its end"
    );
    let facts = vec![("start_time", start), ("end_time", end)];
    Violation { facts, ..Violation::new("effective_time", reason::EFFECTIVE_TIME_OUTSIDE_TERM, description) }
}
