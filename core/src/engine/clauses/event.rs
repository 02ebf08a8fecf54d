//! Event management (2.3): group E of the clauses.

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::quantity::remedy_more;
use crate::catalog::{EventRule, Rule};
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::engine::pool::left;
use crate::model::{PlannedEvent, Unit, rfc3339};
use crate::terms::{Span, events_taken};

/// The event in question: the request's window, else the item's event that runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Event {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    confirmed: Option<DateTime<Utc>>,
}

pub(super) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    Some(match rule {
        Rule::EventNotice => notice(context),
        Rule::EventDuration => duration(context),
        Rule::EventSolutions => {
            Verdict::fails_if(events_of_solutions(context).is_some_and(|needed| needed > left(context)))
        }
        _ => return None,
    })
}

fn notice(context: &Context<'_>) -> Verdict {
    let Some(terms) = context.service.event else { return Verdict::Holds };
    match event_of(context).and_then(|event| Some((event, event.confirmed?))) {
        None => Verdict::Unknown,
        Some((event, confirmed)) => Verdict::fails_if(confirmed > latest_confirmation(context, event, terms)),
    }
}

/// It does not count where nothing is in force.
fn duration(context: &Context<'_>) -> Verdict {
    let Some(terms) = context.service.event else { return Verdict::Holds };
    match event_of(context) {
        None => Verdict::Unknown,
        Some(_) if context.is_lapsed() => Verdict::Holds,
        Some(event) => Verdict::fails_if(events_per_solution(context, event, terms) > left(context)),
    }
}

/// A window with one end is no window.
pub(in crate::engine) fn event_of(context: &Context<'_>) -> Option<Event> {
    let delivery = &context.query.delivery;
    if let Some((start, end)) = delivery.window() {
        return Some(Event { start, end, confirmed: delivery.confirmed_time });
    }
    let planned = context.item.events.iter().find(|event| is_running(context, event))?;
    let confirmed = planned.confirmed_time.or(delivery.confirmed_time);
    Some(Event { start: planned.start_time, end: planned.end_time, confirmed })
}

/// Whether a planned event runs at the time of the check, for the asked product and solution.
fn is_running(context: &Context<'_>, event: &PlannedEvent) -> bool {
    let is_now = event.start_time <= context.at && context.at < event.end_time;
    let has_product = || {
        event.product_ids.is_empty()
            || context.query.product.is_none_or(|asked| event.product_ids.iter().any(|pattern| pattern.matches(asked)))
    };
    let has_solution = match context.query.delivery.solution_ids.as_slice() {
        [] => true,
        [asked] => event.solution_id == *asked,
        _ => false,
    };
    is_now && has_solution && has_product()
}

/// Whole days before the start, at the same time of day on the clock of the location.
fn latest_confirmation(context: &Context<'_>, event: Event, terms: EventRule) -> DateTime<Utc> {
    let zone = context.location.time_zone;
    let local = zone.local(event.start);
    let earlier = local.checked_sub_days(Days::new(u64::from(terms.notice_days)));
    earlier.map_or(DateTime::<Utc>::MIN_UTC, |local| zone.first_instant(local))
}

/// The events one solution takes: each covers a number of dates of the location's calendar.
fn events_per_solution(context: &Context<'_>, event: Event, terms: EventRule) -> i64 {
    events_taken(context.location.time_zone, Span { start: event.start, end: event.end }, terms.days)
}

fn solutions(context: &Context<'_>) -> usize {
    context.query.delivery.solution_ids.len()
}

/// Without a window, an event lasts a day at least.
fn events_needed(context: &Context<'_>, event: Option<Event>, terms: EventRule) -> i64 {
    let each = event.map_or(1, |event| events_per_solution(context, event, terms));
    each.saturating_mul(i64::try_from(solutions(context)).unwrap_or(i64::MAX))
}

/// The events several solutions take together; none where they do not count, or nothing is in
/// force.
fn events_of_solutions(context: &Context<'_>) -> Option<i64> {
    let terms = context.service.event.filter(|terms| terms.per_solution)?;
    let do_count = solutions(context) > 1 && !context.is_lapsed();
    do_count.then(|| events_needed(context, event_of(context), terms))
}

/// The events the asked window takes for one solution; none where there is none, or nothing is in force.
fn events_of_window(context: &Context<'_>) -> Option<i64> {
    let terms = context.service.event.filter(|_| !context.is_lapsed())?;
    let (start, end) = context.query.delivery.window()?;
    Some(events_taken(context.location.time_zone, Span { start, end }, terms.days))
}

/// What a delivery takes at least by this rule.
fn least(context: &Context<'_>, rule: Rule) -> Option<i64> {
    if rule == Rule::EventSolutions { events_of_solutions(context) } else { events_of_window(context) }
}

