//! A list tells what the customer's own editions have.

use super::*;
use crate::catalog::fixture;

#[test]
fn a_list_has_the_editions_of_the_customers_orders_and_the_default() {
    let edition = |id: &str, service_id: &str| {
        fixture::text(id, "", &(fixture::account() + &fixture::service(service_id, "ADD_ON", &[], "")))
    };
    let catalog = || {
        fixture::catalog(vec![
            edition("first", "of-the-default"),
            edition("own", "of-the-order"),
            edition("other", "of-nobody"),
        ])
    };
    let listed = |prepared: &Prepared| {
        let rows = rows(prepared, &ListQuery::default());
        rows.iter().map(|row| row.service_id.to_owned()).collect::<Vec<_>>()
    };
    let with_order = prepared(catalog(), vec![order("wo-1", "own", vec![account()])]);
    assert_eq!(listed(&with_order), ["account", "of-the-default", "of-the-order"]);
    let without = prepared(catalog(), Vec::new());
    assert_eq!(listed(&without), ["account", "of-the-default"]);
}
