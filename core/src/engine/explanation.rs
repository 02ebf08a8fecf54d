//! What a clause says of itself: facts, and what would remove it.

use chrono::{DateTime, Timelike as _, Utc};

use super::decision::Remedy;
use crate::catalog::RemedyKind;
use crate::model::{WorkOrder, Zone, rfc3339};
use crate::terms::Span;

/// Collects what a reason says.
#[derive(Debug, Default)]
pub(super) struct Explanation {
    pub metadata: Vec<(&'static str, String)>,
    pub remedy: Option<Remedy>,
    /// Work order and item the remedy is due on, where that is not the answering item.
    pub remedy_at: Option<(String, String)>,
    /// Whose clocks the remedy is told by, where that is not the place of the clause's family.
    pub zone: Option<Zone>,
    /// Whether a waiver of the clause may be a remedy.
    pub is_waivable: bool,
    /// Whether the facts alone are wanted.
    pub is_brief: bool,
}

impl Explanation {
    /// Whether anybody reads the remedy: some are searched for.
    pub(super) fn wants_remedy(&self) -> bool {
        !self.is_brief
    }

    pub(super) fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.metadata.push((name, value.into()));
    }

    pub(super) fn optional_fact(&mut self, name: &'static str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.fact(name, value);
        }
    }

    pub(super) fn remedy(&mut self, kind: RemedyKind, field: &'static str, value: impl Into<String>) {
        self.remedy = Some(Remedy { kind, field, value: value.into(), ..Remedy::default() });
    }

    pub(super) fn ask(&mut self, field: &'static str, value: impl Into<String>) {
        self.remedy(RemedyKind::ChangeRequest, field, value);
    }

    /// The delivery at another time: at one of its ends if that will do.
    pub(super) fn ask_window(&mut self, (start, end): (DateTime<Utc>, DateTime<Utc>), other: Span) {
        if end == other.end {
            self.ask("delivery.start_time", rfc3339(other.start));
        } else if start == other.start {
            self.ask("delivery.end_time", rfc3339(other.end));
        } else {
            self.ask("delivery", format!("{}/{}", rfc3339(other.start), rfc3339(other.end)));
        }
    }

    /// A waiver of the clause at hand, recorded on the item; false where it cannot be waived.
    pub(super) fn remedy_waiver(&mut self) -> bool {
        if self.is_waivable {
            self.remedy(RemedyKind::RecordWaiver, "work_order.items.waivers", "");
        }
        self.is_waivable
    }

    /// An order to last longer: a terminated one by a renewal, for a termination is final.
    pub(super) fn remedy_renew(&mut self, order: &WorkOrder) {
        self.remedy(RemedyKind::Renew, "work_order.end_date", "");
        self.remedy_at(&order.work_order_id, None);
    }

    /// Something is to be bought, on this order or on a new one.
    pub(super) fn remedy_buy(&mut self, service_id: &str, order: Option<&WorkOrder>) {
        self.remedy(RemedyKind::Buy, "work_order.items.service_id", service_id);
        self.remedy_at(order.map_or("", |order| &order.work_order_id), None);
    }

    /// The remedy is due somewhere else than its field says: on another order, or on an item
    /// that is not there yet.
    pub(super) fn remedy_at(&mut self, work_order_id: &str, item_id: Option<&str>) {
        self.remedy_at = Some((work_order_id.to_owned(), item_id.unwrap_or_default().to_owned()));
    }
}

/// The times of a value, one or two between which something lies, as clocks in the zone show them; empty for any other
/// value.
pub(super) fn local_times(zone: Zone, value: &str) -> String {
    let local = |time: &str| {
        let local = zone.local(time.parse::<DateTime<Utc>>().ok()?);
        let form = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
        Some(local.format(form).to_string())
    };
    let times: Option<Vec<_>> = value.split('/').map(local).collect();
    times.map_or_else(String::new, |times| format!("{} ({})", times.join(" – "), zone.name()))
}

/// The state of an order in force, as a remedy names it.
pub(super) const ACTIVE: &str = "ACTIVE";
