//! Amounts with their units.

use crate::proto::v1::{Block, Unit};

const MINUTES_PER_HOUR: i64 = 60;

/// `12 h 30 min`, `10 credits`.
pub(crate) fn amount(amount: i64, unit: Unit) -> String {
    let name = match unit {
        Unit::Minutes => return minutes(amount),
        Unit::Hours => return format!("{amount} h"),
        Unit::Days => "day",
        Unit::Credits => "credit",
        Unit::Events => "event",
        Unit::Attendees => "attendee",
        Unit::Visits => "visit",
        Unit::Engagements => "engagement",
        Unit::Unspecified => return amount.to_string(),
    };
    format!("{amount} {name}{}", if amount == 1 { "" } else { "s" })
}

fn minutes(minutes: i64) -> String {
    let (hours, rest) = (minutes.div_euclid(MINUTES_PER_HOUR), minutes.rem_euclid(MINUTES_PER_HOUR));
    match (hours, rest) {
        (hours, 0) => format!("{hours} h"),
        (0, rest) => format!("{rest} min"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

/// `12 h 30 min of 400 h`, `3 of 10 credits`.
pub(crate) fn available_of_granted(block: &Block) -> String {
    let available = match block.unit() {
        Unit::Minutes | Unit::Hours => amount(block.available, block.unit()),
        _ => block.available.to_string(),
    };
    format!("{available} of {}", amount(block.granted, block.unit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_shown_as_people_say_them() {
        let texts = [0, 30, 60, 750, 24_000].map(|minutes| amount(minutes, Unit::Minutes));
        assert_eq!(texts, ["0 h", "30 min", "1 h", "12 h 30 min", "400 h"]);
        assert_eq!(amount(1, Unit::Events), "1 event");
        assert_eq!(amount(10, Unit::Credits), "10 credits");
        let block = |unit: Unit| Block { unit: unit.into(), granted: 90, available: 60, ..Default::default() };
        assert_eq!(available_of_granted(&block(Unit::Minutes)), "1 h of 1 h 30 min");
        assert_eq!(available_of_granted(&block(Unit::Credits)), "60 of 90 credits");
    }
}
