//! Quantities written short: `400h`, `12h30m`, `90 min`, `5d`, `10 credits`.

use crate::legible::excerpt;
use crate::model::{MINUTES_PER_DAY, MINUTES_PER_HOUR};
use crate::proto::v1::{Quantity, Unit};

/// The spellings of each unit.
const UNITS: [(Unit, &[&str]); 8] = [
    (Unit::Minutes, &["m", "min", "minute", "minutes"]),
    (Unit::Hours, &["h", "hour", "hours"]),
    (Unit::Days, &["d", "day", "days"]),
    (Unit::Credits, &["credit", "credits"]),
    (Unit::Events, &["event", "events"]),
    (Unit::Attendees, &["attendee", "attendees"]),
    (Unit::Visits, &["visit", "visits"]),
    (Unit::Engagements, &["engagement", "engagements"]),
];

/// The same in another unit of time, if it comes out even.
pub fn in_unit(quantity: Quantity, unit: Unit) -> Option<Quantity> {
    if quantity.unit() == unit {
        return Some(quantity);
    }
    let minutes = quantity.amount.checked_mul(minutes_of(quantity.unit())?)?;
    let of_unit = minutes_of(unit)?;
    let amount = minutes.checked_div(of_unit).filter(|_| minutes.checked_rem(of_unit) == Some(0))?;
    Some(Quantity { amount, unit: unit.into() })
}

/// Two of one sort together: in the unit of the first if it comes out even, else in the finer one.
pub fn sum(one: Quantity, more: Quantity) -> Option<Quantity> {
    if one.unit == more.unit {
        return Some(Quantity { amount: one.amount.checked_add(more.amount)?, unit: one.unit });
    }
    let [minutes, added] = [in_unit(one, Unit::Minutes)?.amount, in_unit(more, Unit::Minutes)?.amount];
    let minutes = Quantity { amount: minutes.checked_add(added)?, unit: Unit::Minutes.into() };
    in_unit(minutes, one.unit()).or_else(|| in_unit(minutes, more.unit()))
}

fn minutes_of(unit: Unit) -> Option<i64> {
    match unit {
        Unit::Minutes => Some(1),
        Unit::Hours => Some(MINUTES_PER_HOUR),
        Unit::Days => Some(MINUTES_PER_DAY),
        _ => None,
    }
}

/// `400h`, `90m`, `10 credits`; none of a unit that is not known.
pub fn short(quantity: &Quantity) -> Option<String> {
    let (_, spellings) = UNITS.iter().find(|(unit, _)| *unit == quantity.unit())?;
    let (amount, one, many) = (quantity.amount, spellings.first()?, spellings.last()?);
    Some(match (one.len(), amount) {
        (1, _) => format!("{amount}{one}"),
        (_, 1) => format!("{amount} {one}"),
        _ => format!("{amount} {many}"),
    })
}

/// How a unit is written; every one, if none is given.
pub fn spellings(unit: Option<Unit>) -> Vec<&'static str> {
    let wanted = UNITS.iter().filter(|(known, _)| unit.is_none_or(|unit| unit == *known));
    wanted.flat_map(|(_, spellings)| spellings.iter().copied()).collect()
}

/// Reads a whole number and its unit; or hours and minutes, as tables show them.
pub fn parse(text: &str) -> Result<Quantity, String> {
    let text = text.trim();
    if let Some(plain) = without_separators(text) {
        return Err(format!("`{}` has separators in its number: write `{plain}`", excerpt(text)));
    }
    let (first, rest) = part(text, text)?;
    if rest.is_empty() {
        return Ok(first);
    }
    let (second, rest) = part(rest, text)?;
    if !rest.is_empty() || (first.unit(), second.unit()) != (Unit::Hours, Unit::Minutes) {
        return Err(format!(
            "`{}` is more than one quantity: only hours and minutes go together, as in `12h30m`",
            excerpt(text)
        ));
    }
    let minutes = first.amount.checked_mul(MINUTES_PER_HOUR).and_then(|minutes| minutes.checked_add(second.amount));
    let amount = minutes.ok_or_else(|| too_much(text))?;
    Ok(Quantity { amount, unit: Unit::Minutes.into() })
}

