//! Service hours (2.2, 2.3, 2.4): a delivery window begins and ends in them; nights, weekends
//! and holidays in between are simply not worked.

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::context::{Context, Verdict};
use super::decision::Explanation;
use crate::catalog::{Hours, RemedyKind, Rule, ServiceHours, ZoneRule};
use crate::model::Location;

/// The calendar a service is worked by at a location.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pub zone: Tz,
    pub hours: &'a Hours,
    holidays_of: &'a Location,
}

impl<'a> Calendar<'a> {
    pub(super) fn of(context: &Context<'a>, service_hours: &'a ServiceHours) -> Self {
        let asked = context.location;
        let host = context.prepared.contract().customer.locations.get(context.candidate.host).unwrap_or(asked);
        let (zone, place) = match service_hours.zone {
            ZoneRule::Location => (asked.time_zone, asked),
            ZoneRule::Host => (host.time_zone, host),
            ZoneRule::Item { otherwise } => {
                // A base item says nothing of the single services it brings.
                let agreed = if context.service.is_base() { None } else { context.item.time_zone };
                (agreed.or(otherwise).unwrap_or(asked.time_zone), asked)
            }
        };
        Self { zone, hours: service_hours.hours.of(&place.country), holidays_of: place }
    }

    /// Whether a window may begin at `local`, or — with `at_close` — end there. A weekend
    /// waiver makes weekends working days.
    fn is_open(&self, local: NaiveDateTime, at_close: bool, weekends_waived: bool) -> bool {
        let is_weekend = self.hours.weekend.contains(&local.weekday());
        let is_holiday = self.holidays_of.holidays.contains(&local.date());
        let clock = local.time();
        let before_close = if at_close { clock <= self.hours.close } else { clock < self.hours.close };
        !is_holiday && (weekends_waived || !is_weekend) && self.hours.open <= clock && before_close
    }

    fn holds(&self, (start, end): (DateTime<Utc>, DateTime<Utc>), weekends_waived: bool) -> bool {
        let local = |instant: DateTime<Utc>| instant.with_timezone(&self.zone).naive_local();
        self.is_open(local(start), false, weekends_waived) && self.is_open(local(end), true, weekends_waived)
    }
}

/// A window without both ends is not judged. The waiver of this clause lifts weekends only,
/// so it is applied here and not to the verdict.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let Some(service_hours) = &context.service.service_hours else { return Verdict::Holds };
    let Some(window) = context.query.delivery.window() else { return Verdict::Holds };
    if !service_hours.severities.is_empty()
        && !context.query.severity.is_some_and(|severity| service_hours.severities.contains(&severity))
    {
        return Verdict::Holds;
    }
    let calendar = Calendar::of(context, service_hours);
    Verdict::fails_if(!(calendar.holds(window, false) || is_weekend_waived(context) && calendar.holds(window, true)))
}

fn is_weekend_waived(context: &Context<'_>) -> bool {
    let mut clauses = context.service.clauses.iter();
    clauses.any(|clause| clause.rule == Rule::ServiceHours && context.waiver(clause).is_some())
}

/// Whether the window stands only by the weekend waiver.
pub(super) fn leans_on_waiver(context: &Context<'_>) -> bool {
    let service_hours = context.service.service_hours.as_ref();
    context
        .query
        .delivery
        .window()
        .zip(service_hours)
        .is_some_and(|(window, service_hours)| !Calendar::of(context, service_hours).holds(window, false))
}

pub(super) fn explain(context: &Context<'_>, explanation: &mut Explanation) {
    let Some(service_hours) = &context.service.service_hours else { return };
    let calendar = Calendar::of(context, service_hours);
    let clock = |clock: NaiveTime| clock.format("%H:%M").to_string();
    explanation.fact("opens", clock(calendar.hours.open));
    explanation.fact("closes", clock(calendar.hours.close));
    explanation.fact("time_zone", calendar.zone.name());
    explanation.remedy(RemedyKind::ChangeRequest, "delivery.start_time", "");
}
