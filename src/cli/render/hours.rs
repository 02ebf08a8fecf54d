//! Blocks with what is left of them, and what a write did.

use comfy_table::Cell;

use super::{amount, words};
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Block, Entry, EntryKind, Reservation, ReservationState};

/// Letters of a bar.
const BAR: usize = 20;
const USED: &str = "█";
const HELD: &str = "▒";
const LEFT: &str = "·";

/// What a write answers.
#[derive(Debug)]
pub(crate) struct WriteSummary<'a> {
    pub entries: &'a [Entry],
    pub reservation: Option<&'a Reservation>,
    pub balances: &'a [Block],
    pub replayed: bool,
}

pub(crate) fn write_summary(written: &WriteSummary<'_>, screen: &Screen) -> String {
    let mut parts = Vec::new();
    if written.replayed {
        parts.push(screen.paint(Tone::Open, "this was done before; here is the first answer"));
    }
    parts.extend(written.reservation.map(|held| reservation(held, screen)));
    parts.push(entries(written.entries, screen));
    parts.push(balances(written.balances, screen));
    parts.join("\n\n")
}

/// One row a block. The bar is what was granted: used, held, and left.
pub(crate) fn balances(blocks: &[Block], screen: &Screen) -> String {
    if blocks.is_empty() {
        return "no blocks".to_owned();
    }
    let mut table = screen.table(&["Block", "available", "used", "reserved", "ends"]);
    for block in blocks {
        let tone = if block.available > 0 { Tone::Good } else { Tone::Bad };
        let item = words::item(&block.work_order_id, &block.item_id);
        let name = format!("{item}\n{}", block.service_id);
        let lost = match block.forfeited {
            0 => String::new(),
            lost => format!("\n{} forfeited", amount::amount(lost, block.unit())),
        };
        table.add_row([
            screen.name_and_id(&name, &block.block_id),
            screen.cell(tone, &format!("{}\n{}{lost}", amount::available_of_granted(block), bar(block))),
            Cell::new(amount::amount(block.used, block.unit())),
            Cell::new(amount::amount(block.reserved, block.unit())),
            Cell::new(words::time(block.expire_time.as_ref(), "")),
        ]);
    }
    keep_whole(&mut table, &[1, 2, 3, 4]);
    let legend = format!("{USED} used  {HELD} reserved  {LEFT} left");
    format!("{}\n{}", screen.laid_out(table), screen.paint(Tone::Quiet, &legend))
}

/// Whatever is used or held shows, and so does whatever is left.
fn bar(block: &Block) -> String {
    let whole = block.granted.max(block.used.saturating_add(block.reserved));
    let letters = |part: i64| -> usize {
        let scaled = i128::from(part).saturating_mul(i128::try_from(BAR).unwrap_or_default());
        let share = scaled.checked_div(i128::from(whole)).unwrap_or_default();
        usize::try_from(share).unwrap_or_default().max(usize::from(part > 0))
    };
    let left = whole.saturating_sub(block.used).saturating_sub(block.reserved);
    let room = BAR.saturating_sub(usize::from(left > 0));
    let used = letters(block.used).min(room.saturating_sub(usize::from(block.reserved > 0)));
    let held = letters(block.reserved).min(room.saturating_sub(used));
    // Rounding down may have left a letter that nothing is left for.
    let (used, held) = match (left > 0, block.reserved > 0) {
        (true, _) => (used, held),
        (false, true) => (used, BAR.saturating_sub(used)),
        (false, false) if block.used > 0 => (BAR, 0),
        (false, false) => (0, 0),
    };
    let rest = BAR.saturating_sub(used).saturating_sub(held);
    format!("{}{}{}", USED.repeat(used), HELD.repeat(held), LEFT.repeat(rest))
}

fn entries(entries: &[Entry], screen: &Screen) -> String {
    let mut table = screen.table(&["Entry", "what", "amount", "of", "performed"]);
    for entry in entries {
        let performed = match &entry.performed {
            Some(performed) => {
                let end = words::time(performed.end_time.as_ref(), "…");
                format!("{} – {end}", words::time(performed.start_time.as_ref(), "…"))
            }
            None => words::second(entry.record_time.as_ref()),
        };
        table.add_row([
            screen.cell(Tone::Plain, &entry.entry_id),
            screen.cell(Tone::Heading, kind(entry.kind())),
            Cell::new(amount::amount(entry.amount, entry.unit())),
            screen.name(Tone::Plain, &words::item(&entry.work_order_id, &entry.item_id)),
            Cell::new(performed),
        ]);
    }
    keep_whole(&mut table, &[0, 1, 2]);
    screen.laid_out(table)
}

