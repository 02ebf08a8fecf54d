//! Reservations, one row each.

use std::collections::BTreeMap;

use comfy_table::Cell;

use super::{amount, entries, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Reservation, ReservationState};

/// `orders` tells the order of each block.
pub(crate) fn table(
    reservations: &[Reservation],
    orders: &BTreeMap<String, String>,
    places: &Places,
    screen: &Screen,
) -> String {
    if reservations.is_empty() {
        return "no reservations".to_owned();
    }
    let mut table = screen.table(&["Reservation", "state", "held", "for", "until"]);
    for held in reservations {
        let order = held.parts.first().and_then(|part| orders.get(&part.block_id)).map_or("", String::as_str);
        let screen = screen.in_zone(places.order(order));
        let (tone, word) = entries::state(held.state());
        let mut amounts = amount::amount(held.amount, held.unit());
        if held.state() == ReservationState::Committed {
            amounts = format!("{amounts}\n{} used", amount::amount(held.committed, held.unit()));
        }
        let about = [order, &held.service_id, &held.location_id, &held.product_id];
        let about = words::joined(about.into_iter().filter(|word| !word.is_empty()));
        let until = held.end_time.as_ref().or(held.expire_time.as_ref());
        table.add_row([
            Cell::new(&held.reservation_id),
            screen.cell(tone, word),
            Cell::new(amounts),
            screen.name(Tone::Plain, &about),
            screen.time_cell(Tone::Plain, until),
        ]);
    }
    keep_whole(&mut table, &[0, 1, 2, 4]);
    screen.laid_out(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::assert_legible;
    use crate::proto::v1::{ReservationPart, Unit};

    #[test]
    fn reservations_are_told_with_their_order() {
        let held = Reservation {
            reservation_id: "01a2056b-3a1b-767a-89fe-4a0c640b492f".to_owned(),
            state: ReservationState::Committed.into(),
            amount: 90,
            committed: 60,
            unit: Unit::Minutes.into(),
            parts: vec![ReservationPart { block_id: "b-1".to_owned(), amount: 90 }],
            location_id: "nl-utrecht".to_owned(),
            expire_time: Some(crate::cli::values::time("2026-12-01T10:00:00Z").unwrap()),
            ..Default::default()
        };
        let orders = [("b-1".to_owned(), "hm-2026".to_owned())].into();
        let show = |screen: &Screen| table(std::slice::from_ref(&held), &orders, &Places::default(), screen);
        assert_legible(show);
        let text = show(&Screen::plain(120));
        assert!(
            text.contains("COMMITTED") && text.contains("hm-2026, nl-utrecht") && text.contains("1 h used"),
            "{text}"
        );
        assert_eq!(table(&[], &orders, &Places::default(), &Screen::plain(80)), "no reservations");
    }
}
