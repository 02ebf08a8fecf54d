//! Which blocks a delivery may be taken from, by the same clauses that decide a check.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ask::Ask;
use super::blocks::Maker;
use super::context::{Context, Verdict};
use super::decide;
use super::decision::{self, Outcome};
use super::event;
use super::prepared::{Candidate, Prepared};
use super::quantity::counts_for_pool;
use super::query::{Delivery, Query};
use crate::catalog::{ClauseUse, Locale, Rule};
use crate::error::{Error, Noun, Result, Violation, reason as technical};
use crate::model::{BlockSpec, DeliveryMode, ProductId, Quantity, burn_key};

/// What is to be taken, and for which delivery.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockQuery<'a> {
    /// This block alone. Location, product and service are then judged as far as they are named;
    /// without a block all three are needed.
    pub block_id: Option<Uuid>,
    pub location_id: Option<&'a str>,
    pub product: Option<ProductId<'a>>,
    pub service_id: Option<&'a str>,
    pub quantity: Option<Quantity>,
    /// Start and end of the work, which counts by when it is performed; absent: now.
    pub performed: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub mode: Option<DeliveryMode>,
    /// The solutions an event is for, each once.
    pub solution_ids: &'a [String],
}

/// A block, and every clause that forbids taking from it; none: it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableBlock {
    pub spec: BlockSpec,
    /// In catalogue order.
    pub failed: Vec<FailedClause>,
}

/// A clause that fails, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedClause {
    pub code: String,
    pub description: String,
    pub metadata: Vec<(&'static str, String)>,
    pub about: About,
}

/// What a clause that fails speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Contract,
    /// The delivery itself, its hours and its mode.
    Delivery,
    /// The amount that is asked for.
    Amount,
}

/// The blocks that may serve, in burn order. What is left in them does not matter here.
///
/// Fails where the question addresses something that does not exist, where the unit does not
/// fit, and, by clauses, where no counted item answers at all.
pub fn usable_blocks(prepared: &Prepared, query: &BlockQuery<'_>, now: DateTime<Utc>) -> Result<Vec<UsableBlock>> {
    let mut blocks = match query.block_id {
        Some(block_id) => vec![by_id(prepared, query, block_id, now)?],
        None => by_service(prepared, query, now)?,
    };
    blocks.sort_by_key(|UsableBlock { spec, .. }| burn_key(spec.priority, spec.end, spec.start, spec.id));
    Ok(blocks)
}

fn by_id(prepared: &Prepared, query: &BlockQuery<'_>, block_id: Uuid, now: DateTime<Utc>) -> Result<UsableBlock> {
    let unknown = || Error::NotFound { noun: Noun::Block, id: block_id.to_string(), nearest: None };
    let (candidate, maker, spec) = find(prepared, block_id).ok_or_else(unknown)?;
    if let Some(asked) = query.service_id.filter(|asked| *asked != spec.service_id) {
        let message = format!("block `{block_id}` is of `{}`, not of `{asked}`", spec.service_id);
        return Err(Error::invalid("service_id", technical::FIELD_CONFLICT, message));
    }
    let question = question(query, &spec.service_id, query.location_id.unwrap_or(maker.usual_location()), now);
    let failed = failed_clauses(prepared, query, &question, candidate, now)?;
    Ok(UsableBlock { spec: spec.clone(), failed })
}

fn by_service(prepared: &Prepared, query: &BlockQuery<'_>, now: DateTime<Utc>) -> Result<Vec<UsableBlock>> {
    let (Some(service_id), Some(location_id)) = (query.service_id, query.location_id) else {
        let message = "name a block, or location, product and service";
        return Err(Error::invalid("block_id", technical::FIELD_REQUIRED, message));
    };
    let question = question(query, service_id, location_id, now);
    Ask::new(prepared, &question)?;
    let mut blocks = Vec::new();
    for candidate in prepared.candidates(service_id) {
        let Some(spec) = Maker::new(prepared, candidate).and_then(|maker| maker.own()) else { continue };
        let failed = failed_clauses(prepared, query, &question, candidate, now)?;
        blocks.push(UsableBlock { spec, failed });
    }
    if blocks.is_empty() { Err(nothing_counted(prepared, &question, now)) } else { Ok(blocks) }
}

