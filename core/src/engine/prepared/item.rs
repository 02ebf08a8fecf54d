//! Working out what can be known of an item.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::block::Bought;
use super::candidate::PreparedWaiver;
use super::order::{days, termination};
use crate::catalog::Edition;
use crate::engine::sorted::Sorted;
use crate::engine::span::{Span, Term};
use crate::model::{Item, Waiver, WorkOrder, start_of_day};

pub(super) fn term_of(order: &WorkOrder, item: &Item, zone: Tz) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    let own = days(zone, item.start_date.unwrap_or(order.start_date), item.end_date.unwrap_or(order.end_date));
    Term::new(span, own, termination(order, span))
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
    block: Option<Bought>,
    item: &Item,
) -> Vec<DateTime<Utc>> {
    let mut turns = vec![term.order_start, term.item_start, term.end];
    let both = |span: Span| [span.start, span.end];
    turns.extend(waivers.iter().flat_map(|waiver| both(waiver.valid)));
    turns.extend(block.and_then(|block| block.year_end));
    turns.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
    turns.sort_unstable();
    turns.dedup();
    turns
}
