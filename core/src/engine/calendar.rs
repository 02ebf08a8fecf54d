//! Working time: the hours of a calendar as instants, exact on days whose clocks change.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use crate::catalog::Hours;
use crate::model::Zone;
use crate::terms::Span;

/// How far ahead an opening is looked for; a calendar closed longer than this has none.
const HORIZON_DAYS: i64 = 3 * 366;
/// How far back a closing is looked for.
const LOOK_BACK_DAYS: i64 = 31;

/// The working days and hours of one place.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pub zone: Zone,
    pub hours: &'a Hours,
    pub holidays: &'a BTreeSet<NaiveDate>,
}

impl<'a> Calendar<'a> {
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !self.is_weekend(date) && !self.holidays.contains(&date)
    }

    pub fn is_weekend(&self, date: NaiveDate) -> bool {
        self.hours.weekend.contains(&date.weekday())
    }

    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.zone.local(instant)
    }

    pub fn is_open(&self, instant: DateTime<Utc>) -> bool {
        let local = self.local(instant);
        self.is_working_day(local.date()) && self.hours.open <= local.time() && local.time() < self.hours.close
    }

    /// When it opens next; none while it is open, or if it never does.
    pub fn next_open(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.open_spans(instant).next()?;
        (next.start > instant).then_some(next.start)
    }

    /// When it closes next; none while it is closed.
    pub fn next_close(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut spans = self.open_spans(instant);
        let mut open = spans.next().filter(|span| span.start <= instant)?;
        // A clock set back at opening time may join two stretches.
        for span in spans {
            if span.start != open.end {
                break;
            }
            open.end = span.end;
        }
        Some(open.end)
    }

    /// When it closed last before the instant; none if it was closed for long.
    pub fn last_close(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = instant.checked_sub_signed(Duration::days(LOOK_BACK_DAYS))?;
        self.open_spans(from).map(|span| span.end).take_while(|close| *close <= instant).last()
    }

    /// The instant at which `time` of working time after `start` has run out. Time that runs
    /// out at closing runs out then, not at the next opening. None if it never does.
    pub fn after(&self, start: DateTime<Utc>, time: TimeDelta) -> Option<DateTime<Utc>> {
        let mut left = time;
        for span in self.open_spans(start) {
            let open = span.end.signed_duration_since(span.start);
            if left <= open {
                return span.start.checked_add_signed(left);
            }
            left = left.checked_sub(&open)?;
        }
        None
    }

    /// The stretches of open time from `start` on.
    fn open_spans(&self, start: DateTime<Utc>) -> impl Iterator<Item = Span> + use<'a> {
        let calendar = *self;
        // A day earlier: the local date at the start may have begun before it.
        let days = (-1..HORIZON_DAYS).filter_map(move |day| {
            let from = start.checked_add_signed(Duration::days(day))?;
            Some(Span { start: from, end: from.checked_add_signed(Duration::days(1))? })
        });
        let segments = days.flat_map(move |day| segments(calendar.zone, day));
        let open = segments.flat_map(move |segment| calendar.open_within(segment));
        open.filter_map(move |span| span.intersect(Span { start, end: DateTime::<Utc>::MAX_UTC }))
    }

    /// The open time within a stretch of one offset.
    fn open_within(&self, (segment, offset): (Span, TimeDelta)) -> Vec<Span> {
        let local = |instant: DateTime<Utc>| instant.naive_utc().checked_add_signed(offset);
        let instant = |local: NaiveDateTime| local.checked_sub_signed(offset).map(|utc| utc.and_utc());
        let (Some(first), Some(last)) = (local(segment.start), local(segment.end)) else { return Vec::new() };
        let dates = first.date().iter_days().take_while(|date| *date <= last.date());
        let working = dates.filter(|date| self.is_working_day(*date));
        let spans = working.filter_map(|date| {
            let start = instant(date.and_time(self.hours.open))?;
            let end = instant(date.and_time(self.hours.close))?;
            Span { start, end }.intersect(segment)
        });
        spans.collect()
    }
}