fn reservation(held: &Reservation, screen: &Screen) -> String {
    let (tone, word) = match held.state() {
        ReservationState::Open => (Tone::Good, "RESERVED"),
        ReservationState::Committed => (Tone::Good, "COMMITTED"),
        ReservationState::Released => (Tone::Open, "RELEASED"),
        ReservationState::Expired => (Tone::Bad, "EXPIRED"),
        ReservationState::Unspecified => (Tone::Bad, "UNKNOWN"),
    };
    let mut facts = vec![
        ("held", amount::amount(held.amount, held.unit())),
        ("until", words::time(held.expire_time.as_ref(), "…")),
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
    use crate::proto::v1::Unit;

    fn block(granted: i64, used: i64, reserved: i64) -> Block {
        let available = (granted - used - reserved).max(0);
        Block {
            work_order_id: "wo-1".to_owned(),
            item_id: "ede".to_owned(),
            unit: Unit::Minutes.into(),
            granted,
            used,
            reserved,
            available,
            ..Default::default()
        }
    }

    #[test]
    fn bars_show_all_there_is() {
        let cases = [
            (block(0, 0, 0), "····················"),
            (block(100, 0, 0), "····················"),
            (block(100, 50, 25), "██████████▒▒▒▒▒·····"),
            (block(100, 1, 1), "█▒··················"),
            (block(100, 99, 0), "███████████████████·"),
            (block(100, 98, 1), "██████████████████▒·"),
            (block(100, 100, 0), "████████████████████"),
            (block(3, 1, 2), "██████▒▒▒▒▒▒▒▒▒▒▒▒▒▒"),
            (block(100, 0, 100), "▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒"),
            (block(10, 60, 30), "█████████████▒▒▒▒▒▒▒"),
            (block(i64::MAX, i64::MAX, 0), "████████████████████"),
        ];
        for (block, expected) in cases {
            assert_eq!(bar(&block), expected, "{} {} {}", block.granted, block.used, block.reserved);
        }
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
        let mut after = block(24_000, 60, 90);
        after.forfeited = 30;
        let answer = WriteSummary { entries: &[entry], reservation: Some(&held), balances: &[after], replayed: true };
        let text = write_summary(&answer, &Screen::plain(120));
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

    /// The blocks of the demonstration.
    fn blocks() -> [Block; 2] {
        let of = |block: Block, id: &str, item_id: &str, service_id: &str, unit: Unit| Block {
            block_id: id.to_owned(),
            work_order_id: "hm-2026".to_owned(),
            item_id: item_id.to_owned(),
            service_id: service_id.to_owned(),
            unit: unit.into(),
            expire_time: Some(crate::cli::values::time("2027-12-31T23:00:00Z").unwrap()),
            ..block
        };
        [
            of(
                block(24_000, 270, 450),
                "77a6a447-c3aa-8089-a88d-ec3b74c758eb",
                "ede-utrecht",
                "enhanced-designated-engineering",
                Unit::Minutes,
            ),
            of(block(20, 0, 0), "6ab9890b-a282-8c0b-ae57-c56ac71ae770", "workshop-seats", "workshops", Unit::Attendees),
        ]
    }

    #[test]
    fn balances_are_legible_at_every_width() {
        assert_legible(|screen| balances(&blocks(), screen));
        for width in [60, 80, 100, 120, 160] {
            let text = balances(&blocks(), &Screen::plain(width));
            for block in blocks() {
                assert!(text.contains(&block.block_id) && text.contains(&bar(&block)), "{width}\n{text}");
            }
        }
        let wide = balances(&blocks(), &Screen::plain(120));
        assert_eq!(wide.lines().count(), 9, "{wide}");
        let narrow = balances(&blocks(), &Screen::plain(80));
        let expected = " Block

 hm-2026/ede-utrecht
 enhanced-designated-engineering
 77a6a447-c3aa-8089-a88d-ec3b74c758eb
   available  388 h of 400 h
              █▒··················
   used       4 h 30 min
   reserved   7 h 30 min
   ends       2027-12-31T23:00:00Z

 hm-2026/workshop-seats
 workshops
 6ab9890b-a282-8c0b-ae57-c56ac71ae770
   available  20 of 20 attendees
              ····················
   used       0 attendees
   reserved   0 attendees
   ends       2027-12-31T23:00:00Z
█ used  ▒ reserved  · left";
        assert_eq!(narrow, expected, "\n{narrow}\n");
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
            performed: Some(crate::proto::v1::Performed {
                start_time: time("2026-12-01T10:00:00Z"),
                end_time: time("2026-12-01T14:00:00Z"),
            }),
            ..Default::default()
        };
        assert_legible(|screen| entries(std::slice::from_ref(&entry), screen));
        for width in [60, 80, 100] {
            assert!(entries(std::slice::from_ref(&entry), &Screen::plain(width)).contains(&entry.entry_id), "{width}");
        }
    }
}
