//! Writes work orders to the wire.

use crate::grpc::convert::enums::{write_funding, write_mode, write_order_state, write_unit};
use crate::grpc::convert::{named, timestamp, write_patterns};
use crate::model::{Item, PlannedEvent, Quantity, VersionInfo, Waiver, WorkOrder};
use crate::proto::v1;

pub(crate) fn write_work_order(order: &WorkOrder, info: Option<&VersionInfo>) -> v1::WorkOrder {
    let WorkOrder {
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
        renews_work_order_id,
        covered_products,
        covered_products_except,
        base_services_except,
        currency,
        flex_allowance,
        items,
    } = order;
    v1::WorkOrder {
        work_order_id: work_order_id.clone(),
        customer_id: customer_id.clone(),
        edition_id: edition_id.clone(),
        start_date: start_date.to_string(),
        end_date: end_date.to_string(),
        signed_date: signed_date.map(|date| date.to_string()),
        state: write_order_state(*state).into(),
        terminate_time: terminate_time.map(timestamp),
        host_location_id: host_location_id.clone(),
        downstream_location_ids: downstream_location_ids.clone(),
        base_work_order_id: base_work_order_id.clone(),
        covered_products: write_patterns(covered_products),
        currency: currency.clone(),
        flex_allowance: *flex_allowance,
        items: items.iter().map(write_item).collect(),
        version: info.map_or(0, |info| info.version),
        record_time: info.map(|info| timestamp(info.record_time)),
        actor: info.map(|info| info.actor.clone()).unwrap_or_default(),
        covered_products_except: write_patterns(covered_products_except),
        base_services_except: base_services_except.clone(),
        effective_time: info.and_then(|info| info.effective_time).map(timestamp),
        renews_work_order_id: renews_work_order_id.clone(),
    }
}

fn write_item(item: &Item) -> v1::Item {
    let Item {
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
    v1::Item {
        item_id: item_id.clone(),
        service_id: service_id.clone(),
        location_ids: location_ids.clone(),
        all_locations: *all_locations,
        quantity: quantity.map(|Quantity { amount, unit }| v1::Quantity { amount, unit: write_unit(unit).into() }),
        predefined_offering: predefined_offering.clone(),
        product_ids: write_patterns(product_ids),
        tenant_ids: tenant_ids.clone(),
        delivery_mode: delivery_mode.map(|mode| write_mode(mode).into()).unwrap_or_default(),
        time_zone: time_zone.map(|zone| zone.name().to_owned()),
        exhibit: exhibit.clone(),
        unit_price: *unit_price,
        funding: write_funding(*funding).into(),
        start_date: start_date.map(|date| date.to_string()),
        end_date: end_date.map(|date| date.to_string()),
        included_hours: included_hours.map(|hours| v1::IncludedHours {
            reactive_support_management: hours.reactive_support_management,
            service_delivery_management: hours.service_delivery_management,
        }),
        priority: *priority,
        events: events.iter().map(write_event).collect(),
        waivers: waivers.iter().map(write_waiver).collect(),
    }
}

fn write_event(event: &PlannedEvent) -> v1::PlannedEvent {
    let PlannedEvent { event_id, solution_id, product_ids, start_time, end_time, confirmed_time } = event;
    v1::PlannedEvent {
        event_id: event_id.clone(),
        solution_id: solution_id.clone(),
        product_ids: write_patterns(product_ids),
        start_time: Some(timestamp(*start_time)),
        end_time: Some(timestamp(*end_time)),
        confirmed_time: confirmed_time.map(timestamp),
    }
}

fn write_waiver(waiver: &Waiver) -> v1::Waiver {
    let Waiver { code, reference, granted_by, start_date, end_date, product_ids, service_ids } = waiver;
    v1::Waiver {
        code: code.clone(),
        reference: reference.clone(),
        granted_by: named(granted_by),
        start_date: start_date.map(|date| date.to_string()),
        end_date: end_date.map(|date| date.to_string()),
        product_ids: write_patterns(product_ids),
        service_ids: service_ids.clone(),
    }
}