/// A stretch of time cut where the zone's offset changes: at most once a day.
fn segments(zone: Zone, span: Span) -> Vec<(Span, TimeDelta)> {
    let offset = |instant: DateTime<Utc>| zone.offset(instant);
    let (before, after) = (offset(span.start), offset(span.end));
    if before == after {
        return vec![(span, before)];
    }
    // The change lies between: halve to the second.
    let (mut low, mut high) = (span.start.timestamp(), span.end.timestamp());
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        let is_before = DateTime::from_timestamp(middle, 0).is_some_and(|instant| offset(instant) == before);
        if is_before { low = middle } else { high = middle }
    }
    let change = DateTime::from_timestamp(high, 0).unwrap_or(span.end);
    vec![(Span { end: change, ..span }, before), (Span { start: change, ..span }, after)]
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday};
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ZoneTable, zone};

    fn hours(open: (u32, u32), close: (u32, u32)) -> Hours {
        let time = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let weekend = vec![Weekday::Sat, Weekday::Sun];
        Hours { open: time(open), close: time(close), weekend, countries: Default::default() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn business_time_skips_nights_weekends_and_holidays() {
        let hours = hours((9, 0), (17, 30));
        let holidays = BTreeSet::from(["2026-03-17".parse().unwrap()]);
        let dublin = Calendar { zone: zone("Europe/Dublin"), hours: &hours, holidays: &holidays };
        let due = |start: &str, minutes| dublin.after(at(start), TimeDelta::minutes(minutes)).unwrap();
        // Half an hour on Monday, a holiday, the rest on Wednesday.
        assert_eq!(due("2026-03-16T17:00:00Z", 120), at("2026-03-18T10:30:00Z"));
        // Due at closing, not at the next opening.
        assert_eq!(due("2026-03-16T15:30:00Z", 120), at("2026-03-16T17:30:00Z"));
        assert_eq!(due("2026-03-16T17:29:59Z", 120), at("2026-03-18T10:59:59Z"));
        assert_eq!(dublin.next_open(at("2026-03-14T12:00:00Z")), Some(at("2026-03-16T09:00:00Z")));
        assert_eq!(dublin.next_close(at("2026-03-16T09:00:00Z")), Some(at("2026-03-16T17:30:00Z")));
        assert_eq!(dublin.next_open(at("2026-03-16T09:00:00Z")), None);
        assert_eq!(dublin.next_close(at("2026-03-16T17:30:00Z")), None);
    }

    #[test]
    fn a_calendar_that_never_opens_promises_nothing() {
        let mut hours = hours((9, 0), (17, 30));
        hours.weekend =
            [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun].into();
        let holidays = BTreeSet::new();
        let never = Calendar { zone: Zone::UTC, hours: &hours, holidays: &holidays };
        assert_eq!(never.after(at("2026-03-16T17:00:00Z"), TimeDelta::minutes(1)), None);
        assert_eq!(never.next_open(at("2026-03-16T17:00:00Z")), None);
    }

    /// Counts minutes, one after the other.
    fn count_minutes(calendar: &Calendar<'_>, start: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
        let mut instant = start;
        let mut counted = 0;
        while counted < minutes {
            counted += i64::from(calendar.is_open(instant));
            instant += TimeDelta::minutes(1);
        }
        instant
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn working_time_agrees_with_counting_minutes(
            zone in prop::sample::select(ZoneTable::embedded().zones().collect::<Vec<_>>()),
            // Whole minutes of the years 1975 to 2035: zones had odd seconds before.
            start in 2_629_440_i64..34_186_000,
            minutes in 1_i64..900,
            open in 0_u32..20,
            length in 1_u32..4,
            free in prop::collection::btree_set(0_i64..20, 0..8),
        ) {
            let start = DateTime::from_timestamp(start * 60, 0).unwrap();
            let close = if open + length * 6 > 23 { (23, 59) } else { (open + length * 6, 30) };
            let hours = hours((open, 0), close);
            let holidays = free.iter().map(|days| start.date_naive() + Duration::days(*days)).collect();
            let calendar = Calendar { zone, hours: &hours, holidays: &holidays };
            let counted = count_minutes(&calendar, start, minutes);
            prop_assert_eq!(calendar.after(start, TimeDelta::minutes(minutes)), Some(counted));
            prop_assert_eq!(calendar.next_open(start).is_none(), calendar.is_open(start));
        }
    }
}
