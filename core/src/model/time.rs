//! Civil dates and clocks of a zone, as instants.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Utc};

use super::Zone;

/// The first instant anything here may name: 1970-01-01T00:00:00Z.
pub const EARLIEST: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// Just behind the last instant anything here may name: the end of the year 9999.
pub const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_800, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

/// The first instant of `date` in `zone`.
pub fn start_of_day(zone: Zone, date: NaiveDate) -> DateTime<Utc> {
    zone.first_instant(date.and_time(NaiveTime::MIN))
}

/// An instant as messages and metadata have it: RFC 3339 in UTC.
pub fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The date a calendar in `zone` shows at `instant`.
pub fn day_of(zone: Zone, instant: DateTime<Utc>) -> NaiveDate {
    zone.local(instant).date()
}

/// The day so many years after `start`; a 29 February has its anniversaries on 1 March in common years, so that a year from
/// 29 February ends with 28 February (our reading).
pub fn anniversary(start: NaiveDate, years: i32) -> NaiveDate {
    let year = start.year().saturating_add(years.max(0));
    start.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(NaiveDate::MAX)
}

/// The contract year that holds `date`, as its first day and the first day of the next one.
pub fn contract_year(start: NaiveDate, date: NaiveDate) -> (NaiveDate, NaiveDate) {
    let anniversary = |years: i32| anniversary(start, years);
    let guess = date.year().saturating_sub(start.year()).max(0);
    let years = if anniversary(guess) > date { guess.saturating_sub(1) } else { guess };
    (anniversary(years), anniversary(years.saturating_add(1)))
}

/// How many contract years begin from `start` to `end`. Anniversaries are whole years apart, so
/// the calendar years tell how many there were.
pub fn contract_years_begun(start: NaiveDate, end: NaiveDate) -> i64 {
    let (last_year, _) = contract_year(start, end);
    let anniversaries = last_year.year().saturating_sub(start.year()).max(0);
    i64::from(anniversaries).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::zone;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_its_first_instant_even_where_midnight_is_skipped() {
        let beirut = start_of_day(zone("Asia/Beirut"), date("2026-03-29"));
        assert_eq!(beirut.to_rfc3339(), "2026-03-28T22:00:00+00:00");
        let apia = start_of_day(zone("Pacific/Apia"), date("2011-12-30"));
        assert_eq!(apia, start_of_day(zone("Pacific/Apia"), date("2011-12-31")));
        let london = start_of_day(zone("Europe/London"), date("2026-07-01"));
        assert_eq!(london.to_rfc3339(), "2026-06-30T23:00:00+00:00");
    }

    #[test]
    fn contract_years_follow_the_anniversary() {
        let year = |start: &str, day: &str| contract_year(date(start), date(day));
        assert_eq!(year("2026-02-01", "2027-01-31"), (date("2026-02-01"), date("2027-02-01")));
        assert_eq!(year("2026-02-01", "2027-02-01"), (date("2027-02-01"), date("2028-02-01")));
        assert_eq!(year("2024-02-29", "2025-02-28"), (date("2024-02-29"), date("2025-03-01")));
        assert_eq!(year("2024-02-29", "2025-03-01"), (date("2025-03-01"), date("2026-03-01")));
        assert_eq!(year("2024-02-29", "2028-02-28"), (date("2027-03-01"), date("2028-02-29")));
        assert_eq!(year("2024-02-29", "2028-02-29"), (date("2028-02-29"), date("2029-03-01")));
    }

    #[test]
    fn contract_years_are_counted_without_walking_them() {
        for (start, end, years) in [
            ("2026-02-01", "2027-01-31", 1),
            ("2026-02-01", "2027-02-01", 2),
            ("2024-02-29", "2025-02-28", 1),
            ("2024-02-29", "2025-03-01", 2),
            ("2024-02-29", "2028-02-28", 4),
            ("2024-02-29", "2028-02-29", 5),
            ("1970-01-01", "9999-12-31", 8_030),
            ("2026-02-01", "2025-01-01", 1),
            ("-262143-01-01", "+262142-12-31", 524_286),
        ] {
            assert_eq!(contract_years_begun(date(start), date(end)), years, "{start} to {end}");
        }
    }
}
