//! What goes on with an order runs after it, and alone.

use crate::model::{WorkOrder, rfc3339};
use crate::terms::Span;
use crate::violation::reason;

use super::contract_index::Order;
use super::findings::{Findings, shown};

pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    judge_renewals_of(order, findings);
    let Some(renewed) = work_order.renews_work_order_id.as_deref() else { return };
    if renewed == work_order.work_order_id {
        findings.conflict(path, "renews_work_order_id", "an order is no renewal of itself; name the one before it");
        return;
    }
    let others = &index.contract.work_orders;
    if index.contract.work_order(renewed).is_none() {
        let known = others.iter().map(|other| other.work_order_id.as_str());
        findings.unknown(path, "renews_work_order_id", "work order", renewed, known);
        return;
    }
    let term = index.term(work_order);
    let is_beside = |other: &&WorkOrder| {
        let renews_it = other.renews_work_order_id.as_deref() == Some(renewed);
        other.work_order_id == renewed || (renews_it && other.work_order_id != work_order.work_order_id)
    };
    for other in others.iter().filter(is_beside).filter(|other| index.term(other).intersect(term).is_some()) {
        let id = other.work_order_id.clone();
        let what = if id == renewed { "which it renews" } else { "which renews the same order" };
        let Span { start, end } = index.term(other);
        let sooner = match start > term.start {
            true => format!("end it before that one begins at `{}`, ", rfc3339(start)),
            false => String::new(),
        };
        let description = format!(
            "its term overlaps that of work order {}, {what} and which ends at `{}`; {sooner}begin it then, or end the \
             other one",
            shown(&id),
            rfc3339(end)
        );
        findings.forbid(path, "start_date", reason::RENEWAL_OVERLAPS, description, vec![("overlaps", id)]);
    }
}

/// What goes on with the order itself begins after its end.
fn judge_renewals_of(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    let term = index.term(work_order);
    let renews_it = |other: &&WorkOrder| {
        other.renews_work_order_id.as_deref() == Some(work_order.work_order_id.as_str())
            && other.work_order_id != work_order.work_order_id
    };
    let renewals = index.contract.work_orders.iter().filter(renews_it);
    for renewal in renewals.filter(|renewal| index.term(renewal).intersect(term).is_some()) {
        let id = renewal.work_order_id.clone();
        let description = format!(
            "its term overlaps that of work order {}, which renews it and begins at `{}`; end it then, or begin the other \
             one later",
            shown(&id),
            rfc3339(index.term(renewal).start)
        );
        findings.forbid(path, "end_date", reason::RENEWAL_OVERLAPS, description, vec![("overlaps", id)]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{changed_order, check_contracts, date, instant, item, order};
    use crate::model::{Contract, WorkOrderState};

    /// The order renews one that ends the day before it begins.
    fn renewal(contract: &mut Contract) {
        let mut old = order("wo-0", vec![item("advisor")]);
        (old.start_date, old.end_date) = (date("2026-02-01"), date("2026-03-31"));
        contract.work_orders.push(old);
        let renewal = changed_order(contract);
        renewal.renews_work_order_id = Some("wo-0".into());
        renewal.start_date = date("2026-04-01");
    }

    fn old_one(contract: &mut Contract) -> &mut crate::model::WorkOrder {
        contract.work_orders.iter_mut().find(|order| order.work_order_id == "wo-0").unwrap()
    }

    #[test]
    fn what_is_renewed_ends_before_its_renewal() {
        fn renewed(contract: &mut Contract, start: &str) {
            let mut next = order("wo-9", vec![item("advisor")]);
            next.renews_work_order_id = Some(changed_order(contract).work_order_id.clone());
            (next.start_date, next.end_date) = (date(start), date("2029-12-31"));
            contract.work_orders.push(next);
        }
        check_contracts(
            "advisor",
            &[
                ("long after it", |c| renewed(c, "2029-01-01"), &[]),
                (
                    "within it",
                    |c| {
                        let end = changed_order(c).end_date.to_string();
                        renewed(c, &end);
                    },
                    &["end_date !RENEWAL_OVERLAPS"],
                ),
            ],
        );
    }

    #[test]
    fn a_renewal_runs_after_what_it_renews_and_alone() {
        check_contracts(
            "advisor",
            &[
                ("the day after", renewal, &[]),
                (
                    "on its last day",
                    |c| {
                        renewal(c);
                        old_one(c).end_date = date("2026-04-01");
                    },
                    &["start_date !RENEWAL_OVERLAPS"],
                ),
                (
                    "on the day it was terminated",
                    |c| {
                        renewal(c);
                        let old = old_one(c);
                        old.end_date = date("2026-12-31");
                        old.state = WorkOrderState::Terminated;
                        // London shows 00:00 at 23:00Z.
                        old.terminate_time = Some(instant("2026-03-31T23:00:00Z"));
                    },
                    &[],
                ),
                (
                    "a moment before it was terminated",
                    |c| {
                        renewal(c);
                        let old = old_one(c);
                        old.end_date = date("2026-12-31");
                        old.state = WorkOrderState::Terminated;
                        old.terminate_time = Some(instant("2026-03-31T23:00:01Z"));
                    },
                    &["start_date !RENEWAL_OVERLAPS"],
                ),
                (
                    "beside another renewal",
                    |c| {
                        renewal(c);
                        let mut other = changed_order(c).clone();
                        other.work_order_id = "wo-3".into();
                        (other.start_date, other.end_date) = (date("2027-01-31"), date("2027-02-28"));
                        c.work_orders.push(other);
                    },
                    &["start_date !RENEWAL_OVERLAPS"],
                ),
                (
                    "before another renewal",
                    |c| {
                        renewal(c);
                        let mut other = changed_order(c).clone();
                        other.work_order_id = "wo-3".into();
                        (other.start_date, other.end_date) = (date("2027-02-01"), date("2027-02-28"));
                        c.work_orders.push(other);
                    },
                    &[],
                ),
                (
                    "of itself",
                    |c| changed_order(c).renews_work_order_id = Some("wo-2".into()),
                    &["renews_work_order_id FIELD_CONFLICT"],
                ),
                (
                    "of an unknown order",
                    |c| changed_order(c).renews_work_order_id = Some("wo-9".into()),
                    &["renews_work_order_id REFERENCE_UNKNOWN"],
                ),
            ],
        );
    }
}
