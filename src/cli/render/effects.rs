//! What a planned change would do besides the fields it changes: one short table for each sort of effect there is.

use comfy_table::Cell;

use super::{amount, money, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone};
use crate::proto::v1::{
    AffectedReservation, BlockChange, BlockChangeKind, ContractEffects, Decision, DecisionChange, DependentWorkOrder,
    DependentWorkOrderEffect, ItemChange, ItemChangeKind, TotalChange,
};

/// What there is none of is left out. None: nothing but fields would change.
pub(crate) fn text(effects: &ContractEffects, places: &Places, screen: &Screen) -> Option<String> {
    let of = |work_order_id: &str| screen.in_zone(places.order(work_order_id));
    let items = effects.items.iter().map(|it| item(it, screen));
    let blocks = effects.blocks.iter().map(|it| block(it, &of(&it.work_order_id)));
    let holds = effects.reservations.iter().map(|it| {
        let block = effects.blocks.iter().find(|block| it.block_ids.contains(&block.block_id));
        hold(it, &of(block.map_or("", |block| block.work_order_id.as_str())))
    });
    let leaning = effects.dependent_work_orders.iter().map(|it| dependent(it, &of(&it.work_order_id)));
    let turned = effects.decisions.iter().map(|it| decision(it, &screen.in_zone(places.location(&it.location_id))));
    let totals = effects.totals.iter().map(|it| total(it, screen));
    let sections = [
        section(["Item", "service", "becomes"], items, (effects.omitted_items, "items"), screen),
        section(
            ["Block of", "becomes", "granted", "used", "reserved", "ends", "forfeited", "excess"],
            blocks,
            (effects.omitted_blocks, "blocks"),
            screen,
        ),
        section(
            ["Held past the end", "holds", "block ends", "hold ends"],
            holds,
            (effects.omitted_reservations, "reservations"),
            screen,
        ),
        section(
            ["Order that leans on it", "its cover", "at", "cover ends"],
            leaning,
            (effects.omitted_dependent_work_orders, "orders"),
            screen,
        ),
        section(
            ["Answer that turns", "service", "product", "before", "after", "at"],
            turned,
            (effects.omitted_decisions, "answers"),
            screen,
        ),
        section(["Total of", "before", "after", "without a price"], totals, (effects.omitted_totals, "totals"), screen),
        omitted((effects.omitted_product_ids, "products, whose answers were not looked at"), screen),
        omitted((effects.omitted_questions, "locations and services, whose answers were not looked at"), screen),
    ];
    let sections: Vec<String> = sections.into_iter().flatten().collect();
    (!sections.is_empty()).then(|| sections.join("\n\n"))
}

/// A table without the columns that say nothing, and how many rows it lacks.
fn section<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [Cell; N]>,
    lacking: (i32, &str),
    screen: &Screen,
) -> Option<String> {
    let rows: Vec<[Cell; N]> = rows.collect();
    let says = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.content().is_empty()));
    let said: Vec<bool> = (0..N).map(says).collect();
    let parts = if rows.is_empty() {
        None
    } else {
        let header: Vec<&str> = header.into_iter().zip(&said).filter_map(|(name, said)| said.then_some(name)).collect();
        let mut table = screen.table(&header);
        for row in rows {
            table.add_row(
                row.into_iter().zip(&said).filter_map(|(cell, said)| said.then_some(cell)).collect::<Vec<_>>(),
            );
        }
        Some(screen.laid_out(table))
    };
    let parts: Vec<String> = parts.into_iter().chain(omitted(lacking, screen)).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// `and 12 more items`.
fn omitted((count, what): (i32, &str), screen: &Screen) -> Option<String> {
    (count > 0).then(|| format!(" {}", screen.paint(Tone::Quiet, &format!("and {count} more {what}"))))
}

fn item(change: &ItemChange, screen: &Screen) -> [Cell; 3] {
    let (tone, word) = match change.kind() {
        ItemChangeKind::Added => (Tone::Good, "added"),
        ItemChangeKind::Changed => (Tone::Open, "changed"),
        ItemChangeKind::Removed => (Tone::Bad, "removed"),
        ItemChangeKind::Unspecified => (Tone::Plain, "unknown"),
    };
    [
        screen.name(Tone::Plain, &words::item(&change.work_order_id, &change.item_id)),
        screen.name(Tone::Plain, &change.service_id),
        screen.cell(tone, word),
    ]
}

