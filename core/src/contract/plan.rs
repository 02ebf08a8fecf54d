//! What a command would make of a contract, before anything is written.

use chrono::{DateTime, Utc};

use super::change::{ChangeKind, ContractChange, Document, NewVersion, Resource};
use super::command::{ContractCommand, OrderChange};
use super::diff::{Difference, differences};
use super::record_waiver::record;
use super::refusal::Refusal;
use super::renew::renew;
use super::resume::resume;
use super::revoke_waiver::revoke;
use super::standing::{dates, judge_living, judge_time};
use super::suspend::suspend;
use super::timeline::{Dated, Overruled, Put, Timeline};
use super::{amend, terminate};
use crate::error::Result;
use crate::model::{Contract, Customer, Waiver, WorkOrder};
use crate::noun::Noun;
use crate::violation::Violation;

/// A command worked out on the contract there is.
#[derive(Debug)]
pub struct Plan {
    /// The whole contract as it would be.
    pub timeline: Timeline,
    /// When the change takes effect; now, for what is there as long as the contract.
    pub as_of: DateTime<Utc>,
    pub changes: Vec<ContractChange>,
    /// In the order in which they are to be recorded: the newest one in effect counts.
    pub versions: Vec<NewVersion>,
    /// What was planned and does not agree with the change.
    pub overruled: Vec<Overruling>,
    /// Why it cannot be: told unless the documents themselves are wrong.
    pub refusal: Option<Refusal>,
}

/// What of a document was planned and does not agree with the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruling {
    pub resource: Resource,
    pub id: String,
    pub overruled: Overruled,
}

/// Works a command out on the contract there is. None where there must be one and is none.
pub fn plan(command: &ContractCommand, current: Option<&Timeline>, now: DateTime<Utc>) -> Result<Option<Plan>> {
    let timeline = match (current, command.customer()) {
        (Some(current), _) => current.clone(),
        (None, Some(customer)) if command.may_create() => {
            Timeline::of(Contract { customer: customer.clone(), work_orders: Vec::new() })
        }
        (None, _) => return Ok(None),
    };
    let as_of = command.effective_time().unwrap_or(now);
    let mut plan =
        Plan { timeline, as_of, changes: Vec::new(), versions: Vec::new(), overruled: Vec::new(), refusal: None };
    match command {
        ContractCommand::CreateCustomer { customer } => plan.put_customer(customer, current.is_none(), false)?,
        ContractCommand::UpdateCustomer { customer, .. } => plan.put_customer(customer, false, true)?,
        ContractCommand::CreateWorkOrder { work_order } => plan.put_work_order("work_order", work_order, command)?,
        ContractCommand::Apply { customer, work_orders, etag, .. } => {
            plan.put_customer(customer, current.is_none(), !etag.is_empty())?;
            for (row, order) in work_orders.iter().enumerate() {
                plan.put_work_order(&format!("work_orders[{row}]"), order, command)?;
            }
        }
        ContractCommand::AmendWorkOrder { work_order, change, .. } => {
            match order_of(plan.contract(), change).map(|_| ()) {
                Ok(()) => plan.put_work_order("work_order", work_order, command)?,
                Err(refusal) => plan.refuse(refusal),
            }
        }
        ContractCommand::RenewWorkOrder { change, renewal } => {
            // With all that is planned for it.
            let contract = plan.timeline.last();
            let renewed = order_of(contract, change).and_then(|order| renew(contract, order, renewal));
            match renewed {
                Ok(order) => plan.put_work_order("", &order, command)?,
                Err(refusal) => plan.refuse(refusal),
            }
        }
        ContractCommand::SuspendWorkOrder { change, .. } => plan.change(change, change.effective_time, suspend)?,
        ContractCommand::ResumeWorkOrder { change } => plan.change(change, change.effective_time, resume)?,
        ContractCommand::TerminateWorkOrder { change, .. } => plan.end(change, as_of, command.since(now))?,
        ContractCommand::RecordWaiver { change, item_id, waiver } if change.effective_time.is_none() => {
            plan.record_waiver(change, item_id, waiver, now)?;
        }
        ContractCommand::RecordWaiver { change, item_id, waiver } => {
            plan.change(change, change.effective_time, |order| record(order, item_id, waiver))?;
        }
        ContractCommand::RevokeWaiver { change, item_id, code, reference } => {
            plan.change(change, change.effective_time, |order| revoke(order, item_id, code, reference))?;
        }
    }
    Ok(Some(plan))
}

