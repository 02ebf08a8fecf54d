//! Ends an order early, or at another time than planned.

use super::standing::wrong_state;
use crate::model::{WorkOrder, WorkOrderState};
use crate::violation::Violation;
use crate::violation::reason::WORK_ORDER_NOT_ACTIVE;

pub(super) fn judge(order: &WorkOrder) -> Option<Violation> {
    let advice = "a draft entitles to nothing: there is nothing to end";
    (order.state == WorkOrderState::Draft).then(|| wrong_state(order, WORK_ORDER_NOT_ACTIVE, advice))
}
