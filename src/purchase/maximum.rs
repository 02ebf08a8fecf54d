//! How much of a service an order may carry in all.

use std::collections::HashMap;

use chrono::Datelike;

use crate::catalog::{PurchaseRule, Rule};
use crate::model::{WorkOrder, contract_year};

use super::findings::Findings;
use super::quantity::amount_of;
use super::setting::{Bought, Order};

/// The most of a service over all items of an order, told once, at the item that passes it.
pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    let Some(edition) = order.edition else { return };
    let mut totals: HashMap<&str, i64> = HashMap::new();
    for (index, item) in order.order.items.iter().enumerate() {
        let Some(service) = edition.service(&item.service_id) else { continue };
        let bought = Bought { order: *order, edition, service, item, path: &order.item_path(index) };
        let Some(clause) = bought.enforced(Rule::MaximumQuantity) else { continue };
        let Some(most) = most_of(&service.purchase, order.order) else { continue };
        let total = totals.entry(&service.id).or_default();
        let before = *total;
        *total = before.saturating_add(amount_of(service, item).unwrap_or_default());
        if before <= most && *total > most {
            let service_id = &service.id;
            let description =
                format!("at most {most} of `{service_id}` can be on this order; with this item it has {total}");
            findings.clause(clause, bought.path, "quantity", description);
        }
    }
}

fn most_of(rule: &PurchaseRule, order: &WorkOrder) -> Option<i64> {
    let yearly = rule.maximum_per_contract_year.map(|most| most.saturating_mul(contract_years_begun(order)));
    [rule.maximum, yearly].into_iter().flatten().min()
}

/// Anniversaries are whole years apart, so the calendar years tell how many there were.
fn contract_years_begun(order: &WorkOrder) -> i64 {
    let (last_year, _) = contract_year(order.start_date, order.end_date);
    let anniversaries = last_year.year().saturating_sub(order.start_date.year()).max(0);
    i64::from(anniversaries).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{amount, check_orders, date, item, order};
    use super::*;
    use crate::model::{Item, Unit};

    #[test]
    fn some_services_have_a_maximum_over_the_order() {
        check_orders(
            "support",
            &[
                ("as many as may be", |o| o.items[0].quantity = amount(3, Unit::Engagements), &[]),
                (
                    "more",
                    |o| o.items[0].quantity = amount(4, Unit::Engagements),
                    &["items[0].quantity !MAXIMUM_QUANTITY"],
                ),
                ("an absent number is one", |o| repeat(o, 3), &[]),
                ("told once", |o| repeat(o, 5), &["items[3].quantity !MAXIMUM_QUANTITY"]),
            ],
        );
        check_orders(
            "insights",
            &[
                ("twice in a year", |o| repeat(o, 2), &["items[1].quantity !MAXIMUM_QUANTITY"]),
                (
                    "twice in a year and a day",
                    |o| {
                        repeat(o, 2);
                        o.end_date = date("2027-02-01");
                    },
                    &[],
                ),
                (
                    "thrice in a year and a day",
                    |o| {
                        repeat(o, 3);
                        o.end_date = date("2027-02-01");
                    },
                    &["items[2].quantity !MAXIMUM_QUANTITY"],
                ),
            ],
        );
    }

    #[test]
    fn contract_years_are_counted_without_walking_them() {
        for (start, end, years) in [
            ("2026-02-01", "2027-01-31", 1),
            ("2026-02-01", "2027-02-01", 2),
            ("2024-02-29", "2025-02-27", 1),
            ("2024-02-29", "2025-02-28", 2),
            ("1970-01-01", "9999-12-31", 8_030),
            ("2026-02-01", "2025-01-01", 1),
            ("-262143-01-01", "+262142-12-31", 524_286),
        ] {
            let order = WorkOrder { start_date: date(start), end_date: date(end), ..order("wo-2", Vec::new()) };
            assert_eq!(contract_years_begun(&order), years, "{start} to {end}");
        }
    }

    fn repeat(order: &mut WorkOrder, count: usize) {
        let service_id = order.items[0].service_id.clone();
        order.items = (0..count).map(|n| Item { item_id: n.to_string(), ..item(&service_id) }).collect();
    }
}
