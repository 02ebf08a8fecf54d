//! Term, state and base agreement (2.1, 2.5): group A of the clauses.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::location::{may_share_country, remedy_designate};
use crate::catalog::{RemedyKind, Rule};
use crate::engine::base::BaseState;
use crate::engine::context::{Context, Verdict};
use crate::engine::designation::Designation;
use crate::engine::explanation::{ACTIVE, Explanation};
use crate::engine::prepared::{Candidate, Support};
use crate::model::{WorkOrderState, Zone, day_of, rfc3339};
use crate::terms::{End, Scope, Span, TermState};

/// The nearest instant beside one that will not do.
const STEP: TimeDelta = TimeDelta::seconds(1);

pub(in crate::engine) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    let cause = context.candidate.term.end_cause;
    Some(Verdict::fails_if(match rule {
        Rule::TermNotStarted => match context.term {
            TermState::NotStarted(_) => true,
            TermState::Within => begins_too_early(context),
            TermState::Ended => false,
        },
        Rule::TermExpired => context.term == TermState::Ended && cause == End::Expired,
        Rule::TermTerminated => context.term == TermState::Ended && cause == End::Terminated,
        Rule::StateDraft => context.candidate.state == WorkOrderState::Draft,
        Rule::StateSuspended => context.candidate.state == WorkOrderState::Suspended,
        Rule::BaseAgreement => context.base == Some(BaseState::Missing),
        Rule::BaseExpired => matches!(context.base, Some(BaseState::Ended { cause: End::Expired, .. })),
        Rule::BaseTerminated => matches!(context.base, Some(BaseState::Ended { cause: End::Terminated, .. })),
        Rule::IncludedInOrder => context.order.base_services_except.contains(&context.service.id),
        Rule::WindowForfeited => ends_too_late(context),
        Rule::DeliveryStart => context.delivery_start.is_some_and(|start| context.at < start),
        _ => return None,
    }))
}

/// A window with one end is judged for that end only.
pub(in crate::engine) fn begins_too_early(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let start = context.delivery_span().start;
    delivery.start_time.is_some_and(|begin| begin < start)
        || delivery
            .end_time
            .is_some_and(|end| end <= start && end < context.effective.end.max(context.delivery_span().end))
}

/// Whether waiting for the item would let the delivery begin, or it has begun already.
pub(in crate::engine) fn begins_in_time(context: &Context<'_>) -> bool {
    !matches!(context.term, TermState::NotStarted(_)) || !begins_too_early(context)
}

pub(in crate::engine) fn ends_too_late(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    if delivery.start_time.is_none() && delivery.end_time.is_none() {
        return context.is_over();
    }
    let end = context.delivery_span().end;
    delivery.start_time.is_some_and(|begin| begin >= end) || delivery.end_time.is_some_and(|finish| finish > end)
}

