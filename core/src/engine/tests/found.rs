//! What random contracts found, as contracts one can read.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::catalog::{Catalog, RemedyKind};
use crate::engine::{AS_BOUGHT, Delivery, Outcome, Prepared, Query, decide};
use crate::model::{Contract, ProductId, Quantity, Unit};

fn prepared(orders: &[Value]) -> Prepared {
    let location =
        |id: &str| json!({"location_id": id, "display_name": id, "country": "GB", "time_zone": "Europe/London"});
    let tokyo = json!({"location_id": "jp-tokyo", "display_name": "Tokyo", "country": "JP", "time_zone": "Asia/Tokyo"});
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme",
            "display_name": "Acme",
            "locations": [location("gb-london"), location("gb-leeds"), tokyo],
        },
        "work_orders": orders,
    }))
    .unwrap();
    Prepared::new(Arc::new(Catalog::embedded().unwrap()), contract)
}

fn order(id: &str, start: &str, end: &str, items: &Value) -> Value {
    json!({
        "work_order_id": id, "customer_id": "acme", "edition_id": "unified-enterprise-2023",
        "start_date": start, "end_date": end, "host_location_id": "gb-london",
        "downstream_location_ids": ["gb-leeds"], "covered_products": ["*"], "currency": "GBP", "items": items,
    })
}

