//! Half-open windows as days of a calendar.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::span::Span;
use crate::model::{Zone, day_of, start_of_day};

/// From the first instant of `first` to the last of `last`, both days of `zone`.
pub fn days(zone: Zone, first: NaiveDate, last: NaiveDate) -> Span {
    Span { start: start_of_day(zone, first), end: end_of_day(zone, last) }
}

/// The first instant behind a day of `zone`; of the last day there is, the end of time.
pub fn end_of_day(zone: Zone, day: NaiveDate) -> DateTime<Utc> {
    day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(zone, next))
}

/// The last day of `zone` that a window touches. The end is exclusive: a window that ends at midnight
/// does not touch the day that begins there. One that is empty touches the day it starts on.
pub fn last_day(zone: Zone, window: Span) -> NaiveDate {
    let before_end = window.end.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(window.end);
    day_of(zone, before_end.max(window.start))
}

/// How many bought events a window takes, if one event covers `days_each` days of `zone`.
pub fn events_taken(zone: Zone, window: Span, days_each: i64) -> i64 {
    let first = day_of(zone, window.start);
    let last = last_day(zone, window).max(first);
    let days = last.signed_duration_since(first).num_days().saturating_add(1);
    let begun = i64::from(days.checked_rem(days_each).unwrap_or(0) != 0);
    days.checked_div(days_each).unwrap_or(days).saturating_add(begun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EARLIEST, LATEST, zone};

    fn london() -> Zone {
        zone("Europe/London")
    }

    fn window(start: &str, end: &str) -> Span {
        Span { start: start.parse().unwrap(), end: end.parse().unwrap() }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_that_ends_at_midnight_does_not_touch_the_day_that_begins_there() {
        // London shows 00:00 at 23:00Z in June.
        for (end, last) in [
            ("2026-06-01T22:59:59Z", "2026-06-01"),
            ("2026-06-01T23:00:00Z", "2026-06-01"),
            ("2026-06-01T23:00:01Z", "2026-06-02"),
            ("2026-05-31T23:00:00Z", "2026-06-01"),
            ("2026-05-01T00:00:00Z", "2026-06-01"),
        ] {
            assert_eq!(last_day(london(), window("2026-05-31T23:00:00Z", end)), date(last), "{end}");
        }
    }

    #[test]
    fn an_event_is_begun_as_soon_as_one_day_of_it_is_touched() {
        for (end, days_each, events) in [
            ("2026-06-01T23:00:00Z", 1, 1),
            ("2026-06-02T23:00:00Z", 1, 2),
            ("2026-06-05T23:00:00Z", 5, 1),
            ("2026-06-05T23:00:01Z", 5, 2),
            ("2026-05-01T00:00:00Z", 5, 1),
        ] {
            assert_eq!(events_taken(london(), window("2026-05-31T23:00:00Z", end), days_each), events, "{end}");
        }
    }

    #[test]
    fn the_widest_window_is_counted() {
        assert_eq!(events_taken(Zone::UTC, Span { start: EARLIEST, end: LATEST }, 5), 586_580);
    }

    #[test]
    fn days_run_from_the_first_instant_to_the_last() {
        let one = days(london(), date("2026-06-01"), date("2026-06-01"));
        assert_eq!(one, window("2026-05-31T23:00:00Z", "2026-06-01T23:00:00Z"));
        assert_eq!(end_of_day(london(), NaiveDate::MAX), DateTime::<Utc>::MAX_UTC);
    }
}