/// Whether a clause with the rule, where it fails, says that the item is not in force: the window's own say nothing of
/// it, unless its block is over.
pub(in crate::engine) fn tells_lapse(context: &Context<'_>, rule: Rule) -> bool {
    match rule {
        Rule::TermNotStarted => matches!(context.term, TermState::NotStarted(_)),
        Rule::WindowForfeited => context.is_over(),
        _ => matches!(
            rule,
            Rule::TermExpired
                | Rule::TermTerminated
                | Rule::StateDraft
                | Rule::StateSuspended
                | Rule::BaseAgreement
                | Rule::BaseExpired
                | Rule::BaseTerminated
        ),
    }
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    let term = &context.candidate.term;
    let host = context.candidate.host;
    match rule {
        Rule::TermNotStarted => match context.term {
            TermState::NotStarted(scope) => {
                explanation.fact("start_time", rfc3339(term.start()));
                explanation.fact("start_date", local_day(context, host, term.start()));
                explanation.fact("scope", scope.as_str());
                explanation.remedy(RemedyKind::WaitUntil, "check_time", rfc3339(term.start()));
            }
            _ => {
                let start = context.delivery_span().start;
                explanation.fact("start_time", rfc3339(start));
                explanation.fact("start_date", local_day(context, host, start));
                explanation.fact("scope", "delivery");
                remedy_early(context, explanation);
            }
        },
        Rule::TermExpired | Rule::TermTerminated => {
            let name = if rule == Rule::TermExpired { "end_time" } else { "terminate_time" };
            explanation.fact(name, rfc3339(term.end));
            explain_end(context, (host, term.end), rule == Rule::TermExpired, explanation);
            explanation.fact("scope", term.end_scope.as_str());
            // The dates of a terminated order change no more; a renewal takes its items without theirs.
            let is_final = context.candidate.state == WorkOrderState::Terminated;
            if term.end_scope == Scope::Item && !is_final && !is_order_over(context) {
                explanation.remedy(RemedyKind::Renew, "work_order.items.end_date", "");
            } else {
                explanation.remedy_renew(context.order);
                // A date of its own ends the item with the order, and is to be moved along.
                if context.item.end_date.is_some() && !is_final {
                    explanation.remedy_at(&context.order.work_order_id, Some(&context.item.item_id));
                }
            }
        }
        Rule::StateDraft | Rule::StateSuspended => {
            explanation.fact("state", context.order.state.as_str());
            explanation.remedy(RemedyKind::Renew, "work_order.state", ACTIVE);
        }
        Rule::BaseAgreement if explanation.wants_remedy() => remedy_base(context, explanation),
        Rule::BaseExpired | Rule::BaseTerminated => {
            if let Some(BaseState::Ended { order, ended_by, at, .. }) = context.base {
                explanation.fact("end_time", rfc3339(at));
                let host = context.prepared.order(order).and_then(|order| order.host).unwrap_or(host);
                explain_end(context, (host, at), rule == Rule::BaseExpired, explanation);
                let orders = &context.prepared.contract().work_orders;
                if let Some(order) = orders.get(order) {
                    explanation.fact("base_work_order_id", order.work_order_id.as_str());
                }
                match orders.get(ended_by) {
                    Some(order) if order.state != WorkOrderState::Terminated => explanation.remedy_renew(order),
                    // A termination is final, and no later base revives what leaned on it: it is bought anew.
                    _ => explanation.remedy_buy(&context.service.id, None),
                }
            }
        }
        Rule::IncludedInOrder => _ = explanation.remedy_waiver(),
        Rule::WindowForfeited => {
            let end = context.delivery_span().end;
            explanation.fact("end_time", rfc3339(end));
            explain_end(context, (host, end), true, explanation);
            remedy_late(context, explanation);
        }
        Rule::DeliveryStart => {
            if let (Some(date), Some(start)) = (context.service.delivery_starts, context.delivery_start) {
                explanation.fact("delivery_start_date", date.to_string());
                explanation.remedy(RemedyKind::WaitUntil, "check_time", rfc3339(start));
            }
        }
        _ => {}
    }
}

/// Whether the order has ended, too, where its item has.
pub(in crate::engine) fn is_order_over(context: &Context<'_>) -> bool {
    context.candidate.term.order_end <= context.at
}

/// The day at the host of the item's order.
pub(in crate::engine) fn host_day(context: &Context<'_>, instant: DateTime<Utc>) -> NaiveDate {
    day_of(host_zone(context), instant)
}

pub(in crate::engine) fn host_zone(context: &Context<'_>) -> Zone {
    zone_of(context, context.candidate.host)
}

/// A day of the calendar of a host, by the row of its location.
fn local_day(context: &Context<'_>, host: usize, instant: DateTime<Utc>) -> String {
    day_of(zone_of(context, host), instant).to_string()
}

fn zone_of(context: &Context<'_>, host: usize) -> Zone {
    context.prepared.contract().customer.locations.get(host).unwrap_or(context.location).time_zone
}

/// An end as people at the host tell it: the last day that counted in full, or the minute of a termination.
fn explain_end(
    context: &Context<'_>,
    (host, end): (usize, DateTime<Utc>),
    is_expiry: bool,
    explanation: &mut Explanation,
) {
    let zone = zone_of(context, host);
    if is_expiry {
        let last = end.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(end);
        explanation.fact("end_date", local_day(context, host, last));
    } else {
        let local = zone.local(end).format("%Y-%m-%d %H:%M");
        explanation.fact("terminate_local_time", format!("{local} ({})", zone.name()));
    }
}

/// The item's own time: a delivery that is moved into it is judged by this item alone, whatever joins it then.
fn own_span(context: &Context<'_>) -> Span {
    Span { start: context.effective.start, end: context.forfeit_time() }
}

/// A delivery that begins too early: later, and if it ends too early as well, as a whole.
fn remedy_early(context: &Context<'_>, explanation: &mut Explanation) {
    let delivery = &context.query.delivery;
    let Span { start, end: last } = own_span(context);
    let after = |length: TimeDelta| {
        let end = start.checked_add_signed(length.max(STEP)).unwrap_or(start);
        if start < last { end.min(last) } else { end }
    };
    match (delivery.start_time, delivery.end_time) {
        (Some(begin), Some(end)) => {
            let later = if start < end { end } else { after(end.signed_duration_since(begin)) };
            explanation.ask_window((begin, end), Span { start, end: later });
        }
        (None, Some(_)) => explanation.ask("delivery.end_time", rfc3339(after(STEP))),
        (_, None) => explanation.ask("delivery.start_time", rfc3339(start)),
    }
}

