use crate::contract::{ContractChange, Plan};
use crate::model::{Customer, VersionInfo, WorkOrder};
use crate::preview::Effects;
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
    /// What it would do, where nothing was written.
    pub effects: Option<Box<Effects>>,
}

/// What a command would make of the contract, and what looks wrong with that.
#[derive(Debug)]
pub(super) struct Judged {
    pub plan: Plan,
    pub warnings: Vec<Warning>,
}
