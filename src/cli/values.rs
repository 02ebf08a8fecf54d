//! The values of flags, and their words in the API.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Utc};
use clap::ValueEnum;
use prost_types::Timestamp;

use crate::cli::document::quantity as short;
use crate::legible::excerpt;
use crate::model::{Zone, start_of_day};
use crate::proto::v1;

/// Reads an RFC 3339 instant.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let quoted = excerpt(text);
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| {
        let is_date = text.parse::<NaiveDate>().is_ok();
        let hint = if is_date {
            "it is a date: add the time of the day and its offset, as in `2026-06-01T10:00:00Z`"
        } else {
            "write `2026-06-01T10:00:00Z`"
        };
        format!("`{quoted}` is not an instant with its offset (RFC 3339); {hint}")
    })?;
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).map_err(|_| format!("`{quoted}` is a leap second"))?;
    if nanos >= 1_000_000_000 {
        return Err(format!("`{quoted}` is a leap second, which has no instant of its own"));
    }
    Ok(Timestamp { seconds: instant.timestamp(), nanos })
}

/// A point in time, as flags take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Time(Timestamp),
    /// The start of this day, by the clocks of a place.
    Day(NaiveDate),
}

/// Reads a day or an instant.
pub(super) fn when(text: &str) -> Result<When, String> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(When::Day(day)),
        Err(_) => time(text).map(When::Time).map_err(|why| format!("{why}; or a day, as in `2026-06-01`")),
    }
}

impl When {
    pub(super) fn at(self, zone: Zone) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => Timestamp { seconds: start_of_day(zone, day).timestamp(), nanos: 0 },
        }
    }

    pub(super) fn is_day(self) -> bool {
        matches!(self, Self::Day(_))
    }
}

/// An instant by the clocks of a zone, as flags take it.
pub(super) fn show_time(time: &Timestamp, zone: Zone) -> String {
    let Some(instant) = instant(time) else { return "(not a time)".to_owned() };
    let offset = i32::try_from(zone.offset(instant).num_seconds()).ok().and_then(FixedOffset::east_opt);
    match offset.filter(|_| zone != Zone::UTC) {
        Some(offset) => instant.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    }
}

pub(super) fn instant(time: &Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}

pub(super) fn quantity(text: &str) -> Result<v1::Quantity, String> {
    match text.trim().strip_prefix('-') {
        Some(less) if less.starts_with(|it: char| it.is_ascii_digit()) => {
            Err(format!("`{}` is below 0: write how much there is, without a minus", excerpt(text)))
        }
        _ => short::parse(text),
    }
}

/// A quantity that may be below 0.
pub(super) fn change(text: &str) -> Result<v1::Quantity, String> {
    match text.trim().strip_prefix('-') {
        Some(less) => short::parse(less).map(|it| v1::Quantity { amount: it.amount.saturating_neg(), ..it }),
        None => short::parse(text.trim().trim_start_matches('+')),
    }
}

