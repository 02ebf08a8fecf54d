//! Ten times the items are not a hundred times the work.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::engine::context::JUDGED;
use crate::engine::{AS_BOUGHT, BlockQuery, Delivery, Outcome, Prepared, Query, decide, eligible_blocks};
use crate::model::{Contract, ProductId, Quantity, Unit};

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::embedded().unwrap()));

/// From 100 to 1,000 items, n log n grows by 15.
const FEW: usize = 100;
const MANY: usize = 1_000;
const MOST_TIMES: usize = 15;

fn day(number: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + Days::new(u64::try_from(number).unwrap())
}

fn now() -> DateTime<Utc> {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

/// A base package, and so many items beside it.
fn prepared(count: usize, item: impl Fn(usize) -> Value) -> Prepared {
    let base = json!({"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true});
    let items: Vec<_> = std::iter::once(base).chain((0..count).map(item)).collect();
    let location =
        json!({"location_id": "here", "display_name": "Here", "country": "GB", "time_zone": "Europe/London"});
    let contract: Contract = serde_json::from_value(json!({
        "customer": {"customer_id": "acme", "display_name": "Acme", "locations": [location]},
        "work_orders": [{
            "work_order_id": "wo", "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": "2026-01-01", "end_date": "2099-12-31", "host_location_id": "here",
            "covered_products": ["*"], "currency": "GBP", "items": items,
        }],
    }))
    .unwrap();
    Prepared::new(Arc::clone(&CATALOG), contract)
}

fn item(service_id: &str, row: usize, more: Value) -> Value {
    let mut item = json!({
        "item_id": format!("item-{row}"), "service_id": service_id, "location_ids": ["here"], "product_ids": ["*"],
    });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn question(service_id: &'static str) -> Query<'static> {
    Query {
        location_id: "here",
        product: Some(ProductId::new("azure")),
        service_id,
        check_time: Some(now()),
        ..Query::default()
    }
}

fn judged(work: impl FnOnce()) -> usize {
    let before = JUDGED.get();
    work();
    JUDGED.get() - before
}

fn grows_little(name: &str, work: impl Fn(usize) -> usize) {
    let (few, many) = (work(FEW), work(MANY));
    assert!(many >= MANY && many <= few * MOST_TIMES, "{name}: {few} clauses for {FEW} items, {many} for {MANY}");
}

/// An answer with all it says, its blocks too.
fn answers(name: &str, query: &Query<'static>, expected: Outcome, item: impl Fn(usize) -> Value) {
    grows_little(name, |count| {
        let prepared = prepared(count, &item);
        judged(|| {
            let decision = decide(&prepared, &AS_BOUGHT, query, now()).unwrap();
            let told: Vec<_> = decision.reasons.iter().map(|reason| reason.clause.code.as_str()).collect();
            assert_eq!(decision.outcome, expected, "{name}: {told:?}");
            assert!(decision.valid_until.is_some());
            _ = decision.coverage.unwrap().blocks();
        })
    });
}

#[test]
fn items_that_end_one_after_the_other_are_judged_once_each() {
    let response = "unified-enhanced-response";
    let ends = |row| item(response, row, json!({"end_date": day(2 * row)}));
    answers("conditional", &question(response), Outcome::Conditional, ends);
    let starts = |row| item(response, row, json!({"start_date": day(2 * row), "end_date": day(4 * row + 3)}));
    answers("to come", &question(response), Outcome::NotEntitled, starts);
    let waived = |row| {
        let waiver = json!({"code": "PRODUCT_NOT_COVERED", "reference": "a letter", "end_date": day(row)});
        item(response, row, json!({"waivers": [waiver]}))
    };
    answers("waived", &question(response), Outcome::Conditional, waived);
}

#[test]
fn what_other_blocks_have_left_is_summed_up_once() {
    let engineering = "enhanced-designated-engineering";
    let block =
        |row| item(engineering, row, json!({"quantity": {"amount": 1, "unit": "HOURS"}, "end_date": day(2 * row)}));
    let asks = |amount| Query { quantity: Some(Quantity { amount, unit: Unit::Hours }), ..question(engineering) };
    answers("enough together", &asks(50), Outcome::Entitled, block);
    answers("too little together", &asks(5_000), Outcome::NotEntitled, block);
}

#[test]
fn what_is_bought_for_later_is_looked_through_once() {
    let insights = "services-insights-for-developers";
    let year = |row| item(insights, row, json!({"start_date": day(2 * row)}));
    let quantity = Some(Quantity { amount: 5_000, unit: Unit::Engagements });
    let query = Query { quantity, check_time: Some("2027-01-03T10:00:00Z".parse().unwrap()), ..question(insights) };
    answers("never enough", &query, Outcome::NotEntitled, year);
}

#[test]
fn events_of_many_items_are_summed_up_once() {
    let management = "azure-event-management";
    let events =
        |row| item(management, row, json!({"quantity": {"amount": 1, "unit": "EVENTS"}, "end_date": day(2 * row)}));
    let delivery = Delivery {
        start_time: Some("2026-12-20T10:00:00Z".parse().unwrap()),
        end_time: Some("2026-12-21T10:00:00Z".parse().unwrap()),
        confirmed_time: Some("2026-05-01T10:00:00Z".parse().unwrap()),
        solution_ids: vec!["one"; 2_000],
        ..Delivery::default()
    };
    answers("solutions", &Query { delivery, ..question(management) }, Outcome::NotEntitled, events);
    let solutions: Vec<_> = (0..2_000).map(|row| format!("solution-{row}")).collect();
    let query = BlockQuery {
        location_id: Some("here"),
        product: Some(ProductId::new("azure")),
        service_id: Some(management),
        quantity: Some(Quantity { amount: 1, unit: Unit::Events }),
        solution_ids: &solutions,
        ..BlockQuery::default()
    };
    grows_little("blocks of the ledger", |count| {
        let prepared = prepared(count, events);
        judged(|| {
            let blocks = eligible_blocks(&prepared, &query, now()).unwrap();
            assert!(blocks.iter().all(|block| block.failed.iter().any(|it| it.code == "AEM_ONE_SOLUTION")));
        })
    });
}
