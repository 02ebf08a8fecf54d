//! A work order: its own fields, then its items, then what holds of the order as a whole.

use crate::catalog::{Rule, Service};
use crate::model::{WorkOrder, WorkOrderState, codes};
use crate::violation::reason;

use super::contract_index::Order;
use super::findings::{Findings, LONGEST_LIST, listed, shown};
use super::{base, country, item, limits, location, maximum, product, renewal};

pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    findings.id(path, "work_order_id", &work_order.work_order_id);
    judge_customer(work_order, &index.contract.customer.customer_id, path, findings);
    judge_edition(order, findings);
    judge_term(work_order, path, findings);
    location::judge_designated(order, findings);
    country::judge_separation(order, findings);
    base::judge(order, findings);
    renewal::judge(order, findings);
    judge_covered_products(order, findings);
    judge_base_services(order, findings);
    judge_money(work_order, path, findings);

    if work_order.items.is_empty() {
        findings.required(path, "items", "at least one service");
    }
    findings.at_most(path, "items", work_order.items.len(), LONGEST_LIST);
    for (index, bought) in work_order.items.iter().enumerate() {
        item::judge(order, bought, &order.item_path(index), findings);
    }
    let item_ids = work_order.items.iter().map(|item| item.item_id.as_str());
    findings.distinct(path, item_ids, |index| format!("items[{index}].item_id"));
    maximum::judge(order, findings);
    limits::judge(order, findings);
}

fn judge_customer(order: &WorkOrder, customer_id: &str, path: &str, findings: &mut Findings) {
    if order.customer_id.is_empty() {
        findings.required(path, "customer_id", "the customer the order belongs to");
    } else if order.customer_id != customer_id {
        let description =
            format!("{} must be the customer of the contract, `{customer_id}`", shown(&order.customer_id));
        findings.conflict(path, "customer_id", description);
    }
}

fn judge_edition(order: &Order<'_>, findings: &mut Findings) {
    let edition_id = &order.order.edition_id;
    if edition_id.is_empty() {
        findings.required(order.path, "edition_id", "an edition of the service description");
    } else if order.edition.is_none() {
        let known = order.index.catalog.editions().iter().map(|edition| edition.id.as_str());
        findings.unknown(order.path, "edition_id", "edition", edition_id, known);
    }
}

fn judge_term(order: &WorkOrder, path: &str, findings: &mut Findings) {
    findings.date(path, "start_date", Some(order.start_date));
    findings.date(path, "end_date", Some(order.end_date));
    findings.date(path, "signed_date", order.signed_date);
    findings.dates(path, Some(order.start_date), Some(order.end_date));
    findings.instant(path, "terminate_time", order.terminate_time);
    match (order.state, order.terminate_time) {
        (WorkOrderState::Terminated, None) => {
            findings.required(path, "terminate_time", "when the terminated order ends");
        }
        (WorkOrderState::Draft | WorkOrderState::Active | WorkOrderState::Suspended, Some(_)) => {
            findings.conflict(path, "terminate_time", "is for the state `TERMINATED` only; leave it out");
        }
        _ => {}
    }
}

fn judge_covered_products(order: &Order<'_>, findings: &mut Findings) {
    let patterns = &order.order.covered_products;
    if patterns.is_empty() {
        findings.required(order.path, "covered_products", "at least one product pattern, such as `azure/*` or `*`");
    }
    product::judge(patterns, order.edition, order.path, "covered_products", findings);
    let except = &order.order.covered_products_except;
    product::judge(except, order.edition, order.path, "covered_products_except", findings);
}

/// What an order may leave out is what its base package brings unless the order says otherwise.
fn judge_base_services(order: &Order<'_>, findings: &mut Findings) {
    let Order { order: work_order, edition, path, .. } = *order;
    let ids = &work_order.base_services_except;
    findings.at_most(path, "base_services_except", ids.len(), LONGEST_LIST);
    findings.distinct(path, ids.iter().map(String::as_str), |row| format!("base_services_except[{row}]"));
    let Some(edition) = edition else { return };
    if !ids.is_empty() && !order.has_own_base() {
        let description = "is for an order that carries the base package; leave it out";
        findings.conflict(path, "base_services_except", description);
        return;
    }
    let may_leave_out = |service: &&Service| service.is_base() && has_rule(service, Rule::IncludedInOrder);
    for (row, id) in ids.iter().enumerate() {
        let field = format!("base_services_except[{row}]");
        match edition.service(id) {
            None => {
                let known = edition.services.iter().filter(may_leave_out).map(|service| service.id.as_str());
                findings.unknown(path, &field, "base service", id, known);
            }
            Some(service) if !may_leave_out(&service) => {
                let known = listed(edition.services.iter().filter(may_leave_out).map(|service| service.id.as_str()));
                let known = if known.is_empty() { "none".to_owned() } else { known };
                findings.conflict(
                    path,
                    &field,
                    format!("`{id}` cannot be left out of the base package; {known} can be"),
                );
            }
            Some(_) => {}
        }
    }
}

fn has_rule(service: &Service, rule: Rule) -> bool {
    service.clauses.iter().any(|clause| clause.rule == rule)
}

