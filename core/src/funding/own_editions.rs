//! The ledger under an edition of one's own speaks by the codes of that edition.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::sources_of_take;
use crate::catalog::fixture;
use crate::engine::{Prepared, blocks_of};
use crate::ledger::{ApplyContext, Block, Book, Command, Performed, Refusal, Take, Target, apply};
use crate::model::{Contract, Quantity, Unit};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn prepared() -> Prepared {
    let advice =
        fixture::service("advice", "ADD_ON", &["NO_TIME_LEFT"], "unit = 'HOURS'\npurchase.quantity = 'required'");
    let catalog = fixture::catalog(vec![fixture::text("own", "", &(fixture::account() + &advice))]);
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [
                {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
            ],
        },
        "work_orders": [{
            "work_order_id": "wo-1", "customer_id": "acme", "edition_id": "own", "start_date": "2026-01-01",
            "end_date": "2026-12-31", "host_location_id": "gb-london", "covered_products": ["*"], "currency": "GBP",
            "items": [
                {"item_id": "account", "service_id": "account", "all_locations": true},
                {"item_id": "advice", "service_id": "advice", "all_locations": true,
                    "quantity": {"amount": 2, "unit": "HOURS"}},
            ],
        }],
    }))
    .unwrap();
    Prepared::new(Arc::new(catalog), contract)
}

/// The codes of what speaks against using so many hours, then.
fn refused(service_id: &str, hours: i64, start: &str) -> Vec<String> {
    let prepared = prepared();
    let start = instant(start);
    let performed = Some(Performed { start, end: start + TimeDelta::hours(1) });
    let now = start + TimeDelta::days(1);
    let target = Target {
        location_id: Some("gb-london".to_owned()),
        product_id: Some("press".to_owned()),
        service_id: Some(service_id.to_owned()),
        block_id: None,
        mode: None,
    };
    let quantity = Quantity { amount: hours, unit: Unit::Hours };
    let take = Take { target, quantity, performed, solution_ids: Vec::new(), note: String::new() };
    let sources = sources_of_take(&prepared, &take, now).unwrap();
    let mut book = Book::new("acme");
    for spec in blocks_of(&prepared) {
        book.add_block(Block { contracted: spec.granted, granted: spec.granted, ..Block::new(&spec) });
    }
    let context = ApplyContext { sources: &sources, ..ApplyContext::new(now, None, "ada") };
    match apply(&mut book, &Command::Consume(take), &context, &mut Uuid::now_v7) {
        Ok(_) => Vec::new(),
        Err(Refusal::Against(violations)) => violations.into_iter().map(|violation| violation.reason).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_refusal_has_the_code_of_the_edition_and_is_told_once() {
    assert_eq!(refused("advice", 2, "2026-06-01T10:00:00Z"), [""; 0]);
    assert_eq!(refused("advice", 3, "2026-06-01T10:00:00Z"), ["NO_TIME_LEFT"]);
    assert_eq!(refused("advice", 1, "2025-06-01T10:00:00Z"), ["TOO_SOON"]);
    assert_eq!(refused("advice", 1, "2027-06-01T10:00:00Z"), ["LOST"]);
    assert_eq!(refused("advice", 1, "2026-12-31T23:30:00Z"), ["LOST"]);
}