impl Plan {
    /// The contract as it would be when the change takes effect.
    pub fn contract(&self) -> &Contract {
        self.timeline.at(Some(self.as_of))
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.kind == ChangeKind::Unchanged)
    }

    /// Whether a document would change.
    pub fn changes(&self, resource: Resource, id: &str) -> bool {
        let is_it = |change: &&ContractChange| change.resource == resource && change.id == id;
        self.changes.iter().find(is_it).is_some_and(|change| change.kind != ChangeKind::Unchanged)
    }

    fn refuse(&mut self, refusal: Refusal) {
        match (&mut self.refusal, refusal) {
            (Some(Refusal::Violations(all)), Refusal::Violations(more)) => all.extend(more),
            // The first id that is taken is told, with all of its fields.
            (Some(_), _) => {}
            (none, refusal) => *none = Some(refusal),
        }
    }

    fn put_customer(&mut self, customer: &Customer, is_new: bool, may_update: bool) -> Result<()> {
        let stored = &self.contract().customer;
        let differences = if is_new { Vec::new() } else { differences("customer", stored, customer) };
        let kind = kind_of(is_new, &differences);
        let id = customer.customer_id.clone();
        if is_new {
            let document = Document::Customer(customer.clone());
            self.versions.push(NewVersion { effective_time: None, document });
        } else {
            let put = self.timeline.put_customer(Some(self.as_of), customer)?;
            self.keep(Resource::Customer, &id, put, Document::Customer);
        }
        if kind == ChangeKind::Updated && !may_update {
            self.refuse(Refusal::Taken { noun: Noun::Customer, id: id.clone(), fields: differences.clone() });
        }
        self.changes.push(ContractChange { kind, resource: Resource::Customer, id, fields: names(differences) });
        Ok(())
    }

    /// A work order that the command brings: it is added, found, or amended where the command may do so.
    fn put_work_order(&mut self, path: &str, order: &WorkOrder, command: &ContractCommand) -> Result<()> {
        let stored = self.contract().work_order(&order.work_order_id).cloned();
        let differences = stored.as_ref().map(|stored| differences(path, stored, order)).unwrap_or_default();
        let kind = kind_of(stored.is_none(), &differences);
        if let Some(stored) = stored.filter(|_| kind == ChangeKind::Updated) {
            let id = order.work_order_id.clone();
            match command {
                ContractCommand::AmendWorkOrder { .. } => self.judge_amendment(&stored, order, path, command),
                ContractCommand::Apply { etag, .. } if !etag.is_empty() => {
                    self.judge_amendment(&stored, order, path, command)
                }
                _ => self.refuse(Refusal::Taken { noun: Noun::WorkOrder, id, fields: differences.clone() }),
            }
        }
        // What is new is there as long as the contract.
        let from = (kind == ChangeKind::Updated).then_some(self.as_of);
        let id = order.work_order_id.clone();
        if kind != ChangeKind::Unchanged {
            let put = self.timeline.put_work_order(from, order)?;
            self.keep(Resource::WorkOrder, &id, put, Document::WorkOrder);
        }
        self.changes.push(ContractChange { kind, resource: Resource::WorkOrder, id, fields: names(differences) });
        Ok(())
    }

    fn judge_amendment(&mut self, stored: &WorkOrder, order: &WorkOrder, path: &str, command: &ContractCommand) {
        let customer = &self.contract().customer;
        let terms = [dates(customer, order), dates(customer, stored)];
        let time = command.effective_time().and_then(|instant| judge_time(instant, &terms));
        let amended = || amend::judge(stored, order, (self.as_of, dates(customer, stored)), path);
        let is_told = |violation: &Violation| time.as_ref().is_some_and(|time| time.field == violation.field);
        let amended: Vec<_> = amended().into_iter().filter(|violation| !is_told(violation)).collect();
        let violations: Vec<_> = time.into_iter().chain(amended).collect();
        if !violations.is_empty() {
            self.refuse(Refusal::Violations(violations));
        }
    }

    /// Changes a stored order when the change takes effect. `named`: an instant that must lie within its dates.
    fn change(
        &mut self,
        change: &OrderChange,
        named: Option<DateTime<Utc>>,
        work: impl Fn(&WorkOrder) -> Result<WorkOrder, Refusal>,
    ) -> Result<()> {
        let contract = self.contract();
        let stored = match order_of(contract, change) {
            Ok(stored) => stored.clone(),
            Err(unknown) => {
                self.refuse(unknown);
                return Ok(());
            }
        };
        let term = dates(&contract.customer, &stored);
        let outside = named.and_then(|instant| judge_time(instant, &[term]));
        let worked = match judge_living(&stored, self.as_of, "work_order_id") {
            Some(terminated) => Err(terminated.into()),
            None => work(&stored),
        };
        if let Some(outside) = outside {
            self.refuse(outside.into());
        }
        match worked {
            Ok(changed) => self.put_changed(Some(self.as_of), &stored, &changed),
            Err(refusal) => {
                self.refuse(refusal);
                Ok(())
            }
        }
    }

    /// Ends an order at an instant, whenever it was planned to end. What ends later is known to end from now on; but an order
    /// that is held stays held until it ends, since what is to end serves until then.
    fn end(&mut self, change: &OrderChange, end: DateTime<Utc>, known: DateTime<Utc>) -> Result<()> {
        self.as_of = known;
        let contract = self.contract();
        let (stored, term) = match order_of(contract, change) {
            Ok(stored) => (stored.clone(), dates(&contract.customer, stored)),
            Err(unknown) => {
                self.refuse(unknown);
                return Ok(());
            }
        };
        if let Some(outside) = judge_time(end, &[term]) {
            self.refuse(outside.into());
        }
        if let Some(refused) = judge_living(&stored, known, "work_order_id").or_else(|| terminate::judge(&stored)) {
            self.refuse(refused.into());
            return Ok(());
        }
        let put = self.timeline.end_work_order(Some(known), end, &change.work_order_id);
        let first = put.replaced.clone().zip(put.versions.first().cloned());
        let (before, after) = first.map_or((stored.clone(), stored), |(before, first)| {
            self.as_of = first.from.map_or(known, |from| from.max(known));
            (before, first.document)
        });
        self.tell_changed(&before, &after, put);
        Ok(())
    }

    fn put_changed(&mut self, from: Option<DateTime<Utc>>, stored: &WorkOrder, changed: &WorkOrder) -> Result<()> {
        let put = self.timeline.put_work_order(from, changed)?;
        self.tell_changed(stored, changed, put);
        Ok(())
    }

    fn tell_changed(&mut self, stored: &WorkOrder, changed: &WorkOrder, put: Put<WorkOrder>) {
        let differences = differences("work_order", stored, changed);
        let kind = kind_of(false, &differences);
        let (id, fields) = (changed.work_order_id.clone(), names(differences));
        self.keep(Resource::WorkOrder, &id, put, Document::WorkOrder);
        self.changes.push(ContractChange { kind, resource: Resource::WorkOrder, id, fields });
    }

    fn keep<T>(&mut self, resource: Resource, id: &str, put: Put<T>, document: fn(T) -> Document) {
        let version = |Dated { from, document: it }| NewVersion { effective_time: from, document: document(it) };
        self.versions.extend(put.versions.into_iter().map(version));
        let overruled = put.overruled.into_iter();
        self.overruled.extend(overruled.map(|overruled| Overruling { resource, id: id.to_owned(), overruled }));
    }

    /// A waiver has dates of its own: without an effective time the item has it from its first version on that lacks
    /// it. What the item has by this name now or later must be the same.
    fn record_waiver(
        &mut self,
        change: &OrderChange,
        item_id: &str,
        waiver: &Waiver,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let lacks = |contract: &Contract| {
            let item = contract.work_order(&change.work_order_id).and_then(|order| order.item(item_id));
            item.is_some_and(|item| item.waiver(&waiver.code, &waiver.reference).is_none())
        };
        let first = self.timeline.periods().find(|period| lacks(&period.contract));
        let from = first.map_or(Some(now), |period| period.from);
        let order = self.timeline.at(Some(now)).work_order(&change.work_order_id);
        let terminated = order.and_then(|order| judge_living(order, now, "work_order_id")).map(Refusal::from);
        let refused = self.timeline.since(now).filter_map(|period| {
            let order = period.contract.work_order(&change.work_order_id)?;
            record(order, item_id, waiver).err()
        });
        // An item that is not there now may be planned, or may have ended.
        let refusal =
            terminated.or_else(|| refused.into_iter().find(|refusal| !matches!(refusal, Refusal::NotFound { .. })));
        let recorded = match refusal {
            Some(refusal) => Err(refusal),
            None => order_of(self.timeline.at(from), change).and_then(|order| {
                let changed = record(order, item_id, waiver)?;
                Ok((order.clone(), changed))
            }),
        };
        self.as_of = from.map_or(now, |from| from.max(now));
        match recorded {
            Ok((stored, changed)) => self.put_changed(from, &stored, &changed),
            Err(refusal) => {
                self.refuse(refusal);
                Ok(())
            }
        }
    }
}

fn order_of<'a>(contract: &'a Contract, change: &OrderChange) -> Result<&'a WorkOrder, Refusal> {
    let known = contract.work_orders.iter().map(|order| order.work_order_id.as_str());
    let unknown = || Refusal::unknown(Noun::WorkOrder, &change.work_order_id, known);
    contract.work_order(&change.work_order_id).ok_or_else(unknown)
}

fn kind_of(is_new: bool, differences: &[Difference]) -> ChangeKind {
    match (is_new, differences) {
        (true, _) => ChangeKind::Added,
        (false, []) => ChangeKind::Unchanged,
        (false, _) => ChangeKind::Updated,
    }
}

fn names(differences: Vec<Difference>) -> Vec<String> {
    differences.into_iter().map(|difference| difference.field).collect()
}