fn judge_money(order: &WorkOrder, path: &str, findings: &mut Findings) {
    if order.currency.is_empty() {
        findings.required(path, "currency", "an ISO 4217 code such as `EUR`");
    } else if !codes::is_currency(&order.currency) {
        let description = format!("{} is no ISO 4217 code; write it like `EUR`", shown(&order.currency));
        findings.add(path, "currency", reason::FIELD_INVALID, description);
    }
    if let Some(allowance) = order.flex_allowance {
        findings.not_negative(path, "flex_allowance", allowance);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{catalog, changed_order, check_orders, contract, date, instant, item, judged};
    use super::*;

    #[test]
    fn an_order_names_what_it_is() {
        check_orders(
            "advisor",
            &[
                ("no customer", |o| o.customer_id.clear(), &["customer_id FIELD_REQUIRED"]),
                ("another customer", |o| o.customer_id = "other".into(), &["customer_id FIELD_CONFLICT"]),
                ("no currency", |o| o.currency.clear(), &["currency FIELD_REQUIRED"]),
                ("no such currency", |o| o.currency = "XXX".into(), &["currency FIELD_INVALID"]),
                ("another currency", |o| o.currency = "EUR".into(), &[]),
                ("an allowance", |o| o.flex_allowance = Some(0), &[]),
                ("a debt", |o| o.flex_allowance = Some(-1), &["flex_allowance FIELD_OUT_OF_RANGE"]),
                ("no products", |o| o.covered_products.clear(), &["covered_products FIELD_REQUIRED"]),
                ("no items", |o| o.items.clear(), &["items FIELD_REQUIRED"]),
                ("an item twice", |o| o.items.extend(o.items.clone()), &["items[1].item_id DUPLICATE_ID"]),
                ("as many items as may be", |o| fill(o, 1_000), &["items[300].service_id FIELD_OUT_OF_RANGE"]),
                (
                    "more items",
                    |o| fill(o, 1_001),
                    &["items FIELD_OUT_OF_RANGE", "items[300].service_id FIELD_OUT_OF_RANGE"],
                ),
            ],
        );
    }

    #[test]
    fn a_term_has_an_order_and_a_state() {
        check_orders(
            "advisor",
            &[
                ("one day", |o| o.end_date = o.start_date, &[]),
                (
                    "backwards",
                    |o| o.end_date = date("2026-01-31"),
                    &["end_date FIELD_CONFLICT", "items !BASE_AGREEMENT_REQUIRED"],
                ),
                ("the widest term", |o| (o.start_date, o.end_date) = (date("1970-01-01"), date("9999-12-31")), &[]),
                ("before time", |o| o.start_date = date("1969-12-31"), &["start_date FIELD_OUT_OF_RANGE"]),
                ("after time", |o| o.end_date = date("+10000-01-01"), &["end_date FIELD_OUT_OF_RANGE"]),
                (
                    "signed before time",
                    |o| o.signed_date = Some(date("1969-12-31")),
                    &["signed_date FIELD_OUT_OF_RANGE"],
                ),
                ("ended without a time", |o| o.state = WorkOrderState::Terminated, &["terminate_time FIELD_REQUIRED"]),
                (
                    "ended",
                    |o| {
                        (o.state, o.terminate_time) =
                            (WorkOrderState::Terminated, Some(instant("2026-06-01T00:00:00Z")))
                    },
                    &[],
                ),
                (
                    "a time without an end",
                    |o| o.terminate_time = Some(instant("2026-06-01T00:00:00Z")),
                    &["terminate_time FIELD_CONFLICT"],
                ),
            ],
        );
    }

    #[test]
    fn an_unknown_edition_leaves_what_needs_no_catalogue() {
        check_orders(
            "workshops",
            &[
                ("no edition", |o| o.edition_id.clear(), &["edition_id FIELD_REQUIRED"]),
                (
                    "an unknown edition",
                    |o| {
                        o.edition_id = "frist".into();
                        o.covered_products = vec!["unheard-of".into(), "Bad/x".into()];
                        o.downstream_location_ids.push("jp-tokyo".into());
                        o.items[0].service_id = "unheard-of".into();
                        o.items[0].location_ids.clear();
                    },
                    &[
                        "edition_id REFERENCE_UNKNOWN",
                        "covered_products[1] FIELD_INVALID",
                        "items[0].location_ids FIELD_REQUIRED",
                    ],
                ),
            ],
        );
    }

    #[test]
    fn the_nearest_name_is_told() {
        let mut contract = contract(vec![item("workshops")]);
        changed_order(&mut contract).items[0].service_id = "workshop".into();
        let violations = crate::purchase::validate(&catalog(), &contract, &[("work_order".into(), "wo-2")]);
        let [violation] = &violations[..] else { panic!("{violations:?}") };
        assert_eq!(violation.field, "work_order.items[0].service_id");
        assert_eq!(violation.description, "service `workshop` does not exist; did you mean `workshops`?");
    }

    #[test]
    fn clauses_follow_in_the_order_of_the_catalogue() {
        let mut contract = contract(vec![item("engineering"), item("advisor")]);
        let order = changed_order(&mut contract);
        order.base_work_order_id = Some("wo-3".into());
        order.items[0].product_ids.clear();
        order.items[1].location_ids = vec!["ie-dublin".into(), "jp-tokyo".into()];
        order.items[1].unit_price = Some(-1);
        order.downstream_location_ids = vec!["ie-dublin".into()];
        contract.work_orders.push(super::super::fixture::order("wo-3", vec![item("advisor")]));
        assert_eq!(
            judged(&catalog(), &contract),
            [
                "items[1].unit_price FIELD_OUT_OF_RANGE",
                "base_work_order_id !BASE_AGREEMENT_REQUIRED",
                "downstream_location_ids !EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER",
                "items[1].location_ids[1] !EXCLUDED_COUNTRY",
                "items[0].product_ids !PRODUCTS_REQUIRED",
            ]
        );
    }

    fn fill(order: &mut WorkOrder, count: usize) {
        order.items = (0..count).map(|n| crate::model::Item { item_id: n.to_string(), ..item("advisor") }).collect();
    }
}