fn base() -> Value {
    json!([{"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true}])
}

fn add_on() -> Value {
    json!([{"item_id": "talks", "service_id": "chalk-talks", "all_locations": true}])
}

fn question(service_id: &'static str, at: &str) -> Query<'static> {
    Query {
        location_id: "gb-leeds",
        service_id,
        product: Some(ProductId::new("azure")),
        check_time: Some(instant(at)),
        ..Query::default()
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The codes of the reasons, the scope the first one tells, and until when.
fn told(prepared: &Prepared, query: &Query<'_>) -> (Vec<String>, Option<String>, Option<DateTime<Utc>>) {
    let decision =
        decide(prepared, &AS_BOUGHT, query, DateTime::UNIX_EPOCH).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(decision.outcome == Outcome::NotEntitled, !decision.reasons.is_empty());
    let scope = decision.reasons.first().and_then(|reason| reason.fact("scope")).map(str::to_owned);
    (decision.reasons.iter().map(|reason| reason.clause.code.clone()).collect(), scope, decision.valid_until)
}

#[test]
fn a_base_terminated_before_it_began_neither_served_nor_ended_anything() {
    let mut never = order("wo-1", "2026-03-01", "2026-12-31", &base());
    never["state"] = json!("TERMINATED");
    never["terminate_time"] = json!("2026-02-15T00:00:00Z");
    let beside = order("wo-3", "2026-02-01", "2026-12-31", &add_on());
    let query = question("chalk-talks", "2026-06-01T00:00:00Z");
    let (codes, ..) = told(&prepared(&[never.clone(), beside.clone()]), &query);
    assert_eq!(codes, ["BASE_AGREEMENT_REQUIRED"]);
    let later = order("wo-2", "2026-04-01", "2026-12-31", &base());
    let (codes, ..) = told(&prepared(&[never, later, beside]), &query);
    assert_eq!(codes, [""; 0]);
}

/// An order in an excluded country brings the base it names there for what serves from the host alone (2.4).
#[test]
fn a_base_that_would_not_reach_an_item_is_not_to_be_brought_into_force() {
    let mut draft = order("wo-1", "2026-02-01", "2026-12-31", &base());
    draft["state"] = json!("DRAFT");
    let mut extends = order("wo-2", "2026-02-01", "2026-12-31", &json!([]));
    extends["host_location_id"] = json!("jp-tokyo");
    extends["base_work_order_id"] = json!("wo-1");
    let listed =
        |location: &str| json!([{"item_id": "talks", "service_id": "chalk-talks", "location_ids": [location]}]);
    let remedy = |location: &'static str| {
        let mut beside = order("wo-3", "2026-02-01", "2026-12-31", &listed(location));
        beside["downstream_location_ids"] = json!([location]);
        let prepared = prepared(&[draft.clone(), extends.clone(), beside]);
        let query = Query { location_id: location, ..question("chalk-talks", "2026-06-01T00:00:00Z") };
        let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
        let base = decision.reasons.iter().find(|reason| reason.clause.code == "BASE_AGREEMENT_REQUIRED").unwrap();
        (base.remedy.kind, base.remedy.work_order_id.clone())
    };
    assert_eq!(remedy("gb-leeds"), (RemedyKind::Renew, "wo-1".to_owned()));
    assert_eq!(remedy("jp-tokyo").0, RemedyKind::Buy);
}

/// A location that a waiver lets in may have a base that lasts longer: the block ends with those of its own locations.
#[test]
fn a_block_is_over_at_a_location_that_is_let_in_too() {
    let listed = |location: &str, item: &str| json!({"item_id": "it", "service_id": item, "location_ids": [location]});
    let base = "unified-enterprise-base";
    let of_london = order("wo-1", "2026-01-01", "2026-06-30", &json!([listed("gb-london", base)]));
    let of_leeds = order("wo-2", "2026-01-01", "2027-12-31", &json!([listed("gb-leeds", base)]));
    let told = |funding: &str, year: &str| {
        let mut workshops = listed("gb-london", "workshops");
        workshops["quantity"] = json!({"amount": 3, "unit": "ATTENDEES"});
        workshops["funding"] = json!(funding);
        workshops["waivers"] = json!([{"code": "LOCATION_NOT_DESIGNATED", "reference": "agreed"}]);
        let beside = order("wo-3", "2026-01-01", "2027-12-31", &json!([workshops]));
        let contract = prepared(&[of_london.clone(), of_leeds.clone(), beside]);
        told(&contract, &question("workshops", year)).0
    };
    for funding in ["PURCHASED", "FLEX_ALLOWANCE"] {
        assert_eq!(told(funding, "2026-06-30T22:59:59Z"), [""; 0], "{funding}");
        assert_eq!(told(funding, "2026-06-30T23:00:00Z"), ["FORFEITED"], "{funding}");
    }
    assert_eq!(told("PURCHASED", "2027-02-01T00:00:00Z"), ["FORFEITED"]);
    assert_eq!(told("FLEX_ALLOWANCE", "2027-02-01T00:00:00Z"), ["QUANTITY_EXHAUSTED"]);
}

#[test]
fn every_base_item_of_an_order_serves_its_own_locations() {
    let item = |id: &str| json!({"item_id": id, "service_id": "unified-enterprise-base", "location_ids": [id]});
    let bases = order("wo-1", "2026-02-01", "2026-12-31", &json!([item("gb-london"), item("gb-leeds")]));
    let beside = order("wo-2", "2026-02-01", "2026-12-31", &add_on());
    let (codes, ..) = told(&prepared(&[bases, beside]), &question("chalk-talks", "2026-06-01T00:00:00Z"));
    assert_eq!(codes, [""; 0]);
}

#[test]
fn an_answer_that_only_says_something_else_is_another_one() {
    let contract = prepared(&[order("wo-1", "2026-02-01", "2026-12-31", &base())]);
    let early = |at: &str| Query {
        delivery: Delivery { start_time: Some(instant("2026-01-10T09:00:00Z")), ..Delivery::default() },
        ..question("webcasts", at)
    };
    let start = Some(instant("2026-02-01T00:00:00Z"));
    let (codes, scope, until) = told(&contract, &early("2026-01-05T00:00:00Z"));
    assert_eq!(
        (codes, scope.as_deref(), until),
        (vec!["WORK_ORDER_NOT_STARTED".to_owned()], Some("work_order"), start)
    );
    let (codes, scope, _) = told(&contract, &early("2026-02-01T00:00:00Z"));
    assert_eq!((codes, scope.as_deref()), (vec!["WORK_ORDER_NOT_STARTED".to_owned()], Some("delivery")));
}

/// Services Insights: at most one per contract year begun, over all items of the order.
#[test]
fn what_is_sold_out_is_waited_for_or_cannot_be_had() {
    let remedy = |end: &str, starts: &[&str], quantity| {
        let item = |(row, start): (usize, &&str)| {
            json!({"item_id": format!("insights-{row}"), "service_id": "services-insights-for-developers",
                   "all_locations": true, "start_date": start})
        };
        let items = base().as_array().unwrap().iter().cloned().chain(starts.iter().enumerate().map(item)).collect();
        let prepared = prepared(&[order("wo-1", "2026-01-01", end, &Value::Array(items))]);
        let quantity = Some(Quantity { amount: quantity, unit: Unit::Engagements });
        let query = Query { quantity, ..question("services-insights-for-developers", "2026-06-10T10:00:00Z") };
        let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(decision.reasons[0].clause.code, "QUANTITY_EXHAUSTED");
        let remedy = &decision.reasons[0].remedy;
        (remedy.kind, remedy.value.clone())
    };
    assert_eq!(remedy("2026-12-31", &["2026-01-01"], 2), (RemedyKind::None, String::new()));
    assert_eq!(remedy("2027-12-31", &["2026-01-01"], 2), (RemedyKind::AddQuantity, "1".to_owned()));
    assert_eq!(remedy("2027-12-31", &["2026-01-01"], 3), (RemedyKind::None, String::new()));
    let next_year = (RemedyKind::WaitUntil, "2027-01-01T00:00:00Z".to_owned());
    assert_eq!(remedy("2027-12-31", &["2026-01-01", "2027-01-01"], 2), next_year);
}
