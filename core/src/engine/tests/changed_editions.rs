//! What the built-in edition has no occasion for: the same rules under editions that an
//! operator changed, and items that no purchase lets pass. All else is judged by the cases of
//! the corpus.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::catalog::{Catalog, Edition, EditionSource};
use crate::engine::*;
use crate::model::{Contract, ProductId};

const RETIRED: &str = r#"{ id = "a40", name = "A40", life_cycle = { retired_from = "2026-07-01" } }"#;

/// The built-in edition with one piece of its text replaced.
fn catalog(old: &str, new: &str) -> Catalog {
    let mut source = EditionSource::unified_enterprise_2023();
    let changed = source.files.iter_mut().filter(|(_, text)| text.contains(old));
    assert_eq!(changed.map(|(_, text)| *text = text.replacen(old, new, 1)).count(), 1, "`{old}` stands in one file");
    Catalog::new(vec![Edition::load(&source).unwrap_or_else(|error| panic!("{error}"))]).unwrap()
}

fn prepared(catalog: Catalog, items: Vec<Value>) -> Prepared {
    Prepared::new(Arc::new(catalog), contract(items))
}

/// London is the host, Dublin downstream; the base, the first item, serves both.
fn contract(mut items: Vec<Value>) -> Contract {
    items.insert(0, json!({ "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true }));
    let customer = json!({
        "customer_id": "contoso",
        "display_name": "Contoso Ltd",
        "locations": [
            { "location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London" },
            { "location_id": "ie-dublin", "display_name": "Dublin", "country": "IE", "time_zone": "Europe/Dublin" },
        ],
    });
    let order = json!({
        "work_order_id": "wo-1",
        "customer_id": "contoso",
        "edition_id": "unified-enterprise-2023",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "host_location_id": "gb-london",
        "downstream_location_ids": ["ie-dublin"],
        "covered_products": ["*"],
        "currency": "GBP",
        "items": items,
    });
    let (customer, order) = (serde_json::from_value(customer).unwrap(), serde_json::from_value(order).unwrap());
    Contract { customer, work_orders: vec![order] }
}

fn question<'a>(location_id: &'a str, product_id: &'a str, service_id: &'a str, at: &str) -> Query<'a> {
    let product = Some(ProductId::new(product_id));
    Query { location_id, product, service_id, check_time: Some(at.parse().unwrap()), ..Query::default() }
}

fn codes(prepared: &Prepared, query: &Query<'_>) -> Vec<String> {
    let decision = decide(prepared, &AS_BOUGHT, query, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(decision.outcome == Outcome::NotEntitled, !decision.reasons.is_empty(), "{decision:?}");
    decision.reasons.iter().map(|reason| reason.clause.code.clone()).collect()
}

#[test]
fn reactive_services_end_with_the_support_of_a_product() {
    let items =
        vec![json!({ "item_id": "uer", "service_id": "unified-enhanced-response", "location_ids": ["gb-london"] })];
    let prepared = prepared(catalog(r#"{ id = "a40", name = "A40" }"#, RETIRED), items);
    // Midnight in London, summer time.
    for (product, service, at, expected) in [
        ("azure/a40", "problem-resolution-support", "2026-06-30T22:59:59Z", &[][..]),
        ("azure/a40", "problem-resolution-support", "2026-06-30T23:00:00Z", &["PRODUCT_RETIRED"]),
        ("azure/a40", "advisory-support", "2026-08-01T10:00:00Z", &["PRODUCT_RETIRED"]),
        ("azure/a40", "unified-enhanced-response", "2026-08-01T10:00:00Z", &["PRODUCT_RETIRED"]),
        ("azure", "problem-resolution-support", "2026-08-01T10:00:00Z", &[]),
        ("azure/a41", "problem-resolution-support", "2026-08-01T10:00:00Z", &[]),
        // Proactive services go on.
        ("azure/a40", "webcasts", "2026-08-01T10:00:00Z", &[]),
    ] {
        assert_eq!(
            codes(&prepared, &question("gb-london", product, service, at)),
            expected,
            "{product} {service} {at}"
        );
    }
    let before = question("gb-london", "azure/a40", "problem-resolution-support", "2026-06-01T10:00:00Z");
    let decision = decide(&prepared, &AS_BOUGHT, &before, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(decision.valid_until, Some("2026-06-30T23:00:00Z".parse().unwrap()));
    // A delivery is judged when it begins.
    let delivery = Delivery { start_time: Some("2026-07-02T10:00:00Z".parse().unwrap()), ..Delivery::default() };
    assert_eq!(codes(&prepared, &Query { delivery, ..before }), ["PRODUCT_RETIRED"]);
}

#[test]
fn a_waiver_on_the_base_keeps_a_retired_product() {
    let waiver = json!({ "code": "PRODUCT_RETIRED", "reference": "exhibit D", "end_date": "2026-09-30", "product_ids": ["azure/a40"] });
    let mut contract = contract(Vec::new());
    contract.work_orders[0].items[0].waivers.push(serde_json::from_value(waiver).unwrap());
    let prepared = Prepared::new(Arc::new(catalog(r#"{ id = "a40", name = "A40" }"#, RETIRED)), contract);
    let asked = |at: &'static str| question("gb-london", "azure/a40", "problem-resolution-support", at);
    assert_eq!(codes(&prepared, &asked("2026-09-30T22:59:59Z")), [""; 0]);
    assert_eq!(codes(&prepared, &asked("2026-09-30T23:00:00Z")), ["PRODUCT_RETIRED"]);
    let lifted = asked("2026-08-01T10:00:00Z");
    let decision = decide(&prepared, &AS_BOUGHT, &lifted, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(decision.coverage.unwrap().waivers[0].reference, "exhibit D");
    assert_eq!(decision.valid_until, Some("2026-09-30T23:00:00Z".parse().unwrap()));
}

#[test]
fn a_service_exists_only_where_it_is_offered() {
    let narrowed = catalog("id = \"webcasts\"\n", "id = \"webcasts\"\ncountries_except = [\"IE\"]\n");
    let prepared = prepared(narrowed, Vec::new());
    let at = "2026-06-01T10:00:00Z";
    assert_eq!(codes(&prepared, &question("gb-london", "azure", "webcasts", at)), [""; 0]);
    assert_eq!(codes(&prepared, &question("ie-dublin", "azure", "webcasts", at)), ["SERVICE_NOT_AVAILABLE_IN_COUNTRY"]);
    assert_eq!(codes(&prepared, &question("ie-dublin", "azure", "on-demand-education", at)), [""; 0]);
    let listed = catalog("id = \"webcasts\"\n", "id = \"webcasts\"\ncountries_only = [\"IE\"]\n");
    let prepared = self::prepared(listed, Vec::new());
    assert_eq!(codes(&prepared, &question("gb-london", "azure", "webcasts", at)), ["SERVICE_NOT_AVAILABLE_IN_COUNTRY"]);
    assert_eq!(codes(&prepared, &question("ie-dublin", "azure", "webcasts", at)), [""; 0]);
}

#[test]
fn a_country_may_keep_hours_of_its_own() {
    let irish = "[hours.business.countries.IE]\nopen = \"08:00\"\nclose = \"16:00\"\nweekend = [\"Sun\"]\n\n[hours.cybersecurity]";
    let engineering = |item_id: &str, location_id: &str| {
        json!({ "item_id": item_id, "service_id": "enhanced-designated-engineering", "location_ids": [location_id],
            "quantity": { "amount": 10, "unit": "HOURS" }, "product_ids": ["*"] })
    };
    let items = vec![engineering("dublin", "ie-dublin"), engineering("london", "gb-london")];
    let prepared = prepared(catalog("[hours.cybersecurity]", irish), items);
    // In June both clocks are an hour ahead of UTC; 6 June is a Saturday.
    for (location, start, end, is_open) in [
        ("ie-dublin", "2026-06-02T07:00:00Z", "2026-06-02T15:00:00Z", true),
        ("ie-dublin", "2026-06-02T07:00:00Z", "2026-06-02T15:00:01Z", false),
        ("ie-dublin", "2026-06-06T09:00:00Z", "2026-06-06T10:00:00Z", true),
        ("gb-london", "2026-06-02T07:00:00Z", "2026-06-02T15:00:00Z", false),
        ("gb-london", "2026-06-02T08:00:00Z", "2026-06-02T16:30:00Z", true),
    ] {
        let delivery = Delivery {
            start_time: Some(start.parse().unwrap()),
            end_time: Some(end.parse().unwrap()),
            ..Delivery::default()
        };
        let query = question(location, "azure", "enhanced-designated-engineering", "2026-06-01T10:00:00Z");
        let expected: &[&str] = if is_open { &[] } else { &["OUTSIDE_SERVICE_HOURS"] };
        assert_eq!(codes(&prepared, &Query { delivery, ..query }), expected, "{location} {start} {end}");
    }
}

/// Purchases refuse such items; a contract that holds one all the same does not entitle.
#[test]
fn an_item_for_one_location_with_more_or_none_entitles_nowhere() {
    let unchanged = || catalog("[hours.cybersecurity]", "[hours.cybersecurity]");
    let mut item = json!({ "item_id": "ede", "service_id": "enhanced-designated-engineering", "product_ids": ["*"],
        "quantity": { "amount": 10, "unit": "HOURS" }, "location_ids": ["gb-london", "ie-dublin"] });
    let asked = question("gb-london", "azure", "enhanced-designated-engineering", "2026-06-01T10:00:00Z");
    assert_eq!(codes(&prepared(unchanged(), vec![item.clone()]), &asked), ["SINGLE_LOCATION_ONLY"]);
    item["location_ids"] = json!([]);
    assert_eq!(
        codes(&prepared(unchanged(), vec![item.clone()]), &asked),
        ["LOCATION_NOT_DESIGNATED", "SINGLE_LOCATION_ONLY"]
    );
    item["all_locations"] = json!(true);
    assert_eq!(codes(&prepared(unchanged(), vec![item]), &asked), ["SINGLE_LOCATION_ONLY"]);
}
