//! From when on an act holds.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use prost_types::Timestamp;

use super::words::flag;
use super::{Acts, Stand};
use crate::cli::values::{instant, show_time};
use crate::contract::renewed_end;
use crate::model::{Zone, day_of, start_of_day};
use crate::proto::v1::{WorkOrder, WorkOrderState};

/// What an act makes of the term of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    Stays,
    Longer,
}

impl Acts {
    /// The flag that says it; nothing where that is now.
    pub(super) fn effective(&self, stand: Option<&Stand>, order_id: &str, term: Term) -> String {
        let Some(from) = stand.map_or(self.judged, |stand| stand.from) else { return String::new() };
        let zone = self.places.order(order_id);
        let asked =
            if self.is_of_another_time(from) { flag("effective", &show_time(&from, zone)) } else { String::new() };
        // Outside of its term an order is not changed: from its first day on, or from its last.
        match (instant(&from), stand.and_then(|stand| days(&stand.order))) {
            (Some(at), Some((first, _))) if at < start_of_day(zone, first) => flag("effective", &first.to_string()),
            (Some(at), Some((_, last))) if at >= start_of_day(zone, after(last)) && term == Term::Stays => {
                flag("effective", &last.to_string())
            }
            _ => asked,
        }
    }

    /// The same for the order that goes on with one that has ended.
    pub(super) fn effective_of_new(&self, stand: &Stand) -> String {
        let zone = self.places.order(&stand.order.work_order_id);
        let asked = stand.from.filter(|from| self.is_of_another_time(*from));
        let begins = self.new_term(&stand.order).map(|(first, _)| first);
        match (stand.from.as_ref().and_then(instant), begins) {
            (Some(at), Some(first)) if at < start_of_day(zone, first) => flag("effective", &first.to_string()),
            _ => asked.map_or(String::new(), |from| flag("effective", &show_time(&from, zone))),
        }
    }

    /// Whether the contract of another time than now is to change.
    fn is_of_another_time(&self, from: Timestamp) -> bool {
        self.request.check_time.is_some() || Some(from) != self.asked
    }

    /// Whether an order has ended for good when an act would take effect: it changes no more.
    pub(super) fn is_over(stand: &Stand) -> bool {
        let end = stand.order.terminate_time.as_ref().and_then(instant);
        let at = stand.from.as_ref().and_then(instant);
        stand.order.state() == WorkOrderState::Terminated && end.zip(at).is_some_and(|(end, at)| end <= at)
    }

    /// Whether it has ended then, for good or by its last day.
    pub(super) fn has_ended(&self, stand: &Stand) -> bool {
        let zone = self.places.order(&stand.order.work_order_id);
        let end = days(&stand.order).map(|(_, last)| start_of_day(zone, after(last)));
        Self::is_over(stand) || stand.from.as_ref().and_then(instant).zip(end).is_some_and(|(at, end)| end <= at)
    }

    /// The first and the last day of what a renewal makes, so that it holds when it is asked about.
    fn new_term(&self, order: &WorkOrder) -> Option<(NaiveDate, NaiveDate)> {
        let zone = self.places.order(&order.work_order_id);
        let (asked, term) = (Self::day(self.asked, zone)?, days(order)?);
        let first = after(last_of(order, term, zone));
        let first = if asked > renewed_end(term, first) { asked } else { first };
        Some((first, renewed_end(term, first)))
    }

    /// The flags by which a renewal holds what is asked about; none where it does by itself.
    pub(super) fn renewed(&self, order: &WorkOrder) -> String {
        let zone = self.places.order(&order.work_order_id);
        let (Some(term), Some((first, last))) = (days(order), self.new_term(order)) else { return String::new() };
        let delivery = self.request.delivery.as_ref();
        let work = delivery.and_then(|it| Self::day(it.end_time.or(it.start_time), zone)).filter(|day| *day > last);
        let is_next = first == after(last_of(order, term, zone));
        let start = if is_next { String::new() } else { flag("start", &first.to_string()) };
        start + &work.map_or(String::new(), |day| flag("end", &day.to_string()))
    }

    fn day(time: Option<Timestamp>, zone: Zone) -> Option<NaiveDate> {
        time.as_ref().and_then(instant).map(|it| day_of(zone, it))
    }
}

/// Acts take effect in whole microseconds.
pub(super) fn in_microseconds(time: Timestamp) -> Timestamp {
    Timestamp { nanos: time.nanos.saturating_sub(time.nanos.checked_rem(1_000).unwrap_or(0)), ..time }
}

pub(super) fn key(time: &Timestamp) -> (i64, i32) {
    (time.seconds, time.nanos)
}

pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min_by_key(key)
}

/// The last day on which it runs.
fn last_of(order: &WorkOrder, (_, last): (NaiveDate, NaiveDate), zone: Zone) -> NaiveDate {
    let end: Option<DateTime<Utc>> = order.terminate_time.as_ref().and_then(instant);
    let end = end.and_then(|end| end.checked_sub_signed(TimeDelta::nanoseconds(1)));
    end.map_or(last, |end| day_of(zone, end).min(last))
}

fn days(order: &WorkOrder) -> Option<(NaiveDate, NaiveDate)> {
    Some((order.start_date.parse().ok()?, order.end_date.parse().ok()?))
}

fn after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(NaiveDate::MAX)
}

/// The first day of what goes on with an order.
pub(in crate::cli) fn first_day_after(order: &WorkOrder, zone: Zone) -> Option<NaiveDate> {
    Some(after(last_of(order, days(order)?, zone)))
}

/// The last day of it, if it begins on this one and is as long.
pub(in crate::cli) fn last_day_as_long(order: &WorkOrder, first: &str) -> Option<NaiveDate> {
    Some(renewed_end(days(order)?, first.parse().ok()?))
}