/// Whether an amount that is to be taken is too small for its days or its solutions, whatever is left.
pub(in crate::engine) fn takes_too_few(context: &Context<'_>, rule: Rule) -> bool {
    let too_few = |(needed, requested): (i64, i64)| requested < needed;
    least(context, rule).zip(requested(context)).is_some_and(too_few)
}

fn requested(context: &Context<'_>) -> Option<i64> {
    // An amount too large to count is enough for anything.
    context.query.quantity.map(|quantity| quantity.in_base_unit().unwrap_or(i64::MAX))
}

/// Why it is too small. What is left is not told: only the ledger knows.
pub(in crate::engine) fn explain_too_few(
    context: &Context<'_>,
    rule: Rule,
    metadata: &mut Vec<(&'static str, String)>,
) -> String {
    let requested = requested(context).unwrap_or_default();
    metadata.retain(|(name, _)| *name != "events_available");
    metadata.push(("requested", requested.to_string()));
    let needed = least(context, rule).unwrap_or_default();
    let of = match rule {
        Rule::EventSolutions => format!("{} solutions", solutions(context)),
        _ => format!("{} days each", context.service.event.map_or(0, |terms| terms.days)),
    };
    format!("{requested} events asked for, {needed} needed for {of}")
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, is_open: bool, explanation: &mut Explanation) {
    let Some(terms) = context.service.event else { return };
    let event = event_of(context);
    if rule == Rule::EventDuration {
        explanation.fact("event_days", terms.days.to_string());
    }
    if rule == Rule::EventNotice {
        explanation.fact("notice_days", terms.notice_days.to_string());
        let latest = event.map(|event| latest_confirmation(context, event, terms));
        explanation.optional_fact("latest_confirm_time", latest.map(rfc3339));
        match event {
            Some(event) if !is_open => remedy_notice(context, event, terms, explanation),
            _ => ask_missing(context, rule, latest, explanation),
        }
        return;
    }
    if rule == Rule::EventDuration && is_open {
        ask_missing(context, rule, None, explanation);
        return;
    }
    let needed = match (rule, event) {
        (Rule::EventDuration, Some(event)) => events_per_solution(context, event, terms),
        _ => events_needed(context, event, terms),
    };
    explanation.fact("events_needed", needed.to_string());
    explanation.fact("events_available", left(context).to_string());
    explanation.fact("unit", Unit::Events.as_str());
    if rule == Rule::EventSolutions {
        explanation.fact("solutions", solutions(context).to_string());
    }
    if explanation.wants_remedy() {
        remedy_more(context, needed, explanation);
    }
}

/// The one field that is missing of the event, or all of the delivery where more are.
fn ask_missing(context: &Context<'_>, rule: Rule, latest: Option<DateTime<Utc>>, explanation: &mut Explanation) {
    let delivery = &context.query.delivery;
    let field = match (delivery.start_time, delivery.end_time) {
        _ if latest.is_some() => "delivery.confirmed_time",
        _ if rule == Rule::EventNotice && delivery.confirmed_time.is_none() => "delivery",
        (Some(_), None) => "delivery.end_time",
        (None, Some(_)) => "delivery.start_time",
        _ => "delivery",
    };
    explanation.ask(field, latest.map(rfc3339).unwrap_or_default());
}

/// What was confirmed cannot be confirmed sooner: the asked event comes later. One that is
/// planned on the item, or would then outlive it, takes less notice in writing if it may.
fn remedy_notice(context: &Context<'_>, event: Event, terms: EventRule, explanation: &mut Explanation) {
    let later = later_event(context, event, terms);
    let window = context.query.delivery.window();
    let fits = window.is_some() && later.is_some_and(|later| later.end <= context.forfeit_time());
    if !fits && explanation.remedy_waiver() {
        return;
    }
    if let Some(later) = later {
        explanation.ask_window((event.start, event.end), later);
    }
}

/// The event as soon as its notice allows.
fn later_event(context: &Context<'_>, event: Event, terms: EventRule) -> Option<Span> {
    // Once the request names the event, its own confirmation counts, not that of the planned one.
    let confirmed = event.confirmed?.max(context.query.delivery.confirmed_time.unwrap_or(DateTime::<Utc>::MIN_UTC));
    let zone = context.location.time_zone;
    let local = zone.local(confirmed);
    let soonest = zone.first_instant(local.checked_add_days(Days::new(u64::from(terms.notice_days)))?);
    let length = event.end.signed_duration_since(event.start);
    // Where clocks change, the same time of day may have to be the next hour's.
    (0..=3).find_map(|hours| {
        let start = soonest.checked_add_signed(TimeDelta::hours(hours))?;
        let later = Event { start, end: start.checked_add_signed(length)?, ..event };
        let has_notice = confirmed <= latest_confirmation(context, later, terms);
        has_notice.then_some(Span { start, end: later.end })
    })
}
