//! Reads work orders from the wire. A value that cannot be represented is refused here, and a stand-in that breaks no
//! rule takes its place. The purchase rules judge everything else.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::error::reason;
use crate::grpc::convert::enums::{read_funding, read_mode, read_order_state};
use crate::grpc::convert::read::Reader;
use crate::model::{Customer, EARLIEST, IncludedHours, Item, PlannedEvent, ProductPattern, Waiver, WorkOrder, Zone};
use crate::proto::v1;
use crate::purchase::MOST_WORK_ORDERS;
use crate::written::unknown_zone;

/// The last day a contract can name.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// In a document the customer is named once; a work order may leave it out.
pub(crate) fn read_work_orders(read: &mut Reader, customer: &Customer, orders: Vec<v1::WorkOrder>) -> Vec<WorkOrder> {
    if orders.len() > MOST_WORK_ORDERS {
        let message = format!("has {} entries; at most {MOST_WORK_ORDERS} are allowed", orders.len());
        read.refuse("work_orders", reason::FIELD_OUT_OF_RANGE, message);
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for (row, order) in orders.iter().enumerate().filter(|(_, order)| !order.work_order_id.is_empty()) {
        if !seen.insert(order.work_order_id.as_str()) {
            read.refuse(
                format!("work_orders[{row}].work_order_id"),
                reason::DUPLICATE_ID,
                "is there twice; give each order once",
            );
        }
    }
    let mut read_one = |(row, mut order): (usize, v1::WorkOrder)| {
        let path = format!("work_orders[{row}]");
        if order.customer_id.is_empty() {
            order.customer_id.clone_from(&customer.customer_id);
        } else if order.customer_id != customer.customer_id {
            let message = format!("`{}` is not the document's customer", order.customer_id);
            read.refuse(format!("{path}.customer_id"), reason::FIELD_CONFLICT, message);
        }
        read_work_order(read, &path, order)
    };
    orders.into_iter().enumerate().map(&mut read_one).collect()
}

pub(crate) fn read_work_order(read: &mut Reader, path: &str, order: v1::WorkOrder) -> WorkOrder {
    let v1::WorkOrder {
        work_order_id,
        customer_id,
        edition_id,
        start_date,
        end_date,
        signed_date,
        state,
        terminate_time,
        host_location_id,
        downstream_location_ids,
        base_work_order_id,
        covered_products,
        currency,
        flex_allowance,
        items,
        version: _,
        record_time: _,
        actor: _,
        covered_products_except,
        base_services_except,
        effective_time: _,
        renews_work_order_id,
    } = order;
    let items = items.into_iter().enumerate();
    WorkOrder {
        work_order_id,
        customer_id,
        edition_id,
        start_date: required_date(read, &format!("{path}.start_date"), &start_date).unwrap_or(EARLIEST.date_naive()),
        end_date: required_date(read, &format!("{path}.end_date"), &end_date).unwrap_or(LAST_DAY),
        signed_date: read.optional_date(&format!("{path}.signed_date"), signed_date),
        state: read.optional_enum(&format!("{path}.state"), state).and_then(read_order_state).unwrap_or_default(),
        terminate_time: read.timestamp(&format!("{path}.terminate_time"), terminate_time),
        host_location_id,
        downstream_location_ids,
        base_work_order_id: base_work_order_id.filter(|id| !id.is_empty()),
        renews_work_order_id: renews_work_order_id.filter(|id| !id.is_empty()),
        covered_products: patterns(covered_products),
        covered_products_except: patterns(covered_products_except),
        base_services_except,
        currency,
        flex_allowance,
        items: items.map(|(row, item)| read_item(read, &format!("{path}.items[{row}]"), item)).collect(),
    }
}

fn required_date(read: &mut Reader, field: &str, date: &str) -> Option<NaiveDate> {
    if date.is_empty() {
        read.refuse(field, reason::FIELD_REQUIRED, "is required");
        return None;
    }
    read.date(field, date)
}

/// Malformed patterns stay as they are: no family is called so.
fn patterns(patterns: Vec<String>) -> Vec<ProductPattern> {
    patterns.into_iter().map(ProductPattern::from).collect()
}

fn read_item(read: &mut Reader, path: &str, item: v1::Item) -> Item {
    let v1::Item {
        item_id,
        service_id,
        location_ids,
        all_locations,
        quantity,
        predefined_offering,
        product_ids,
        tenant_ids,
        delivery_mode,
        time_zone,
        exhibit,
        unit_price,
        funding,
        start_date,
        end_date,
        included_hours,
        priority,
        events,
        waivers,
    } = item;
    let events = events.into_iter().enumerate();
    let waivers = waivers.into_iter().enumerate();
    Item {
        item_id,
        service_id,
        location_ids,
        all_locations,
        quantity: read.optional_quantity(&format!("{path}.quantity"), quantity),
        predefined_offering: predefined_offering.filter(|id| !id.is_empty()),
        product_ids: patterns(product_ids),
        tenant_ids,
        delivery_mode: read.optional_enum(&format!("{path}.delivery_mode"), delivery_mode).and_then(read_mode),
        time_zone: optional_zone(read, &format!("{path}.time_zone"), time_zone),
        exhibit: exhibit.filter(|exhibit| !exhibit.is_empty()),
        unit_price,
        funding: read.optional_enum(&format!("{path}.funding"), funding).and_then(read_funding).unwrap_or_default(),
        start_date: read.optional_date(&format!("{path}.start_date"), start_date),
        end_date: read.optional_date(&format!("{path}.end_date"), end_date),
        included_hours: included_hours.map(|hours| {
            let v1::IncludedHours { reactive_support_management, service_delivery_management } = hours;
            IncludedHours { reactive_support_management, service_delivery_management }
        }),
        priority,
        events: events.filter_map(|(row, event)| read_event(read, &format!("{path}.events[{row}]"), event)).collect(),
        waivers: waivers.map(|(row, waiver)| read_waiver(read, &format!("{path}.waivers[{row}]"), waiver)).collect(),
    }
}

fn optional_zone(read: &mut Reader, field: &str, zone: Option<String>) -> Option<Zone> {
    let zone = zone.filter(|zone| !zone.is_empty())?;
    let known = zone.parse().ok();
    if known.is_none() {
        read.refuse(field, reason::FIELD_INVALID, unknown_zone(&zone));
    }
    known
}

/// An event without its times cannot be represented.
fn read_event(read: &mut Reader, path: &str, event: v1::PlannedEvent) -> Option<PlannedEvent> {
    let v1::PlannedEvent { event_id, solution_id, product_ids, start_time, end_time, confirmed_time } = event;
    let mut required = |field: &str, value: Option<prost_types::Timestamp>| {
        let field = format!("{path}.{field}");
        if value.is_none() {
            read.refuse(field.as_str(), reason::FIELD_REQUIRED, "is required");
        }
        read.timestamp(&field, value)
    };
    let start_time = required("start_time", start_time);
    let end_time = required("end_time", end_time);
    let confirmed_time = read.timestamp(&format!("{path}.confirmed_time"), confirmed_time);
    let product_ids = patterns(product_ids);
    Some(PlannedEvent {
        event_id,
        solution_id,
        product_ids,
        start_time: start_time?,
        end_time: end_time?,
        confirmed_time,
    })
}

pub(crate) fn read_waiver(read: &mut Reader, path: &str, waiver: v1::Waiver) -> Waiver {
    let v1::Waiver { code, reference, granted_by, start_date, end_date, product_ids, service_ids } = waiver;
    Waiver {
        code,
        reference,
        granted_by: granted_by.unwrap_or_default(),
        start_date: read.optional_date(&format!("{path}.start_date"), start_date),
        end_date: read.optional_date(&format!("{path}.end_date"), end_date),
        product_ids: patterns(product_ids),
        service_ids,
    }
}
