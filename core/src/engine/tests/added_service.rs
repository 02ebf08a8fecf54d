//! A service that only data knows: one more table in one more file of the edition.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::catalog::{Catalog, Edition, EditionSource};
use crate::engine::{AS_BOUGHT, Decision, Outcome, Prepared, Query, Reason, decide};
use crate::model::{Contract, ProductId, Quantity, Unit};

/// Counted in hours, for Azure, in two languages, at a severity: nothing of it stands in code.
const TABLE: &str = r#"
[[services]]
id = "night-watch"
name = { en = "Night Watch", id = "Jaga Malam" }
group = "enhanced"
plan = "ENHANCED"
unit = "HOURS"
purchase = { quantity = "required" }
incident = true
severities = ["1"]
languages = [{ only = ["en", "id"] }]
products_only = ["azure/*"]
delivery_modes = ["REMOTE"]
clauses = [
    "@contract", "@beside-base", "@incident", "HOURS_EXHAUSTED", "SEVERITY_NOT_COVERED", "PRODUCT_EXCLUDED",
    { code = "LANGUAGE_NOT_AVAILABLE", missing = "skip" },
]
"#;

fn prepared(items: &Value) -> Prepared {
    let mut source = EditionSource::unified_enterprise_2023();
    source.files.push(("night-watch.toml".to_owned(), TABLE.to_owned()));
    let edition = Edition::load(&source).unwrap_or_else(|error| panic!("{error}"));
    let location =
        |id: &str| json!({"location_id": id, "display_name": id, "country": "GB", "time_zone": "Europe/London"});
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme",
            "display_name": "Acme",
            "locations": [location("gb-london"), location("gb-leeds")],
        },
        "work_orders": [{
            "work_order_id": "wo-1",
            "customer_id": "acme",
            "edition_id": edition.id,
            "start_date": "2026-02-01",
            "end_date": "2027-01-31",
            "host_location_id": "gb-london",
            "covered_products": ["*"],
            "currency": "GBP",
            "items": items,
        }],
    }))
    .unwrap();
    Prepared::new(Arc::new(Catalog::new(vec![edition]).unwrap()), contract)
}

fn bought() -> Value {
    json!([
        {"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true},
        {
            "item_id": "watch",
            "service_id": "night-watch",
            "all_locations": true,
            "quantity": {"amount": 10, "unit": "HOURS"},
        },
    ])
}

fn question() -> Query<'static> {
    Query {
        location_id: "gb-london",
        service_id: "night-watch",
        product: Some(ProductId::new("azure/app-service")),
        check_time: Some(instant("2026-06-01T10:00:00Z")),
        severity: Some(crate::catalog::Severity::One),
        ..Query::default()
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn codes<'a>(reasons: &[Reason<'a>]) -> Vec<&'a str> {
    reasons.iter().map(|reason| reason.clause.code.as_str()).collect()
}

fn ask<T>(items: &Value, query: &Query<'_>, read: impl FnOnce(&Decision<'_>) -> T) -> T {
    read(&decide(&prepared(items), &AS_BOUGHT, query, DateTime::UNIX_EPOCH).unwrap_or_else(|error| panic!("{error:?}")))
}

#[test]
fn it_is_entitled_by_its_item_until_the_order_ends() {
    ask(&bought(), &question(), |decision| {
        assert_eq!(decision.outcome, Outcome::Entitled);
        assert_eq!(decision.service.name.en, "Night Watch");
        assert_eq!(decision.valid_until, Some(instant("2027-02-01T00:00:00Z")));
        let block = decision.coverage.as_ref().and_then(|coverage| coverage.blocks().first().copied());
        assert_eq!(block.map(|block| block.available), Some(600));
    });
}

#[test]
fn it_is_conditional_on_the_fact_its_table_asks_for() {
    ask(&bought(), &Query { severity: None, ..question() }, |decision| {
        assert_eq!(decision.outcome, Outcome::Conditional);
        assert_eq!(codes(&decision.open_conditions), ["SEVERITY_NOT_COVERED"]);
        let open = decision.open_conditions.first().unwrap();
        assert_eq!((open.fact("allowed"), open.remedy.field), (Some("1"), "severity"));
    });
}

#[test]
fn every_clause_it_fails_is_told_in_catalogue_order() {
    let query = Query {
        location_id: "gb-leeds",
        product: Some(ProductId::new("windows-server")),
        language: Some("fr"),
        quantity: Some(Quantity { amount: 11, unit: Unit::Hours }),
        ..question()
    };
    ask(&bought(), &query, |decision| {
        assert_eq!(decision.outcome, Outcome::NotEntitled);
        assert_eq!(
            codes(&decision.reasons),
            ["LOCATION_NOT_DESIGNATED", "LANGUAGE_NOT_AVAILABLE", "PRODUCT_EXCLUDED", "HOURS_EXHAUSTED",]
        );
    });
}

#[test]
fn it_needs_a_purchase_and_a_base_like_any_other() {
    let mut items = bought();
    let without_base = json!([items[1].take()]);
    ask(&without_base, &question(), |decision| assert_eq!(codes(&decision.reasons), ["BASE_AGREEMENT_REQUIRED"]));
    let without_it = json!([bought()[0].take()]);
    ask(&without_it, &question(), |decision| assert_eq!(codes(&decision.reasons), ["NOT_PURCHASED"]));
}
