use std::collections::BTreeMap;

use chrono::{NaiveTime, Weekday};

use super::Severity;
use crate::model::Zone;

/// Opening hours: every working day from `open` to `close`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    pub open: NaiveTime,
    pub close: NaiveTime,
    /// Days that are never worked.
    pub weekend: Vec<Weekday>,
    /// Countries (ISO) with hours of their own.
    pub countries: BTreeMap<String, Hours>,
}

impl Hours {
    /// The hours as they are in `country`.
    pub fn of(&self, country: &str) -> &Self {
        self.countries.get(country).unwrap_or(self)
    }
}

/// When a service is worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceHours {
    pub hours: Hours,
    pub zone: ZoneRule,
    /// Judged for these severities only; empty: always.
    pub severities: Vec<Severity>,
}

impl ServiceHours {
    /// Whether the zone agreed on the item counts.
    pub fn is_by_zone_of_item(&self) -> bool {
        matches!(self.zone, ZoneRule::Item { .. })
    }
}

/// In whose zone the clock runs. Holidays are the asked location's, but for `Host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneRule {
    /// The asked location's zone.
    Location,
    /// The work order's host location: its zone, its country's hours, its holidays.
    Host,
    /// The zone agreed on the item, else this one, else the asked location's.
    Item { otherwise: Option<Zone> },
}
