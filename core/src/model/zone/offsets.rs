//! A time zone: an IANA name with its offsets.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::{Serialize, Serializer};

/// A time zone. It is as large as a pointer; zones are the same if their names are.
#[derive(Clone, Copy)]
pub struct Zone(pub(super) &'static ZoneData);

/// What a table has of a zone.
pub(super) struct ZoneData {
    pub name: String,
    /// The file it was read from, by which a table that is read again knows what changed.
    pub file: Vec<u8>,
    pub offsets: TimeZone,
}

static UTC: ZoneData = ZoneData { name: String::new(), file: Vec::new(), offsets: TimeZone::UTC };

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
