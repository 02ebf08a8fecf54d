use chrono::{DateTime, Utc};

use crate::catalog::{Channel, Severity};
use crate::model::{DeliveryMode, ProductId, Quantity};

/// One question. A fact the caller did not give is absent, never guessed.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    pub location_id: &'a str,
    /// Absent in lists only: the product clauses are not judged then.
    pub product: Option<ProductId<'a>>,
    pub service_id: &'a str,
    /// Absent: now.
    pub check_time: Option<DateTime<Utc>>,
    pub severity: Option<Severity>,
    pub channel: Option<Channel>,
    /// A BCP 47 tag; only its primary subtag counts.
    pub language: Option<&'a str>,
    pub contact_id: Option<&'a str>,
    pub tenant_id: Option<&'a str>,
    pub activity: Option<&'a str>,
    pub quantity: Option<Quantity>,
    pub delivery: Delivery<'a>,
    pub incident_close_time: Option<DateTime<Utc>>,
    /// Whether the notes are wanted as well.
    pub with_notes: bool,
}

/// One particular delivery of the service.
#[derive(Debug, Clone, Default)]
pub struct Delivery<'a> {
    pub start_time: Option<DateTime<Utc>>,
    /// Exclusive.
    pub end_time: Option<DateTime<Utc>>,
    pub mode: Option<DeliveryMode>,
    /// When it was asked for.
    pub requested_time: Option<DateTime<Utc>>,
    /// When it was confirmed in writing.
    pub confirmed_time: Option<DateTime<Utc>>,
    pub solution_ids: Vec<&'a str>,
}

impl Delivery<'_> {
    /// Start and end, where both are known.
    pub fn window(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        self.start_time.zip(self.end_time)
    }
}

/// The lower-case primary subtag of a BCP 47 tag matches `language`.
pub(super) fn is_language(tag: &str, language: &str) -> bool {
    tag.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(language))
}
