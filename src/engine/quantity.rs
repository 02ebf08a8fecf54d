//! What is left of counted things (2.2, 2.3): group D of the clauses.

use chrono::{DateTime, Utc};

use super::blocks::Maker;
use super::context::{Context, Verdict};
use super::decision::{Explanation, time};
use super::prepared::Candidate;
use super::usable::{fails, is_of_delivery};
use crate::catalog::{QuantityRule, RemedyKind, Rule};
use crate::model::{Funding, Item, Unit, burn_key};

/// Whether the rule compares with what is left.
pub(super) fn is_about(rule: Rule) -> bool {
    matches!(rule, Rule::HoursAvailable | Rule::QuantityAvailable | Rule::EventDuration | Rule::EventSolutions)
}

/// A needed amount must be available; without one, anything at all.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let needed = match context.query.quantity {
        // An amount too large to count is more than anyone has.
        Some(quantity) => quantity.in_base_unit().unwrap_or(i64::MAX),
        None if context.candidate.block.is_some() => 1,
        // Bought without a number: nothing that could run out.
        None => return Verdict::Holds,
    };
    Verdict::fails_if(own_available(context) < needed && pool(context) < needed)
}

/// The items whose blocks the service is drawn from, in the order in which the ledger uses them
/// up: the item at hand, and the others that serve.
pub(super) fn drawn_from<'a>(context: &Context<'a>) -> Vec<Context<'a>> {
    let candidates = context.prepared.candidates(context.query.service_id).iter();
    let mut drawn: Vec<_> = candidates.filter_map(|candidate| drawn(context, candidate)).collect();
    drawn.sort_by_cached_key(|one| {
        let Candidate { block, .. } = one.candidate;
        let life = Maker::new(one.prepared, one.candidate).map_or(one.effective, |maker| maker.life());
        let id = block.map(|block| block.id).unwrap_or_default();
        (forbids_delivery(one), burn_key(one.item.priority, life.end, life.start, id))
    });
    drawn
}

/// Whether the same is left to draw from at another instant, in the same order.
pub(super) fn draws_the_same<'a>(one: &Context<'a>, other: &Context<'a>) -> bool {
    let mut candidates = one.prepared.candidates(one.query.service_id).iter();
    one.service.is_base() || candidates.all(|candidate| left_of(one, candidate) == left_of(other, candidate))
}

fn left_of<'a>(context: &Context<'a>, candidate: &'a Candidate) -> Option<(i64, i64, DateTime<Utc>, bool)> {
    let one = drawn(context, candidate)?;
    Some((one.block()?.reserved, own_available(&one), one.forfeit_time(), forbids_delivery(&one)))
}

fn drawn<'a>(context: &Context<'a>, candidate: &'a Candidate) -> Option<Context<'a>> {
    candidate.block?;
    if std::ptr::eq(candidate, context.candidate) {
        return Some(*context);
    }
    context.beside(candidate).filter(can_serve)
}

/// Whether the item itself forbids the delivery: then it gives last.
fn forbids_delivery(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let is_said = delivery.mode.is_some() || delivery.window().is_some();
    let mut clauses = context.service.gates.iter();
    is_said && clauses.any(|clause| is_of_delivery(clause.rule) && fails(context, clause))
}

/// The item's own block and those of the other items that could serve here.
pub(super) fn pool(context: &Context<'_>) -> i64 {
    let others = context.prepared.candidates(context.query.service_id).iter();
    let others = others.filter(|other| !std::ptr::eq(*other, context.candidate));
    let contexts = others.filter_map(|other| context.beside(other));
    let serving = contexts.filter(|other| other.candidate.block.is_some() && can_serve(other));
    serving.fold(own_available(context), |sum, other| sum.saturating_add(own_available(&other)))
}

/// What the item's block still has; 0 once it has ended.
pub(super) fn own_available(context: &Context<'_>) -> i64 {
    match context.block() {
        Some(block) if context.at < context.forfeit_time() => block.available().max(0),
        _ => 0,
    }
}

/// Whether another item fails no term, state, base, product or location clause.
fn can_serve(context: &Context<'_>) -> bool {
    context
        .service
        .gates
        .iter()
        .filter(|clause| counts_for_pool(clause.rule))
        .all(|clause| context.judge(clause.rule) != Verdict::Fails || context.waiver(clause).is_some())
}

