//! What an order stands beside: a base package of its own, a named base, or any base of the
//! customer that runs at the same time.

use crate::catalog::Rule;
use crate::model::{WorkOrder, WorkOrderState};
use crate::terms::is_in_effect;

use super::contract_index::Order;
use super::findings::{Enforced, Findings, shown};

pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    match order.order.base_work_order_id.as_deref() {
        Some(base_id) => judge_named(order, base_id, findings),
        None => judge_unnamed(order, findings),
    }
}

/// Its term and state are left to checks: what is named is named.
fn judge_named(order: &Order<'_>, base_id: &str, findings: &mut Findings) {
    let Order { index, path, .. } = *order;
    if base_id == order.order.work_order_id {
        let description = "an order is no base of itself; name the order with the base package, or leave it out";
        findings.conflict(path, "base_work_order_id", description);
        return;
    }
    let Some(named) = index.contract.work_order(base_id) else {
        let known = index.bases.iter().map(|base| base.order.work_order_id.as_str());
        findings.unknown(path, "base_work_order_id", "work order", base_id, known);
        return;
    };
    let Some(edition) = order.edition else { return };
    let Some(clause) = Enforced::in_edition(edition, Rule::BaseAgreement) else { return };
    let description = match index.base_of(named) {
        None => format!("work order {} carries no base package; name one that does", shown(base_id)),
        Some(base) if !base.supports(edition) => {
            let (family, own) = (shown(base.family_id.unwrap_or_default()), shown(&edition.family_id));
            format!("work order {} is a base of the family {family}; name one of {own}", shown(base_id))
        }
        Some(_) => return,
    };
    // What was bought on the order is what lacks a base.
    let bought = order.order.items.iter().filter_map(|item| edition.service(&item.service_id));
    let service_id = bought.into_iter().next().map_or("", |service| &service.id);
    let clause = Enforced { work_order_id: &order.order.work_order_id, service_id, ..clause };
    findings.clause(clause, path, "base_work_order_id", description);
}

fn judge_unnamed(order: &Order<'_>, findings: &mut Findings) {
    let Some(edition) = order.edition else { return };
    let services = order.order.items.iter().filter_map(|item| edition.service(&item.service_id));
    let bought_beside = services.filter(|service| !service.is_base() && service.id != edition.base_package);
    let clause = bought_beside.into_iter().find_map(|service| Enforced::on(edition, service, Rule::BaseAgreement));
    if let Some(clause) = clause
        && !order.has_own_base()
        && base_beside(order, is_in_effect).is_none()
    {
        let is_suspended = |base: &WorkOrder| base.state == WorkOrderState::Suspended;
        let description = match (base_beside(order, is_suspended), base_before(order)) {
            (Some(base), _) => format!(
                "the base agreement of this term is suspended; resume work order {} first",
                shown(&base.work_order_id)
            ),
            (None, Some(base)) => format!(
                "no base agreement of the customer runs in this term; renew work order {} first, on which it leaned",
                shown(&base.work_order_id)
            ),
            (None, None) => format!(
                "no base agreement of the customer runs in this term; add the item `{}`, or write the base's order first",
                edition.base_package
            ),
        };
        let clause = Enforced { work_order_id: &order.order.work_order_id, ..clause };
        findings.clause(clause, order.path, "items", description);
    }
}

/// The base beside which the order ran that this one renews: the last one to end.
fn base_before<'a>(order: &Order<'a>) -> Option<&'a WorkOrder> {
    let Order { index, order: work_order, .. } = *order;
    let renewed = index.contract.work_order(work_order.renews_work_order_id.as_deref()?)?;
    let term = index.term(renewed);
    let beside = index.bases.iter().filter(|base| {
        order.edition.is_none_or(|edition| base.supports(edition))
            && is_in_effect(base.order)
            && base.span.start < term.end
            && term.start < base.span.end
    });
    beside.max_by_key(|base| base.span.end).map(|base| base.order)
}

