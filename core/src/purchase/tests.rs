//! Validation as a whole: what is reported on, and that nothing makes it panic.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::fixture::{self, ORDER, contract, item, order, told};
use super::*;
use crate::catalog::{Catalog, ClauseKind};
use crate::model::{IncludedHours, Item, LATEST, PlannedEvent, Quantity, Unit, Waiver, WorkOrder, WorkOrderState};

static CATALOG: LazyLock<Catalog> = LazyLock::new(fixture::catalog);

#[test]
fn only_submitted_orders_are_reported_on() {
    let mut contract = contract(vec![item("advisor")]);
    for order in &mut contract.work_orders {
        order.currency.clear();
    }
    let judged = |submitted: &[(String, &str)]| told(validate(&CATALOG, &contract, submitted));
    assert_eq!(judged(&[]), [""; 0]);
    assert_eq!(judged(&[("work_order".into(), ORDER)]), ["work_order.currency FIELD_REQUIRED"]);
    assert_eq!(
        judged(&[("work_orders[0]".into(), ORDER), ("work_orders[1]".into(), "wo-1")]),
        ["work_orders[0].currency FIELD_REQUIRED", "work_orders[1].currency FIELD_REQUIRED",]
    );
}

#[test]
fn an_order_is_submitted_once_and_is_in_the_contract() {
    let mut contract = contract(vec![item("advisor")]);
    let submitted = [("work_orders[0]".to_owned(), ORDER), ("work_orders[1]".to_owned(), ORDER)];
    assert_eq!(told(validate(&CATALOG, &contract, &submitted)), ["work_orders[1].work_order_id DUPLICATE_ID"]);
    contract.work_orders.push(WorkOrder { currency: String::new(), ..order(ORDER, vec![item("response")]) });
    assert_eq!(
        told(validate(&CATALOG, &contract, &submitted)),
        ["work_orders[1].work_order_id DUPLICATE_ID", "work_orders[1].currency FIELD_REQUIRED",]
    );
    let missing = [("work_order".to_owned(), "wo-9")];
    assert_eq!(told(validate(&CATALOG, &contract, &missing)), ["work_order.work_order_id REFERENCE_UNKNOWN"]);
}

#[test]
fn an_add_on_may_precede_its_base() {
    let contract = contract(vec![item("advisor")]);
    let submitted = [("work_orders[0]".to_owned(), ORDER), ("work_orders[1]".to_owned(), "wo-1")];
    assert_eq!(validate(&CATALOG, &contract, &submitted), []);
}

#[test]
fn every_clause_of_purchase_is_covered_by_a_table() {
    let tables = [
        include_str!("base.rs"),
        include_str!("country.rs"),
        include_str!("event.rs"),
        include_str!("location.rs"),
        include_str!("maximum.rs"),
        include_str!("quantity.rs"),
        include_str!("service.rs"),
        include_str!("waiver.rs"),
    ];
    for clause in &CATALOG.default_edition().clauses {
        let expected = format!("!{}\"", clause.code);
        let is_covered = tables.iter().any(|table| table.contains(&expected));
        let is_judged = clause.kinds.contains(&ClauseKind::Purchase);
        assert_eq!(is_covered, is_judged, "{}", clause.code);
    }
}

fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "",
            " ",
            "a",
            "A",
            "*",
            "/",
            "azure",
            "first",
            "acme",
            "wo-1",
            "wo-2",
            "package",
            "gb-london",
            "gb-leeds",
            "ie-dublin",
            "jp-tokyo",
            "kr-seoul",
            "GBP",
            "starter",
            "three-day",
            "ONSITE_NOT_INCLUDED",
            "MAXIMUM_QUANTITY",
            "é\u{0}\u{202e}🦀",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
        Just("🦀".repeat(300)),
    ]
}

fn a_service() -> impl Strategy<Value = String> {
    let ids: Vec<_> = CATALOG.default_edition().services.iter().map(|service| service.id.clone()).collect();
    prop_oneof![9 => select(ids), 1 => a_text()]
}

fn a_date() -> impl Strategy<Value = NaiveDate> {
    let days = (-1_000..1_000_i64).prop_map(chrono::Duration::days);
    let ordinary = days.prop_map(|days| fixture::date("2026-01-01").checked_add_signed(days).unwrap());
    let odd = ["1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"].map(fixture::date);
    prop_oneof![4 => ordinary, 1 => select(vec![NaiveDate::MIN, NaiveDate::MAX]), 1 => select(odd.to_vec())]
}

fn an_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let ordinary = (1_750_000_000..1_850_000_000_i64).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap());
    let extreme = select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH, LATEST]);
    prop_oneof![3 => ordinary, 1 => extreme]
}