/// The block of this id, with the item it belongs to.
fn find(prepared: &Prepared, block_id: Uuid) -> Option<(&Candidate, Maker<'_>, BlockSpec)> {
    prepared.all_candidates().find_map(|candidate| {
        let maker = Maker::new(prepared, candidate)?;
        let own = candidate.block.filter(|block| block.id == block_id).and_then(|_| maker.own());
        let spec = own.or_else(|| maker.included().into_iter().find(|spec| spec.id == block_id))?;
        Some((candidate, maker, spec))
    })
}

/// The question the delivery puts, at the time it is performed.
fn question<'a>(query: &BlockQuery<'a>, service_id: &'a str, location_id: &'a str, now: DateTime<Utc>) -> Query<'a> {
    let (start, end) = query.performed.unzip();
    let delivery = Delivery {
        // Without a window the delivery is now, and must not come after the end either.
        start_time: Some(start.unwrap_or(now)),
        // An end that makes no sense is refused by the ledger; the rest is judged all the same.
        end_time: end.filter(|end| start.is_none_or(|start| start < *end)),
        mode: query.mode,
        solution_ids: query.solution_ids.iter().map(String::as_str).collect(),
        ..Delivery::default()
    };
    Query {
        location_id,
        service_id,
        product: query.product,
        check_time: Some(start.unwrap_or(now)),
        quantity: query.quantity,
        delivery,
        ..Query::default()
    }
}

fn failed_clauses(
    prepared: &Prepared,
    query: &BlockQuery<'_>,
    question: &Query<'_>,
    candidate: &Candidate,
    now: DateTime<Utc>,
) -> Result<Vec<FailedClause>> {
    let ask = Ask::new(prepared, question)?;
    let at = question.check_time.unwrap_or(now);
    let Some(context) = Context::new(&ask, at, candidate) else { return Ok(Vec::new()) };
    let judged = context.service.clauses.iter().filter(|clause| is_judged(clause.rule, query.location_id.is_some()));
    let failed = judged.filter(|clause| fails(&context, clause));
    Ok(failed.filter_map(|clause| explain(&context, clause)).collect())
}

/// Of the term, expiry and termination are told by what was forfeited. A block named by its id
/// is judged for a location only if one is named too.
fn is_judged(rule: Rule, has_location: bool) -> bool {
    match rule {
        Rule::TermExpired | Rule::TermTerminated => false,
        Rule::LocationDesignated | Rule::SingleLocation | Rule::ExcludedCountry | Rule::Country => has_location,
        _ => counts_for_pool(rule) || about(rule) != About::Contract || rule == Rule::DeliveryStart,
    }
}

fn about(rule: Rule) -> About {
    match rule {
        Rule::ServiceHours | Rule::DeliveryMode => About::Delivery,
        Rule::EventSolutions => About::Amount,
        _ => About::Contract,
    }
}

/// The waiver of service hours lifts weekends only; its rule has applied it.
fn fails(context: &Context<'_>, clause: &ClauseUse) -> bool {
    let is_waived = clause.rule != Rule::ServiceHours && context.waiver(clause).is_some();
    let is_violated = match about(clause.rule) {
        About::Amount => event::takes_too_few(context),
        About::Contract | About::Delivery => context.judge(clause.rule) == Verdict::Fails,
    };
    is_violated && !is_waived
}

fn explain(context: &Context<'_>, clause_use: &ClauseUse) -> Option<FailedClause> {
    let clause = context.edition.clauses.get(usize::from(clause_use.row))?;
    let mut reason = decision::reason(context, clause_use, clause, false);
    let about = about(clause_use.rule);
    let description = match about {
        About::Amount => event::explain_too_few(context, &mut reason.metadata),
        About::Contract | About::Delivery => clause.text.render(Locale::English, |name| reason.fact(name)),
    };
    Some(FailedClause { code: clause.code.clone(), description, metadata: reason.metadata, about })
}

/// No counted item: what a check would say, else that there is nothing to count.
fn nothing_counted(prepared: &Prepared, question: &Query<'_>, now: DateTime<Utc>) -> Error {
    match decide(prepared, question, now) {
        Err(error) => error,
        Ok(decision) if decision.outcome == Outcome::NotEntitled => {
            let told = decision.reasons.iter().map(|reason| {
                let text = reason.clause.text.render(Locale::English, |name| reason.fact(name));
                Violation::clause("service_id", &reason.clause.code, text)
            });
            Error::Violations(told.collect())
        }
        Ok(_) => {
            let message = format!("`{}` is not counted here: there is nothing to take from", question.service_id);
            Error::invalid("quantity.unit", technical::UNIT_MISMATCH, message)
        }
    }
}

#[cfg(test)]
#[path = "usable_tests.rs"]
mod tests;