/// The first number with its unit, and what follows; `text` is all that was written.
fn part<'a>(rest: &'a str, text: &str) -> Result<(Quantity, &'a str), String> {
    let (amount, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let (unit, rest) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
    let unit = unit.trim();
    if amount.is_empty() || unit.starts_with(['.', ',']) {
        return Err(format!(
            "`{}` is not a whole number and a unit, such as `400h`, `12h30m` or `10 credits`",
            excerpt(text)
        ));
    }
    if unit.is_empty() {
        let amount = excerpt(amount);
        return Err(format!(
            "`{amount}` has no unit: write `{amount}h`, `{amount}m`, `{amount}d`, `{amount} credits`, `{amount} events` …"
        ));
    }
    let amount = amount.parse().map_err(|_| too_much(text))?;
    let lower = unit.to_lowercase();
    match UNITS.iter().find(|(_, spellings)| spellings.contains(&lower.as_str())) {
        Some((unit, _)) => Ok((Quantity { amount, unit: (*unit).into() }, rest)),
        None => Err(format!(
            "`{}` is not a unit: h (hours), m (minutes), d (days), credits, events, attendees, visits or engagements",
            excerpt(unit)
        )),
    }
}

/// `1000h` for `1 000h`: what people put between groups of three digits.
fn without_separators(text: &str) -> Option<String> {
    let is_separator =
        |c: char| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}' | ',' | '.' | '_');
    let number = text.split_at(text.rfind(|c: char| c.is_ascii_digit())?.saturating_add(1));
    let mut groups = number.0.split(is_separator);
    let is_group = |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next()?;
    let is_number = (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    let is_grouped = is_number && !rest.is_empty() && rest.iter().all(|group| is_group(group));
    is_grouped.then(|| format!("{first}{}{}", rest.concat(), number.1))
}

fn too_much(text: &str) -> String {
    format!("`{}` is more than any quantity can be", excerpt(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_quantities_are_whole_numbers_with_a_unit() {
        let read = |text: &str| parse(text).map(|quantity| (quantity.amount, quantity.unit()));
        assert_eq!(read("400h"), Ok((400, Unit::Hours)));
        assert_eq!(read("90m"), Ok((90, Unit::Minutes)));
        assert_eq!(read("5 d"), Ok((5, Unit::Days)));
        assert_eq!(read(" 10 Credits "), Ok((10, Unit::Credits)));
        assert_eq!(read("3 events"), Ok((3, Unit::Events)));
        assert_eq!(read("1 visit"), Ok((1, Unit::Visits)));
        for (grouped, plain) in [
            ("1 000h", "1000h"),
            ("1\u{202f}000 h", "1000 h"),
            ("1,000h", "1000h"),
            ("1.000.000 credits", "1000000 credits"),
            ("1\u{2019}000h", "1000h"),
        ] {
            let told = parse(grouped).unwrap_err();
            assert!(told.ends_with(&format!("write `{plain}`")), "{told}");
        }
        for wrong in ["", "h", "400", "1.5h", "-3h", "4 weeks", "99999999999999999999h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hours_and_minutes_go_together_as_they_are_shown() {
        let read = |text: &str| parse(text).map(|quantity| (quantity.amount, quantity.unit()));
        for text in ["12h30m", "12h 30m", "12 h 30 min", "12 hours 30 minutes", " 12H30MIN "] {
            assert_eq!(read(text), Ok((750, Unit::Minutes)), "{text}");
        }
        assert_eq!(read("90min"), Ok((90, Unit::Minutes)));
        for wrong in ["12h30", "30m12h", "1d4h", "12h 3 events", "12h30m10m", "12h1.5m", "9223372036854775807h1m"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_hours_and_minutes_add_up() {
        let read = |text: &str| parse(text).unwrap();
        let sum = |one: &str, more: &str| sum(read(one), read(more)).and_then(|it| short(&it));
        for (one, more, both) in [
            ("5d", "2400m", "10d"),
            ("5d", "4h", "44h"),
            ("5d", "90m", "2490m"),
            ("10h", "60m", "11h"),
            ("10h", "30m", "630m"),
            ("90m", "1h", "150m"),
            ("40h", "1d", "48h"),
        ] {
            assert_eq!(sum(one, more).as_deref(), Some(both), "{one} {more}");
        }
        assert_eq!(sum("5d", "1 event"), None);
        assert_eq!(in_unit(read("90m"), Unit::Hours), None);
    }
}
