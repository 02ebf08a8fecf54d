//! What a command would make of a contract, before anything is written.

use serde::{Deserialize, Serialize};

use super::ContractCommand;
use super::diff::{Difference, differences};
use crate::model::{Contract, Customer, WorkOrder};
use crate::noun::Noun;

/// What became, or would become, of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChange {
    pub kind: ChangeKind,
    pub resource: Resource,
    pub id: String,
    /// Paths of the fields that differ, for an update.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    Updated,
    Unchanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Customer,
    WorkOrder,
}

/// An id that a stored document has, with other content in `fields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub noun: Noun,
    pub id: String,
    pub fields: Vec<Difference>,
}

/// A command worked out on the contract there is.
#[derive(Debug)]
pub struct Plan {
    /// The whole contract as it would be.
    pub contract: Contract,
    pub changes: Vec<ContractChange>,
    /// An id that is taken by other content: told unless the documents themselves are wrong.
    pub taken: Option<Taken>,
}

/// Works a command out on the contract there is. None where there must be one and is none.
pub fn plan(command: &ContractCommand, current: Option<&Contract>) -> Option<Plan> {
    let contract = match (current, command.customer()) {
        (Some(current), _) => current.clone(),
        (None, Some(customer)) if command.may_create() => {
            Contract { customer: customer.clone(), work_orders: Vec::new() }
        }
        (None, _) => return None,
    };
    let mut plan = Plan { contract, changes: Vec::new(), taken: None };
    if let Some(customer) = command.customer() {
        let may_update = matches!(command, ContractCommand::UpdateCustomer { .. });
        plan.put_customer(current.map(|current| &current.customer), customer, may_update);
    }
    for (path, order) in command.work_orders() {
        plan.put_work_order(&path, order);
    }
    plan.contract.work_orders.sort_by(|one, other| one.work_order_id.cmp(&other.work_order_id));
    Some(plan)
}

impl Plan {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.kind == ChangeKind::Unchanged)
    }

    /// Whether a document would change.
    pub fn changes(&self, resource: Resource, id: &str) -> bool {
        let is_it = |change: &&ContractChange| change.resource == resource && change.id == id;
        self.changes.iter().find(is_it).is_some_and(|change| change.kind != ChangeKind::Unchanged)
    }

    fn put_customer(&mut self, stored: Option<&Customer>, customer: &Customer, may_update: bool) {
        let fields = stored.map(|stored| differences("customer", stored, customer));
        let kind = match &fields {
            None => ChangeKind::Added,
            Some(fields) if fields.is_empty() => ChangeKind::Unchanged,
            Some(_) => ChangeKind::Updated,
        };
        let id = customer.customer_id.clone();
        let differences = fields.unwrap_or_default();
        if kind == ChangeKind::Updated && !may_update {
            self.refuse(Noun::Customer, &id, &differences);
        }
        let fields = names(differences);
        self.contract.customer = customer.clone();
        self.changes.push(ContractChange { kind, resource: Resource::Customer, id, fields });
    }

    /// A work order can be added; to change a stored one takes an amendment.
    fn put_work_order(&mut self, path: &str, order: &WorkOrder) {
        let id = order.work_order_id.clone();
        let stored = self.contract.work_orders.iter_mut().find(|stored| stored.work_order_id == id);
        let (kind, differences) = match stored {
            None => {
                self.contract.work_orders.push(order.clone());
                (ChangeKind::Added, Vec::new())
            }
            Some(stored) => {
                let differences = differences(path, stored, order);
                *stored = order.clone();
                let kind = if differences.is_empty() { ChangeKind::Unchanged } else { ChangeKind::Updated };
                (kind, differences)
            }
        };
        if kind == ChangeKind::Updated {
            self.refuse(Noun::WorkOrder, &id, &differences);
        }
        let fields = names(differences);
        self.changes.push(ContractChange { kind, resource: Resource::WorkOrder, id, fields });
    }

    /// The first id that is taken is told, with all of its fields.
    fn refuse(&mut self, noun: Noun, id: &str, fields: &[Difference]) {
        if self.taken.is_none() {
            self.taken = Some(Taken { noun, id: id.to_owned(), fields: fields.to_vec() });
        }
    }
}

fn names(differences: Vec<Difference>) -> Vec<String> {
    differences.into_iter().map(|difference| difference.field).collect()
}
