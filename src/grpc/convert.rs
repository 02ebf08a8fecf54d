//! Between the wire and the domain: requests in, answers out.

pub mod catalog;
pub mod customer;
pub mod decision;
mod language_tag;
pub mod ledger;
pub mod ledger_out;
pub mod ledger_question;
pub mod question;
pub mod read;
pub mod target;
pub mod work_order;
pub mod work_order_out;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

use crate::model::LATEST;

/// The wire ends with the year 9999; what lies behind is told as its last instant.
pub fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    if instant >= LATEST {
        return Timestamp { seconds: LATEST.timestamp().saturating_sub(1), nanos: 999_999_999 };
    }
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default();
    Timestamp { seconds: instant.timestamp(), nanos }
}

/// Absent if empty.
pub fn named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
