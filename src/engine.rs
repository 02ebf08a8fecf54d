//! Deciding: pure, total, deny by default.
//!
//! [`decide`] looks at every item that may answer for the asked service, lets every clause
//! the service is subject to judge it, and lets the best outcome win. A clause says *holds*,
//! *fails* or *unknown*; what an unknown means stands in the catalogue. Each family of
//! clauses has its file: [`term`], [`product`], [`location`], [`request`], [`quantity`],
//! [`hours`], [`event`].

mod base;
mod blocks;
mod calendar;
mod context;
mod decision;
mod event;
mod hours;
mod list;
mod location;
mod note;
mod prepared;
mod product;
mod quantity;
mod query;
mod reach;
mod request;
mod span;
mod target;
mod term;
mod usable;

pub use blocks::blocks_of;
pub use calendar::Calendar;
pub use decision::{BlockBalance, Coverage, Decision, Outcome, Reason, Remedy};
pub use list::{ListQuery, Row, rows};
pub use note::Note;
pub use prepared::{Block, Candidate, Prepared};
pub use query::{Delivery, Query};
pub use span::Span;
pub use target::{Alternative, Governing, Incident, TargetAnswer, offers, response_target};
pub use usable::{BlockQuery, FailedClause, UsableBlock, usable_blocks};

use chrono::{DateTime, Utc};

use self::context::{Context, Verdict};
use self::decision::{bit, coverage, not_purchased, reason};
use self::note::Subject;
use crate::catalog::{Missing, Rule};
use crate::error::{Error, Noun, Result, nearest, reason as technical};
use crate::model::{LATEST, Location, ProductId};

/// Decides one question about a contract.
///
/// Fails only if the question addresses something that does not exist, or asks for a
/// quantity the service is not counted in.
pub fn decide<'a>(prepared: &'a Prepared, query: &'a Query<'a>, now: DateTime<Utc>) -> Result<Decision<'a>> {
    let location = addressed_location(prepared, query.location_id)?;
    addressed(prepared, query)?;
    let at = query.check_time.unwrap_or(now);
    let judgement = judge(prepared, query, location, at);
    match judgement.best {
        Some((context, standing)) => {
            let pick = |set: u128| context.service.clauses.iter().filter(move |clause| set & bit(clause) != 0);
            let tell = |set: u128, is_open: bool| -> Vec<Reason<'a>> {
                let clauses =
                    pick(set).filter_map(|used| Some((used, context.edition.clauses.get(usize::from(used.row))?)));
                clauses.map(|(used, clause)| reason(&context, used, clause, is_open)).collect()
            };
            Ok(Decision {
                outcome: standing.outcome(),
                reasons: tell(standing.failed, false),
                open_conditions: tell(standing.open, true),
                notes: notes_if_asked(
                    query,
                    &Subject {
                        edition: context.edition,
                        service: context.service,
                        location: location.1,
                        query,
                        context: Some(&context),
                    },
                ),
                coverage: Some(coverage(&context, standing.waived)),
                valid_until: valid_until(prepared, query, location, judgement.next_turn, &standing),
                edition: context.edition,
                service: context.service,
                check_time: at,
            })
        }
        None => decide_without_candidate(prepared, query, location.1, at),
    }
}

fn decide_without_candidate<'a>(
    prepared: &'a Prepared,
    query: &'a Query<'a>,
    location: &'a Location,
    at: DateTime<Utc>,
) -> Result<Decision<'a>> {
    let (edition, service) =
        prepared.catalog().service(query.service_id).ok_or_else(|| unknown_service(prepared, query))?;
    let clause = edition.clauses.iter().find(|clause| clause.rule == Rule::Purchased);
    let clause = clause
        .ok_or_else(|| Error::internal(format!("edition `{}` has no clause for what nobody bought", edition.id)))?;
    Ok(Decision {
        outcome: Outcome::NotEntitled,
        reasons: vec![not_purchased(clause, edition, service, &location.location_id)],
        open_conditions: Vec::new(),
        notes: notes_if_asked(query, &Subject { edition, service, location, query, context: None }),
        coverage: None,
        valid_until: None,
        edition,
        service,
        check_time: at,
    })
}

fn notes_if_asked<'a>(query: &Query<'_>, subject: &Subject<'a, '_>) -> Vec<Note<'a>> {
    if query.with_notes { note::notes(subject) } else { Vec::new() }
}

/// How one candidate stands to the question: sets of clauses by their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    failed: u128,
    open: u128,
    waived: u128,
    /// The base it leans on now, and what is left to take: they show in the answer.
    base: Option<base::BaseState>,
    available: i64,
    designates: bool,
    /// The candidate itself.
    order: usize,
    item: usize,
}

impl Standing {
    fn outcome(&self) -> Outcome {
        match (self.failed, self.open) {
            (0, 0) => Outcome::Entitled,
            (0, _) => Outcome::Conditional,
            _ => Outcome::NotEntitled,
        }
    }
}

#[derive(Debug)]
struct Judgement<'a> {
    best: Option<(Context<'a>, Standing)>,
    /// The next instant at which any candidate may stand differently.
    next_turn: Option<DateTime<Utc>>,
}

/// Judges every candidate at one instant and keeps the best.
fn judge<'a>(
    prepared: &'a Prepared,
    query: &'a Query<'a>,
    location: (usize, &'a Location),
    at: DateTime<Utc>,
) -> Judgement<'a> {
    let mut judgement = Judgement { best: None, next_turn: None };
    let bases = prepared.base_candidates().iter().map(|candidate| (candidate, true));
    let items = prepared.candidates(query.service_id).iter().map(|candidate| (candidate, false));
    for (candidate, is_base_item) in bases.chain(items) {
        let Some(context) = Context::new(prepared, query, at, location, candidate) else { continue };
        if context.service.is_base() != is_base_item {
            continue;
        }
        let standing = stand(&context);
        judgement.next_turn = earliest(judgement.next_turn, next_turn(&context));
        let is_better =
            judgement.best.as_ref().is_none_or(|(best, so_far)| rank(&context, &standing) > rank(best, so_far));
        if is_better {
            judgement.best = Some((context, standing));
        }
    }
    judgement
}

