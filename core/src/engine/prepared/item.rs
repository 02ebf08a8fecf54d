//! Working out what can be known of an item.

use chrono::{DateTime, Utc};

use super::block::BoughtBlock;
use super::candidate::PreparedWaiver;
use crate::catalog::Edition;
use crate::engine::sorted::Sorted;
use crate::model::{Item, Waiver, Zone, start_of_day};
use crate::terms::{Span, Term, end_of_day};

pub(super) fn prepare_waivers(edition: &Edition, item: &Item, zone: Zone) -> Vec<PreparedWaiver> {
    let prepare = |(row, waiver): (usize, &Waiver)| {
        let clause = edition.clauses.iter().position(|clause| clause.code == waiver.code)?;
        let start = waiver.start_date.map_or(DateTime::<Utc>::MIN_UTC, |date| start_of_day(zone, date));
        let end = waiver.end_date.map_or(DateTime::<Utc>::MAX_UTC, |date| end_of_day(zone, date));
        let products = Sorted::of(&waiver.product_ids);
        Some(PreparedWaiver { row, clause: u8::try_from(clause).ok()?, valid: Span { start, end }, products })
    };
    item.waivers.iter().enumerate().filter_map(prepare).collect()
}

pub(super) fn transitions_of(
    term: &Term,
    waivers: &[PreparedWaiver],
    block: Option<BoughtBlock>,
    item: &Item,
) -> Vec<DateTime<Utc>> {
    let mut transitions = vec![term.order_start, term.item_start, term.end, term.order_end];
    let both = |span: Span| [span.start, span.end];
    transitions.extend(waivers.iter().flat_map(|waiver| both(waiver.valid)));
    transitions.extend(block.and_then(|block| block.year_end));
    transitions.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
    transitions.sort_unstable();
    transitions.dedup();
    transitions
}
