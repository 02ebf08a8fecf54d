//! Work orders: one row each, or one with its items, prices and total.

use chrono::{DateTime, NaiveDate, Utc};
use comfy_table::Cell;

use super::money::{self, Total};
use super::{amount, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::model::day_of;
use crate::proto::v1::{Funding, Item, WorkOrder, WorkOrderState};

/// Where there is nothing to tell.
const NONE: &str = "–";

pub(crate) fn list(orders: &[WorkOrder], places: &Places, now: DateTime<Utc>, screen: &Screen) -> String {
    if orders.is_empty() {
        return "no work orders".to_owned();
    }
    let mut table = screen.table(&["Work order", "state", "days", "at", "items", "total"]);
    for order in orders {
        let (tone, word) = state(order, places, now);
        let total = Total::of(order).words(&order.currency);
        table.add_row([
            screen.name(Tone::Plain, &order.work_order_id),
            screen.cell(tone, word),
            Cell::new(format!("{} –\n{}", order.start_date, order.end_date)),
            Cell::new(format!("{}\n{}", order.host_location_id, places.order(&order.work_order_id).name())),
            Screen::number(order.items.len()),
            Cell::new(if total.is_empty() { NONE.to_owned() } else { total }),
        ]);
    }
    keep_whole(&mut table, &[0, 1, 2]);
    screen.laid_out(table)
}

pub(crate) fn page(order: &WorkOrder, places: &Places, now: DateTime<Utc>, screen: &Screen) -> String {
    let (tone, word) = state(order, places, now);
    let head = format!("{}  {}", screen.paint(tone, word), order.work_order_id);
    let zone = places.order(&order.work_order_id);
    let screen = &screen.in_zone(zone);
    let list = |ids: &[String]| words::joined(ids.iter().map(String::as_str));
    let days =
        format!("{} – {}, days at {} ({})", order.start_date, order.end_date, order.host_location_id, zone.name());
    let facts = [
        ("customer", order.customer_id.clone()),
        ("edition", order.edition_id.clone()),
        ("term", days),
        ("signed", order.signed_date().to_owned()),
        (
            if word == "TERMINATED" { "terminated" } else { "ends early" },
            screen.time(order.terminate_time.as_ref(), ""),
        ),
        ("serves too", list(&order.downstream_location_ids)),
        ("base", order.base_work_order_id().to_owned()),
        ("products", list(&order.covered_products)),
        (
            "allowance",
            order.flex_allowance.map_or(String::new(), |it| money::shown(it, &order.currency) + " a contract year"),
        ),
        ("total", Total::of(order).words(&order.currency)),
        ("version", format!("{} of {} by {}", order.version, screen.second(order.record_time.as_ref()), order.actor)),
    ];
    let facts = screen.pairs(facts.into_iter().filter(|(_, value)| !value.is_empty()));
    let mut parts = vec![format!("{head}\n{facts}"), items(order, screen)];
    parts.extend(waivers(order, screen));
    parts.extend(events(order, screen));
    parts.join("\n\n")
}

/// Where it stands on the day it is at its host.
pub(crate) fn state(order: &WorkOrder, places: &Places, now: DateTime<Utc>) -> (Tone, &'static str) {
    let today = day_of(places.order(&order.work_order_id), now);
    let is_before = |date: &str| date.parse::<NaiveDate>().is_ok_and(|date| today < date);
    let is_behind = |date: &str| date.parse::<NaiveDate>().is_ok_and(|date| today > date);
    // What is known to end serves until then.
    let serves_until = order.terminate_time.is_some_and(|end| end.seconds > now.timestamp());
    match order.state() {
        WorkOrderState::Draft => (Tone::Open, "DRAFT"),
        WorkOrderState::Suspended => (Tone::Open, "SUSPENDED"),
        WorkOrderState::Terminated if !serves_until => (Tone::Bad, "TERMINATED"),
        _ if is_before(&order.start_date) => (Tone::Open, "NOT BEGUN"),
        _ if is_behind(&order.end_date) => (Tone::Bad, "ENDED"),
        _ => (Tone::Good, "IN FORCE"),
    }
}

/// Whether its last day is over.
pub(crate) fn is_ended(order: &WorkOrder, places: &Places, now: DateTime<Utc>) -> bool {
    let today = day_of(places.order(&order.work_order_id), now);
    order.end_date.parse::<NaiveDate>().is_ok_and(|last| last < today)
}

fn items(order: &WorkOrder, screen: &Screen) -> String {
    let mut table = screen.table(&["Item", "quantity", "for", "price", "total"]);
    for item in &order.items {
        let price = item.unit_price.map_or(NONE.to_owned(), |price| {
            let unit = money::priced_unit(item).map_or(String::new(), |unit| format!("\na {unit}"));
            money::shown(price, &order.currency) + &unit
        });
        let quantity = item.quantity.as_ref().map(|it| amount::amount(it.amount, it.unit()));
        table.add_row([
            Cell::new(format!("{}\n{}", item.item_id, item.service_id)),
            Cell::new(quantity.or(item.predefined_offering.clone()).unwrap_or(NONE.to_owned())),
            screen.name(Tone::Plain, &about(item)),
            Cell::new(price),
            Cell::new(money::of_item(item).map_or(NONE.to_owned(), |total| money::shown(total, &order.currency))),
        ]);
    }
    keep_whole(&mut table, &[0, 3, 4]);
    screen.laid_out(table)
}

/// Where and what an item is for, as far as it differs from its order.
fn about(item: &Item) -> String {
    let list = |ids: &[String]| words::joined(ids.iter().map(String::as_str));
    let places = if item.all_locations { "all locations".to_owned() } else { list(&item.location_ids) };
    let days = match (item.start_date(), item.end_date()) {
        ("", "") => String::new(),
        (start, end) => format!("{start} – {end}"),
    };
    let funding = match item.funding() {
        Funding::FlexAllowance => "from the flex allowance",
        Funding::Credits => "redeemed with credits",
        Funding::Purchased | Funding::Unspecified => "",
    };
    let lines = [places, list(&item.product_ids), list(&item.tenant_ids), days, funding.to_owned()];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn waivers(order: &WorkOrder, screen: &Screen) -> Option<String> {
    let mut table = screen.table(&["Waiver", "of", "by", "days"]);
    for (item, waiver) in order.items.iter().flat_map(|item| item.waivers.iter().map(move |waiver| (item, waiver))) {
        let by =
            words::joined([waiver.reference.as_str(), waiver.granted_by()].into_iter().filter(|it| !it.is_empty()));
        let (start, end) = (waiver.start_date.as_deref().unwrap_or("…"), waiver.end_date.as_deref().unwrap_or("…"));
        let days = if (start, end) == ("…", "…") { NONE.to_owned() } else { format!("{start} – {end}") };
        table.add_row([
            screen.name(Tone::Plain, &waiver.code),
            Cell::new(&item.item_id),
            Cell::new(by),
            Cell::new(days),
        ]);
    }
    (table.row_count() > 0).then(|| screen.laid_out(table))
}

fn events(order: &WorkOrder, screen: &Screen) -> Option<String> {
    let mut table = screen.table(&["Event", "of", "solution", "begins", "ends"]);
    for (item, event) in order.items.iter().flat_map(|item| item.events.iter().map(move |event| (item, event))) {
        table.add_row([
            Cell::new(&event.event_id),
            Cell::new(&item.item_id),
            Cell::new(&event.solution_id),
            screen.time_cell(Tone::Plain, event.start_time.as_ref()),
            screen.time_cell(Tone::Plain, event.end_time.as_ref()),
        ]);
    }
    (table.row_count() > 0).then(|| screen.laid_out(table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::document;
    use crate::cli::screen::assert_legible;

    #[test]
    fn an_order_is_told_with_its_prices_and_its_total() {
        for text in [
            include_str!("../../../examples/halden-mills.yaml"),
            include_str!("../../../examples/meridian-foods.yaml"),
            include_str!("../../../examples/aurora-clinics.yaml"),
        ] {
            let request = document::read(text).unwrap().request;
            let places = Places::of(request.customer.as_ref().unwrap()).with_orders(&request.work_orders);
            let now = "2026-06-01T10:00:00Z".parse().unwrap();
            assert_legible(|screen| list(&request.work_orders, &places, now, screen));
            for order in &request.work_orders {
                assert_legible(|screen| page(order, &places, now, screen));
            }
        }
        let request = document::read(include_str!("../../../examples/halden-mills.yaml")).unwrap().request;
        let places = Places::of(request.customer.as_ref().unwrap()).with_orders(&request.work_orders);
        let show = |at: &str| page(&request.work_orders[0], &places, at.parse().unwrap(), &Screen::plain(120));
        let text = show("2026-06-01T10:00:00Z");
        for part in [
            "IN FORCE  hm-2026",
            "2026-01-01 – 2027-12-31, days at nl-utrecht (Europe/Amsterdam)",
            "245.00 EUR",
            "98,000.00 EUR, and 2 items without a price",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        // The last day counts in full, and ends at the host.
        assert!(show("2027-12-31T22:59:59Z").starts_with("IN FORCE"));
        assert!(show("2027-12-31T23:00:00Z").starts_with("ENDED"));
        assert!(show("2025-12-31T22:59:59Z").starts_with("NOT BEGUN"));
    }

    #[test]
    fn an_order_that_is_known_to_end_is_in_force_until_then() {
        let request = document::read(include_str!("../../../examples/halden-mills.yaml")).unwrap().request;
        let places = Places::of(request.customer.as_ref().unwrap());
        let mut order = request.work_orders[0].clone();
        order.set_state(WorkOrderState::Terminated);
        order.terminate_time = Some(crate::cli::values::time("2026-06-01T10:00:00Z").unwrap());
        let show = |at: &str| page(&order, &places, at.parse().unwrap(), &Screen::plain(120));
        let before = show("2026-06-01T09:59:59Z");
        assert!(before.starts_with("IN FORCE") && before.contains("ends early"), "{before}");
        let after = show("2026-06-01T10:00:00Z");
        assert!(after.starts_with("TERMINATED") && after.contains("terminated"), "{after}");
    }
}
