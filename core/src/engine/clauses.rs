//! The clauses: one dispatcher above the families of rules, each in its file.
//!
//! A rule is added by its row in `catalog/rule.rs` and by what its family judges and explains of it. Families look
//! at the candidate ([`Context`]); those that compare with what is left look at the pool too, which itself asks
//! [`term`], [`product`], [`location`] and [`hours`] alone. None of them asks the dispatcher.

pub(super) mod event;
pub(super) mod hours;
pub(super) mod location;
pub(super) mod product;
pub(super) mod quantity;
pub(super) mod request;
pub(super) mod term;

use super::context::{Context, Verdict};
use super::decision::{Reason, Remedy};
use super::explanation::{Explanation, local_times};
use crate::catalog::{Clause, ClauseUse, Edition, RemedyKind, Rule, RuleFamily, Service};

/// Judges one clause; a waiver is not looked at.
pub(super) fn judge(context: &Context<'_>, rule: Rule) -> Verdict {
    #[cfg(test)]
    super::context::count_judged();
    match rule.family() {
        // What no check judges forbids nothing; what its family does not know, lets nobody in.
        None => Verdict::Holds,
        Some(family) => judge_in(family, context, rule).unwrap_or(Verdict::Fails),
    }
}

/// None where the rule is not of the family.
fn judge_in(family: RuleFamily, context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    match family {
        RuleFamily::Term => term::judge(context, rule),
        RuleFamily::Product => product::judge(context, rule),
        RuleFamily::Location => location::judge(context, rule),
        RuleFamily::Request => request::judge(context, rule),
        RuleFamily::Quantity => quantity::judge(context, rule),
        RuleFamily::Hours => hours::judge(context, rule),
        RuleFamily::Event => event::judge(context, rule),
    }
}

fn explain(context: &Context<'_>, rule: Rule, is_open: bool, explanation: &mut Explanation) {
    match rule.family() {
        Some(RuleFamily::Term) => term::explain(context, rule, explanation),
        Some(RuleFamily::Product) => product::explain(context, rule, explanation),
        Some(RuleFamily::Location) => location::explain(context, rule, explanation),
        Some(RuleFamily::Request) => request::explain(context, rule, explanation),
        Some(RuleFamily::Quantity) => quantity::explain(context, explanation),
        Some(RuleFamily::Hours) => hours::explain(context, explanation),
        Some(RuleFamily::Event) => event::explain(context, rule, is_open, explanation),
        None => {}
    }
}

/// Whether a reason says which product was asked for.
fn names_product(rule: Rule) -> bool {
    match rule.family() {
        Some(RuleFamily::Term | RuleFamily::Location | RuleFamily::Request) => true,
        Some(RuleFamily::Product) => rule != Rule::CoveredFamily,
        Some(RuleFamily::Quantity | RuleFamily::Hours | RuleFamily::Event) | None => false,
    }
}

/// The reason a clause gives against a candidate, or the condition it leaves open.
pub(super) fn reason<'a>(
    context: &Context<'a>,
    clause_use: &ClauseUse,
    clause: &'a Clause,
    is_open: bool,
) -> Reason<'a> {
    let explanation = Explanation { is_waivable: clause_use.waivable, ..Explanation::default() };
    let explanation = explained(context, clause_use, is_open, explanation);
    let Explanation { metadata, remedy, remedy_at, zone, .. } = explanation;
    let mut remedy = remedy.unwrap_or_default();
    if remedy.kind == RemedyKind::RecordWaiver {
        remedy.value.clone_from(&clause.code);
    }
    if matches!(remedy.kind, RemedyKind::WaitUntil | RemedyKind::ChangeRequest) {
        let zone = zone.unwrap_or_else(|| match clause_use.rule.family() {
            // A term begins and ends by the host's calendar.
            Some(RuleFamily::Term) => term::host_zone(context),
            _ => context.location.time_zone,
        });
        remedy.local_value = local_times(zone, &remedy.value);
    }
    // What changes on the contract changes on the answering item, unless said otherwise.
    (remedy.work_order_id, remedy.item_id) = match (remedy_at, remedy.field.strip_prefix("work_order.")) {
        (Some(place), _) => place,
        (None, Some(field)) => {
            let item = if field.starts_with("items.") { context.item.item_id.clone() } else { String::new() };
            (context.order.work_order_id.clone(), item)
        }
        (None, None) => Default::default(),
    };
    Reason { clause, metadata, remedy }
}

/// What a failed clause says of a candidate, without what would help.
pub(super) fn facts(context: &Context<'_>, clause_use: &ClauseUse) -> Vec<(&'static str, String)> {
    explained(context, clause_use, false, Explanation { is_brief: true, ..Explanation::default() }).metadata
}

fn explained(
    context: &Context<'_>,
    clause_use: &ClauseUse,
    is_open: bool,
    mut explanation: Explanation,
) -> Explanation {
    explanation.fact("service_id", context.service.id.as_str());
    explanation.fact("location_id", context.location.location_id.as_str());
    explanation.fact("work_order_id", context.order.work_order_id.as_str());
    explanation.fact("item_id", context.item.item_id.as_str());
    if let (true, Some(product)) = (names_product(clause_use.rule), context.query.product) {
        explanation.fact("product_id", product.to_string());
    }
    explain(context, clause_use.rule, is_open, &mut explanation);
    explanation
}

/// `NOT_PURCHASED`: nobody's item answers.
pub(super) fn not_purchased<'a>(
    clause: &'a Clause,
    edition: &Edition,
    service: &Service,
    location_id: &str,
) -> Reason<'a> {
    let bought = if service.is_base() { &edition.base_package } else { &service.id };
    let metadata = vec![("service_id", service.id.clone()), ("location_id", location_id.to_owned())];
    let remedy = Remedy {
        kind: RemedyKind::Buy,
        field: "work_order.items.service_id",
        value: bought.clone(),
        ..Remedy::default()
    };
    Reason { clause, metadata, remedy }
}

#[cfg(test)]
mod tests;