fn a_number() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -1..50_i64, Just(i64::MAX), Just(i64::MIN)]
}

fn a_quantity() -> impl Strategy<Value = Quantity> {
    let units = vec![Unit::Minutes, Unit::Hours, Unit::Days, Unit::Events, Unit::Attendees, Unit::Engagements];
    (a_number(), select(units)).prop_map(|(amount, unit)| Quantity { amount, unit })
}

fn an_event() -> impl Strategy<Value = PlannedEvent> {
    (a_text(), a_text(), vec(a_text(), 0..2), an_instant(), an_instant(), option::of(an_instant())).prop_map(
        |(event_id, solution_id, products, start_time, end_time, confirmed_time)| {
            let product_ids = products.into_iter().map(Into::into).collect();
            PlannedEvent { event_id, solution_id, product_ids, start_time, end_time, confirmed_time }
        },
    )
}

fn a_waiver() -> impl Strategy<Value = Waiver> {
    let term = (option::of(a_date()), option::of(a_date()));
    (a_text(), a_text(), term).prop_map(|(code, reference, (start_date, end_date))| Waiver {
        start_date,
        end_date,
        reference,
        ..fixture::waiver(&code)
    })
}

fn an_item() -> impl Strategy<Value = Item> {
    let what = (a_service(), vec(a_text(), 0..3), any::<bool>(), option::of(a_quantity()), option::of(a_text()));
    let with = (vec(a_text(), 0..3), vec(a_text(), 0..3), option::of(a_text()), option::of((a_number(), a_number())));
    let when = (option::of(a_date()), option::of(a_date()), option::of(a_number()));
    let lists = (vec(an_event(), 0..4), vec(a_waiver(), 0..3));
    (what, with, when, lists).prop_map(|(what, with, when, (events, waivers))| {
        let (service_id, location_ids, all_locations, quantity, predefined_offering) = what;
        let (products, tenant_ids, exhibit, hours) = with;
        let (start_date, end_date, unit_price) = when;
        let product_ids = products.into_iter().map(Into::into).collect();
        let included_hours = hours.map(|(reactive_support_management, service_delivery_management)| IncludedHours {
            reactive_support_management,
            service_delivery_management,
        });
        let plain = item(&service_id);
        Item {
            location_ids,
            all_locations,
            quantity,
            predefined_offering,
            product_ids,
            tenant_ids,
            exhibit,
            included_hours,
            start_date,
            end_date,
            unit_price,
            events,
            waivers,
            ..plain
        }
    })
}

fn an_order() -> impl Strategy<Value = WorkOrder> {
    let states =
        vec![WorkOrderState::Draft, WorkOrderState::Active, WorkOrderState::Suspended, WorkOrderState::Terminated];
    let ids = (a_text(), prop_oneof![3 => Just("first".to_owned()), 1 => a_text()], a_text(), option::of(a_text()));
    let term = (a_date(), a_date(), select(states), option::of(an_instant()));
    let rest = (vec(a_text(), 0..3), vec(a_text(), 0..3), option::of(a_number()), vec(an_item(), 0..4));
    (ids, term, rest).prop_map(|((work_order_id, edition_id, host_location_id, base), term, rest)| {
        let (start_date, end_date, state, terminate_time) = term;
        let (downstream_location_ids, products, flex_allowance, items) = rest;
        WorkOrder {
            edition_id,
            host_location_id,
            base_work_order_id: base,
            start_date,
            end_date,
            state,
            terminate_time,
            downstream_location_ids,
            covered_products: products.into_iter().map(Into::into).collect(),
            flex_allowance,
            ..order(&work_order_id, items)
        }
    })
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(orders in vec(an_order(), 1..4), names in vec(a_text(), 0..8)) {
        let mut contract = contract(Vec::new());
        contract.work_orders.extend(orders);
        let names_given = names.len();
        for (location, name) in contract.customer.locations.iter_mut().zip(names) {
            location.country.clone_from(&name);
            location.location_id = name;
        }
        let ids = contract.work_orders.iter().map(|order| order.work_order_id.as_str());
        let submitted: Vec<_> = ids.map(|id| (String::new(), id)).collect();
        for violation in validate(&CATALOG, &contract, &submitted) {
            prop_assert!(!violation.field.is_empty() && violation.description.len() < 2_000, "{violation:?}");
        }
        let told = validate_customer(&contract.customer, "customer");
        prop_assert!(names_given == 0 || told.iter().all(|violation| violation.field.starts_with("customer.")));
    }
}
