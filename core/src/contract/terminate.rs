//! Ends an order early.

use chrono::{DateTime, Utc};

use super::refusal::Refusal;
use super::standing::{judge_living, wrong_state};
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::reason::WORK_ORDER_NOT_ACTIVE;

pub(super) fn terminate(order: &WorkOrder, at: DateTime<Utc>) -> Result<WorkOrder, Refusal> {
    if let Some(terminated) = judge_living(order, "work_order_id") {
        return Err(terminated.into());
    }
    if order.state == WorkOrderState::Draft {
        let advice = "a draft entitles to nothing: there is nothing to end";
        return Err(wrong_state(order, WORK_ORDER_NOT_ACTIVE, advice).into());
    }
    Ok(WorkOrder { state: WorkOrderState::Terminated, terminate_time: Some(at), ..order.clone() })
}
