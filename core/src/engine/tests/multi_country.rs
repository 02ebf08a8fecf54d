//! Multi-country support is what the orders in force make, so that a check turns with them. No set of orders that is
//! written at once can show it: a later order makes an earlier one's advisor unavailable.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::engine::*;
use crate::model::ProductId;

fn order(id: &str, host: &str, (start, end): (&str, &str), state: Value) -> Value {
    let mut order = json!({
        "work_order_id": id, "customer_id": "acme", "edition_id": "unified-enterprise-2023", "start_date": start,
        "end_date": end, "host_location_id": host, "covered_products": ["*"], "currency": "JPY",
        "items": [
            { "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true },
            { "item_id": "sta", "service_id": "support-technology-advisor", "all_locations": true },
        ],
    });
    order.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
    order
}

#[test]
fn an_excluded_country_is_served_while_it_is_the_only_one_in_force() {
    let year = ("2026-01-01", "2026-12-31");
    let contract = json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [
                { "location_id": "jp-tokyo", "display_name": "Tokyo", "country": "JP", "time_zone": "Asia/Tokyo" },
                { "location_id": "sg", "display_name": "Singapore", "country": "SG", "time_zone": "Asia/Singapore" },
                { "location_id": "gb", "display_name": "London", "country": "GB", "time_zone": "Europe/London" },
                { "location_id": "fr", "display_name": "Paris", "country": "FR", "time_zone": "Europe/Paris" },
            ],
        },
        "work_orders": [
            order("tokyo", "jp-tokyo", year, json!({})),
            order("draft", "fr", year, json!({ "state": "DRAFT" })),
            order("singapore", "sg", ("2026-06-01", "2026-08-31"), json!({})),
            order("london", "gb", ("2026-10-01", "2027-09-30"),
                json!({ "state": "TERMINATED", "terminate_time": "2026-11-01T00:00:00Z" })),
        ],
    });
    let prepared = Prepared::new(Arc::new(Catalog::embedded().unwrap()), serde_json::from_value(contract).unwrap());
    for (at, code, until) in [
        ("2026-05-31T15:59:59Z", None, "2026-05-31T16:00:00Z"),
        ("2026-05-31T16:00:00Z", Some("EXCLUDED_COUNTRY"), "2026-08-31T16:00:00Z"),
        ("2026-08-31T16:00:00Z", None, "2026-09-30T23:00:00Z"),
        ("2026-10-31T23:59:59Z", Some("EXCLUDED_COUNTRY"), "2026-11-01T00:00:00Z"),
        ("2026-11-01T00:00:00Z", None, "2026-12-31T15:00:00Z"),
    ] {
        let query = Query {
            location_id: "jp-tokyo",
            product: Some(ProductId::new("azure")),
            service_id: "support-technology-advisor",
            check_time: Some(at.parse().unwrap()),
            ..Query::default()
        };
        let decision = decide(&prepared, &AS_BOUGHT, &query, at.parse().unwrap()).unwrap();
        let told = decision.reasons.first().map(|reason| reason.clause.code.as_str());
        assert_eq!((told, decision.valid_until), (code, Some(until.parse().unwrap())), "{at}");
    }
}
