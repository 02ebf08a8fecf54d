//! Entries of the ledger, and what a write did.

use comfy_table::Cell;

use super::hours::balances;
use super::{amount, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Block, Entry, EntryKind, Reservation, ReservationState};

/// What a write answers.
#[derive(Debug)]
pub(crate) struct WriteSummary<'a> {
    pub entries: &'a [Entry],
    pub reservation: Option<&'a Reservation>,
    pub balances: &'a [Block],
    pub replayed: bool,
}

pub(crate) fn write_summary(written: &WriteSummary<'_>, places: &Places, screen: &Screen) -> String {
    let mut parts = Vec::new();
    if written.replayed {
        parts.push(screen.paint(Tone::Open, "this was done before; here is the first answer"));
    }
    // All of its blocks stand in the balances; their orders have one host, or the first one is told.
    let first = written.balances.first().map_or("", |block| &block.work_order_id);
    parts.extend(written.reservation.map(|held| reservation(held, &screen.in_zone(places.order(first)))));
    parts.push(table(written.entries, places, screen));
    parts.push(balances(written.balances, places, screen));
    parts.join("\n\n")
}

/// One row an entry; its id is what `hours reverse` takes.
pub(crate) fn table(entries: &[Entry], places: &Places, screen: &Screen) -> String {
    if entries.is_empty() {
        return "no entries".to_owned();
    }
    let mut table = screen.table(&["Entry", "what", "amount", "of", "performed"]);
    for entry in entries {
        let screen = screen.in_zone(places.order(&entry.work_order_id));
        let item = words::item(&entry.work_order_id, &entry.item_id);
        let of = if entry.note.is_empty() { item } else { format!("{item}\n{}", entry.note) };
        table.add_row([
            screen.cell(Tone::Plain, &entry.entry_id),
            screen.cell(Tone::Heading, kind(entry.kind())),
            Cell::new(amount::amount(entry.amount, entry.unit())),
            screen.name(Tone::Plain, &of),
            Cell::new(performed(entry, &screen)),
        ]);
    }
    keep_whole(&mut table, &[0, 1, 2]);
    screen.laid_out(table)
}

/// When the work was done; where nobody said, when it was recorded.
fn performed(entry: &Entry, screen: &Screen) -> String {
    let Some(performed) = &entry.performed else { return screen.second(entry.record_time.as_ref()) };
    let times = [&performed.start_time, &performed.end_time].map(|time| screen.time(time.as_ref(), "…"));
    times.join(" –\n")
}

pub(crate) fn state(state: ReservationState) -> (Tone, &'static str) {
    match state {
        ReservationState::Open => (Tone::Good, "RESERVED"),
        ReservationState::Committed => (Tone::Good, "COMMITTED"),
        ReservationState::Released => (Tone::Open, "RELEASED"),
        ReservationState::Expired => (Tone::Bad, "EXPIRED"),
        ReservationState::Unspecified => (Tone::Bad, "UNKNOWN"),
    }
}

fn reservation(held: &Reservation, screen: &Screen) -> String {
    let (tone, word) = state(held.state());
    let mut facts = vec![
        ("held", amount::amount(held.amount, held.unit())),
        ("until", screen.time(held.expire_time.as_ref(), "…")),
    ];
    if held.state() == ReservationState::Committed {
        facts.push(("committed", amount::amount(held.committed, held.unit())));
    }
    format!("{}  {}\n{}", screen.paint(tone, word), held.reservation_id, screen.pairs(facts))
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Grant => "granted",
        EntryKind::Adjust => "adjusted",
        EntryKind::Consume => "used",
        EntryKind::Reserve => "held",
        EntryKind::Extend => "held on",
        EntryKind::Commit => "used of held",
        EntryKind::Release => "given back",
        EntryKind::Expire => "expired",
        EntryKind::Reverse => "undone",
        EntryKind::Unspecified => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::assert_legible;
    use crate::proto::v1::{Customer, Location, Performed, Unit, WorkOrder};

    /// An order whose host is in Utrecht.
    fn places() -> Places {
        let location = Location {
            location_id: "nl-utrecht".to_owned(),
            time_zone: "Europe/Amsterdam".to_owned(),
            ..Location::default()
        };
        let order = WorkOrder {
            work_order_id: "hm-2026".to_owned(),
            host_location_id: "nl-utrecht".to_owned(),
            ..WorkOrder::default()
        };
        Places::of(&Customer { locations: vec![location], ..Customer::default() }).with_orders([&order])
    }

    #[test]
    fn a_write_tells_what_it_did_and_what_is_left() {
        let entry = Entry {
            entry_id: "e-1".to_owned(),
            kind: EntryKind::Reserve.into(),
            amount: 90,
            unit: Unit::Minutes.into(),
            work_order_id: "wo-1".to_owned(),
            item_id: "ede".to_owned(),
            ..Default::default()
        };
        let held = Reservation {
            reservation_id: "r-1".to_owned(),
            state: ReservationState::Open.into(),
            amount: 90,
            unit: Unit::Minutes.into(),
            ..Default::default()
        };
        let after = Block {
            unit: Unit::Minutes.into(),
            granted: 24_000,
            used: 60,
            reserved: 90,
            available: 23_850,
            forfeited: 30,
            ..Default::default()
        };
        let answer = WriteSummary { entries: &[entry], reservation: Some(&held), balances: &[after], replayed: true };
        let text = write_summary(&answer, &Places::default(), &Screen::plain(120));
        for part in [
            "done before",
            "RESERVED  r-1",
            "1 h 30 min",
            "held",
            "wo-1/ede",
            "397 h 30 min of 400 h",
            "30 min forfeited",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn writes_are_legible_at_every_width() {
        let time = |text| Some(crate::cli::values::time(text).unwrap());
        let entry = Entry {
            entry_id: "01a2056b-3a1b-767a-89fe-4a0c640b492f".to_owned(),
            kind: EntryKind::Commit.into(),
            amount: 90,
            unit: Unit::Minutes.into(),
            work_order_id: "hm-2026".to_owned(),
            item_id: "ede-utrecht".to_owned(),
            performed: Some(Performed {
                start_time: time("2026-12-01T10:00:00Z"),
                end_time: time("2026-12-01T14:00:00Z"),
            }),
            ..Default::default()
        };
        assert_legible(|screen| table(std::slice::from_ref(&entry), &places(), screen));
        for width in [60, 80, 100] {
            assert!(
                table(std::slice::from_ref(&entry), &places(), &Screen::plain(width)).contains(&entry.entry_id),
                "{width}"
            );
        }
        // By the clocks of the order's host.
        let text = table(std::slice::from_ref(&entry), &places(), &Screen::plain(160));
        assert!(text.contains("2026-12-01T11:00:00+01:00 Europe/Amsterdam –"), "{text}");
    }
}
