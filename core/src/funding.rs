//! What the engine judged of items and their blocks, in the ledger's words.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::catalog::Subject;
use crate::engine::{BlockCodes, BlockQuery, EligibleBlock, FailedClause, Prepared, eligible_blocks};
use crate::error::Result;
use crate::ledger::{
    Block, Book, CommandViolation, FundingSource, LedgerCodes, Performed, Reservation, SourceRank, Take, Target,
};
use crate::model::{BlockSpec, ProductId, Since};

/// Where a consume or a reserve may take from.
pub fn sources_of_take(prepared: &Prepared, take: &Take, now: DateTime<Utc>) -> Result<Vec<FundingSource>> {
    let query = BlockQuery {
        quantity: Some(take.quantity),
        solution_ids: &take.solution_ids,
        ..query(&take.target, take.performed)
    };
    sources(prepared, &query, now, |subject| field_of_take(take, subject))
}

/// Adds what a contract that is in effect later in the same work says: a block serves work of which no part is forbidden.
pub fn restrict(found: &mut [FundingSource], later: Vec<FundingSource>) {
    for source in found.iter_mut().filter(|source| source.failed.is_empty()) {
        let refused = later.iter().find(|later| later.block_id == source.block_id && later.item == source.item);
        if let Some(refused) = refused.filter(|refused| !refused.failed.is_empty()) {
            source.clone_from(refused);
        }
    }
}

/// As [`restrict()`], for a commit: of what is held the delivery is judged whatever else fails.
pub fn restrict_held(found: &mut [FundingSource], later: Vec<FundingSource>) {
    for source in found.iter_mut().filter(|source| !source.failed.is_empty()) {
        let of_item = later.iter().filter(|later| later.block_id == source.block_id && later.item == source.item);
        let of_delivery = of_item.flat_map(|later| &later.failed).filter(|failed| failed.is_of_delivery());
        let is_new = |failed: &&CommandViolation| source.failed.iter().all(|known| known.rule != failed.rule);
        let more: Vec<_> = of_delivery.filter(is_new).cloned().collect();
        source.failed.extend(more);
    }
    restrict(found, later);
}

/// Adds what a contract that is to come says of the blocks: it may let one live longer than is written down.
pub fn lengthen(found: &mut [FundingSource], blocks: &[BlockSpec], book: &Book, since: impl Fn(&BlockSpec) -> Since) {
    for source in found {
        let Some(block) = source.block_id.and_then(|id| book.blocks.get(&id)) else { continue };
        let end = spec_of(blocks, block.id).map(|spec| block.continued(spec, since(spec)).end);
        source.block_end = end.filter(|end| *end > block.end);
    }
}

/// Adds the last day of the blocks that are over although the contract would let them live.
pub fn tell_last_days(found: &mut [FundingSource], prepared: &Prepared, blocks: &[BlockSpec], book: &Book) {
    for source in found.iter_mut().filter(|source| source.block_end.is_none()) {
        let Some(block) = source.block_id.and_then(|id| book.blocks.get(&id)) else { continue };
        let is_over = spec_of(blocks, block.id).is_some_and(|spec| block.end < spec.end);
        let last = prepared.last_day(block.id, block.end).filter(|_| is_over);
        source.days = source.days.map(|(first, own)| (first, last.unwrap_or(own)));
    }
}

fn spec_of(blocks: &[BlockSpec], id: Uuid) -> Option<&BlockSpec> {
    blocks.get(blocks.binary_search_by_key(&id, |spec| spec.id).ok()?)
}

/// What is to be said of a commit: of the blocks that fund the hold, and of those that could
/// give more. Whatever was held can be committed even where the contract no longer knows the
/// target; that only rules out taking more.
pub fn sources_of_commit(
    prepared: &Prepared,
    held: &Reservation,
    reported: Option<Performed>,
    now: DateTime<Utc>,
) -> Vec<FundingSource> {
    let performed = reported.or(held.performed.filter(|planned| planned.end <= now));
    let field = |subject| if reported.is_some() { field_of_window(subject) } else { None }.unwrap_or("reservation_id");
    let mut found = sources(prepared, &query(&held.target, performed), now, field).unwrap_or_default();
    for part in &held.parts {
        if !found.iter().any(|source| source.block_id == Some(part.block_id)) {
            let target = Target { block_id: Some(part.block_id), ..held.target.clone() };
            found.extend(sources(prepared, &query(&target, performed), now, field).unwrap_or_default());
        }
    }
    found
}

