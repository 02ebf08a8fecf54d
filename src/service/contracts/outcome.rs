use crate::contract::ContractChange;
use crate::model::{Customer, VersionInfo, WorkOrder};
use crate::purchase::Warning;

/// What a write made, or would make.
#[derive(Debug, Clone)]
pub struct ChangeOutcome {
    /// 0 where nothing is stored yet.
    pub revision: i64,
    pub contract_version: i64,
    pub changes: Vec<ContractChange>,
    pub customer_id: String,
    /// The customer the command brought.
    pub customer: Option<Customer>,
    /// None where it was not written.
    pub customer_info: Option<VersionInfo>,
    /// The work orders the command spoke of, as they are when the change takes effect.
    pub work_orders: Vec<(WorkOrder, Option<VersionInfo>)>,
    pub warnings: Vec<Warning>,
}