/// Term, state, base, product and location.
pub(super) fn counts_for_pool(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::TermNotStarted
            | Rule::TermExpired
            | Rule::TermTerminated
            | Rule::StateDraft
            | Rule::StateSuspended
            | Rule::BaseAgreement
            | Rule::BaseExpired
            | Rule::BaseTerminated
            | Rule::WindowForfeited
            | Rule::ProductCovered
            | Rule::ProductPrerelease
            | Rule::ProductRetired
            | Rule::ProductExcluded
            | Rule::ProductOnItem
            | Rule::RetailProduct
            | Rule::LocationDesignated
            | Rule::SingleLocation
            | Rule::ExcludedCountry
    )
}

pub(super) fn explain(context: &Context<'_>, explanation: &mut Explanation) {
    let unit = context.candidate.block.map(|block| block.unit).or(context.service.unit.map(Unit::base));
    let requested = context.query.quantity.map_or(Some(1), |quantity| quantity.in_base_unit()).unwrap_or(i64::MAX);
    explanation.fact("available", pool(context).to_string());
    explanation.fact("requested", requested.to_string());
    explanation.fact("unit", unit.map_or("", Unit::as_str));
    remedy_more(context, requested, explanation);
}

/// More of what is counted: on the item, or where that would not count, on a further one.
pub(super) fn remedy_more(context: &Context<'_>, needed: i64, explanation: &mut Explanation) {
    let purchase = &context.service.purchase;
    let own = own_available(context);
    let lacking = needed.saturating_sub(pool(context));
    let (more, item_id) = if takes_another_item(context) {
        // What the item has left counts beside a further one only if the item could serve.
        let more = if can_serve(context) { lacking } else { lacking.saturating_add(own) };
        (more.max(purchase.minimum_minutes.unwrap_or(0)), None)
    } else {
        let overdrawn = context.block().map_or(0, |block| block.available().min(0));
        (lacking.saturating_sub(overdrawn), Some(context.item.item_id.as_str()))
    };
    let step = purchase.step_minutes.or(purchase.exact_minutes).unwrap_or(1);
    let more = in_steps(more, step);
    if room(context).is_some_and(|room| room < more) {
        // No more of it can be sold on this order: only what is bought already can help.
        if let Some(start) = next_enough(context, needed) {
            explanation.remedy(RemedyKind::WaitUntil, "check_time", time(start));
        }
        return;
    }
    explanation.remedy(RemedyKind::AddQuantity, "work_order.items.quantity", more.to_string());
    explanation.remedy_at(&context.order.work_order_id, item_id);
}

/// How much more of the service the order may carry; none: any amount.
fn room(context: &Context<'_>) -> Option<i64> {
    let most = context.service.purchase.most_on(context.order)?;
    let implied = i64::from(context.service.purchase.quantity == QuantityRule::One);
    let amount = |item: &Item| item.quantity.map_or(implied, |it| it.in_base_unit().unwrap_or(i64::MAX));
    let items = context.order.items.iter().filter(|item| item.service_id == context.item.service_id);
    Some(most.saturating_sub(items.fold(0, |sum: i64, item| sum.saturating_add(amount(item)))))
}

/// When another item that is bought already begins, and there is enough.
fn next_enough(context: &Context<'_>, needed: i64) -> Option<DateTime<Utc>> {
    let others = context.prepared.candidates(context.query.service_id).iter();
    let starts = others.filter_map(|other| Some(context.beside(other)?.effective.start));
    let is_enough =
        |start: &DateTime<Utc>| context.later(*start).is_some_and(|later| !later.is_lapsed() && pool(&later) >= needed);
    starts.filter(|start| context.at < *start).filter(is_enough).min()
}

/// What is added to the item would be lost with it, or the item is sold in one size only.
fn takes_another_item(context: &Context<'_>) -> bool {
    let is_lost = match context.candidate.block {
        Some(_) => context.at >= context.forfeit_time(),
        None => context.item.funding == Funding::FlexAllowance,
    };
    is_lost || context.service.purchase.exact_minutes.is_some()
}

/// The amount, rounded up to what is sold.
fn in_steps(amount: i64, step: i64) -> i64 {
    let over = amount.checked_rem(step).unwrap_or(0);
    if over == 0 { amount } else { amount.saturating_add(step.saturating_sub(over)) }
}
