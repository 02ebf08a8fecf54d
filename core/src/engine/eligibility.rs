//! Which blocks a delivery may be taken from, by the same clauses that decide a check.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::balances::AS_BOUGHT;
use super::clauses::{self, event, location, term};
use super::context::{Context, Verdict};
use super::decide::decide;
use super::decision::{Outcome, Reason, Remedy};
use super::pool::Pool;
use super::prepared::{BlockSpecs, Candidate, Prepared};
use super::query::{Delivery, Query};
use super::resolve::{ResolvedQuery, misfit};
use crate::catalog::{ClauseUse, Edition, Locale, Rule, RuleFamily, Subject};
use crate::error::{Error, Result};
use crate::model::{BlockSpec, DeliveryMode, ProductId, Quantity, Unit};
use crate::noun::Noun;
use crate::violation::reason as technical;

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

/// An item that answers for the service: what it has to give, and every clause that forbids
/// taking from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibleBlock {
    /// None: an item without a number has none. It answers, and what is taken comes from others.
    pub spec: Option<BlockSpec>,
    pub work_order_id: String,
    pub item_id: String,
    pub service_id: String,
    /// What it is counted in, and whether a request may count it in days.
    pub counted: Option<(Unit, bool)>,
    /// In catalogue order; none: it may be used.
    pub failed: Vec<FailedClause>,
    /// Whether what it has counts for the others too: no clause fails that keeps it out of the pool.
    pub counts: bool,
    /// Whether term, state or base fails: what is left does not matter then.
    pub is_lapsed: bool,
    /// Whether the base it leans on covers it, if it leans on one.
    pub is_covered: bool,
    pub is_designated: bool,
    /// Not one that has yet to begin and would still come too late for the work.
    pub begins_in_time: bool,
    /// The effective end.
    pub end: DateTime<Utc>,
    /// What is left then is lost, as seen from the location.
    pub forfeit_time: DateTime<Utc>,
    /// The edition of its order.
    pub edition_id: String,
    /// The first and the last day of its block, by the calendar of the host.
    pub days: Option<(NaiveDate, NaiveDate)>,
    pub codes: BlockCodes,
}

/// The codes of the clauses of what the ledger itself judges; none where the service is subject to none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockCodes {
    pub exhausted: Option<String>,
    pub forfeited: Option<String>,
    pub not_started: Option<String>,
}

/// A clause that fails, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedClause {
    pub code: String,
    pub rule: Rule,
    pub description: String,
    pub metadata: Vec<(&'static str, String)>,
}

/// The items that answer, in the order of their ids. What is left in their blocks does not
/// matter here. Where no counted item answers at all, what a check says stands alone.
///
/// Fails where the question addresses something that does not exist, and where nothing is counted.
/// A quantity in a unit that does not fit is left out of the judgement: the ledger refuses it.
pub fn eligible_blocks(prepared: &Prepared, query: &BlockQuery<'_>, now: DateTime<Utc>) -> Result<Vec<EligibleBlock>> {
    match query.block_id {
        Some(block_id) => Ok(vec![by_id(prepared, query, block_id, now)?]),
        None => by_service(prepared, query, now),
    }
}

fn by_id(prepared: &Prepared, query: &BlockQuery<'_>, block_id: Uuid, now: DateTime<Utc>) -> Result<EligibleBlock> {
    let unknown = || Error::NotFound { noun: Noun::Block, id: block_id.to_string(), nearest: None };
    let (candidate, specs, spec) = find(prepared, block_id).ok_or_else(unknown)?;
    if let Some(asked) = query.service_id.filter(|asked| *asked != spec.service_id) {
        let message = format!("block `{block_id}` is of `{}`, not of `{asked}`", spec.service_id);
        return Err(Error::invalid("service_id", technical::FIELD_CONFLICT, message));
    }
    let location_id = query.location_id.unwrap_or(specs.usual_location());
    let own = prepared.catalog().editions().get(candidate.edition);
    let own = own.and_then(|edition| edition.service(&spec.service_id));
    let fits = |quantity: &Quantity| own.is_some_and(|service| service.accepts(quantity.unit));
    let question = question(query, (&spec.service_id, location_id), query.quantity.filter(fits), now);
    let resolved = ResolvedQuery::new(prepared, &AS_BOUGHT, &question)?;
    let at = question.check_time.unwrap_or(now);
    let context = Context::new(&resolved, at, candidate).ok_or_else(unknown)?;
    Ok(eligible_block(context, Some(spec.clone()), query.location_id.is_some(), &Pool::new(&resolved, at)))
}

