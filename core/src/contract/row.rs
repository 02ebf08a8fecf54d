//! A document from an instant on, before and after a change.

use chrono::{DateTime, Utc};

/// A document from an instant on, as it is and as it is to be.
#[derive(Debug)]
pub(super) struct Row<T> {
    pub from: Option<DateTime<Utc>>,
    pub old: Option<T>,
    pub new: Option<T>,
}
