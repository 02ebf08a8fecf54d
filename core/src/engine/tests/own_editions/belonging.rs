//! Clauses that belong to a service whether it lists them or not.

use super::*;
use crate::catalog::fixture;

/// A service that lists next to nothing.
fn careless(rest: &str) -> String {
    format!(
        "[[services]]\nid = 'advice'\nname.en = 'Advice'\ngroup = 'all'\nplan = 'ADD_ON'\nclauses = ['NOT_BOUGHT']\n{rest}\n"
    )
}

fn edition(advice: &str) -> Catalog {
    fixture::catalog(vec![fixture::text("own", "", &(fixture::account() + advice))])
}

/// What is changed in the orders, when it is asked, and what refuses.
type Case = (&'static str, fn(&mut Vec<Value>), &'static str, &'static [&'static str]);

#[test]
fn term_state_and_base_are_judged_whether_listed_or_not() {
    let asked = |change: fn(&mut Vec<Value>), rest: &str, at: &'static str| {
        let mut orders =
            vec![order("wo-1", "own", vec![account()]), order("wo-2", "own", vec![item("advice", json!({}))])];
        change(&mut orders);
        let prepared = prepared(edition(&careless(rest)), orders);
        codes(&prepared, &Query { check_time: Some(instant(at)), ..question("advice") })
    };
    let cases: [Case; 8] = [
        ("in force", |_| (), NOW, &[]),
        ("too soon", |_| (), "2025-12-31T10:00:00Z", &["TOO_SOON"]),
        ("over", |orders| orders[0]["end_date"] = json!("2027-12-31"), "2027-06-01T10:00:00Z", &["OVER"]),
        (
            "terminated",
            |orders| {
                orders[1]["state"] = json!("TERMINATED");
                orders[1]["terminate_time"] = json!("2026-03-01T00:00:00Z");
            },
            NOW,
            &["ENDED"],
        ),
        ("a draft", |orders| orders[1]["state"] = json!("DRAFT"), NOW, &["DRAFT"]),
        ("suspended", |orders| orders[1]["state"] = json!("SUSPENDED"), NOW, &["PAUSED"]),
        ("no base", |orders| _ = orders.remove(0), NOW, &["NO_ACCOUNT"]),
        ("a base that is over", |orders| orders[0]["end_date"] = json!("2026-03-31"), NOW, &["ACCOUNT_OVER"]),
    ];
    for (name, change, at, expected) in cases {
        assert_eq!(asked(change, "", at), expected, "{name}");
    }
    // An edition may say that a service does without one.
    let without = "without = [{ rule = 'state_suspended', reason = 'paid in advance' }]";
    assert_eq!(asked(|orders| orders[1]["state"] = json!("SUSPENDED"), without, NOW), NOTHING);
}

#[test]
fn what_a_service_does_without_it_says_and_why() {
    let told = |rest: &str| {
        let error = fixture::load(fixture::text("own", "", &(fixture::account() + &careless(rest)))).unwrap_err();
        error.mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>()
    };
    assert_eq!(
        told("without = [{ rule = 'country', reason = 'x' }]"),
        ["`country` belongs to those services only that list it; leave it out of `without`"]
    );
    assert_eq!(
        told("without = [{ rule = 'term_expired', reason = ' ' }]"),
        ["`without` of `term_expired` has no `reason`; say why the service does without it"]
    );
    assert_eq!(told("without = [{ rule = 'term_expired' }]"), ["missing field `reason`"]);
    let listed = "[[services]]\nid = 'account'\nname.en = 'A'\ngroup = 'all'\nplan = 'BASE'\nclauses = ['@order']\n\
                  without = [{ rule = 'term_expired', reason = 'x' }]\n";
    let error = fixture::load(fixture::text("own", "", listed)).unwrap_err();
    assert_eq!(
        error.mistakes[0].message,
        "the rule `term_expired` is left out and listed; take it out of `without` or of `clauses`"
    );
    let text = fixture::text("own", "", &fixture::account()).replace("rule = 'term_expired'", "rule = 'state_draft'");
    let error = fixture::load(text).unwrap_err();
    assert!(error.to_string().starts_with("e.toml:1: no clause has the rule `term_expired`: add one"), "{error}");
}

/// What is counted is judged by what is left.
#[test]
fn a_unit_brings_the_clause_of_its_balance() {
    for (unit, expected) in [("HOURS", "NO_TIME_LEFT"), ("ENGAGEMENTS", "NONE_LEFT")] {
        let catalog = edition(&careless(&format!("unit = '{unit}'\npurchase.quantity = 'required'")));
        let bought = item("advice", json!({"quantity": {"amount": 2, "unit": unit}}));
        let prepared = prepared(catalog, vec![order("wo-1", "own", vec![account(), bought])]);
        let asked = |amount| {
            let unit = serde_json::from_value(json!(unit)).unwrap();
            codes(&prepared, &Query { quantity: Some(crate::model::Quantity { amount, unit }), ..question("advice") })
        };
        assert_eq!(asked(2), NOTHING, "{unit}");
        assert_eq!(asked(3), [expected], "{unit}");
    }
}

#[test]
fn a_unit_and_a_number_go_together() {
    let told = |rest: &str| {
        let error = fixture::load(fixture::text("own", "", &(fixture::account() + &careless(rest)))).unwrap_err();
        error.mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>()
    };
    assert_eq!(
        told("unit = 'HOURS'"),
        ["`unit` counts nothing: nobody can buy a number of it; set `purchase.quantity`, or leave `unit` out"]
    );
    assert_eq!(
        told("purchase.quantity = 'required'"),
        ["a number of nothing: the service has no `unit`; name one, or leave `purchase.quantity` out"]
    );
    let without =
        "unit = 'HOURS'\npurchase.quantity = 'required'\nwithout = [{ rule = 'hours_available', reason = 'x' }]";
    assert_eq!(told(without), ["`hours_available` comes with what is counted; leave it out of `without`"]);
}
