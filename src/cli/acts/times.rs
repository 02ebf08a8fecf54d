//! From when on an act holds.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use prost_types::Timestamp;

use super::Acts;
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
    pub(super) fn effective(&self, order_id: &str, term: Term) -> String {
        let Some(judged) = &self.judged else { return String::new() };
        let zone = self.places.order(order_id);
        let shown = |time: &Timestamp| format!(" --effective {}", show_time(time, zone));
        let asked = if self.is_of_another_time() { shown(judged) } else { String::new() };
        let Some(order) = self.orders.get(order_id) else { return asked };
        // Outside of its term an order is not changed: from its first day on, or from its last.
        match (instant(judged), days(order)) {
            (Some(at), Some((first, _))) if at < start_of_day(zone, first) => format!(" --effective {first}"),
            (Some(at), Some((_, last))) if at >= start_of_day(zone, after(last)) && term == Term::Stays => {
                format!(" --effective {last}")
            }
            _ => asked,
        }
    }

    /// Whether the contract of another time than now is to change.
    fn is_of_another_time(&self) -> bool {
        self.request.check_time.is_some() || self.judged != self.asked.map(in_microseconds)
    }

    /// Whether an order has ended for good when an act would take effect: it changes no more.
    pub(super) fn is_over(&self, order: &WorkOrder) -> bool {
        let end = order.terminate_time.as_ref().and_then(instant);
        let at = self.judged.as_ref().and_then(instant);
        order.state() == WorkOrderState::Terminated && end.zip(at).is_some_and(|(end, at)| end <= at)
    }

    /// The flags by which a renewal holds what is asked about; none where it does by itself.
    pub(super) fn renewed(&self, order: &WorkOrder) -> String {
        let zone = self.places.order(&order.work_order_id);
        let of_day = |time: &Option<Timestamp>| time.as_ref().and_then(instant).map(|it| day_of(zone, it));
        let (Some(asked), Some(term)) = (of_day(&self.asked), days(order)) else { return String::new() };
        let first = after(last_of(order, term, zone));
        let start = if asked > renewed_end(term, first) { Some(asked) } else { None };
        let last = renewed_end(term, start.unwrap_or(first));
        let delivery = self.request.delivery.as_ref();
        let work = delivery.and_then(|it| of_day(&it.end_time.or(it.start_time))).filter(|day| *day > last);
        let start = start.map_or(String::new(), |day| format!(" --start {day}"));
        start + &work.map_or(String::new(), |day| format!(" --end {day}"))
    }
}

/// Acts take effect in whole microseconds.
pub(super) fn in_microseconds(time: Timestamp) -> Timestamp {
    Timestamp { nanos: time.nanos.saturating_sub(time.nanos.checked_rem(1_000).unwrap_or(0)), ..time }
}

pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    let key = |time: &Timestamp| (time.seconds, time.nanos);
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
