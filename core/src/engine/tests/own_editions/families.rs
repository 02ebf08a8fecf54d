//! A base supports what is bought under editions of its own family.

use super::*;
use crate::catalog::fixture;
use crate::purchase::validate;

/// Two editions of one provider's, and one of another's.
fn catalog() -> Catalog {
    let edition = |id: &str, head: &str| {
        fixture::text(id, head, &(fixture::account() + &fixture::service("advice", "ADD_ON", &[], "")))
    };
    fixture::catalog(vec![
        edition("care-2025", "family = 'care'"),
        edition("care-2026", "family = 'care'"),
        edition("other", ""),
    ])
}

fn orders(base: &str, bought: &str, named: bool) -> Vec<Value> {
    let mut order_of_item = order("wo-2", bought, vec![item("advice", json!({}))]);
    if named {
        order_of_item["base_work_order_id"] = json!("wo-1");
    }
    vec![order("wo-1", base, vec![account()]), order_of_item]
}

#[test]
fn a_base_of_another_family_supports_nothing() {
    for (base, bought, is_supported) in [
        ("care-2025", "care-2025", true),
        ("care-2025", "care-2026", true),
        ("care-2026", "care-2025", true),
        ("other", "other", true),
        ("other", "care-2025", false),
        ("care-2026", "other", false),
    ] {
        for named in [false, true] {
            let expected: &[&str] = if is_supported { &[] } else { &["NO_ACCOUNT"] };
            let orders = orders(base, bought, named);
            let refused = validate(&catalog(), &contract(orders.clone()), &[(String::new(), "wo-2")]);
            let refused: Vec<_> = refused.into_iter().map(|violation| violation.reason).collect();
            assert_eq!(refused, expected, "written: {bought} on {base}, named: {named}");
            let prepared = prepared(catalog(), orders);
            assert_eq!(codes(&prepared, &question("advice")), expected, "{bought} on {base}, named: {named}");
        }
    }
}

/// What would help is a base of the family, not one that is there and is another's.
#[test]
fn a_base_of_another_family_is_no_remedy() {
    let mut orders = orders("other", "care-2026", false);
    orders[0]["state"] = json!("SUSPENDED");
    let prepared = prepared(catalog(), orders);
    let query = question("advice");
    let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
    let remedy = &decision.reasons[0].remedy;
    assert_eq!((remedy.kind, remedy.value.as_str()), (crate::catalog::RemedyKind::Buy, "account"));
}
