//! Work orders of demo customers.

use chrono::{TimeZone as _, Utc};
use prost_types::Timestamp;

use super::draw::Draw;
use super::places::{HEAD_OFFICE, OVERSEAS};
use crate::proto::v1::{IncludedHours, Item, Quantity, Unit, WorkOrder};

/// The edition that most contracts are judged by.
const UNIFIED: &str = "unified-enterprise-2023";
/// Of `examples/editions/`; used where the server has it.
pub(super) const LODESTAR: &str = "lodestar-care-2026";
/// The id of the order with the base package.
const MAIN_ORDER: &str = "wo-1";

/// First and last day of three years from a quarter on, and how many years later the last day is.
const QUARTERS: [(&str, &str, i32); 4] =
    [("01-01", "12-31", 2), ("04-01", "03-31", 3), ("07-01", "06-30", 3), ("10-01", "09-30", 3)];

/// The term of an order.
#[derive(Debug)]
pub(super) struct Term {
    start_date: String,
    end_date: String,
}

impl Term {
    /// From a quarter of the year on.
    pub(super) fn of_three_years(year: i32, draw: &mut Draw) -> Self {
        let (first, last, later) = draw.pick(&QUARTERS);
        Self { start_date: format!("{year}-{first}"), end_date: format!("{}-{last}", year.saturating_add(later)) }
    }
}

/// The first instant of a year. None: chrono does not reach so far.
pub(super) fn new_year(year: i32) -> Option<Timestamp> {
    let instant = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single()?;
    Some(Timestamp { seconds: instant.timestamp(), nanos: 0 })
}

/// A support agreement with a block of engineer's hours at the head office, and whatever else was drawn.
pub(super) fn unified(term: &Term, currency: &str, draw: &mut Draw) -> WorkOrder {
    let mut items = vec![
        everywhere("base", "unified-enterprise-base"),
        Item {
            product_ids: patterns(&["azure/*", "sql-server"]),
            quantity: some(hundreds(draw, 4, 20), Unit::Hours),
            unit_price: Some(i64::from(draw.below(80)).saturating_mul(100).saturating_add(18_000)),
            ..at_head_office("ede", "enhanced-designated-engineering")
        },
    ];
    if draw.chance(50) {
        let hours = i64::from(draw.below(5)).saturating_mul(20).saturating_add(20);
        let included = IncludedHours { reactive_support_management: hours, service_delivery_management: hours };
        items.push(Item { included_hours: Some(included), ..at_head_office("uer", "unified-enhanced-response") });
    }
    if draw.chance(40) {
        let seats = i64::from(draw.below(50)).saturating_add(10);
        items.push(Item { quantity: some(seats, Unit::Attendees), ..everywhere("workshops", "workshops") });
    }
    if draw.chance(30) {
        let credits = hundreds(draw, 1, 5);
        items.push(Item { quantity: some(credits, Unit::Credits), ..at_head_office("credits", "proactive-credits") });
    }
    if draw.chance(20) {
        items.push(Item { product_ids: patterns(&["azure/*"]), ..at_head_office("rapid", "rapid-response") });
    }
    if draw.chance(15) {
        items.push(Item {
            product_ids: patterns(&["windows-server"]),
            quantity: some(i64::from(draw.below(3)).saturating_add(1).saturating_mul(40), Unit::Hours),
            ..at_head_office("responders", "cybersecurity-incident-response")
        });
    }
    if draw.chance(10) {
        items.push(at_head_office("root-cause", "root-cause-analysis"));
    }
    let covered = patterns(&["azure/*", "sql-server", "windows-server", "microsoft-365/*"]);
    WorkOrder { covered_products: covered, ..order(UNIFIED, term, currency, items) }
}

/// An order for a country of its own, that leans on the base package of the main order.
pub(super) fn overseas(main: &WorkOrder, currency: &str, draw: &mut Draw) -> WorkOrder {
    let credits = hundreds(draw, 1, 3);
    let credits = Item {
        location_ids: vec![OVERSEAS.to_owned()],
        quantity: some(credits, Unit::Credits),
        ..at_head_office("credits", "proactive-credits")
    };
    WorkOrder {
        work_order_id: "wo-2".to_owned(),
        base_work_order_id: Some(main.work_order_id.clone()),
        host_location_id: OVERSEAS.to_owned(),
        downstream_location_ids: Vec::new(),
        currency: currency.to_owned(),
        items: vec![credits],
        ..main.clone()
    }
}

/// An order by the edition of `examples/editions/lodestar-care-2026.toml`.
pub(super) fn lodestar(term: &Term, currency: &str, draw: &mut Draw) -> WorkOrder {
    let days = i64::from(draw.below(50)).saturating_add(10);
    let seats = i64::from(draw.below(20)).saturating_add(1);
    let items = vec![
        everywhere("care", "care"),
        at_head_office("mate", "first-mate"),
        Item { quantity: some(days, Unit::Days), ..at_head_office("engineer", "engineer-days") },
        Item { quantity: some(seats, Unit::Attendees), ..everywhere("academy", "academy") },
    ];
    WorkOrder { covered_products: patterns(&["quayside/*"]), ..order(LODESTAR, term, currency, items) }
}

fn order(edition_id: &str, term: &Term, currency: &str, items: Vec<Item>) -> WorkOrder {
    WorkOrder {
        work_order_id: MAIN_ORDER.to_owned(),
        edition_id: edition_id.to_owned(),
        start_date: term.start_date.clone(),
        end_date: term.end_date.clone(),
        host_location_id: HEAD_OFFICE.to_owned(),
        currency: currency.to_owned(),
        items,
        ..WorkOrder::default()
    }
}

fn everywhere(item_id: &str, service_id: &str) -> Item {
    Item { item_id: item_id.to_owned(), service_id: service_id.to_owned(), all_locations: true, ..Item::default() }
}

fn at_head_office(item_id: &str, service_id: &str) -> Item {
    Item { all_locations: false, location_ids: vec![HEAD_OFFICE.to_owned()], ..everywhere(item_id, service_id) }
}

/// From so many hundreds to so many.
fn hundreds(draw: &mut Draw, least: u32, most: u32) -> i64 {
    let steps = most.saturating_sub(least).saturating_add(1);
    i64::from(draw.below(steps).saturating_add(least)).saturating_mul(100)
}

fn some(amount: i64, unit: Unit) -> Option<Quantity> {
    Some(Quantity { amount, unit: unit.into() })
}

fn patterns(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|&pattern| pattern.to_owned()).collect()
}
