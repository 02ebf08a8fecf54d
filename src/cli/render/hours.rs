//! Blocks with what is left of them.

use comfy_table::Cell;

use super::{amount, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::Block;

/// Letters of a bar.
const BAR: usize = 20;
const USED: &str = "█";
const HELD: &str = "▒";
const LEFT: &str = "·";

/// One row a block. The bar is what was granted: used, held, and left.
pub(crate) fn balances(blocks: &[Block], places: &Places, screen: &Screen) -> String {
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
            screen.in_zone(places.order(&block.work_order_id)).time_cell(Tone::Plain, block.expire_time.as_ref()),
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
        assert_legible(|screen| balances(&blocks(), &Places::default(), screen));
        for width in [60, 80, 100, 120, 160] {
            let text = balances(&blocks(), &Places::default(), &Screen::plain(width));
            for block in blocks() {
                assert!(text.contains(&block.block_id) && text.contains(&bar(&block)), "{width}\n{text}");
            }
        }
        let wide = balances(&blocks(), &Places::default(), &Screen::plain(120));
        assert_eq!(wide.lines().count(), 9, "{wide}");
        let narrow = balances(&blocks(), &Places::default(), &Screen::plain(80));
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
}