/// The best outcome first; among equals those for the location, the fewest failed clauses,
/// the latest effective end. Candidates come in the order of their ids, and the first of
/// equals stays.
fn rank(context: &Context<'_>, standing: &Standing) -> (Outcome, bool, std::cmp::Reverse<u32>, DateTime<Utc>) {
    let failed = std::cmp::Reverse(standing.failed.count_ones());
    (standing.outcome(), standing.designates, failed, context.effective.end)
}

/// Lets every clause judge the candidate.
fn stand(context: &Context<'_>) -> Standing {
    let is_lapsed = context.is_lapsed();
    let mut standing = Standing {
        failed: 0,
        open: 0,
        waived: 0,
        base: context.base,
        available: quantity::own_available(context),
        designates: location::is_designated(context),
        order: context.candidate.order,
        item: context.candidate.item,
    };
    for clause in &context.service.clauses {
        // What is left does not matter where nothing is in force.
        if is_lapsed && matches!(clause.rule, Rule::HoursAvailable | Rule::QuantityAvailable) {
            continue;
        }
        match context.judge(clause.rule) {
            Verdict::Holds => {
                if clause.rule == Rule::ServiceHours
                    && context.waiver(clause).is_some()
                    && hours::leans_on_waiver(context)
                {
                    standing.waived |= bit(clause);
                }
            }
            Verdict::Unknown if clause.missing == Missing::Open => standing.open |= bit(clause),
            Verdict::Unknown => {}
            // The waiver of service hours lifts weekends only; its rule has applied it.
            Verdict::Fails if clause.rule != Rule::ServiceHours && context.waiver(clause).is_some() => {
                standing.waived |= bit(clause);
            }
            Verdict::Fails => {
                standing.failed |= bit(clause);
                if quantity::is_about(clause.rule) {
                    standing.available = quantity::pool(context);
                }
            }
        }
    }
    standing
}

/// The next instant at which the answer is another one: every turn of a candidate is tried.
fn valid_until(
    prepared: &Prepared,
    query: &Query<'_>,
    location: (usize, &Location),
    next_turn: Option<DateTime<Utc>>,
    standing: &Standing,
) -> Option<DateTime<Utc>> {
    let mut turn = next_turn?;
    loop {
        let later = judge(prepared, query, location, turn);
        if later.best.is_none_or(|(_, other)| other != *standing) {
            return Some(turn);
        }
        turn = later.next_turn?;
    }
}

/// The next instant at which this candidate may stand differently.
fn next_turn(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let turns = &context.candidate.turns;
    let by_contract = after(context.at, turns.get(turns.partition_point(|turn| *turn <= context.at)).copied());
    let by_catalogue =
        context.service.delivery_starts.map(|date| crate::model::start_of_day(context.location.time_zone, date));
    let by_product = context.query.product.and_then(|asked| {
        earliest(
            after(context.at, product::preview_end(context, asked)),
            after(context.at, product::retired_from(context, asked)),
        )
    });
    earliest(earliest(by_contract, after(context.at, by_catalogue)), by_product)
}

fn after(instant: DateTime<Utc>, turn: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    // What lies behind the last nameable instant never comes.
    turn.filter(|turn| *turn > instant && *turn < LATEST)
}

fn earliest(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

fn addressed_location<'a>(prepared: &'a Prepared, location_id: &str) -> Result<(usize, &'a Location)> {
    prepared.location(location_id).ok_or_else(|| {
        let known = prepared.contract().customer.locations.iter().map(|location| location.location_id.as_str());
        Error::NotFound { noun: Noun::Location, id: location_id.to_owned(), nearest: nearest(location_id, known) }
    })
}

/// Service and product family exist, and the quantity fits the service.
fn addressed(prepared: &Prepared, query: &Query<'_>) -> Result<()> {
    let (_, service) = prepared.catalog().service(query.service_id).ok_or_else(|| unknown_service(prepared, query))?;
    if let Some(product) = query.product {
        addressed_family(prepared, product)?;
    }
    match query.quantity {
        Some(quantity) if !service.accepts(quantity.unit) => {
            let unit = quantity.unit.as_str();
            let message = match service.unit {
                Some(own) => format!("`{}` is counted in {}, not in {unit}", service.id, own.as_str()),
                None => format!("`{}` is not counted in {unit}", service.id),
            };
            Err(Error::invalid("quantity.unit", technical::UNIT_MISMATCH, message))
        }
        _ => Ok(()),
    }
}

fn addressed_family(prepared: &Prepared, product: ProductId<'_>) -> Result<()> {
    if prepared.catalog().knows_family(product) {
        return Ok(());
    }
    let families = prepared.catalog().editions().iter().flat_map(|edition| &edition.families);
    let nearest = nearest(product.family, families.map(|family| family.id.as_str()));
    Err(Error::NotFound { noun: Noun::ProductFamily, id: product.family.to_owned(), nearest })
}

fn unknown_service(prepared: &Prepared, query: &Query<'_>) -> Error {
    let services = prepared.catalog().editions().iter().flat_map(|edition| &edition.services);
    let nearest = nearest(query.service_id, services.map(|service| service.id.as_str()));
    Error::NotFound { noun: Noun::Service, id: query.service_id.to_owned(), nearest }
}

#[cfg(test)]
mod tests;
