//! A date where an instant is asked for. The day of a termination ends at the order's host: that instant is told.

use chrono::NaiveDate;

use super::node::{Node, NodeContent};
use crate::model::{Zone, rfc3339};
use crate::terms::end_of_day;

/// What to write for a date that is the `terminate_time` of the order at `path`; none if it is another field, or if the
/// document does not tell the host's zone.
pub(super) fn termination(root: &Node, path: &str, date: &str) -> Option<String> {
    let row = path.strip_prefix("work_orders[")?.strip_suffix("].terminate_time")?;
    let date: NaiveDate = date.trim().parse().ok()?;
    let order = root.entry("work_orders")?.node.element(row.parse().ok()?)?;
    let host = text(order, "host_location_id")?;
    let zone: Zone = time_zone(root, host)?.parse().ok()?;
    let end = rfc3339(end_of_day(zone, date));
    Some(format!("an order that lasts to the end of {date} at its host `{host}` ({zone}) is terminated at `{end}`"))
}

fn time_zone<'a>(root: &'a Node, location_id: &str) -> Option<&'a str> {
    let NodeContent::List(locations) = &root.entry("customer")?.node.entry("locations")?.node.content else {
        return None;
    };
    let found = locations.iter().find(|location| text(location, "location_id") == Some(location_id))?;
    text(found, "time_zone")
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.entry(key)?.node.text()
}
