//! Service hours (2.2, 2.3, 2.4): a delivery window begins and ends in them; nights, weekends
//! and holidays in between are simply not worked.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};

use crate::catalog::{Rule, ServiceHours, ZoneRule};
use crate::engine::calendar::Calendar;
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::engine::prepared::Support;
use crate::model::Location;
use crate::terms::Span;

/// The calendar a service is worked by at a location.
/// None where the host's hours count and there is no base to have a host.
pub(in crate::engine) fn calendar_of<'a>(
    context: &Context<'a>,
    service_hours: &'a ServiceHours,
) -> Option<Calendar<'a>> {
    let asked = context.location;
    let (zone, place) = match service_hours.zone {
        ZoneRule::Location => (asked.time_zone, asked),
        ZoneRule::Host => {
            let (_, host) = host_of(context)?;
            (host.time_zone, host)
        }
        ZoneRule::Item { otherwise } => {
            // A base item says nothing of the single services it brings.
            let agreed = if context.service.is_base() { None } else { context.item.time_zone };
            // The catalogue may be older than the zone data.
            let otherwise = || otherwise.map(|zone| context.prepared.zones().renewed_zone(zone));
            (agreed.or_else(otherwise).unwrap_or(asked.time_zone), asked)
        }
    };
    Some(Calendar { zone, hours: service_hours.hours.of(&place.country), holidays: &place.holidays })
}

/// The host of the base that the item is, or leans on, with the row of that base's order (2.4).
pub(in crate::engine) fn host_of<'a>(context: &Context<'a>) -> Option<(usize, &'a Location)> {
    let order = match &context.candidate.support {
        Support::OwnOrder => context.candidate.order,
        Support::Named(_, base) => (*base)?,
        Support::AnyCovering => context.coverage?.host_order(context.at)?,
    };
    let host = context.prepared.order(order)?.host?;
    Some((order, context.prepared.contract().customer.locations.get(host)?))
}

/// Whether a window begins in the hours of a working day and ends in them, or as they close.
/// A weekend waiver makes weekends working days; it lifts neither hours nor holidays.
fn holds(calendar: &Calendar<'_>, (start, end): (DateTime<Utc>, DateTime<Utc>), weekends_waived: bool) -> bool {
    let is_worked = |local: NaiveDateTime| {
        let is_weekend = calendar.is_weekend(local.date());
        !calendar.holidays.contains(&local.date()) && (weekends_waived || !is_weekend)
    };
    let hours = calendar.hours;
    let (start, end) = (calendar.local(start), calendar.local(end));
    let begins_well = is_worked(start) && hours.open <= start.time() && start.time() < hours.close;
    let ends_well = is_worked(end) && hours.open <= end.time() && end.time() <= hours.close;
    begins_well && ends_well
}

pub(in crate::engine) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    (rule == Rule::ServiceHours).then(|| verdict(context))
}

/// A window without both ends is not judged. The waiver of this clause lifts weekends only,
/// so it is applied here and not to the verdict.
fn verdict(context: &Context<'_>) -> Verdict {
    let Some(service_hours) = &context.service.service_hours else { return Verdict::Holds };
    let Some(window) = context.query.delivery.window() else { return Verdict::Holds };
    if !service_hours.severities.is_empty()
        && !context.query.severity.is_some_and(|severity| service_hours.severities.contains(&severity))
    {
        return Verdict::Holds;
    }
    if is_around_the_clock(context) {
        return Verdict::Holds;
    }
    let Some(calendar) = calendar_of(context, service_hours) else { return Verdict::Holds };
    Verdict::fails_if(
        !(holds(&calendar, window, false) || is_weekend_waived(context) && holds(&calendar, window, true)),
    )
}

/// Hours of reactive support management that come with another service are worked at any hour for the severities
/// that service is for (2.3 UER). A use that says no severity is for those.
fn is_around_the_clock(context: &Context<'_>) -> bool {
    if context.service.id == context.item.service_id || context.service.is_base() {
        return false;
    }
    let Some(bringing) = context.edition.service(&context.item.service_id) else { return false };
    let included = bringing.included_hours.as_ref();
    included.is_some_and(|included| included.reactive_support_management == context.service.id)
        && context.query.severity.is_none_or(|severity| bringing.severities.contains(&severity))
}

fn is_weekend_waived(context: &Context<'_>) -> bool {
    let mut clauses = context.service.clauses.iter();
    clauses.any(|clause| clause.rule == Rule::ServiceHours && context.waiver(clause).is_some())
}

/// Whether the window stands only by the weekend waiver.
pub(in crate::engine) fn leans_on_waiver(context: &Context<'_>) -> bool {
    let service_hours = context.service.service_hours.as_ref();
    context
        .query
        .delivery
        .window()
        .zip(service_hours)
        .and_then(|(window, service_hours)| Some((window, calendar_of(context, service_hours)?)))
        .is_some_and(|(window, calendar)| !holds(&calendar, window, false))
}

pub(super) fn explain(context: &Context<'_>, explanation: &mut Explanation) {
    let Some(service_hours) = &context.service.service_hours else { return };
    let Some(calendar) = calendar_of(context, service_hours) else { return };
    let clock = |clock: NaiveTime| clock.format("%H:%M").to_string();
    explanation.fact("opens", clock(calendar.hours.open));
    explanation.fact("closes", clock(calendar.hours.close));
    explanation.fact("time_zone", calendar.zone.name());
    explanation.zone = Some(calendar.zone);
    // What is bought for work outside of these hours answers for itself.
    if let Some(service_id) = &context.service.extended_by {
        return explanation.remedy_buy(service_id, Some(context.order));
    }
    // A place that never opens has no better time.
    if let Some(window) = context.query.delivery.window()
        && let Some(better) = worked(&calendar, window)
    {
        explanation.ask_window(window, better);
    }
}

/// The window from the next opening on, up to the last closing that it contains: no working
/// time is lost. One without any working time is put off as it is, up to the closing.
fn worked(calendar: &Calendar<'_>, (start, end): (DateTime<Utc>, DateTime<Utc>)) -> Option<Span> {
    let begin = if calendar.is_open(start) { start } else { calendar.next_open(start)? };
    let first_close = calendar.next_close(begin)?;
    let finish = if begin >= end {
        let length = end.signed_duration_since(start);
        begin.checked_add_signed(length)?.min(first_close)
    } else if ends_well(calendar, end) {
        end
    } else {
        calendar.last_close(end).map_or(first_close, |close| close.max(first_close))
    };
    Some(Span { start: begin, end: finish })
}

fn ends_well(calendar: &Calendar<'_>, end: DateTime<Utc>) -> bool {
    let local = calendar.local(end);
    let hours = calendar.hours;
    calendar.is_working_day(local.date()) && hours.open <= local.time() && local.time() <= hours.close
}
