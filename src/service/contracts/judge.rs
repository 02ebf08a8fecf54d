//! Judges whether the contract that results from a command is allowed.

use chrono::{DateTime, Utc};

use super::outcome::Judged;
use super::state::ContractState;
use super::version::match_etag;
use super::{Contracts, overruled, planned, size};
use crate::contract::{ChangeKind, ContractCommand, Period, Plan, Refusal, Resource, Timeline, plan, waiver_place};
use crate::error::{Error, Result, Violation, merge_violations, reason};
use crate::model::{Contract, rfc3339};
use crate::purchase::{self, Warning};
use crate::store::StoredContract;

impl Contracts {
    /// Works a command out and judges the resulting whole contract: first what is malformed,
    /// then ids that are taken, then the clauses.
    pub(super) fn judge(
        &self,
        command: &ContractCommand,
        state: Option<&ContractState>,
        now: DateTime<Utc>,
        mut violations: Vec<Violation>,
        is_strict: bool,
    ) -> Result<Option<Judged>> {
        let (stored, timeline) = (state.map(|state| &state.stored), state.map(|state| &state.timeline));
        // A customer that must exist and does not is NOT_FOUND.
        if stored.is_some() || command.may_create() {
            match_etag(&self.context.epoch, command, stored)?;
        }
        let mut plan = plan(command, timeline, now)?;
        if let Some(customer) = command.customer() {
            merge_violations(&mut violations, purchase::validate_customer(customer, "customer"));
        }
        if let Some(plan) = &mut plan {
            match plan.refusal.take() {
                Some(Refusal::Violations(refused)) => merge_violations(&mut violations, refused),
                other => plan.refusal = other,
            }
            merge_violations(&mut violations, self.violations_of(command, plan, timeline, stored, now));
        }
        let is_malformed = violations.iter().any(|violation| !violation.clause);
        let plan = match plan {
            _ if is_malformed => return Err(Error::Violations(violations)),
            Some(Plan { refusal: Some(refusal), .. }) => return Err(refusal.into()),
            _ if !violations.is_empty() => return Err(Error::Violations(violations)),
            None => return Ok(None),
            Some(plan) => plan,
        };
        let submitted = submitted(command, &plan);
        let before = timeline.map(|timeline| timeline.at(Some(plan.as_of)));
        let mut warnings = purchase::warnings(&self.context.catalog, plan.contract(), before, &submitted, now);
        warnings.extend(overruled::warnings(command, &plan));
        if is_strict && !warnings.is_empty() {
            return Err(Error::Violations(warnings.into_iter().map(forbidden).collect()));
        }
        Ok(Some(Judged { plan, warnings }))
    }

    /// What the change breaks, from when on it takes effect and in whatever is planned for later.
    fn violations_of(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        timeline: Option<&Timeline>,
        stored: Option<&StoredContract>,
        now: DateTime<Utc>,
    ) -> Vec<Violation> {
        let submitted = submitted(command, plan);
        let mut found: Vec<Violation> = Vec::new();
        // What is new is there at once, whenever the rest takes effect.
        let has_new = plan.changes.iter().any(|change| change.kind == ChangeKind::Added);
        let as_of = if has_new { plan.as_of.min(now) } else { plan.as_of };
        let is_bounded = !command.sets_state_alone();
        let path = submitted.first().map_or("customer", |(path, _)| path);
        let too_many = planned::judge(command, plan, timeline, path, now)
            .or_else(|| size::judge_versions(&plan.versions).filter(|_| is_bounded));
        // What will not be recorded is not judged in all of what is planned. An order can be stopped whatever there is.
        let judged = if too_many.is_some() { 1 } else { usize::MAX };
        for period in plan.timeline.since(as_of).take(judged) {
            let begin = period.from.max(Some(as_of));
            let before = timeline.map(|timeline| timeline.at(begin));
            for violation in self.violations_at(command, plan, &period.contract, before, &submitted) {
                if !found.iter().any(|told| told.field == violation.field && told.reason == violation.reason) {
                    found.push(if begin > Some(as_of) { told_of(period, violation) } else { violation });
                }
            }
        }
        if !plan.is_empty() {
            found.extend(size::judge(plan.contract(), size::of_stored(stored), path).filter(|_| is_bounded));
            found.extend(too_many);
        }
        found
    }

    /// Whoever brings a work order answers for all of it; whoever changes one, or the customer, for what that breaks, and
    /// not for what was broken before.
    fn violations_at(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        contract: &Contract,
        before: Option<&Contract>,
        submitted: &[(String, &str)],
    ) -> Vec<Violation> {
        let catalog = &self.context.catalog;
        let mut found = purchase::validate(catalog, contract, submitted);
        let Some(before) = before else { return found };
        if !command.brings_orders() && !submitted.is_empty() {
            let existing = purchase::validate(catalog, before, submitted);
            let is_known = |violation: &Violation| {
                existing.iter().any(|old| old.reason == violation.reason && old.description == violation.description)
            };
            found.retain(|violation| !is_known(violation));
            found.iter_mut().for_each(|violation| name_in_request(command, contract, violation));
        }
        if plan.changes(Resource::Customer, command.customer_id()) {
            let is_beside = |id: &str| !submitted.iter().any(|(_, submitted)| *submitted == id);
            let existing = self.validate_all(before, is_beside);
            let broken = self.validate_all(contract, is_beside);
            found.extend(broken.into_iter().filter(|violation| !existing.contains(violation)));
        }
        found
    }

    /// Every violation of the work orders that are meant.
    fn validate_all(&self, contract: &Contract, is_meant: impl Fn(&str) -> bool) -> Vec<Violation> {
        let ids = contract.work_orders.iter().map(|order| order.work_order_id.as_str());
        let all: Vec<_> = ids.filter(|id| is_meant(id)).map(|id| (format!("work_orders[{id}]"), id)).collect();
        purchase::validate(&self.context.catalog, contract, &all)
    }
}

/// The work orders to judge: an unchanged one was judged when it was written.
fn submitted<'a>(command: &'a ContractCommand, plan: &Plan) -> Vec<(String, &'a str)> {
    let is_judged = |id: &str| plan.refusal.is_some() || plan.changes(Resource::WorkOrder, id) || id.is_empty();
    // What cannot be found is none of the changes.
    let is_found =
        |id: &str| plan.changes.iter().any(|change| change.resource == Resource::WorkOrder && change.id == id);
    command.work_order_ids().into_iter().filter(|(_, id)| is_judged(id) && is_found(id)).collect()
}

/// A waiver that is recorded stands in the request by itself.
fn name_in_request(command: &ContractCommand, contract: &Contract, violation: &mut Violation) {
    let ContractCommand::RecordWaiver { change, item_id, waiver } = command else { return };
    let place = contract.work_order(&change.work_order_id).and_then(|order| waiver_place(order, item_id, waiver));
    if let Some(rest) = place.and_then(|place| violation.field.strip_prefix(&format!("work_order.{place}"))) {
        violation.field = format!("waiver{rest}");
    }
}

fn told_of(period: &Period, violation: Violation) -> Violation {
    let from = period.from.map(rfc3339).unwrap_or_default();
    Violation { description: format!("{} (with the change planned for `{from}`)", violation.description), ..violation }
}

pub(super) fn forbidden(warning: Warning) -> Violation {
    let Warning { code, field, message } = warning;
    let facts = vec![("code", code.clone())];
    Violation { facts, ..Violation::clause(field, reason::WARNINGS_NOT_ALLOWED, format!("{message} ({code})")) }
}
