//! Brings a suspended order back.

use super::refusal::Refusal;
use super::standing::wrong_state;
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::reason::WORK_ORDER_NOT_SUSPENDED;

pub(super) fn resume(order: &WorkOrder) -> Result<WorkOrder, Refusal> {
    if order.state != WorkOrderState::Suspended {
        let advice = match order.state {
            WorkOrderState::Draft => "amend it to the state `ACTIVE` instead",
            _ => "there is nothing to resume",
        };
        return Err(wrong_state(order, WORK_ORDER_NOT_SUSPENDED, advice).into());
    }
    Ok(WorkOrder { state: WorkOrderState::Active, ..order.clone() })
}
