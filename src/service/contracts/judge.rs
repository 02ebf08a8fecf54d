//! Judges whether the contract that results from a command is allowed.

use super::version::match_etag;
use super::{Contracts, size};
use crate::contract::{ContractCommand, Plan, Resource, Taken, plan};
use crate::error::{Error, Result, Violation, merge_violations};
use crate::model::Contract;
use crate::purchase;
use crate::store::StoredContract;

impl Contracts {
    /// Works a command out and judges the resulting whole contract: first what is malformed,
    /// then ids that are taken, then the clauses.
    pub(super) fn judge(
        &self,
        command: &ContractCommand,
        stored: Option<&StoredContract>,
        mut violations: Vec<Violation>,
    ) -> Result<Option<Plan>> {
        // A customer that must exist and does not is NOT_FOUND.
        if stored.is_some() || command.may_create() {
            match_etag(&self.context.epoch, command, stored)?;
        }
        let plan = plan(command, stored.map(|stored| &stored.contract));
        if let Some(customer) = command.customer() {
            merge_violations(&mut violations, purchase::validate_customer(customer, "customer"));
        }
        if let Some(plan) = &plan {
            merge_violations(&mut violations, self.violations_of(command, plan, stored));
        }
        let is_malformed = violations.iter().any(|violation| !violation.clause);
        match plan {
            _ if is_malformed => Err(Error::Violations(violations)),
            Some(Plan { taken: Some(Taken { noun, id, fields }), .. }) => {
                Err(Error::AlreadyExists { noun, id, fields })
            }
            _ if !violations.is_empty() => Err(Error::Violations(violations)),
            plan => Ok(plan),
        }
    }

    /// What the documents of the command break. A change of the customer answers for what it
    /// breaks in the stored orders, not for what was broken before.
    fn violations_of(&self, command: &ContractCommand, plan: &Plan, stored: Option<&StoredContract>) -> Vec<Violation> {
        let catalog = &self.context.catalog;
        let brought = command.work_orders();
        // An unchanged order was judged when it was written.
        let changed = brought.iter().filter(|(_, order)| {
            plan.taken.is_some()
                || plan.changes(Resource::WorkOrder, &order.work_order_id)
                || order.work_order_id.is_empty()
        });
        let submitted: Vec<_> = changed.map(|(path, order)| (path.clone(), order.work_order_id.as_str())).collect();
        let mut violations = purchase::validate(catalog, &plan.contract, &submitted);
        if let (ContractCommand::UpdateCustomer { .. }, Some(stored)) = (command, stored) {
            let existing = validate_all(self, &stored.contract);
            let broken = validate_all(self, &plan.contract);
            violations.extend(broken.into_iter().filter(|violation| !existing.contains(violation)));
        }
        if !plan.is_empty() {
            let path = submitted.first().map_or("customer", |(path, _)| path);
            violations.extend(size::judge(&plan.contract, size::of_stored(stored), path));
        }
        violations
    }
}

fn validate_all(contracts: &Contracts, contract: &Contract) -> Vec<Violation> {
    let orders = contract.work_orders.iter();
    let all: Vec<_> =
        orders.map(|order| (format!("work_orders[{}]", order.work_order_id), order.work_order_id.as_str())).collect();
    purchase::validate(&contracts.context.catalog, contract, &all)
}
