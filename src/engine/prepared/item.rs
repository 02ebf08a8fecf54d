//! Working out what can be known of an item.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::order::{days, termination};
use super::{Block, PreparedWaiver};
use crate::catalog::{Edition, QuantityRule};
use crate::engine::sorted::Sorted;
use crate::engine::span::{Span, Term};
use crate::model::{Funding, Item, Unit, Waiver, WorkOrder, block_id, contract_year, start_of_day};

pub(super) fn term_of(order: &WorkOrder, item: &Item, zone: Tz) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    let own = days(zone, item.start_date.unwrap_or(order.start_date), item.end_date.unwrap_or(order.end_date));
    Term::new(span, own, termination(order, span))
}

/// The end of the contract year in which what the flex allowance paid must be used.
pub(in crate::engine) fn year_end(order: &WorkOrder, item: &Item, zone: Tz) -> Option<DateTime<Utc>> {
    let (_, next) = contract_year(order.start_date, item.start_date.unwrap_or(order.start_date));
    (item.funding == Funding::FlexAllowance).then(|| start_of_day(zone, next))
}

pub(in crate::engine) fn block_of(
    unit: Option<Unit>,
    rule: QuantityRule,
    order: &WorkOrder,
    item: &Item,
    zone: Tz,
) -> Option<Block> {
    let unit = unit?;
    let granted = match item.quantity {
        Some(quantity) => quantity.in_base_unit()?,
        None if rule == QuantityRule::One => 1,
        None => return None,
    };
    let year_end = year_end(order, item, zone);
    let id = block_id(&order.customer_id, &order.work_order_id, &item.item_id, &item.service_id);
    Some(Block { id, granted, used: 0, reserved: 0, release: None, unit: unit.base(), year_end })
}

pub(super) fn prepare_waivers(edition: &Edition, item: &Item, zone: Tz) -> Vec<PreparedWaiver> {
    let prepare = |(row, waiver): (usize, &Waiver)| {
        let clause = edition.clauses.iter().position(|clause| clause.code == waiver.code)?;
        let start = waiver.start_date.map_or(DateTime::<Utc>::MIN_UTC, |date| start_of_day(zone, date));
        let last = waiver.end_date.and_then(|date| date.succ_opt());
        let end = last.map_or(DateTime::<Utc>::MAX_UTC, |date| start_of_day(zone, date));
        let products = Sorted::of(&waiver.product_ids);
        Some(PreparedWaiver { row, clause: u8::try_from(clause).ok()?, valid: Span { start, end }, products })
    };
    item.waivers.iter().enumerate().filter_map(prepare).collect()
}

pub(super) fn turns_of(
    term: &Term,
    waivers: &[PreparedWaiver],
    block: Option<Block>,
    item: &Item,
) -> Vec<DateTime<Utc>> {
    let mut turns = vec![term.order_start, term.item_start, term.end];
    let both = |span: Span| [span.start, span.end];
    turns.extend(waivers.iter().flat_map(|waiver| both(waiver.valid)));
    turns.extend(block.and_then(|block| block.year_end));
    turns.extend(block.and_then(|block| block.release).map(|release| release.at));
    turns.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
    turns.sort_unstable();
    turns.dedup();
    turns
}