/// The blocks whose items the contract does not have any more. Each ends when its order came to be without the item, by
/// `absent_since`; none: it was never there. `blocks`: those the contract has, in the order of their ids.
pub fn ended_blocks(
    prepared: &Prepared,
    blocks: &[BlockSpec],
    book: &Book,
    absent_since: impl Fn(&Block) -> Option<DateTime<Utc>>,
) -> Vec<BlockSpec> {
    let is_gone = |block: &&Block| spec_of(blocks, block.id).is_none() && can_be_judged(prepared, &block.work_order_id);
    let ended = |block: &Block| {
        let end = absent_since(block).map_or(block.start, |time| time.max(block.start));
        (end < block.end).then(|| BlockSpec { end, ..block.spec() })
    };
    book.blocks.values().filter(is_gone).filter_map(ended).collect()
}

/// Whether what an order has can be told: an edition that is not loaded takes nothing away.
fn can_be_judged(prepared: &Prepared, work_order_id: &str) -> bool {
    let order = prepared.contract().work_order(work_order_id);
    order.is_some_and(|order| prepared.catalog().edition(&order.edition_id).is_some())
}

fn query(target: &Target, performed: Option<Performed>) -> BlockQuery<'_> {
    BlockQuery {
        block_id: target.block_id,
        location_id: target.location_id.as_deref(),
        product: target.product_id.as_deref().map(ProductId::new),
        service_id: target.service_id.as_deref(),
        performed: performed.map(|performed| (performed.start, performed.end)),
        mode: target.mode,
        ..BlockQuery::default()
    }
}

fn sources(
    prepared: &Prepared,
    query: &BlockQuery<'_>,
    now: DateTime<Utc>,
    field: impl Fn(Subject) -> &'static str,
) -> Result<Vec<FundingSource>> {
    let blocks = eligible_blocks(prepared, query, now)?;
    Ok(blocks.into_iter().map(|block| source(block, &field)).collect())
}

fn source(block: EligibleBlock, field: impl Fn(Subject) -> &'static str) -> FundingSource {
    let EligibleBlock { is_designated, begins_in_time, end, forfeit_time, days, edition_id, .. } = block;
    let BlockCodes { exhausted, forfeited, not_started } = block.codes;
    let item = [("work_order_id", block.work_order_id), ("item_id", block.item_id), ("service_id", block.service_id)];
    FundingSource {
        block_id: block.spec.map(|spec| spec.id),
        block_end: None,
        counted: block.counted,
        failed: block.failed.into_iter().map(|clause| violation(clause, &field)).collect(),
        edition_id,
        days,
        counts: block.counts,
        is_lapsed: block.is_lapsed,
        is_covered: block.is_covered,
        forfeit_time,
        rank: SourceRank { is_designated, begins_in_time, end },
        item: item.into(),
        codes: LedgerCodes { exhausted, forfeited, not_started },
    }
}

fn violation(clause: FailedClause, field: impl Fn(Subject) -> &'static str) -> CommandViolation {
    let FailedClause { code, rule, description, metadata } = clause;
    CommandViolation { facts: metadata, ..CommandViolation::by(rule, code, field(rule.row().subject), description) }
}

/// The field that says it; else the one that names what to draw from.
fn field_of_take(take: &Take, subject: Subject) -> &'static str {
    let target = &take.target;
    let said = match subject {
        Subject::Product => target.product_id.is_some().then_some("product_id"),
        Subject::Location => target.location_id.is_some().then_some("location_id"),
        Subject::Mode => Some("delivery_mode"),
        Subject::Amount => Some("quantity"),
        _ if take.performed.is_some() => field_of_window(subject),
        _ => None,
    };
    said.unwrap_or(if target.block_id.is_some() { "block_id" } else { "service_id" })
}

fn field_of_window(subject: Subject) -> Option<&'static str> {
    match subject {
        Subject::Start => Some("performed.start_time"),
        Subject::End => Some("performed.end_time"),
        Subject::Hours => Some("performed"),
        _ => None,
    }
}

#[cfg(test)]
mod own_editions;
#[cfg(test)]
mod tests;
