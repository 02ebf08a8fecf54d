//! Time zones: an IANA name with its offsets.
//!
//! The offsets are data. They come from a [`ZoneTable`]: the one of the program, or a newer one that the shell has read
//! and put in its place ([`replace_zones`]). A [`Zone`] never changes once it is found, so that a decision hangs on its
//! arguments alone.

mod table;

pub use table::{ZoneOrigin, ZoneTable, current_zones, replace_zones};

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time zone. It is as large as a pointer; zones are the same if their names are.
#[derive(Clone, Copy)]
pub struct Zone(&'static ZoneData);

/// What a table has of a zone.
pub(super) struct ZoneData {
    name: String,
    /// The file it was read from, by which a table that is read again knows what changed.
    file: Vec<u8>,
    offsets: TimeZone,
}

static UTC: ZoneData = ZoneData { name: String::new(), file: Vec::new(), offsets: TimeZone::UTC };

/// There is no zone of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no IANA time zone")]
pub struct UnknownZone;

impl Zone {
    /// The zone without an offset.
    pub const UTC: Self = Self(&UTC);

    /// The IANA name.
    pub fn name(self) -> &'static str {
        if self.0.name.is_empty() { "UTC" } else { &self.0.name }
    }

    /// What its clocks show at an instant.
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.naive_utc().checked_add_signed(self.offset(instant)).unwrap_or(instant.naive_utc())
    }

    /// How far its clocks are ahead of UTC at an instant.
    pub fn offset(self, instant: DateTime<Utc>) -> TimeDelta {
        delta(self.0.offsets.to_offset(timestamp(instant)))
    }

    /// The instant at which its clocks first show `local`; where they jump over it, the instant of the jump.
    pub fn first_instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        let with = |offset: TimeDelta| local.checked_sub_signed(offset).map_or(local.and_utc(), |utc| utc.and_utc());
        // Beyond the years of the calendar nothing changes any more.
        let Some(civil) = civil(local) else { return with(self.offset(local.and_utc())) };
        match self.0.offsets.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => with(delta(offset)),
            AmbiguousOffset::Fold { before, after } => with(delta(before)).min(with(delta(after))),
            AmbiguousOffset::Gap { before, after } => {
                let sooner = with(delta(before)).min(with(delta(after)));
                let jump = self.0.offsets.following(timestamp(sooner)).next();
                jump.and_then(|jump| DateTime::from_timestamp(jump.timestamp().as_second(), 0)).unwrap_or(sooner)
            }
        }
    }
}

/// The nearest that the calendar of the table has: the offset beyond it is that of its end.
fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    let last = if instant < DateTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(instant.timestamp()).unwrap_or(last)
}

fn civil(local: NaiveDateTime) -> Option<civil::DateTime> {
    use chrono::{Datelike as _, Timelike as _};
    let part = |part: u32| i8::try_from(part).ok();
    let (year, date, time) = (i16::try_from(local.year()).ok()?, local.date(), local.time());
    let (month, day) = (part(date.month())?, part(date.day())?);
    civil::DateTime::new(year, month, day, part(time.hour())?, part(time.minute())?, part(time.second())?, 0).ok()
}

fn delta(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(i64::from(offset.seconds()))
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        current_zones().find(name).ok_or(UnknownZone)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| serde::de::Error::custom(format!("`{name}` is no IANA time zone")))
    }
}

/// A zone that must be there, for tests.
#[cfg(test)]
pub(crate) fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

#[cfg(test)]
mod tests;