macro_rules! flag {
    ($(#[$doc:meta])* $name:ident => $proto:ty { $($(#[$meta:meta])* $value:ident = $wire:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub enum $name { $($(#[$meta])* $value),+ }

        impl From<$name> for i32 {
            fn from(value: $name) -> Self {
                match value { $($name::$value => <$proto>::$wire.into()),+ }
            }
        }
    };
}

flag! {
    /// How badly an incident hurts.
    Severity => v1::Severity {
        #[value(name = "1", alias = "SEVERITY_1")] One = Severity1,
        #[value(name = "A", alias = "SEVERITY_A")] A = A,
        #[value(name = "B", alias = "SEVERITY_B")] B = B,
        #[value(name = "C", alias = "SEVERITY_C")] C = C,
    }
}

flag! {
    /// How the case is opened.
    Channel => v1::Channel {
        #[value(alias = "CHANNEL_PHONE")] Phone = Phone,
        #[value(alias = "CHANNEL_WEB")] Web = Web,
        #[value(aliases = ["CHANNEL_CLOUD_PORTAL", "CLOUD_PORTAL"])] CloudPortal = CloudPortal,
        #[value(aliases = ["CHANNEL_ONLINE_SERVICES_PORTAL", "ONLINE_SERVICES_PORTAL"])]
        OnlineServicesPortal = OnlineServicesPortal,
    }
}

flag! {
    /// How a service is delivered.
    DeliveryMode => v1::DeliveryMode {
        #[value(alias = "DELIVERY_MODE_REMOTE")] Remote = Remote,
        #[value(aliases = ["DELIVERY_MODE_ON_SITE", "ON_SITE"])] OnSite = OnSite,
    }
}

flag! {
    /// Where a reservation stands.
    ReservationState => v1::ReservationState {
        #[value(alias = "RESERVATION_STATE_OPEN")] Open = Open,
        #[value(alias = "RESERVATION_STATE_COMMITTED")] Committed = Committed,
        #[value(alias = "RESERVATION_STATE_RELEASED")] Released = Released,
        #[value(alias = "RESERVATION_STATE_EXPIRED")] Expired = Expired,
    }
}

flag! {
    /// The answer to a check.
    Decision => v1::Decision {
        #[value(alias = "DECISION_ENTITLED")] Entitled = Entitled,
        #[value(alias = "DECISION_CONDITIONAL")] Conditional = Conditional,
        #[value(aliases = ["DECISION_NOT_ENTITLED", "NOT_ENTITLED"])] NotEntitled = NotEntitled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_instant() {
        let instant = time("2026-06-01T12:00:00.5+02:00").unwrap();
        assert_eq!(show_time(&instant, Zone::UTC), "2026-06-01T10:00:00.500Z");
        let lisbon: Zone = "Europe/Lisbon".parse().unwrap();
        assert_eq!(show_time(&instant, lisbon), "2026-06-01T11:00:00.500+01:00");
        assert!(time("2026-06-01").unwrap_err().contains("add the time of the day and its offset"));
        assert!(time("2026-06-01T10:00:00").is_err());
        assert!(time("2026-06-30T23:59:60Z").is_err());
    }

    #[test]
    fn a_day_begins_by_the_clocks_of_the_place() {
        let lisbon: Zone = "Europe/Lisbon".parse().unwrap();
        let shown = |text: &str| show_time(&when(text).unwrap().at(lisbon), Zone::UTC);
        assert_eq!(shown("2026-06-01"), "2026-05-31T23:00:00Z");
        assert_eq!(shown("2026-06-01T00:00:00Z"), "2026-06-01T00:00:00Z");
        assert!(when("2026-06-31").unwrap_err().ends_with("; or a day, as in `2026-06-01`"));
    }

    #[test]
    fn less_than_nothing_is_no_quantity() {
        assert!(quantity("-5h").unwrap_err().contains("is below 0"));
        assert!(quantity("--plan").unwrap_err().contains("not a whole number"));
    }

    #[test]
    fn a_change_may_be_below_nothing() {
        let read = |text: &str| change(text).map(|it| (it.amount, it.unit()));
        assert_eq!(read("-8h"), Ok((-8, v1::Unit::Hours)));
        assert_eq!(read("+1h30m"), Ok((90, v1::Unit::Minutes)));
        assert_eq!(read("- 90m"), Ok((-90, v1::Unit::Minutes)));
        assert!(change("--8h").is_err() && change("-8").is_err());
    }

    #[test]
    fn flags_take_the_words_of_the_api_too() {
        for text in ["a", "A", "severity_a", "SEVERITY_A"] {
            assert_eq!(Severity::from_str(text, true), Ok(Severity::A), "{text}");
        }
        assert_eq!(i32::from(Channel::CloudPortal), i32::from(v1::Channel::CloudPortal));
        assert_eq!(DeliveryMode::from_str("ON_SITE", true), Ok(DeliveryMode::OnSite));
    }
}
