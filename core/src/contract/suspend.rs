//! Holds an active order.

use super::refusal::Refusal;
use super::standing::{judge_living, wrong_state};
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::reason::WORK_ORDER_NOT_ACTIVE;

pub(super) fn suspend(order: &WorkOrder) -> Result<WorkOrder, Refusal> {
    if let Some(terminated) = judge_living(order, "work_order_id") {
        return Err(terminated.into());
    }
    if order.state != WorkOrderState::Active {
        let advice = "it entitles to nothing, so there is nothing to suspend";
        return Err(wrong_state(order, WORK_ORDER_NOT_ACTIVE, advice).into());
    }
    Ok(WorkOrder { state: WorkOrderState::Suspended, ..order.clone() })
}
