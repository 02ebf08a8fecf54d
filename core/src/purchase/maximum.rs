//! How much of a service an order may carry in all.

use std::collections::HashMap;

use crate::catalog::Rule;

use super::contract_index::{BoughtItem, Order};
use super::findings::Findings;
use super::quantity::amount_of;

/// The most of a service over all items of an order, told once, at the item that passes it.
pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    let Some(edition) = order.edition else { return };
    let mut totals: HashMap<&str, i64> = HashMap::new();
    for (index, item) in order.order.items.iter().enumerate() {
        let Some(service) = edition.service(&item.service_id) else { continue };
        let bought = BoughtItem { order: *order, edition, service, item, path: &order.item_path(index) };
        let Some(clause) = bought.enforced(Rule::MaximumQuantity) else { continue };
        let Some(most) = service.purchase.most_on(order.order) else { continue };
        let total = totals.entry(&service.id).or_default();
        let before = *total;
        *total = before.saturating_add(amount_of(service, item).unwrap_or_default());
        if before <= most && *total > most {
            let service_id = &service.id;
            let description =
                format!("at most {most} of `{service_id}` can be on this order; with this item it has {total}");
            findings.clause(clause, bought.path, "quantity", description).fact("most", most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{amount, check_orders, date, item};
    use crate::model::{Item, Unit, WorkOrder};

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

    fn repeat(order: &mut WorkOrder, count: usize) {
        let service_id = order.items[0].service_id.clone();
        order.items = (0..count).map(|n| Item { item_id: n.to_string(), ..item(&service_id) }).collect();
    }
}
