use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::catalog::Catalog;
use crate::engine::blocks_of;
use crate::model::{Contract, Unit, block_id};

mod refusals;

const EDE: &str = "enhanced-designated-engineering";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn ede(item_id: &str, hours: i64, more: Value) -> Value {
    let mut item = json!({
        "item_id": item_id,
        "service_id": EDE,
        "location_ids": ["gb-london"],
        "quantity": {"amount": hours, "unit": "HOURS"},
        "product_ids": ["azure/*"],
    });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

/// London is host, Tokyo downstream; the base runs the calendar year, and the second order
/// leans on it.
fn prepared(items: Vec<Value>, order: Value) -> Prepared {
    let location = |id: &str, country: &str, zone: &str| json!({"location_id": id, "display_name": id, "country": country, "time_zone": zone});
    let base = json!({
        "work_order_id": "base", "customer_id": "acme", "edition_id": "unified-enterprise-2023",
        "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "gb-london",
        "downstream_location_ids": ["ie-dublin"], "covered_products": ["*"], "currency": "GBP",
        "items": [{"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true}],
    });
    let mut second = json!({
        "work_order_id": "wo-2", "customer_id": "acme", "edition_id": "unified-enterprise-2023",
        "start_date": "2026-02-01", "end_date": "2027-06-30", "host_location_id": "gb-london",
        "downstream_location_ids": ["ie-dublin"], "covered_products": ["*"], "currency": "GBP", "items": items,
    });
    second.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [location("gb-london", "GB", "Europe/London"), location("ie-dublin", "IE", "Europe/Dublin")],
        },
        "work_orders": [base, second],
    }))
    .unwrap();
    Prepared::new(Arc::new(Catalog::embedded().unwrap()), contract)
}

fn query<'a>() -> BlockQuery<'a> {
    BlockQuery {
        location_id: Some("gb-london"),
        product: Some(ProductId::new("azure/app-service")),
        service_id: Some(EDE),
        quantity: Some(Quantity { amount: 8, unit: Unit::Hours }),
        ..BlockQuery::default()
    }
}

/// Item and failed codes, in order.
fn judged(prepared: &Prepared, query: &BlockQuery<'_>, now: &str) -> Vec<String> {
    let told = eligible_blocks(prepared, query, at(now)).unwrap();
    let codes = |block: &EligibleBlock| block.failed.iter().map(|it| it.code.clone()).collect::<Vec<_>>().join(" ");
    told.iter().map(|block| format!("{} {}", block.item_id, codes(block)).trim().to_owned()).collect()
}

