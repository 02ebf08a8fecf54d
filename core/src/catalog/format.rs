//! How single values are written in catalogue files.

use std::fmt;

use chrono::{NaiveDate, NaiveTime};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::value::Datetime;

/// `09:00`.
pub(super) fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M")
        .map_err(|_| Error::custom(format!("`{text}` is no time of day like `09:00`")))
}

/// A date, with or without quotes.
pub(super) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a date like `2026-12-31`")]
    enum Written {
        Text(String),
        Date(Datetime),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Date(date) => date.to_string(),
    };
    text.parse().map(Some).map_err(|_| Error::custom(format!("`{text}` is no date like `2026-12-31`")))
}

/// A whole number above zero.
pub(super) fn positive<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: From<PositiveNumber>,
{
    let number = i64::deserialize(deserializer)?;
    if number > 0 { Ok(T::from(PositiveNumber(number))) } else { Err(not_positive(number)) }
}

pub(super) struct PositiveNumber(i64);

impl From<PositiveNumber> for i64 {
    fn from(number: PositiveNumber) -> Self {
        number.0
    }
}

impl From<PositiveNumber> for Option<i64> {
    fn from(number: PositiveNumber) -> Self {
        Some(number.0)
    }
}

fn not_positive<E: Error>(number: impl fmt::Display) -> E {
    E::custom(format!("expected a whole number above zero, found `{number}`"))
}
