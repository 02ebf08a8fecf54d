use std::collections::BTreeSet;

use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::proto::v1::{Item, WorkOrderState};

const PLAN: Plan = Plan { seed: 1, year: 2026, has_lodestar: true };

#[test]
fn only_ids_of_the_template_are_of_demo_customers() {
    assert!(is_demo("demo-1") && is_demo("demo-10000000"));
    for other in ["demo-", "demo-0", "demo-01", "demo-+1", "demo-x", "demo-1x", "demo", "contoso", ""] {
        assert!(!is_demo(other), "{other}");
    }
}

/// Whoever fills a database with a newer version must not change the customers an older one made.
#[test]
fn the_same_plan_makes_the_same_customers_in_every_version() {
    let mut hash = Sha256::new();
    for number in 1..=300 {
        hash.update(document(&PLAN, number).encode_to_vec());
    }
    assert_eq!(hex::encode(hash.finalize()), "d1f95762f8989d397e07e4a1c1ae12b96f2dd8c2c9074dc9ad98de76b37b0621");
}

#[test]
fn another_seed_or_year_makes_others() {
    let first = document(&PLAN, 1);
    assert_ne!(document(&Plan { seed: 2, ..PLAN }, 1), first);
    assert_ne!(document(&Plan { year: 2027, ..PLAN }, 1), first);
    assert_ne!(document(&PLAN, 2).customer.unwrap().display_name, first.customer.unwrap().display_name);
}

#[test]
fn load_tests_know_what_a_number_has() {
    for number in 1..=1_000 {
        let document = document(&PLAN, number);
        let customer = document.customer.unwrap();
        assert_eq!((customer.customer_id, customer.locations[0].location_id.as_str()), (id(number), "hq"));
        let order = &document.work_orders[0];
        let in_force = order.state() == WorkOrderState::Active
            && order.start_date.as_str() <= "2026-01-01"
            && order.end_date.as_str() >= "2026-12-31";
        let is_engineering = |item: &&Item| item.service_id == "enhanced-designated-engineering";
        let hours = order.items.iter().find(is_engineering).and_then(|item| item.quantity);
        match number % 10 {
            1..=8 => assert!(in_force && hours.is_some_and(|hours| hours.amount >= 400), "{number}"),
            _ => assert!(!in_force || order.edition_id == LODESTAR, "{number}"),
        }
    }
}

#[test]
fn the_customers_differ_as_those_of_a_provider_do() {
    let documents: Vec<_> = (1..=1_000).map(|number| document(&PLAN, number)).collect();
    let orders: Vec<_> = documents.iter().flat_map(|document| &document.work_orders).collect();
    let customers: Vec<_> = documents.iter().filter_map(|document| document.customer.as_ref()).collect();
    let countries: BTreeSet<_> =
        customers.iter().flat_map(|customer| &customer.locations).map(|location| location.country.as_str()).collect();
    let services: BTreeSet<_> =
        orders.iter().flat_map(|order| &order.items).map(|item| item.service_id.as_str()).collect();
    let states: BTreeSet<_> = orders.iter().map(|order| order.state).collect();
    let editions: BTreeSet<_> = orders.iter().map(|order| order.edition_id.as_str()).collect();
    assert!(countries.len() >= 20 && services.len() >= 12, "{countries:?} {services:?}");
    assert_eq!((states.len(), editions.len()), (4, 2));
    assert!(customers.iter().any(|customer| customer.locations.len() == 1));
    assert!(customers.iter().any(|customer| customer.locations.len() >= 30));
}