/// A delivery that ends too late: it ends sooner, or if it begins too late as well, all of it
/// comes sooner.
fn remedy_late(context: &Context<'_>, explanation: &mut Explanation) {
    let delivery = &context.query.delivery;
    let Span { start: first, end } = own_span(context);
    let before = |length: TimeDelta| {
        let start = end.checked_sub_signed(length.max(STEP)).unwrap_or(end);
        if first < end { start.max(first) } else { start }
    };
    match (delivery.start_time, delivery.end_time) {
        (Some(begin), Some(finish)) if begin >= context.delivery_span().end => {
            let start = before(finish.signed_duration_since(begin));
            explanation.ask_window((begin, finish), Span { start, end });
        }
        (Some(_), None) => explanation.ask("delivery.start_time", rfc3339(before(STEP))),
        (Some(_), Some(_)) => explanation.ask("delivery.end_time", rfc3339(context.delivery_span().end)),
        (None, Some(_)) => explanation.ask("delivery.end_time", rfc3339(end)),
        // Its block is over, and no later base revives that: it is bought anew.
        (None, None) => explanation.remedy_buy(&context.service.id, None),
    }
}

/// What gives the item a base: the first that will do of bringing one into force, waiting for
/// one, letting one serve the location, and ordering one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum BaseRemedy {
    /// The row of an order.
    Renew(usize),
    Wait(DateTime<Utc>),
    /// The rows of an order and its base item.
    Designate(usize, usize),
    Buy,
}

pub(in crate::engine) fn base_remedy(context: &Context<'_>) -> BaseRemedy {
    let candidate = context.candidate;
    // Before the item's start, the base at that start is what counts.
    let instant = context.at.max(candidate.term.start());
    let orders = &context.prepared.contract().work_orders;
    let named = context.order.base_work_order_id.as_ref();
    let is_named = |base: &Candidate| {
        named.is_none_or(|named| orders.get(base.order).is_some_and(|order| *named == order.work_order_id))
    };
    let bases = || {
        let bases = context.prepared.base_candidates().iter();
        let is_own = move |base: &&Candidate| base.family == candidate.family && base.term.span().contains(instant);
        bases.filter(is_own).filter(move |base| is_named(base))
    };
    let is_idle = |base: &Candidate| matches!(base.state, WorkOrderState::Draft | WorkOrderState::Suspended);
    // What an extension brings the base to counts only for what is extended along with it.
    let serves = |base: &Candidate| match base.designations.at(context.location_row) {
        designation @ Designation::During(_) => candidate.is_extended && designation.at(instant),
        designation => designation.at(instant),
    };
    if let Some(base) = bases().find(|base| is_idle(base) && (named.is_some() || serves(base))) {
        return BaseRemedy::Renew(base.order);
    }
    if let Some(start) = next_base(context, instant) {
        return BaseRemedy::Wait(start);
    }
    let mut active = bases().filter(|base| named.is_none() && !is_idle(base));
    let reaching = active.find(|base| can_reach(context, base));
    reaching.map_or(BaseRemedy::Buy, |base| BaseRemedy::Designate(base.order, base.item))
}

fn remedy_base(context: &Context<'_>, explanation: &mut Explanation) {
    let orders = &context.prepared.contract().work_orders;
    match base_remedy(context) {
        BaseRemedy::Renew(row) => {
            explanation.remedy(RemedyKind::Renew, "work_order.state", ACTIVE);
            explanation.remedy_at(orders.get(row).map_or("", |order| &order.work_order_id), None);
        }
        BaseRemedy::Wait(start) => explanation.remedy(RemedyKind::WaitUntil, "check_time", rfc3339(start)),
        BaseRemedy::Designate(row, item) => {
            if let Some(order) = orders.get(row) {
                let item = order.items.get(item).filter(|item| !item.all_locations);
                remedy_designate(context, order, item.map(|item| item.item_id.as_str()), explanation);
            }
        }
        BaseRemedy::Buy => explanation.remedy_buy(&context.edition.base_package, Some(context.order)),
    }
}

/// The start of the base to come, if the item lives to see it.
fn next_base(context: &Context<'_>, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let coverage = context.prepared.base_coverage(context.candidate, context.location_row);
    let start = coverage.and_then(|coverage| coverage.span())?.start;
    (instant < start && start < context.candidate.term.end).then_some(start)
}

fn can_reach(context: &Context<'_>, base: &Candidate) -> bool {
    let hosts = &context.prepared.contract().customer.locations;
    matches!(context.candidate.support, Support::AnyCovering)
        && hosts.get(base.host).is_some_and(|host| may_share_country(context, host))
}