fn refused(prepared: &Prepared, query: &BlockQuery<'_>) -> String {
    match eligible_blocks(prepared, query, at("2026-06-10T10:00:00Z")) {
        Ok(alone) => alone[0].failed[0].code.clone(),
        Err(Error::Violations(violations)) => violations[0].reason.clone(),
        Err(Error::NotFound { noun, .. }) => format!("{noun} unknown"),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_block_lives_as_long_as_its_item_is_covered() {
    let items = vec![
        ede("plain", 100, json!({})),
        ede("dated", 10, json!({"start_date": "2026-03-01", "end_date": "2026-04-30", "priority": 3})),
        ede("flex", 10, json!({"funding": "FLEX_ALLOWANCE"})),
        ede("predefined", 1, json!({"quantity": null, "predefined_offering": "predefined"})),
        json!({"item_id": "chalk", "service_id": "chalk-talks", "all_locations": true}),
    ];
    let prepared = prepared(items, json!({"end_date": "2028-01-31"}));
    let blocks = blocks_of(&prepared);
    let of = |item: &str| blocks.iter().find(|block| block.item_id == item).unwrap();
    assert_eq!(blocks.len(), 4, "a predefined offering is not counted");
    assert!(blocks.is_sorted_by_key(|block| block.id));
    let plain = of("plain");
    assert_eq!(plain.id, block_id("acme", "wo-2", "plain", EDE));
    assert_eq!((plain.granted, plain.unit, plain.priority), (6_000, Unit::Minutes, None));
    // The order runs on, but its base does not.
    assert_eq!((plain.start, plain.end), (at("2026-02-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
    let dated = of("dated");
    assert_eq!((dated.start, dated.end), (at("2026-03-01T00:00:00Z"), at("2026-04-30T23:00:00Z")));
    assert_eq!(dated.priority, Some(3));
    assert_eq!(of("flex").end, at("2027-01-01T00:00:00Z"));
    assert_eq!((of("chalk").granted, of("chalk").unit), (1, Unit::Engagements));
}

/// The life of the only block of an order that leans on any base, which is changed.
fn life(more: Value) -> (DateTime<Utc>, DateTime<Utc>) {
    let mut contract = prepared(vec![ede("ede", 100, json!({}))], json!({"end_date": "2028-01-31"})).contract().clone();
    let mut base = serde_json::to_value(&contract.work_orders[0]).unwrap();
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    contract.work_orders[0] = serde_json::from_value(base).unwrap();
    let prepared = Prepared::new(Arc::new(Catalog::embedded().unwrap()), contract);
    let block = blocks_of(&prepared).remove(0);
    (block.start, block.end)
}

#[test]
fn a_block_ends_with_its_base_whatever_becomes_of_the_base() {
    let (start, end) = (at("2026-02-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!(life(json!({})), (start, end));
    // A suspension stops use, and no clock.
    assert_eq!(life(json!({"state": "SUSPENDED"})), (start, end));
    let ended = json!({"state": "TERMINATED", "terminate_time": "2026-05-01T00:00:00Z"});
    assert_eq!(life(ended), (start, at("2026-05-01T00:00:00Z")));
    // What no base covers has no time at all.
    assert_eq!(life(json!({"state": "DRAFT"})), (start, start));
    let base = json!({"item_id": "base", "service_id": "unified-enterprise-base", "location_ids": ["ie-dublin"]});
    assert_eq!(life(json!({"items": [base]})), (start, start));
}

#[test]
fn what_the_flex_allowance_paid_ends_with_its_year() {
    let order = json!({"start_date": "2025-07-01", "base_work_order_id": "base"});
    let prepared = prepared(vec![ede("flex", 10, json!({"funding": "FLEX_ALLOWANCE"}))], order);
    let block = &blocks_of(&prepared)[0];
    assert_eq!((block.start, block.end), (at("2026-01-01T00:00:00Z"), at("2026-06-30T23:00:00Z")));
    let window = |start: &str, end: &str| BlockQuery { performed: Some((at(start), at(end))), ..query() };
    let late = window("2026-07-01T09:00:00Z", "2026-07-01T10:00:00Z");
    assert_eq!(judged(&prepared, &late, "2026-07-02T00:00:00Z"), ["flex FORFEITED"]);
}

#[test]
fn hours_that_come_with_enhanced_response_are_blocks_of_its_item() {
    let item = json!({
        "item_id": "uer", "service_id": "unified-enhanced-response", "location_ids": ["gb-london"],
        "included_hours": {"reactive_support_management": 20, "service_delivery_management": 30},
    });
    let prepared = prepared(vec![item], json!({}));
    let blocks = blocks_of(&prepared);
    let mut of: Vec<_> = blocks.iter().map(|block| (block.service_id.as_str(), block.granted)).collect();
    of.sort_unstable();
    assert_eq!(of, [("reactive-support-management-add-on", 1_200), ("sdm-add-on", 1_800)]);
    assert!(blocks.iter().all(|block| block.item_id == "uer" && block.unit == Unit::Minutes));
    // Reached by their ids only.
    let by_service = BlockQuery { service_id: Some("sdm-add-on"), ..query() };
    assert_eq!(refused(&prepared, &by_service), "NOT_PURCHASED");
    let id = block_id("acme", "wo-2", "uer", "sdm-add-on");
    let by_id = BlockQuery { block_id: Some(id), quantity: query().quantity, ..BlockQuery::default() };
    assert_eq!(judged(&prepared, &by_id, "2026-06-10T10:00:00Z"), ["uer"]);
    // Service delivery management keeps the host's hours; 10 June 2026 is a Wednesday.
    let night = Some((at("2026-06-10T20:00:00Z"), at("2026-06-10T21:00:00Z")));
    let by_night = BlockQuery { performed: night, ..by_id };
    assert_eq!(judged(&prepared, &by_night, "2026-06-11T10:00:00Z"), ["uer SDM_HOST_HOURS"]);
}

#[test]
fn no_hours_make_no_block() {
    let item = json!({
        "item_id": "uer", "service_id": "unified-enhanced-response", "location_ids": ["gb-london"],
        "included_hours": {"reactive_support_management": 0, "service_delivery_management": 0},
    });
    assert!(blocks_of(&prepared(vec![item], json!({}))).is_empty());
}

#[test]
fn candidates_come_in_order_each_with_what_forbids_it() {
    let items = vec![
        ede("a-late", 10, json!({})),
        ede("b-early", 10, json!({"end_date": "2026-09-30"})),
        ede("c-first", 10, json!({"priority": 9})),
        ede("d-windows", 10, json!({"product_ids": ["windows-server"]})),
        ede("e-dublin", 10, json!({"location_ids": ["ie-dublin"]})),
        ede("f-over", 10, json!({"end_date": "2026-03-31"})),
        ede("g-to-come", 10, json!({"start_date": "2026-08-01"})),
    ];
    let prepared = prepared(items, json!({}));
    let expected = [
        "a-late",
        "b-early",
        "c-first",
        "d-windows PRODUCT_NOT_ON_ITEM",
        "e-dublin LOCATION_NOT_DESIGNATED",
        "f-over WORK_ORDER_EXPIRED",
        "g-to-come WORK_ORDER_NOT_STARTED",
    ];
    assert_eq!(judged(&prepared, &query(), "2026-06-10T10:00:00Z"), expected);
    let told = eligible_blocks(&prepared, &query(), at("2026-06-10T10:00:00Z")).unwrap();
    let counting: Vec<_> = told.iter().filter(|block| block.counts).map(|block| block.item_id.as_str()).collect();
    assert_eq!(counting, ["a-late", "b-early", "c-first"]);
}

#[test]
fn the_delivery_is_judged_when_and_how_it_is_performed() {
    let prepared = prepared(vec![ede("ede", 10, json!({}))], json!({}));
    let now = "2026-12-01T10:00:00Z";
    let window = |start: &str, end: &str| BlockQuery { performed: Some((at(start), at(end))), ..query() };
    // 10 June 2026 is a Wednesday; London is an hour ahead of UTC.
    let cases = [
        ("2026-06-10T08:00:00Z", "2026-06-10T16:30:00Z", "ede"),
        ("2026-06-10T07:59:00Z", "2026-06-10T16:30:00Z", "ede OUTSIDE_SERVICE_HOURS"),
        ("2026-06-13T10:00:00Z", "2026-06-13T11:00:00Z", "ede OUTSIDE_SERVICE_HOURS"),
        ("2026-01-30T10:00:00Z", "2026-01-30T11:00:00Z", "ede WORK_ORDER_NOT_STARTED"),
        ("2027-01-04T10:00:00Z", "2027-01-04T11:00:00Z", "ede BASE_AGREEMENT_EXPIRED FORFEITED"),
        ("2026-12-31T10:00:00Z", "2027-01-04T11:00:00Z", "ede FORFEITED"),
    ];
    for (start, end, expected) in cases {
        assert_eq!(judged(&prepared, &window(start, end), now), [expected], "{start}");
    }
    let early = window("2026-06-10T07:59:00Z", "2026-06-10T16:30:00Z");
    let told = eligible_blocks(&prepared, &early, at(now)).unwrap().remove(0).failed.remove(0);
    // Of the hours of this service, and of no other's.
    let hours = "Enhanced Designated Engineering (EDE) is worked from 09:00 to 17:30 (Europe/London), not on weekends or holidays.";
    assert_eq!((told.rule.row().subject, told.description.as_str()), (Subject::Hours, hours));
    let on_site = BlockQuery { mode: Some(DeliveryMode::OnSite), ..query() };
    assert_eq!(judged(&prepared, &on_site, now), ["ede ONSITE_NOT_INCLUDED"]);
    let told = eligible_blocks(&prepared, &on_site, at(now)).unwrap();
    assert_eq!(told[0].failed[0].rule.row().subject, Subject::Mode);
    assert_eq!(judged(&prepared, &query(), "2027-03-01T10:00:00Z"), ["ede BASE_AGREEMENT_EXPIRED"]);
}

#[test]
fn a_suspended_order_and_one_that_is_terminated() {
    let suspended = prepared(vec![ede("ede", 10, json!({}))], json!({"state": "SUSPENDED"}));
    assert_eq!(judged(&suspended, &query(), "2026-06-10T10:00:00Z"), ["ede WORK_ORDER_SUSPENDED"]);
    let order = json!({"state": "TERMINATED", "terminate_time": "2026-06-01T00:00:00Z"});
    let terminated = prepared(vec![ede("ede", 10, json!({}))], order);
    assert_eq!(judged(&terminated, &query(), "2026-06-10T10:00:00Z"), ["ede WORK_ORDER_TERMINATED"]);
    let before = Some((at("2026-05-28T10:00:00Z"), at("2026-05-28T11:00:00Z")));
    let before = BlockQuery { performed: before, ..query() };
    assert_eq!(judged(&terminated, &before, "2026-06-10T10:00:00Z"), ["ede"]);
}
