//! What is left of counted things (2.2, 2.3): group D of the clauses.

use crate::catalog::{QuantityRule, RemedyKind, Rule, RuleFamily, Service};
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::engine::pool::{left, next_enough, own_available, serves};
use crate::model::{Funding, Item, Unit, rfc3339};

/// A needed amount must be available; without one, anything at all.
pub(super) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    let is_lacking = || needed(context).is_some_and(|needed| is_own_short(context, needed) && left(context) < needed);
    matches!(rule, Rule::HoursAvailable | Rule::QuantityAvailable).then(|| Verdict::fails_if(is_lacking()))
}

fn needed(context: &Context<'_>) -> Option<i64> {
    match context.query.quantity {
        // An amount too large to count is more than anyone has.
        Some(quantity) => Some(quantity.in_base_unit().unwrap_or(i64::MAX)),
        None if context.own_block.is_some() => Some(1),
        // Bought without a number: nothing that could run out, if it can be bought so.
        None => (!is_sold_without_number(context)).then_some(1),
    }
}

/// Whether what was bought has no number that could run out: nothing is counted, or the edition sells it so. An item
/// that lacks the number it must have gives nothing.
fn is_sold_without_number(context: &Context<'_>) -> bool {
    let Service { unit, purchase, .. } = context.service;
    let offering = context.item.predefined_offering.as_ref();
    let is_offered = || offering.is_some_and(|id| purchase.predefined.iter().any(|offered| offered.id == *id));
    match purchase.quantity {
        _ if unit.is_none() => true,
        _ if context.item.quantity.is_some() => false,
        QuantityRule::Optional => true,
        QuantityRule::Required | QuantityRule::PredefinedOnly => is_offered(),
        QuantityRule::One | QuantityRule::None => false,
    }
}

/// Whether its own block, which counts only in its own unit, has less than that.
fn is_own_short(context: &Context<'_>, needed: i64) -> bool {
    let asked = context.query.quantity.map(|quantity| quantity.unit.base());
    let is_other = context.candidate.block.zip(asked).is_some_and(|(block, asked)| block.unit != asked);
    is_other || own_available(context) < needed
}

/// Whether the rule may look at what other items have left.
pub(in crate::engine) fn needs_pool(context: &Context<'_>, rule: Rule) -> bool {
    match rule.family() {
        Some(RuleFamily::Quantity) => needed(context).is_some_and(|needed| is_own_short(context, needed)),
        _ => rule.compares_with_pool() && !context.is_lapsed(),
    }
}

pub(super) fn explain(context: &Context<'_>, explanation: &mut Explanation) {
    let asked = context.query.quantity.map(|quantity| quantity.unit.base());
    let unit = asked.or(context.own_block.map(|block| block.unit)).or(context.service.unit.map(Unit::base));
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
    if context.service.granted_by_offering(context.item).is_some() || is_of_other_unit(context) {
        explanation.remedy_buy(&context.service.id, Some(context.order));
        return;
    }
    let own = own_available(context);
    let lacking = needed.saturating_sub(left(context));
    let (more, item_id) = if takes_another_item(context) {
        // What the item has left counts beside a further one only if the item could serve.
        let more = if serves(context) { lacking } else { lacking.saturating_add(own) };
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
            explanation.remedy(RemedyKind::WaitUntil, "check_time", rfc3339(start));
        }
        return;
    }
    explanation.remedy(RemedyKind::AddQuantity, "work_order.items.quantity", more.to_string());
    explanation.remedy_at(&context.order.work_order_id, item_id);
}

/// Whether more is asked for of what is sold as an offering, and not by number.
fn is_of_other_unit(context: &Context<'_>) -> bool {
    let asked = context.query.quantity.map(|quantity| quantity.unit.base());
    asked.is_some_and(|asked| context.service.unit.is_some_and(|unit| unit.base() != asked))
}

/// How much more of the service the order may carry; none: any amount.
fn room(context: &Context<'_>) -> Option<i64> {
    let most = context.service.purchase.most_on(context.order)?;
    let implied = i64::from(context.service.purchase.quantity == QuantityRule::One);
    let amount = |item: &Item| item.quantity.map_or(implied, |it| it.in_base_unit().unwrap_or(i64::MAX));
    let items = context.order.items.iter().filter(|item| item.service_id == context.item.service_id);
    Some(most.saturating_sub(items.fold(0, |sum: i64, item| sum.saturating_add(amount(item)))))
}

/// What is added to the item would be lost with it, or the item is sold in one size only or as an offering, which carries
/// no number of its own.
fn takes_another_item(context: &Context<'_>) -> bool {
    let is_lost = match context.own_block {
        Some(_) => context.is_lost(),
        None => context.item.funding == Funding::FlexAllowance,
    };
    is_lost || context.service.purchase.exact_minutes.is_some() || context.item.predefined_offering.is_some()
}

/// The amount, rounded up to what is sold.
fn in_steps(amount: i64, step: i64) -> i64 {
    let over = amount.checked_rem(step).unwrap_or(0);
    if over == 0 { amount } else { amount.saturating_add(step.saturating_sub(over)) }
}
