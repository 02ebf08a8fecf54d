use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// From when to when a contract stands as it does: half-open, and without a bound where nothing was or is to be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectivePeriod {
    pub from: Option<DateTime<Utc>>,
    /// Exclusive: a recorded change takes effect then.
    pub until: Option<DateTime<Utc>>,
}

impl EffectivePeriod {
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= instant) && !self.has_ended(instant)
    }

    /// Whether a later change has taken effect by then.
    pub fn has_ended(&self, instant: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= instant)
    }

    /// The time that is part of both.
    pub fn and(&self, other: &Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        // None is before every instant.
        Self { from: self.from.max(other.from), until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_period_has_its_first_instant_and_not_its_last() {
        let period = EffectivePeriod { from: Some(at(10)), until: Some(at(20)) };
        assert_eq!([9, 10, 19, 20].map(|second| period.contains(at(second))), [false, true, true, false]);
        assert_eq!([9, 19, 20].map(|second| period.has_ended(at(second))), [false, false, true]);
        assert!(EffectivePeriod::default().contains(at(0)));
    }

    #[test]
    fn what_two_periods_share() {
        let one = EffectivePeriod { from: Some(at(10)), until: None };
        let other = EffectivePeriod { from: None, until: Some(at(20)) };
        assert_eq!(one.and(&other), EffectivePeriod { from: Some(at(10)), until: Some(at(20)) });
        let later = EffectivePeriod { from: Some(at(15)), until: Some(at(30)) };
        assert_eq!(one.and(&other).and(&later), EffectivePeriod { from: Some(at(15)), until: Some(at(20)) });
    }
}
