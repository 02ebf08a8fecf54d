//! What the engine judged of blocks, in the ledger's words.

use chrono::{DateTime, Utc};

use crate::engine::{About, BlockQuery, FailedClause, Prepared, usable_blocks};
use crate::error::Result;
use crate::ledger::{Ground, Performed, Reservation, Source, Take, Target};
use crate::model::ProductId;

/// Where a consume or a reserve may take from, in burn order.
pub fn sources_of_take(prepared: &Prepared, take: &Take, now: DateTime<Utc>) -> Result<Vec<Source>> {
    let query = query(&take.target, take.performed);
    sources(prepared, &BlockQuery { quantity: Some(take.quantity), solution_ids: &take.solution_ids, ..query }, now)
}

/// What is to be said of a commit: of the blocks that fund the hold, and of those that could
/// give more. Whatever was held can be committed even where the contract no longer knows the
/// target; that only rules out taking more.
pub fn sources_of_commit(
    prepared: &Prepared,
    held: &Reservation,
    performed: Option<Performed>,
    now: DateTime<Utc>,
) -> Vec<Source> {
    let performed = performed.or(held.performed.filter(|planned| planned.end <= now));
    let mut found = sources(prepared, &query(&held.target, performed), now).unwrap_or_default();
    for part in &held.parts {
        if !found.iter().any(|source| source.block_id == part.block_id) {
            let target = Target { block_id: Some(part.block_id), ..held.target.clone() };
            found.extend(sources(prepared, &query(&target, performed), now).unwrap_or_default());
        }
    }
    found
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

fn sources(prepared: &Prepared, query: &BlockQuery<'_>, now: DateTime<Utc>) -> Result<Vec<Source>> {
    let blocks = usable_blocks(prepared, query, now)?;
    Ok(blocks
        .into_iter()
        .map(|block| Source {
            block_id: block.spec.id,
            failed: block.failed.into_iter().map(|clause| ground(clause, query)).collect(),
        })
        .collect())
}

fn ground(clause: FailedClause, query: &BlockQuery<'_>) -> Ground {
    let FailedClause { code, description, metadata, about } = clause;
    let field = match about {
        About::Contract if query.block_id.is_some() => "block_id",
        About::Contract => "service_id",
        About::Delivery => "performed",
        About::Amount => "quantity",
    };
    let is_of_delivery = about == About::Delivery;
    Ground { is_of_delivery, facts: metadata, ..Ground::new(code, field, description) }
}