/// Another order that is a base in some of the term, and stands as is asked for.
fn base_beside<'a>(order: &Order<'a>, is_meant: impl Fn(&WorkOrder) -> bool) -> Option<&'a WorkOrder> {
    let Order { index, order: work_order, .. } = *order;
    let term = index.term(work_order);
    let others = index.bases.iter().filter(|base| base.order.work_order_id != work_order.work_order_id);
    let mut beside = others.filter(|base| {
        // A base that was terminated before it began never ran.
        order.edition.is_none_or(|edition| base.supports(edition))
            && is_meant(base.order)
            && !base.span.is_empty()
            && base.span.start < term.end
            && term.start < base.span.end
    });
    beside.next().map(|base| base.order)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ORDER, catalog, changed_order, check_contracts, contract, date, instant, item, order};
    use super::super::validate;
    use crate::model::{Contract, WorkOrder, WorkOrderState};

    fn base(contract: &mut Contract) -> &mut WorkOrder {
        &mut contract.work_orders[0]
    }

    #[test]
    fn what_is_bought_beside_a_base_needs_one() {
        check_contracts(
            "advisor",
            &[
                ("no base", |c| _ = c.work_orders.remove(0), &["items !BASE_AGREEMENT_REQUIRED"]),
                (
                    "a base of its own",
                    |c| {
                        c.work_orders.remove(0);
                        changed_order(c).items.push(item("package"));
                    },
                    &[],
                ),
                ("a draft", |c| base(c).state = WorkOrderState::Draft, &["items !BASE_AGREEMENT_REQUIRED"]),
                (
                    "a suspended base",
                    |c| base(c).state = WorkOrderState::Suspended,
                    &["items !BASE_AGREEMENT_REQUIRED"],
                ),
                ("a base until the first day", |c| base(c).end_date = date("2026-02-01"), &[]),
                ("a base until the day before", |c| ended(c, "2026-01-31"), &["items !BASE_AGREEMENT_REQUIRED"]),
                ("a base from the last day", |c| base(c).start_date = date("2027-01-31"), &[]),
                (
                    "a base from the day after",
                    |c| (base(c).start_date, base(c).end_date) = (date("2027-02-01"), date("2028-01-31")),
                    &["items !BASE_AGREEMENT_REQUIRED"],
                ),
                ("a base terminated later", |c| terminated(c, "2026-02-01T00:00:01Z"), &[]),
                (
                    "a base terminated before",
                    |c| terminated(c, "2026-02-01T00:00:00Z"),
                    &["items !BASE_AGREEMENT_REQUIRED"],
                ),
                (
                    "a base terminated before it began",
                    |c| {
                        terminated(c, "2026-03-01T00:00:00Z");
                        base(c).start_date = date("2026-06-01");
                    },
                    &["items !BASE_AGREEMENT_REQUIRED"],
                ),
                (
                    "a base service alone",
                    |c| {
                        c.work_orders.remove(0);
                        changed_order(c).items = vec![item("package")];
                    },
                    &[],
                ),
            ],
        );
    }

    #[test]
    fn the_base_to_be_renewed_first_is_named() {
        let mut contract = contract(vec![item("advisor")]);
        contract.work_orders.push(order("wo-0", vec![item("advisor")]));
        let renewal = changed_order(&mut contract);
        renewal.renews_work_order_id = Some("wo-0".into());
        (renewal.start_date, renewal.end_date) = (date("2027-02-01"), date("2028-01-31"));
        let told = |contract: &Contract| {
            let found = validate(&catalog(), contract, &[(String::new(), ORDER)]);
            found.into_iter().map(|violation| violation.description).collect::<Vec<_>>()
        };
        let found = told(&contract);
        assert!(found.len() == 1 && found[0].contains("renew work order `wo-1` first"), "{found:?}");
        // One that is there, and is held.
        let mut held = contract.clone();
        base(&mut held).end_date = date("2028-01-31");
        base(&mut held).state = WorkOrderState::Suspended;
        let found = told(&held);
        assert!(found.len() == 1 && found[0].contains("resume work order `wo-1` first"), "{found:?}");
        // None ran beside what is renewed.
        base(&mut contract).end_date = date("2026-01-31");
        base(&mut contract).start_date = date("2026-01-01");
        let found = told(&contract);
        assert!(found.len() == 1 && found[0].contains("write the base's order first"), "{found:?}");
    }

    #[test]
    fn a_named_base_carries_the_package() {
        check_contracts(
            "advisor",
            &[
                ("a base", |c| changed_order(c).base_work_order_id = Some("wo-1".into()), &[]),
                (
                    "a base that is over: left to checks",
                    |c| {
                        ended(c, "2026-01-31");
                        changed_order(c).base_work_order_id = Some("wo-1".into());
                    },
                    &[],
                ),
                (
                    "an order without the package",
                    |c| {
                        c.work_orders.push(order("wo-3", vec![item("advisor")]));
                        changed_order(c).base_work_order_id = Some("wo-3".into());
                    },
                    &["base_work_order_id !BASE_AGREEMENT_REQUIRED"],
                ),
                (
                    "an unknown order",
                    |c| changed_order(c).base_work_order_id = Some("wo-9".into()),
                    &["base_work_order_id REFERENCE_UNKNOWN"],
                ),
                (
                    "itself",
                    |c| changed_order(c).base_work_order_id = Some("wo-2".into()),
                    &["base_work_order_id FIELD_CONFLICT"],
                ),
            ],
        );
    }

    fn ended(contract: &mut Contract, end: &str) {
        base(contract).start_date = date("2025-02-01");
        base(contract).end_date = date(end);
    }

    fn terminated(contract: &mut Contract, time: &str) {
        base(contract).start_date = date("2025-02-01");
        base(contract).state = WorkOrderState::Terminated;
        base(contract).terminate_time = Some(instant(time));
    }
}
