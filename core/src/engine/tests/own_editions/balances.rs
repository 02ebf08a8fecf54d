//! What is counted runs out, whatever else an edition says or leaves out.

use super::*;
use crate::catalog::fixture;
use crate::model::{Quantity, Unit};

fn by_the_hour(rest: &str) -> String {
    fixture::service("advice", "ADD_ON", &["NO_TIME_LEFT"], &format!("unit = 'HOURS'\n{rest}"))
}

fn edition(advice: &str) -> Catalog {
    fixture::catalog(vec![fixture::text("own", "", &(fixture::account() + advice))])
}

#[test]
fn an_item_without_the_number_it_must_have_gives_nothing() {
    let offered = "purchase = { quantity = 'required', predefined = [{ id = 'starter', name.en = 'Starter' }] }";
    for (purchase, rest, expected) in [
        ("purchase.quantity = 'required'", json!({}), &["NO_TIME_LEFT"][..]),
        ("purchase.quantity = 'required'", hours(1), &[]),
        // More than can be counted.
        ("purchase.quantity = 'required'", hours(i64::MAX), &["NO_TIME_LEFT"]),
        (offered, json!({"predefined_offering": "starter"}), &[]),
        (offered, json!({"predefined_offering": "startr"}), &["NO_TIME_LEFT"]),
        (offered, json!({}), &["NO_TIME_LEFT"]),
        // Sold with a number or without.
        ("purchase.quantity = 'optional'", json!({}), &[]),
    ] {
        let orders = vec![order("wo-1", "own", vec![account(), item("advice", rest.clone())])];
        let prepared = prepared(edition(&by_the_hour(purchase)), orders);
        assert_eq!(codes(&prepared, &question("advice")), expected, "{purchase} {rest}");
    }
}

/// What is left where the item is not in force does not matter if a clause says that it is not.
#[test]
fn only_a_clause_that_refuses_keeps_a_balance_from_being_judged() {
    let catalog = edition(&by_the_hour("purchase.quantity = 'required'"));
    let prepared = prepared(catalog, vec![order("wo-1", "own", vec![account(), item("advice", hours(1))])]);
    let after = Query { check_time: Some(instant("2027-06-01T10:00:00Z")), ..question("advice") };
    assert_eq!(codes(&prepared, &after), ["OVER"]);
}

/// A clause about the delivery or the product says nothing of that: a service that does without the one that would.
#[test]
fn a_window_of_its_own_keeps_no_balance_from_being_judged() {
    let advice = "[[services]]\nid = 'advice'\nname.en = 'Advice'\ngroup = 'all'\nplan = 'ADD_ON'\n\
                  clauses = ['NOT_BOUGHT', 'LOST', 'NO_TIME_LEFT']\nunit = 'HOURS'\npurchase.quantity = 'required'\n\
                  without = [{ rule = 'state_suspended', reason = 'paid in advance' }]\n";
    let mut orders = vec![order("wo-1", "own", vec![account()]), order("wo-2", "own", vec![item("advice", hours(1))])];
    orders[1]["state"] = json!("SUSPENDED");
    let prepared = prepared(edition(advice), orders);
    let late = Delivery { end_time: Some(instant("2027-06-01T10:00:00Z")), ..Delivery::default() };
    let asking = |amount| Query {
        quantity: Some(Quantity { amount, unit: Unit::Hours }),
        delivery: late.clone(),
        ..question("advice")
    };
    assert_eq!(codes(&prepared, &asking(1)), ["LOST"]);
    assert_eq!(codes(&prepared, &asking(2)), ["LOST", "NO_TIME_LEFT"]);
}
