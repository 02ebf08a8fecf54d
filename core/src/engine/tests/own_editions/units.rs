//! Units, products and offerings are those of the item's own edition.

use super::*;
use crate::catalog::fixture;
use crate::model::{Quantity, Unit};

/// Two editions that have a service in common, and count it in different units; the first knows a product more.
fn catalog() -> Catalog {
    let advice = |unit: &str, offering: &str| {
        let rest = format!(
            "unit = '{unit}'\npurchase = {{ quantity = 'required', predefined = [{{ id = '{offering}', name.en = 'x' }}] }}"
        );
        fixture::service("advice", "ADD_ON", &[], &rest)
    };
    let more = "[[families]]\nid = 'loom'\nname = 'Loom'\n";
    fixture::catalog(vec![
        fixture::text("first", "", &(fixture::account() + &advice("ENGAGEMENTS", "starter") + more)),
        fixture::text("own", "", &(fixture::account() + &advice("HOURS", "taster"))),
    ])
}

fn bought(rest: Value) -> Prepared {
    prepared(catalog(), vec![order("wo-1", "own", vec![account(), item("advice", rest)])])
}

fn asking(amount: i64, unit: Unit) -> Query<'static> {
    Query { quantity: Some(Quantity { amount, unit }), ..question("advice") }
}

#[test]
fn a_quantity_is_counted_in_the_unit_of_the_items_edition() {
    let prepared = bought(hours(2));
    assert_eq!(codes(&prepared, &asking(2, Unit::Hours)), NOTHING);
    assert_eq!(codes(&prepared, &asking(121, Unit::Minutes)), ["NO_TIME_LEFT"]);
    let asked = asking(2, Unit::Engagements);
    let refused = decide(&prepared, &AS_BOUGHT, &asked, DateTime::UNIX_EPOCH).unwrap_err();
    assert!(refused.to_string().contains("UNIT") || refused.to_string().contains("counted in"), "{refused}");
    // Where nobody bought it, the default edition says what it is counted in.
    let nobody = self::prepared(catalog(), vec![order("wo-1", "own", vec![account()])]);
    assert_eq!(codes(&nobody, &asking(2, Unit::Engagements)), ["NOT_BOUGHT"]);
}

/// The ledger takes what the check promises.
#[test]
fn the_ledger_counts_in_the_unit_of_the_items_edition() {
    let prepared = bought(hours(2));
    let query = BlockQuery {
        location_id: Some("gb-london"),
        product: Some(ProductId::new("press")),
        service_id: Some("advice"),
        quantity: Some(Quantity { amount: 2, unit: Unit::Hours }),
        ..BlockQuery::default()
    };
    let blocks = eligible_blocks(&prepared, &query, instant(NOW)).unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].counted, Some((Unit::Minutes, false)));
    assert!(blocks[0].failed.is_empty(), "{:?}", blocks[0].failed);
}

#[test]
fn a_number_in_another_unit_is_no_number() {
    let prepared = bought(json!({"quantity": {"amount": 2, "unit": "ENGAGEMENTS"}}));
    assert_eq!(codes(&prepared, &question("advice")), ["NO_TIME_LEFT"]);
    assert!(blocks_of(&prepared).is_empty());
}

#[test]
fn an_offering_of_another_edition_is_none() {
    assert_eq!(codes(&bought(json!({"predefined_offering": "taster"})), &question("advice")), NOTHING);
    assert_eq!(codes(&bought(json!({"predefined_offering": "starter"})), &question("advice")), ["NO_TIME_LEFT"]);
}

#[test]
fn a_product_of_another_edition_is_not_covered_by_all_products() {
    let prepared = bought(hours(2));
    let query = Query { product: Some(ProductId::new("loom")), ..question("advice") };
    assert_eq!(codes(&prepared, &query), ["NOT_COVERED"]);
    let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(decision.reasons[0].remedy.field, "product_id");
}
