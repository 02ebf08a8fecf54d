//! Dates as spreadsheets and people write them.

use chrono::{Days, NaiveDate};

use crate::legible::excerpt;

/// What a date looks like.
const LIKE: &str = "no date like `2026-12-31`";
/// The numbers that spreadsheets have for the days from 1954 to 2119: few other numbers are among them.
const SERIALS: std::ops::RangeInclusive<u64> = 20_000..=80_000;

/// Why a text is no date, and what to write.
pub fn wrong_date(text: &str) -> String {
    let quoted = excerpt(text);
    match number_or_words_of_date(text) {
        Some(hint) => format!("`{quoted}` is {LIKE}; {hint}"),
        None => format!("`{quoted}` is {LIKE}"),
    }
}

/// What a date in another form may mean.
pub fn number_or_words_of_date(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(date) = of_serial(text) {
        return Some(format!("as the number of a day in a spreadsheet it is {date}: write `{date}`"));
    }
    let mut parts = text.split(['/', '.', '-']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |part: &str| part.trim().parse::<u32>().ok().filter(|_| part.trim().len() <= 4);
    let (one, two, three) = (number(first)?, number(second)?, number(third)?);
    if parts.next().is_some() {
        return None;
    }
    if first.len() == 4 {
        let date = NaiveDate::from_ymd_opt(i32::try_from(one).ok()?, two, three)?;
        return Some(format!("write `{date}`"));
    }
    let year = i32::try_from(three).ok().filter(|_| third.trim().len() == 4)?;
    let (by_day, by_month) = (NaiveDate::from_ymd_opt(year, two, one), NaiveDate::from_ymd_opt(year, one, two));
    match (by_day, by_month) {
        (Some(date), None) | (None, Some(date)) => Some(format!("write `{date}`")),
        (Some(one), Some(other)) if one == other => Some(format!("write `{one}`")),
        (Some(one), Some(other)) => Some(format!("it may be {one} or {other}: write the year, the month and the day")),
        (None, None) => None,
    }
}

/// Day 1 is 1 January 1900, and 29 February 1900 is counted although it never was.
fn of_serial(text: &str) -> Option<NaiveDate> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let serial = whole.parse().ok().filter(|serial| SERIALS.contains(serial))?;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_other_forms_are_told_in_the_right_one() {
        for (text, hint) in [
            ("46023", "as the number of a day in a spreadsheet it is 2026-01-01: write `2026-01-01`"),
            ("46387", "as the number of a day in a spreadsheet it is 2026-12-31: write `2026-12-31`"),
            ("46387.5", "as the number of a day in a spreadsheet it is 2026-12-31: write `2026-12-31`"),
            ("31/12/2026", "write `2026-12-31`"),
            ("12/31/2026", "write `2026-12-31`"),
            ("31.12.2026", "write `2026-12-31`"),
            ("2026/1/5", "write `2026-01-05`"),
            ("05/05/2026", "write `2026-05-05`"),
            ("01/02/2026", "it may be 2026-02-01 or 2026-01-02: write the year, the month and the day"),
        ] {
            assert_eq!(wrong_date(text), format!("`{text}` is no date like `2026-12-31`; {hint}"));
        }
        for text in ["", "soon", "1", "99999999", "31/12/26", "32/13/2026", "2026-12", "1/2/3/4", "-/-/-"] {
            assert_eq!(wrong_date(text), format!("`{text}` is no date like `2026-12-31`"));
        }
    }
}
