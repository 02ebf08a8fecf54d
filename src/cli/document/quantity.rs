//! Quantities written short: `400h`, `90m`, `5d`, `10 credits`.

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

/// Reads a whole number and its unit.
pub fn parse(text: &str) -> Result<Quantity, String> {
    let text = text.trim();
    let (amount, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = unit.trim();
    if amount.is_empty() || unit.starts_with(['.', ',']) {
        return Err(format!("`{text}` is not a whole number and a unit, such as `400h` or `10 credits`"));
    }
    let amount = amount.parse().map_err(|_| format!("`{text}` is more than any quantity can be"))?;
    if unit.is_empty() {
        return Err(format!(
            "`{text}` has no unit: write `{text}h`, `{text}m`, `{text}d`, `{text} credits`, `{text} events` …"
        ));
    }
    let lower = unit.to_lowercase();
    match UNITS.iter().find(|(_, spellings)| spellings.contains(&lower.as_str())) {
        Some((unit, _)) => Ok(Quantity { amount, unit: (*unit).into() }),
        None => Err(format!(
            "`{unit}` is not a unit: h (hours), m (minutes), d (days), credits, events, attendees, visits or engagements"
        )),
    }
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
        for wrong in ["", "h", "400", "1.5h", "-3h", "4 weeks", "99999999999999999999h", "4h 30m"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