fn by_service(prepared: &Prepared, query: &BlockQuery<'_>, now: DateTime<Utc>) -> Result<Vec<EligibleBlock>> {
    let (Some(service_id), Some(location_id)) = (query.service_id, query.location_id) else {
        let message = "name a block, or location, product and service";
        return Err(Error::invalid("block_id", technical::FIELD_REQUIRED, message));
    };
    let found = prepared.catalog().service(service_id).map(|(_, service)| service);
    let is_fit =
        |quantity: &Quantity| found.is_some_and(|service| misfit(prepared, service_id, service, *quantity).is_none());
    let question = question(query, (service_id, location_id), query.quantity.filter(is_fit), now);
    let resolved = ResolvedQuery::new(prepared, &AS_BOUGHT, &question)?;
    let at = question.check_time.unwrap_or(now);
    let asked = question.quantity.map(|quantity| quantity.unit.base());
    let unit =
        |context: &Context<'_>| context.own_block.map(|block| block.unit).or(context.service.unit.map(Unit::base));
    let counted = resolved
        .of_items(at)
        .filter(|context| unit(context).is_some_and(|unit| asked.is_none_or(|asked| asked == unit)));
    let pool = Pool::new(&resolved, at);
    let blocks: Vec<_> = counted
        .map(|context| {
            let spec = prepared.block_specs(context.candidate).and_then(|specs| specs.own());
            eligible_block(context, spec, true, &pool)
        })
        .collect();
    if blocks.is_empty() {
        let asked = Query { quantity: query.quantity, ..question };
        return Ok(vec![nothing_counted(prepared, &asked, now)?]);
    }
    Ok(blocks)
}

fn eligible_block<'a>(
    mut context: Context<'a>,
    spec: Option<BlockSpec>,
    has_location: bool,
    pool: &Pool<'_, 'a>,
) -> EligibleBlock {
    // A block named by its id is judged for a location only if one is named too.
    let clauses =
        context.service.takes.iter().filter(|clause| has_location || clause.rule.row().subject != Subject::Location);
    let failing: Vec<_> = clauses.filter(|clause| fails(&context, clause)).collect();
    if failing.iter().any(|clause| clause.rule.compares_with_pool()) {
        pool.tell(&mut context);
    }
    let context = &context;
    EligibleBlock {
        work_order_id: context.order.work_order_id.clone(),
        item_id: context.item.item_id.clone(),
        service_id: context.service.id.clone(),
        counted: spec
            .as_ref()
            .map(|spec| spec.unit)
            .or(context.service.unit.map(Unit::base))
            .map(|unit| (unit, context.service.days)),
        failed: failing.iter().filter_map(|clause| explain(context, clause)).collect(),
        counts: !failing.iter().any(|clause| clause.rule.keeps_out_of_pool()),
        is_lapsed: context.is_lapsed(),
        is_covered: context.is_covered(),
        is_designated: !has_location || location::is_designated(context),
        begins_in_time: term::begins_in_time(context),
        end: context.effective.end,
        forfeit_time: context.forfeit_time(),
        edition_id: context.edition.id.clone(),
        days: spec.as_ref().map(|spec| {
            let day = |instant| term::host_day(context, instant);
            (day(spec.start), day(spec.end.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(spec.end)))
        }),
        codes: codes_of(context),
        spec,
    }
}

