//! How large a contract may be as a whole: what keeps a check short.

use std::collections::{HashMap, HashSet};

use super::counts::{Count, Counts};
use super::findings::Findings;
use super::setting::{Order, Setting};

/// Most work orders of a customer, ended ones too.
pub const MOST_WORK_ORDERS: usize = 200;
/// Most items over all of them.
const MOST_ITEMS: usize = 5_000;
/// Most items of one service over all of them, and most waivers and events on these.
pub(super) const MOST_OF_A_SERVICE: usize = 300;

/// Told once, at the first order that was submitted.
pub(super) fn judge_orders(setting: &Setting<'_>, path: &str, findings: &mut Findings) {
    let count = setting.contract.work_orders.len();
    if count > MOST_WORK_ORDERS {
        let description = format!(
            "the customer has {count} work orders with it; at most {MOST_WORK_ORDERS} are allowed: \
             put its items on an order that is there"
        );
        findings.out_of_range(path, "work_order_id", description);
    }
}

/// Told at the first item of the order that is too much, once of each service.
pub(super) fn judge(order: &Order<'_>, findings: &mut Findings) {
    let counts = &order.setting.counts;
    if counts.items > MOST_ITEMS {
        let description = format!(
            "the customer has {} items with these; at most {MOST_ITEMS} are allowed: leave out what is not needed",
            counts.items
        );
        findings.out_of_range(order.path, "items", description);
    }
    let own = Counts::of(order.order.items.iter());
    let mut so_far: HashMap<&str, Count> = HashMap::new();
    let mut told = HashSet::new();
    for (index, item) in order.order.items.iter().enumerate() {
        let service_id = item.service_id.as_str();
        let all = counts.of_service(service_id);
        if passed(all).next().is_none() {
            continue;
        }
        let count = so_far.entry(service_id).or_insert_with(|| all.without(own.of_service(service_id)));
        count.add(item);
        for (field, what, count, advice) in passed(*count) {
            if told.insert((service_id, field)) {
                let description = format!(
                    "the customer has {count} {what} of `{service_id}` with this item; \
                     at most {MOST_OF_A_SERVICE} are allowed: {advice}"
                );
                findings.out_of_range(&order.item_path(index), field, description);
            }
        }
    }
}

/// The field that passes the limit, what it counts, how many, and what to do.
fn passed(count: Count) -> impl Iterator<Item = (&'static str, &'static str, usize, &'static str)> {
    let all = [
        ("service_id", "items", count.items, "buy more of it on an item that is there"),
        ("waivers", "waivers", count.waivers, "leave out those that have ended"),
        ("events", "planned events", count.events, "leave out those that are over"),
    ];
    all.into_iter().filter(|(_, _, there, _)| *there > MOST_OF_A_SERVICE)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{catalog, changed_order, check_contracts, event, item, judged, order, told, waiver};
    use super::*;
    use crate::model::{Contract, Item};
    use crate::purchase::validate;

    /// Beside the base agreement and the order that is changed.
    fn add_orders(contract: &mut Contract, count: usize, items: &[Item]) {
        for number in 0..count {
            contract.work_orders.push(order(&format!("more-{number}"), items.to_vec()));
        }
    }

    fn many(service_id: &str, count: usize) -> Vec<Item> {
        (0..count).map(|number| Item { item_id: format!("item-{number}"), ..item(service_id) }).collect()
    }

    #[test]
    fn a_customer_has_so_many_orders() {
        check_contracts(
            "advisor",
            &[
                ("as many as may be", |c| add_orders(c, MOST_WORK_ORDERS - 2, &[]), &[]),
                ("one more", |c| add_orders(c, MOST_WORK_ORDERS - 1, &[]), &["work_order_id FIELD_OUT_OF_RANGE"]),
            ],
        );
        let mut contract = super::super::fixture::contract(vec![item("advisor")]);
        add_orders(&mut contract, MOST_WORK_ORDERS, &[]);
        let submitted = [("work_orders[0]".to_owned(), "wo-1"), ("work_orders[1]".to_owned(), "wo-2")];
        let violations = validate(&catalog(), &contract, &submitted);
        assert_eq!(
            violations[0].description,
            "the customer has 202 work orders with it; at most 200 are allowed: put its items on an order that is there"
        );
        assert_eq!(told(violations), ["work_orders[0].work_order_id FIELD_OUT_OF_RANGE"]);
    }

    #[test]
    fn a_customer_has_so_many_items() {
        check_contracts(
            "advisor",
            &[
                ("as many as may be", |c| add_orders(c, 3, &distinct(1_666)), &[]),
                ("one more", |c| add_orders(c, 3, &distinct(1_667)), &["items FIELD_OUT_OF_RANGE"]),
            ],
        );
    }

    /// What they buy does not matter here.
    fn distinct(count: usize) -> Vec<Item> {
        many("advisor", count).into_iter().map(|it| Item { service_id: it.item_id.clone(), ..it }).collect::<Vec<_>>()
    }

    #[test]
    fn one_service_is_bought_so_many_times() {
        let contract = |elsewhere: usize, here: usize| {
            let mut contract = super::super::fixture::contract(many("response", here));
            add_orders(&mut contract, 1, &many("response", elsewhere));
            contract
        };
        let catalog = catalog();
        assert_eq!(judged(&catalog, &contract(0, MOST_OF_A_SERVICE)), [""; 0]);
        assert_eq!(judged(&catalog, &contract(200, 100)), [""; 0]);
        assert_eq!(judged(&catalog, &contract(200, 102)), ["items[100].service_id FIELD_OUT_OF_RANGE"]);
        assert_eq!(judged(&catalog, &contract(400, 2)), ["items[0].service_id FIELD_OUT_OF_RANGE"]);
        // What was stored before is not judged by an order of something else.
        let mut other = contract(400, 1);
        changed_order(&mut other).items = vec![item("advisor")];
        assert_eq!(judged(&catalog, &other), [""; 0]);
    }

    #[test]
    fn one_service_has_so_many_waivers_and_events() {
        let contract = |items: Vec<Item>| super::super::fixture::contract(items);
        let waived = |count| {
            let mut items = many("engineering", 4);
            items.iter_mut().for_each(|item| item.waivers = vec![waiver("ONSITE_NOT_INCLUDED"); 75]);
            items[3].waivers.truncate(count);
            contract(items)
        };
        let catalog = catalog();
        assert_eq!(judged(&catalog, &waived(75)), [""; 0]);
        let mut more = waived(75);
        changed_order(&mut more).items[1].waivers.push(waiver("ONSITE_NOT_INCLUDED"));
        assert_eq!(judged(&catalog, &more), ["items[3].waivers FIELD_OUT_OF_RANGE"]);
        let planned =
            |number: usize| event(&format!("event-{number}"), "shop", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
        let mut items = many("events", 4);
        items.iter_mut().for_each(|item| item.events = (0..76).map(planned).collect());
        let told = judged(&catalog, &contract(items));
        assert!(told.contains(&"items[3].events FIELD_OUT_OF_RANGE".to_owned()), "{told:?}");
    }
}
