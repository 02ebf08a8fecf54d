//! What is left of counted things (2.2, 2.3): group D of the clauses.

use super::context::{Context, Verdict};
use super::decision::{Explanation, time};
use super::pool::{left, next_enough};
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
    let is_lacking = needed(context).is_some_and(|needed| own_available(context) < needed && left(context) < needed);
    Verdict::fails_if(is_lacking)
}

fn needed(context: &Context<'_>) -> Option<i64> {
    match context.query.quantity {
        // An amount too large to count is more than anyone has.
        Some(quantity) => Some(quantity.in_base_unit().unwrap_or(i64::MAX)),
        // Bought without a number: nothing that could run out.
        None => context.candidate.block.map(|_| 1),
    }
}

/// Whether the rule may look at what other items have left.
pub(super) fn needs_pool(context: &Context<'_>, rule: Rule) -> bool {
    match rule {
        Rule::HoursAvailable | Rule::QuantityAvailable => {
            needed(context).is_some_and(|needed| own_available(context) < needed)
        }
        rule => is_about(rule) && !context.is_lapsed(),
    }
}

/// The items whose blocks the service is drawn from, in the order in which the ledger uses them
/// up: the item at hand, and the others that serve.
pub(super) fn drawn_from<'a>(context: &Context<'a>) -> Vec<Context<'a>> {
    let counted = context.all_items().filter(|item| item.candidate.block.is_some());
    let is_it = |item: &Context<'a>| std::ptr::eq(item.candidate, context.candidate);
    let mut drawn: Vec<_> = counted.filter(|item| is_it(item) || can_serve(item)).collect();
    drawn.sort_by_cached_key(|one| {
        let Candidate { block, life, .. } = one.candidate;
        let id = block.map(|block| block.id).unwrap_or_default();
        (forbids_delivery(one), burn_key(one.item.priority, life.end, life.start, id))
    });
    drawn
}

/// Whether the item itself forbids the delivery: then it gives last.
fn forbids_delivery(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let is_said = delivery.mode.is_some() || delivery.window().is_some();
    let mut clauses = context.service.gates.iter();
    is_said && clauses.any(|clause| is_of_delivery(clause.rule) && fails(context, clause))
}

/// What the item's block still has; 0 once it has ended.
pub(super) fn own_available(context: &Context<'_>) -> i64 {
    match context.block() {
        Some(block) if context.at < context.forfeit_time() => block.available().max(0),
        _ => 0,
    }
}

/// Whether another item fails no term, state, base, product or location clause.
pub(super) fn can_serve(context: &Context<'_>) -> bool {
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
    explanation.fact("available", left(context).to_string());
    explanation.fact("requested", requested.to_string());
    explanation.fact("unit", unit.map_or("", Unit::as_str));
    if explanation.wants_remedy() {
        remedy_more(context, requested, explanation);
    }
}

/// More of what is counted: on the item, or where that would not count, on a further one.
pub(super) fn remedy_more(context: &Context<'_>, needed: i64, explanation: &mut Explanation) {
    let purchase = &context.service.purchase;
    let own = own_available(context);
    let lacking = needed.saturating_sub(left(context));
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
