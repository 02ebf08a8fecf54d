use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Life;

pub const MINUTES_PER_HOUR: i64 = 60;
/// A day of work: 8 hours.
pub const MINUTES_PER_DAY: i64 = 8 * MINUTES_PER_HOUR;

/// What is counted, and in which unit. Hours are kept in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    Minutes,
    Hours,
    /// Days of 8 hours.
    Days,
    Credits,
    Events,
    Attendees,
    Visits,
    Engagements,
}

impl Unit {
    pub fn is_time(self) -> bool {
        matches!(self, Self::Minutes | Self::Hours | Self::Days)
    }

    /// The unit a block of it is kept in.
    pub fn base(self) -> Self {
        if self.is_time() { Self::Minutes } else { self }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minutes => "MINUTES",
            Self::Hours => "HOURS",
            Self::Days => "DAYS",
            Self::Credits => "CREDITS",
            Self::Events => "EVENTS",
            Self::Attendees => "ATTENDEES",
            Self::Visits => "VISITS",
            Self::Engagements => "ENGAGEMENTS",
        }
    }
}

/// An amount as written in a contract or request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    pub amount: i64,
    pub unit: Unit,
}

impl Quantity {
    /// The amount in [`Unit::base`]; none on overflow.
    pub fn in_base_unit(self) -> Option<i64> {
        let factor = match self.unit {
            Unit::Hours => MINUTES_PER_HOUR,
            Unit::Days => MINUTES_PER_DAY,
            _ => 1,
        };
        self.amount.checked_mul(factor)
    }
}

/// What has become of a block, in the unit it is kept in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Bought, with every correction.
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    /// The part of `granted` that came from the contract when it was last written down; none if that is not known.
    pub contracted: Option<i64>,
    /// From when to when it is there, as it was last written down; none if that is not known.
    pub life: Option<Life>,
    /// What time alone does to it next.
    pub release: Option<Release>,
}

/// What holds give back when they run out: of a block's open ones, those that do so first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    pub at: DateTime<Utc>,
    pub amount: i64,
}

/// The balances of a customer's blocks that were written to.
pub type Balances = std::collections::HashMap<uuid::Uuid, Balance>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_eight_hours_and_overflow_is_seen() {
        assert_eq!(Quantity { amount: 5, unit: Unit::Days }.in_base_unit(), Some(2_400));
        assert_eq!(Quantity { amount: 40, unit: Unit::Hours }.in_base_unit(), Some(2_400));
        assert_eq!(Quantity { amount: 7, unit: Unit::Credits }.in_base_unit(), Some(7));
        assert_eq!(Quantity { amount: i64::MAX, unit: Unit::Hours }.in_base_unit(), None);
    }
}
