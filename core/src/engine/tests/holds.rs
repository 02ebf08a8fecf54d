//! A hold that runs out gives back what it held, at its instant and without a write.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::catalog::Catalog;
use crate::engine::{AS_BOUGHT, Outcome, Prepared, PreparedBalances, Query, decide};
use crate::model::{Balance, Balances, Contract, ProductId, Quantity, Release, Since, Unit, block_id};

const EDE: &str = "enhanced-designated-engineering";
const END: &str = "2027-01-01T00:00:00Z";

/// Two blocks of 10 hours each; what is held of them, and when the first of that is given back.
fn prepared(held: [(i64, Option<(&str, i64)>); 2]) -> (Prepared, PreparedBalances) {
    let block = |row: usize| {
        json!({
            "item_id": format!("ede-{row}"), "service_id": EDE, "quantity": {"amount": 10, "unit": "HOURS"},
            "location_ids": ["gb-london"], "product_ids": ["azure/*"],
        })
    };
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [{
                "location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London",
            }],
        },
        "work_orders": [{
            "work_order_id": "wo", "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "gb-london",
            "covered_products": ["*"], "currency": "GBP",
            "items": [
                {"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true}, block(0), block(1),
            ],
        }],
    }))
    .unwrap();
    let balances: Balances = held
        .into_iter()
        .enumerate()
        .map(|(row, (reserved, release))| {
            let release = release.map(|(at, amount)| Release { at: instant(at), amount });
            let balance = Balance { granted: 600, reserved, release, ..Balance::default() };
            (block_id("acme", "wo", &format!("ede-{row}"), EDE), balance)
        })
        .collect();
    let prepared = Prepared::new(Arc::new(Catalog::embedded().unwrap()), contract);
    let balances = prepared.balances(&balances, |_, _| Since::default());
    (prepared, balances)
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The outcome, what the answering block holds and has available, and until when.
fn ask(
    (prepared, balances): &(Prepared, PreparedBalances),
    hours: i64,
    at: &str,
) -> (Outcome, i64, i64, Option<DateTime<Utc>>) {
    let query = Query {
        location_id: "gb-london",
        service_id: EDE,
        product: Some(ProductId::new("azure/app-service")),
        quantity: Some(Quantity { amount: hours, unit: Unit::Hours }),
        ..Query::default()
    };
    let decision = decide(prepared, balances, &query, instant(at)).unwrap();
    let balance = decision.coverage.unwrap().blocks()[0];
    (decision.outcome, balance.block.reserved, balance.available, decision.valid_until)
}

#[test]
fn all_is_held_until_the_hold_runs_out() {
    let noon = "2026-06-01T12:00:40Z";
    let all = Some((noon, 600));
    let contract = prepared([(600, all), (600, all)]);
    let before = ask(&contract, 1, "2026-06-01T12:00:39Z");
    assert_eq!(before, (Outcome::NotEntitled, 600, 0, Some(instant(noon))));
    assert_eq!(ask(&contract, 1, noon), (Outcome::Entitled, 0, 600, Some(instant(END))));
}

#[test]
fn the_balance_shown_changes_too() {
    let noon = "2026-06-01T12:00:00Z";
    let contract = prepared([(120, Some((noon, 60))), (0, None)]);
    assert_eq!(ask(&contract, 1, "2026-06-01T09:00:00Z"), (Outcome::Entitled, 120, 480, Some(instant(noon))));
    assert_eq!(ask(&contract, 1, noon), (Outcome::Entitled, 60, 540, Some(instant(END))));
}

#[test]
fn what_another_block_gets_back_counts_where_there_was_too_little() {
    let noon = "2026-06-01T12:00:00Z";
    let contract = prepared([(0, None), (300, Some((noon, 300)))]);
    assert_eq!(ask(&contract, 20, "2026-06-01T09:00:00Z"), (Outcome::NotEntitled, 0, 600, Some(instant(noon))));
    assert_eq!(ask(&contract, 20, noon), (Outcome::Entitled, 0, 600, Some(instant(END))));
    // Enough as it is, but the other block is shown beside the one that answers.
    assert_eq!(ask(&contract, 15, "2026-06-01T09:00:00Z"), (Outcome::Entitled, 0, 600, Some(instant(noon))));
}

#[test]
fn one_contract_answers_by_whatever_balances_it_is_given() {
    let (prepared, _) = prepared([(0, None), (0, None)]);
    let corrected = Balance { granted: 900, used: 60, ..Balance::default() };
    let of_second = Balances::from([(block_id("acme", "wo", "ede-1", EDE), corrected)]);
    let query = Query {
        location_id: "gb-london",
        service_id: EDE,
        product: Some(ProductId::new("azure/app-service")),
        ..Query::default()
    };
    let granted_and_left = |balances: &PreparedBalances| {
        let decision = decide(&prepared, balances, &query, instant("2026-06-01T09:00:00Z")).unwrap();
        let blocks = decision.coverage.unwrap().blocks();
        let mut told: Vec<_> =
            blocks.iter().map(|it| (it.item.item_id.clone(), it.block.granted, it.available)).collect();
        told.sort();
        told
    };
    let as_bought = |row: usize| (format!("ede-{row}"), 600, 600);
    assert_eq!(granted_and_left(&AS_BOUGHT), [as_bought(0), as_bought(1)]);
    let corrected = ("ede-1".to_owned(), 900, 840);
    assert_eq!(granted_and_left(&prepared.balances(&of_second, |_, _| Since::default())), [as_bought(0), corrected]);
}