fn block(change: &BlockChange, screen: &Screen) -> [Cell; 8] {
    let (tone, word) = match change.kind() {
        BlockChangeKind::Created => (Tone::Good, "new"),
        BlockChangeKind::Ended => (Tone::Bad, "ends sooner"),
        BlockChangeKind::Grown => (Tone::Good, "grown"),
        BlockChangeKind::Shrunk => (Tone::Bad, "shrunk"),
        BlockChangeKind::Moved => (Tone::Open, "moved"),
        BlockChangeKind::Unspecified => (Tone::Plain, "unknown"),
    };
    let amount = |count: i64| amount::amount(count, change.unit());
    let unless_none = |count: i64| if count == 0 { String::new() } else { amount(count) };
    let old_granted =
        if change.kind() == BlockChangeKind::Created { String::new() } else { amount(change.old_granted) };
    let [old_end, new_end] =
        [&change.old_expire_time, &change.new_expire_time].map(|time| screen.time(time.as_ref(), ""));
    [
        screen.name(Tone::Plain, &words::item(&change.work_order_id, &change.item_id)),
        screen.cell(tone, word),
        Cell::new(both(&old_granted, &amount(change.new_granted))),
        Cell::new(unless_none(change.used)),
        Cell::new(unless_none(change.reserved)),
        Cell::new(both(&old_end, &new_end)),
        screen.cell(Tone::Bad, &unless_none(change.forfeited)),
        screen.cell(Tone::Bad, &unless_none(change.excess)),
    ]
}

fn hold(held: &AffectedReservation, screen: &Screen) -> [Cell; 4] {
    [
        screen.name(Tone::Plain, &held.reservation_id),
        Cell::new(amount::amount(held.amount, held.unit())),
        screen.time_cell(Tone::Plain, held.block_end_time.as_ref()),
        screen.time_cell(Tone::Plain, held.expire_time.as_ref()),
    ]
}

fn dependent(order: &DependentWorkOrder, screen: &Screen) -> [Cell; 4] {
    use DependentWorkOrderEffect as Effect;
    let (tone, word) = match order.effect() {
        Effect::Uncovered => (Tone::Bad, "is gone"),
        Effect::EndsSooner => (Tone::Bad, "ends sooner"),
        Effect::BeginsOtherwise => (Tone::Open, "begins at another time"),
        Effect::EndsLater => (Tone::Good, "ends later"),
        Effect::Covered => (Tone::Good, "is new"),
        Effect::Unspecified => (Tone::Plain, "unknown"),
    };
    let [old_end, new_end] = [&order.old_end_time, &order.new_end_time].map(|time| screen.time(time.as_ref(), "none"));
    [
        screen.name(Tone::Plain, &order.work_order_id),
        screen.cell(tone, word),
        Cell::new(words::joined(order.location_ids.iter().map(String::as_str))),
        Cell::new(both(&old_end, &new_end)),
    ]
}

fn decision(turned: &DecisionChange, screen: &Screen) -> [Cell; 6] {
    // Without a decision the place or the service is not known.
    let answer = |decision: Option<Decision>, code: &str| {
        let (tone, word) = decision.map_or((Tone::Quiet, "not known"), words::decision);
        screen.cell(tone, format!("{word}\n{code}").trim())
    };
    [
        screen.name(Tone::Plain, &turned.location_id),
        screen.name(Tone::Plain, &turned.service_id),
        screen.name(Tone::Plain, &turned.product_id),
        answer(turned.old_decision.map(|_| turned.old_decision()), &turned.old_reason_code),
        answer(turned.new_decision.map(|_| turned.new_decision()), &turned.new_reason_code),
        screen.time_cell(Tone::Plain, turned.change_time.as_ref()),
    ]
}

fn total(total: &TotalChange, screen: &Screen) -> [Cell; 4] {
    let shown = |sum: Option<i64>, currency: &str| sum.map_or("–".to_owned(), |sum| money::shown(sum, currency));
    let unpriced = match total.unpriced_items {
        0 => String::new(),
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    };
    [
        screen.name(Tone::Plain, &total.work_order_id),
        Cell::new(shown(total.old_total, &total.old_currency)),
        Cell::new(shown(total.new_total, &total.new_currency)),
        Cell::new(unpriced),
    ]
}

/// Before and after; once, where it stays or there was nothing before.
fn both(old: &str, new: &str) -> String {
    if old.is_empty() || old == new { new.to_owned() } else { format!("{old} →\n{new}") }
}

#[cfg(test)]
mod tests;
