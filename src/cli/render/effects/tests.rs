use super::*;
use crate::cli::screen::assert_legible;
use crate::cli::values;
use crate::proto::v1::{Customer, Location, Unit, WorkOrder};

const EDE: &str = "enhanced-designated-engineering";

fn places() -> Places {
    let (location_id, time_zone) = ("nl-utrecht".to_owned(), "Europe/Amsterdam".to_owned());
    let location = Location { location_id, time_zone, ..Location::default() };
    let (work_order_id, host_location_id) = ("hm-2026".to_owned(), "nl-utrecht".to_owned());
    let order = WorkOrder { work_order_id, host_location_id, ..WorkOrder::default() };
    Places::of(&Customer { locations: vec![location], ..Customer::default() }).with_orders([&order])
}

fn effects() -> ContractEffects {
    let (order, item, service) = ("hm-2026".to_owned(), "ede-utrecht".to_owned(), EDE.to_owned());
    let time = |text: &str| Some(values::time(text).unwrap());
    let (sooner, later) = (time("2026-06-30T22:00:00Z"), time("2027-12-31T23:00:00Z"));
    ContractEffects {
        items: vec![ItemChange {
            work_order_id: order.clone(),
            item_id: item.clone(),
            service_id: service.clone(),
            kind: ItemChangeKind::Removed.into(),
        }],
        omitted_items: 12,
        blocks: vec![BlockChange {
            block_id: "b-1".to_owned(),
            work_order_id: order.clone(),
            item_id: item,
            service_id: service.clone(),
            unit: Unit::Minutes.into(),
            kind: BlockChangeKind::Ended.into(),
            old_granted: 24_000,
            new_granted: 18_000,
            used: 330,
            reserved: 120,
            old_expire_time: later,
            new_expire_time: sooner,
            forfeited: 17_550,
            excess: 0,
        }],
        reservations: vec![AffectedReservation {
            reservation_id: "0197a1b0-7c1d-7f00-8000-000000000001".to_owned(),
            block_ids: vec!["b-1".to_owned()],
            amount: 120,
            unit: Unit::Minutes.into(),
            expire_time: time("2026-07-14T10:00:00Z"),
            block_end_time: sooner,
        }],
        dependent_work_orders: vec![DependentWorkOrder {
            work_order_id: "hm-projects".to_owned(),
            effect: DependentWorkOrderEffect::Uncovered.into(),
            location_ids: vec!["nl-utrecht".to_owned(), "nl-tilburg".to_owned()],
            old_end_time: later,
            new_end_time: None,
        }],
        decisions: vec![DecisionChange {
            location_id: "nl-utrecht".to_owned(),
            service_id: service,
            product_id: String::new(),
            change_time: sooner,
            old_decision: Some(Decision::Conditional.into()),
            new_decision: Some(Decision::NotEntitled.into()),
            old_reason_code: "HOURS_UNCERTAIN".to_owned(),
            new_reason_code: "WORK_ORDER_TERMINATED".to_owned(),
        }],
        totals: vec![TotalChange {
            work_order_id: order,
            old_currency: "EUR".to_owned(),
            old_total: Some(9_800_000),
            new_currency: "EUR".to_owned(),
            new_total: Some(7_350_000),
            unpriced_items: 2,
        }],
        omitted_product_ids: 3,
        ..ContractEffects::default()
    }
}

#[test]
fn what_a_change_would_do_is_told_and_what_it_would_not_is_left_out() {
    let (effects, places) = (effects(), places());
    assert_legible(|screen| text(&effects, &places, screen).unwrap());
    let told = text(&effects, &places, &Screen::plain(200)).unwrap();
    for part in [
        "removed",
        "and 12 more items",
        "ends sooner",
        "400 h →",
        "5 h 30 min",
        "292 h 30 min",
        "2028-01-01T00:00:00+01:00 Europe/Amsterdam →",
        "0197a1b0-7c1d-7f00-8000-000000000001",
        "is gone",
        "nl-utrecht, nl-tilburg",
        "CONDITIONAL",
        "HOURS_UNCERTAIN",
        "NOT ENTITLED",
        "WORK_ORDER_TERMINATED",
        "2026-07-01T00:00:00+02:00",
        "98,000.00 EUR",
        "73,500.00 EUR",
        "2 items",
        "and 3 more products, whose answers were not looked at",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    // Nothing is in excess, and no product was asked for.
    assert!(!told.contains("excess") && !told.contains("product "), "{told}");
    assert_eq!(text(&ContractEffects::default(), &places, &Screen::plain(80)), None);
}
