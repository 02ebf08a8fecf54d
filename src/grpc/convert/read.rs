//! Reads wire values. A malformed value becomes a violation, and a stand-in that breaks no later rule takes its place,
//! so that one pass finds every mistake.

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use prost_types::Timestamp;
use uuid::Uuid;

use super::enums::read_unit;
use crate::error::{MOST_VIOLATIONS, Violation, reason};
use crate::model::{EARLIEST, LATEST, Quantity, canonical_language, is_id, wrong_id};
use crate::proto::v1;
use crate::written::wrong_date;

/// The most of anything one quantity may say.
const LARGEST_AMOUNT: i64 = 1_000_000_000_000;
/// The most of a value that an error repeats.
const LONGEST_SHOWN: usize = 64;
const LONGEST_TEXT: usize = 200;

/// Collects the violations of one request.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub violations: Vec<Violation>,
}

impl Reader {
    pub(crate) fn refuse(&mut self, field: impl Into<String>, reason: &'static str, description: impl Into<String>) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation::new(field, reason, description));
        }
    }

    /// The value if nothing was wrong.
    pub(crate) fn finish<T>(self, value: T) -> crate::error::Result<T> {
        if self.violations.is_empty() { Ok(value) } else { Err(crate::error::Error::Violations(self.violations)) }
    }

    pub(crate) fn required_id(&mut self, field: &str, value: String) -> String {
        if value.is_empty() {
            self.refuse(field, reason::FIELD_REQUIRED, "is required");
        } else {
            self.check_id(field, &value);
        }
        value
    }

    /// In lower case, so that a repetition in capitals is known as one.
    pub(crate) fn request_id(&mut self, value: &str) -> String {
        let found = uuid_of(value);
        if value.is_empty() {
            self.refuse("request_id", reason::FIELD_REQUIRED, "is required: a UUID of your own making");
        } else if found.is_none() {
            let message = "is no UUID like `0198c0de-0000-7000-8000-000000000000`";
            self.refuse("request_id", reason::FIELD_INVALID, message);
        }
        found.map(|id| id.to_string()).unwrap_or_default()
    }

    pub(crate) fn required_uuid(&mut self, field: &str, value: &str) -> Uuid {
        if value.is_empty() {
            self.refuse(field, reason::FIELD_REQUIRED, "is required");
        }
        self.optional_uuid(field, value).unwrap_or_default()
    }

    pub(crate) fn optional_uuid(&mut self, field: &str, value: &str) -> Option<Uuid> {
        let found = uuid_of(value);
        if found.is_none() && !value.is_empty() {
            self.refuse(field, reason::FIELD_INVALID, format!("`{}` is no UUID", shortened(value)));
        }
        found
    }

    /// An empty string equals absent.
    pub(crate) fn optional_id(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.is_empty())?;
        self.check_id(field, &value);
        Some(value)
    }

    fn check_id(&mut self, field: &str, value: &str) {
        if !is_id(value) {
            self.refuse(field, reason::FIELD_INVALID, wrong_id(value));
        }
    }

    pub(crate) fn optional_text(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.is_empty())?;
        if value.chars().count() > LONGEST_TEXT {
            self.refuse(field, reason::FIELD_OUT_OF_RANGE, format!("is longer than {LONGEST_TEXT} characters"));
        } else if value.contains('\0') {
            // No database text can hold it.
            self.refuse(field, reason::FIELD_INVALID, "holds a NUL character");
        }
        Some(value)
    }

    /// As [`Self::optional_product`]; absent, it is a violation.
    pub(crate) fn required_product(&mut self, field: &str, value: String) -> Option<String> {
        let product = self.optional_product(field, Some(value));
        if product.is_none() {
            self.refuse(field, reason::FIELD_REQUIRED, "is required");
        }
        product
    }

    /// One id, or two joined by one `/`.
    pub(crate) fn optional_product(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.is_empty())?;
        let is_good = match value.split_once('/') {
            Some((family, component)) => is_id(family) && is_id(component),
            None => is_id(&value),
        };
        if !is_good {
            let quoted = shortened(&value);
            self.refuse(
                field,
                reason::FIELD_INVALID,
                format!("`{quoted}` is no product: `family` or `family/component`"),
            );
        }
        Some(value)
    }

    /// A BCP 47 tag of a language there is, in its canonical form.
    pub(crate) fn optional_language(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.is_empty())?;
        let canonical = canonical_language(&value);
        if canonical.is_none() {
            let quoted = shortened(&value);
            let dashed = canonical_language(&value.replace('_', "-"));
            let hint = dashed.map_or(String::new(), |dashed| format!("; write `{dashed}`"));
            let description = format!("`{quoted}` is no language tag like `en` or `pt-BR`{hint}");
            self.refuse(field, reason::FIELD_INVALID, description);
        }
        canonical
    }

    /// As finely as the store keeps it: what is finer than a microsecond is cut off, here and nowhere else.
    pub(crate) fn timestamp(&mut self, field: &str, value: Option<Timestamp>) -> Option<DateTime<Utc>> {
        let Timestamp { seconds, nanos } = value?;
        let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
        let instant = nanos.and_then(|nanos| DateTime::from_timestamp(seconds, nanos));
        match instant {
            Some(instant) if (EARLIEST..LATEST).contains(&instant) => Some(instant.trunc_subsecs(6)),
            _ => {
                self.refuse(field, reason::FIELD_OUT_OF_RANGE, "is outside the years 1970 to 9999");
                None
            }
        }
    }

    /// `YYYY-MM-DD`, and nothing else.
    pub(crate) fn date(&mut self, field: &str, value: &str) -> Option<NaiveDate> {
        let date = is_written_as_date(value).then(|| value.parse::<NaiveDate>().ok()).flatten();
        match date {
            None => {
                self.refuse(field, reason::FIELD_INVALID, wrong_date(value));
                None
            }
            Some(date) if date < EARLIEST.date_naive() => {
                self.refuse(field, reason::FIELD_OUT_OF_RANGE, "is before the year 1970");
                None
            }
            Some(date) => Some(date),
        }
    }

    pub(crate) fn optional_date(&mut self, field: &str, value: Option<String>) -> Option<NaiveDate> {
        let value = value.filter(|value| !value.is_empty())?;
        self.date(field, &value)
    }

    /// An enum number; 0 is absent.
    pub(crate) fn optional_enum<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        if value == 0 {
            return None;
        }
        let variant = E::try_from(value).ok();
        if variant.is_none() {
            self.refuse(field, reason::FIELD_INVALID, format!("`{value}` is no value of this enum"));
        }
        variant
    }

    pub(crate) fn optional_quantity(&mut self, field: &str, value: Option<v1::Quantity>) -> Option<Quantity> {
        let v1::Quantity { amount, unit } = value?;
        let count_before = self.violations.len();
        if amount <= 0 {
            self.refuse(format!("{field}.amount"), reason::FIELD_OUT_OF_RANGE, format!("`{amount}` is not above 0"));
        } else if amount > LARGEST_AMOUNT {
            let message = format!("`{amount}` is more than {LARGEST_AMOUNT}");
            self.refuse(format!("{field}.amount"), reason::FIELD_OUT_OF_RANGE, message);
        }
        let unit_field = format!("{field}.unit");
        if unit == 0 {
            self.refuse(unit_field.as_str(), reason::FIELD_REQUIRED, "is required");
        }
        let unit = self.optional_enum::<v1::Unit>(&unit_field, unit).and_then(read_unit)?;
        (self.violations.len() == count_before).then_some(Quantity { amount, unit })
    }

    /// An end that is not after its start is refused.
    pub(crate) fn in_order(&mut self, field: &str, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) {
        if start.zip(end).is_some_and(|(start, end)| end < start) {
            self.refuse(field, reason::FIELD_OUT_OF_RANGE, "is before the start");
        }
    }
}

/// Digits and hyphens in their places; chrono's own reading is more generous.
fn is_written_as_date(value: &str) -> bool {
    let is_good =
        |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    value.len() == 10 && value.bytes().enumerate().all(is_good)
}

/// In its usual form, 36 characters.
fn uuid_of(value: &str) -> Option<Uuid> {
    Uuid::try_parse(value).ok().filter(|_| value.len() == 36)
}

/// What an error repeats of a value: enough to find it.
pub(crate) fn shortened(value: &str) -> String {
    let mut quoted: String = value.chars().take(LONGEST_SHOWN).collect();
    if quoted.len() < value.len() {
        quoted.push('…');
    }
    quoted
}
