//! Conversions between the wire and the domain: `read_` functions read requests, `write_` functions write answers.

pub(super) mod audit;
pub(super) mod catalog;
pub(super) mod change;
pub(super) mod common;
pub(super) mod customer;
pub(super) mod effects;
pub(super) mod entitlement;
pub(super) mod enums;
pub(super) mod ledger;
pub(super) mod lifecycle;
pub(super) mod read;
pub(super) mod reason;
pub(super) mod server;
pub(super) mod target;
pub(super) mod version;
pub(super) mod work_order;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

use crate::model::{LATEST, ProductPattern};

/// A protobuf timestamp ends with the year 9999; a later instant becomes the last one of that year.
pub(super) fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    if instant >= LATEST {
        return Timestamp { seconds: LATEST.timestamp().saturating_sub(1), nanos: 999_999_999 };
    }
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default();
    Timestamp { seconds: instant.timestamp(), nanos }
}

/// Absent if empty.
pub(super) fn named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn write_patterns(patterns: &[ProductPattern]) -> Vec<String> {
    patterns.iter().map(ToString::to_string).collect()
}
