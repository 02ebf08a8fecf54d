//! Holds an active order.

use super::refusal::Refusal;
use super::standing::wrong_state;
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::reason::WORK_ORDER_NOT_ACTIVE;

pub(super) fn suspend(order: &WorkOrder) -> Result<WorkOrder, Refusal> {
    // One that is to end serves until then.
    if !matches!(order.state, WorkOrderState::Active | WorkOrderState::Terminated) {
        let advice = "it entitles to nothing, so there is nothing to suspend";
        return Err(wrong_state(order, WORK_ORDER_NOT_ACTIVE, advice).into());
    }
    Ok(WorkOrder { state: WorkOrderState::Suspended, terminate_time: None, ..order.clone() })
}
