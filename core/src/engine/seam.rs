//! Renewals without a gap (our rule). The items of a service that is not counted are one cover where they adjoin or
//! overlap, so that a delivery may run from one into the next. What is counted comes from one item's block: there the
//! delivery is split at the seam.

use chrono::{DateTime, Utc};

use super::clauses::{location, product, request, term};
use super::context::{Context, Verdict};
use super::query::Query;
use super::resolve::ResolvedQuery;
use crate::catalog::{Rule, RuleFamily};
use crate::terms::Span;

/// Whether the asked window reaches beyond the item's own time, and other items may make up for it.
pub(super) fn matters(context: &Context<'_>) -> bool {
    context.service.unit.is_none() && (term::begins_too_early(context) || term::ends_too_late(context))
}

/// The unbroken stretches of time in which items of the service serve, in order.
pub(super) fn covers(resolved: &ResolvedQuery<'_>) -> Vec<Span> {
    let Some(at) = judged_at(resolved.query) else { return Vec::new() };
    let mut resolved = *resolved;
    let mut spans = Vec::new();
    for candidate in resolved.candidates() {
        let Some(context) = Context::new(&resolved, at, candidate) else { continue };
        resolved.remember_edition(&context.in_edition);
        if joins(&context) {
            spans.push(context.effective);
        }
    }
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut covers: Vec<Span> = Vec::new();
    for span in spans {
        match covers.last_mut() {
            Some(cover) if span.start <= cover.end => cover.end = cover.end.max(span.end),
            _ => covers.push(span),
        }
    }
    covers
}

/// The cover that the item is part of, if it is more than its own time.
pub(super) fn cover_of(context: &Context<'_>, covers: &[Span]) -> Option<Span> {
    let at = judged_at(context.query)?;
    let own = context.effective;
    let is_around = |cover: &Span| cover.start <= own.start && own.end <= cover.end && *cover != own;
    covers.iter().find(|cover| is_around(cover)).copied().filter(|_| joins(&context.later(at)))
}

/// When the clauses that let an item join are judged: as the delivery begins.
fn judged_at(query: &Query<'_>) -> Option<DateTime<Utc>> {
    query.delivery.start_time.or(query.delivery.end_time)
}

/// An item joins if it has a base, is in force, and serves this product, location, mode and tenant.
fn joins(context: &Context<'_>) -> bool {
    let has_base = context.coverage.is_none_or(|coverage| coverage.span().is_some());
    has_base
        && !context.effective.is_empty()
        && !context.service.gates.iter().any(|clause| is_against(context, clause.rule) && !context.is_waived(clause))
}

fn is_against(context: &Context<'_>, rule: Rule) -> bool {
    let verdict = match (rule, rule.family()) {
        (Rule::StateDraft | Rule::StateSuspended, _) => term::judge(context, rule),
        (Rule::Tenant, _) => request::judge(context, rule),
        (_, Some(RuleFamily::Product)) => product::judge(context, rule),
        (_, Some(RuleFamily::Location)) => location::judge(context, rule),
        _ => None,
    };
    verdict == Some(Verdict::Fails)
}