fn codes_of(context: &Context<'_>) -> BlockCodes {
    let code = |is_it: fn(Rule) -> bool| {
        let used = context.service.clauses.iter().find(|used| is_it(used.rule))?;
        context.edition.clauses.get(usize::from(used.row)).map(|clause| clause.code.clone())
    };
    BlockCodes {
        exhausted: code(|rule| rule.family() == Some(RuleFamily::Quantity)),
        forfeited: code(|rule| rule == Rule::WindowForfeited),
        not_started: code(|rule| rule == Rule::TermNotStarted),
    }
}

/// The block of this id, with the item it belongs to.
fn find(prepared: &Prepared, block_id: Uuid) -> Option<(&Candidate, BlockSpecs<'_>, BlockSpec)> {
    let candidate = prepared.candidate_of_block(block_id)?;
    let specs = prepared.block_specs(candidate)?;
    let own = candidate.block.filter(|block| block.id == block_id).and_then(|_| specs.own());
    let spec = own.or_else(|| specs.included().into_iter().find(|spec| spec.id == block_id))?;
    Some((candidate, specs, spec))
}

/// The question the delivery puts, at the time it is performed; the quantity where its unit fits.
fn question<'a>(
    query: &BlockQuery<'a>,
    (service_id, location_id): (&'a str, &'a str),
    quantity: Option<Quantity>,
    now: DateTime<Utc>,
) -> Query<'a> {
    let (start, end) = query.performed.unzip();
    let delivery = Delivery {
        start_time: start,
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
        quantity,
        delivery,
        ..Query::default()
    }
}

/// As a check judges it, but for days and solutions of events: what is left is judged by the ledger.
fn fails(context: &Context<'_>, clause: &ClauseUse) -> bool {
    let is_violated = match clause.rule {
        rule @ (Rule::EventSolutions | Rule::EventDuration) => event::takes_too_few(context, rule),
        rule => clauses::judge(context, rule) == Verdict::Fails,
    };
    is_violated && !context.is_waived(clause)
}

fn explain(context: &Context<'_>, clause_use: &ClauseUse) -> Option<FailedClause> {
    let clause = context.edition.clauses.get(usize::from(clause_use.row))?;
    let metadata = clauses::facts(context, clause_use);
    let mut reason = Reason { clause, metadata, remedy: Remedy::default() };
    let edition = context.edition;
    Some(match clause_use.rule {
        rule @ (Rule::EventSolutions | Rule::EventDuration) => {
            let description = event::explain_too_few(context, rule, &mut reason.metadata);
            FailedClause { description, ..FailedClause::of(edition, &reason) }
        }
        _ => FailedClause::of(edition, &reason),
    })
}

impl FailedClause {
    fn of(edition: &Edition, reason: &Reason<'_>) -> Self {
        Self {
            code: reason.clause.code.clone(),
            rule: reason.clause.rule,
            description: reason.message(edition, Locale::English),
            metadata: reason.metadata.clone(),
        }
    }
}

/// No counted item: what a check says, which stands alone, else that there is nothing to count.
fn nothing_counted(prepared: &Prepared, question: &Query<'_>, now: DateTime<Utc>) -> Result<EligibleBlock> {
    let decision = decide(prepared, &AS_BOUGHT, question, now)?;
    if decision.outcome != Outcome::NotEntitled {
        let message = format!("`{}` is not counted here: there is nothing to take from", question.service_id);
        return Err(Error::invalid("quantity.unit", technical::UNIT_MISMATCH, message));
    }
    let coverage = decision.coverage.as_ref();
    Ok(EligibleBlock {
        spec: None,
        work_order_id: coverage.map(|it| it.order.work_order_id.clone()).unwrap_or_default(),
        item_id: coverage.map(|it| it.item.item_id.clone()).unwrap_or_default(),
        service_id: question.service_id.to_owned(),
        counted: None,
        failed: decision.reasons.iter().map(|reason| FailedClause::of(decision.edition, reason)).collect(),
        counts: false,
        is_lapsed: true,
        is_covered: true,
        is_designated: false,
        begins_in_time: true,
        end: decision.check_time,
        forfeit_time: decision.check_time,
        edition_id: decision.edition.id.clone(),
        days: None,
        codes: BlockCodes::default(),
    })
}

#[cfg(test)]
mod tests;
