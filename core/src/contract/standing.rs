//! Whether a stored order can be changed in some way, at some time.

use chrono::{DateTime, Utc};

use crate::model::{Customer, WorkOrder, WorkOrderState, Zone, rfc3339};
use crate::terms::{Span, days};
use crate::violation::{Violation, reason};

/// The time from the first instant of the order's first day to the end of its last one, whatever ends it sooner.
pub(super) fn dates(customer: &Customer, order: &WorkOrder) -> Span {
    days(zone(customer, order), order.start_date, order.end_date)
}

/// That of the host; UTC for an unknown one, which is told elsewhere.
pub(super) fn zone(customer: &Customer, order: &WorkOrder) -> Zone {
    customer.location(&order.host_location_id).map_or(Zone::UTC, |location| location.time_zone)
}

/// An instant that is named must lie within one of the terms.
pub(super) fn judge_time(instant: DateTime<Utc>, terms: &[Span]) -> Option<Violation> {
    if terms.iter().any(|term| term.contains(instant)) {
        return None;
    }
    let term = terms.last()?;
    let (start, end) = (rfc3339(term.start), rfc3339(term.end));
    let advice = match instant < term.start {
        true => "name its first instant or a later one",
        false => "name an instant before its end",
    };
    let description = format!(
        "`{}` is outside the order's term, which runs from `{start}` until `{end}`; {advice}",
        rfc3339(instant)
    );
    let facts = vec![("start_time", start), ("end_time", end)];
    Some(Violation { facts, ..Violation::new("effective_time", reason::EFFECTIVE_TIME_OUTSIDE_TERM, description) })
}

/// An order that has ended by an instant changes no more. At the very instant of its end it has ended.
pub(super) fn judge_living(order: &WorkOrder, at: DateTime<Utc>, field: &str) -> Option<Violation> {
    if order.state != WorkOrderState::Terminated || order.terminate_time.is_some_and(|end| at < end) {
        return None;
    }
    let end = order.terminate_time.map(rfc3339).unwrap_or_default();
    let description = format!(
        "work order `{}` is terminated as of `{end}` and changes no more; renew it, or name an instant before its end",
        order.work_order_id
    );
    let facts = vec![("work_order_id", order.work_order_id.clone()), ("terminate_time", end)];
    Some(Violation { facts, ..Violation::clause(field, reason::WORK_ORDER_ALREADY_TERMINATED, description) })
}

/// An order of the wrong state; `advice` says what to do with it instead.
pub(super) fn wrong_state(order: &WorkOrder, reason: &'static str, advice: &str) -> Violation {
    let state = order.state.as_str();
    let description = format!("work order `{}` is `{state}` then; {advice}", order.work_order_id);
    let facts = vec![("work_order_id", order.work_order_id.clone()), ("state", state.to_owned())];
    Violation { facts, ..Violation::clause("work_order_id", reason, description) }
}
