//! Editions of one's own: what the embedded one has no occasion for must not entitle by accident.

mod balances;
mod belonging;
mod clocks;
mod counted_base;
mod empty_lists;
mod families;
mod list;
mod units;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::engine::*;
use crate::model::{Contract, ProductId};

/// In the year of every order.
const NOW: &str = "2026-06-01T10:00:00Z";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An order of the edition for the year 2026 at the one location, with these items.
fn order(id: &str, edition_id: &str, items: Vec<Value>) -> Value {
    json!({
        "work_order_id": id, "customer_id": "acme", "edition_id": edition_id, "start_date": "2026-01-01",
        "end_date": "2026-12-31", "host_location_id": "gb-london", "covered_products": ["*"], "currency": "GBP",
        "items": items,
    })
}

/// An item for every location, with what `rest` says besides.
fn item(service_id: &str, rest: Value) -> Value {
    let mut item = json!({"item_id": service_id, "service_id": service_id, "all_locations": true});
    item.as_object_mut().unwrap().extend(rest.as_object().cloned().unwrap_or_default());
    item
}

fn account() -> Value {
    item("account", Value::Null)
}

fn hours(amount: i64) -> Value {
    json!({"quantity": {"amount": amount, "unit": "HOURS"}})
}

fn contract(work_orders: Vec<Value>) -> Contract {
    serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [
                {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
            ],
        },
        "work_orders": work_orders,
    }))
    .unwrap()
}

fn prepared(catalog: Catalog, work_orders: Vec<Value>) -> Prepared {
    Prepared::new(Arc::new(catalog), contract(work_orders))
}

fn question(service_id: &str) -> Query<'_> {
    Query {
        location_id: "gb-london",
        product: Some(ProductId::new("press")),
        service_id,
        check_time: Some(instant(NOW)),
        ..Query::default()
    }
}

/// The codes of the reasons; none where the customer is entitled.
fn codes(prepared: &Prepared, query: &Query<'_>) -> Vec<String> {
    let decision = decide(prepared, &AS_BOUGHT, query, DateTime::UNIX_EPOCH).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(decision.outcome == Outcome::NotEntitled, !decision.reasons.is_empty(), "{decision:?}");
    assert_ne!(decision.outcome, Outcome::Conditional, "{decision:?}");
    decision.reasons.iter().map(|reason| reason.clause.code.clone()).collect()
}

const NOTHING: [&str; 0] = [];
