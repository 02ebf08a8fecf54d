//! Doing what a remedy says.

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::{Place, Told};
use crate::catalog::{Channel, RemedyKind, Severity};
use crate::engine::Query;
use crate::engine::properties::contracts::{LOCATIONS, day};
use crate::engine::properties::{edition, service};
use crate::model::{
    Contract, DeliveryMode, Funding, Item, ProductId, Quantity, Unit, Waiver, WorkOrder, WorkOrderState, block_id,
    day_of,
};

/// Where the remedy is due on an item that was not there before: its place.
pub(super) fn apply(
    contract: &mut Contract,
    query: &mut Query<'static>,
    place: Option<&Place>,
    told: &Told,
) -> Option<Place> {
    let at = query.check_time.unwrap();
    match told.kind {
        RemedyKind::None => None,
        RemedyKind::WaitUntil => {
            assert_eq!(told.field, "check_time");
            let later: DateTime<Utc> = told.value.parse().unwrap();
            assert!(later > at);
            query.check_time = Some(later);
            None
        }
        RemedyKind::ChangeRequest => {
            change(query, told, at);
            None
        }
        RemedyKind::Buy => buy(contract, query, told),
        RemedyKind::AddQuantity => add_quantity(contract, place, told),
        RemedyKind::Renew => {
            renew(contract, place, told, at);
            None
        }
        RemedyKind::DesignateLocation | RemedyKind::AddProduct | RemedyKind::RecordWaiver => {
            amend(contract, told);
            None
        }
    }
}

fn order_of<'a>(contract: &'a mut Contract, work_order_id: &str) -> &'a mut WorkOrder {
    contract.work_orders.iter_mut().find(|order| order.work_order_id == work_order_id).unwrap()
}

fn item_of<'a>(order: &'a mut WorkOrder, item_id: &str) -> &'a mut Item {
    order.items.iter_mut().find(|item| item.item_id == item_id).unwrap()
}

fn buy(contract: &mut Contract, query: &Query<'static>, told: &Told) -> Option<Place> {
    if told.field == "customer.licenses" {
        contract.customer.licenses.push(told.value.clone());
        return None;
    }
    assert_eq!(told.field, "work_order.items.service_id");
    let bought = service(&told.value);
    let quantity = bought.unit.map(|unit| Quantity { amount: 1_000_000, unit });
    let item = Item {
        item_id: "bought".to_owned(),
        service_id: told.value.clone(),
        location_ids: vec![query.location_id.to_owned()],
        all_locations: false,
        quantity,
        predefined_offering: None,
        product_ids: vec!["*".into()],
        tenant_ids: Vec::new(),
        delivery_mode: None,
        time_zone: None,
        exhibit: None,
        unit_price: None,
        funding: Funding::Purchased,
        start_date: None,
        end_date: None,
        included_hours: None,
        priority: None,
        events: Vec::new(),
        waivers: Vec::new(),
    };
    let order = if told.work_order_id.is_empty() {
        contract.work_orders.push(WorkOrder {
            work_order_id: "wo-new".to_owned(),
            customer_id: "acme".to_owned(),
            edition_id: edition().id.clone(),
            start_date: day(0),
            end_date: day(60),
            signed_date: None,
            state: WorkOrderState::Active,
            terminate_time: None,
            host_location_id: query.location_id.to_owned(),
            downstream_location_ids: Vec::new(),
            base_work_order_id: None,
            renews_work_order_id: None,
            covered_products: vec!["*".into()],
            covered_products_except: Vec::new(),
            base_services_except: Vec::new(),
            currency: "GBP".to_owned(),
            flex_allowance: None,
            items: Vec::new(),
        });
        contract.work_orders.last_mut().unwrap()
    } else {
        order_of(contract, &told.work_order_id)
    };
    // What leaned on a base that is gone is bought beside another one.
    if told.code.starts_with("BASE_AGREEMENT_") && bought.id == query.service_id {
        let base = Item { item_id: "new-base".to_owned(), service_id: edition().base_package.clone(), ..item.clone() };
        order.items.push(Item { quantity: None, ..base });
    }
    order.items.push(item);
    // A base package for another service's sake: that service's item is looked at.
    let place = (order.work_order_id.clone(), "bought".to_owned());
    (bought.id == query.service_id || service(query.service_id).is_base()).then_some(place)
}

/// Changes the field that is named, and what must go along with it.
fn renew(contract: &mut Contract, place: Option<&Place>, told: &Told, at: DateTime<Utc>) {
    // Before the start of an item, the base at that start is what counts.
    let (order_id, item_id) = place.unwrap();
    let leaning = order_of(contract, order_id);
    let start = leaning.start_date.max(item_of(leaning, item_id).start_date.unwrap_or(leaning.start_date));
    let is_base_of_it = told.code.starts_with("BASE_");
    let zones = LOCATIONS.map(|(id, _, zone)| (id, zone));
    let order = order_of(contract, &told.work_order_id);
    let (_, zone) = zones.into_iter().find(|(id, _)| *id == order.host_location_id).unwrap();
    let last = day_of(zone, at).max(order.start_date);
    // The day after, since calendars differ.
    let last = if is_base_of_it { last.max(start + Days::new(1)) } else { last };
    match told.field {
        "work_order.state" => {
            assert_eq!(told.value, "ACTIVE");
            order.state = WorkOrderState::Active;
            order.terminate_time = None;
        }
        "work_order.end_date" | "work_order.items.end_date" => {
            // The date of an item lies within those of its order.
            assert!(told.field == "work_order.end_date" || last <= order.end_date, "{told:?}");
            order.end_date = order.end_date.max(last);
            // By a renewal, which takes the items without their old dates.
            if order.state == WorkOrderState::Terminated {
                (order.state, order.terminate_time) = (WorkOrderState::Active, None);
                order.items.iter_mut().for_each(|item| item.end_date = None);
            }
            if !told.item_id.is_empty() {
                let item = item_of(order, &told.item_id);
                assert!(item.end_date.is_some());
                item.end_date = item.end_date.max(Some(last));
            }
        }
        other => panic!("{other}"),
    }
}

fn amend(contract: &mut Contract, told: &Told) {
    let value = told.value.clone();
    let order = order_of(contract, &told.work_order_id);
    match (told.kind, told.field) {
        (RemedyKind::DesignateLocation, "work_order.items.location_ids") => {
            let item = item_of(order, &told.item_id);
            if told.code == "SINGLE_LOCATION_ONLY" {
                (item.all_locations, item.location_ids) = (false, vec![value]);
            } else {
                assert!(!item.location_ids.contains(&value));
                item.location_ids.push(value);
            }
        }
        (RemedyKind::DesignateLocation, "work_order.downstream_location_ids") => {
            assert!(!order.designates(&value));
            order.downstream_location_ids.push(value.clone());
            if !told.item_id.is_empty() {
                let item = item_of(order, &told.item_id);
                assert!(!item.all_locations);
                item.location_ids.push(value);
            }
        }
        (RemedyKind::AddProduct, "work_order.covered_products") => order.covered_products.push(value.into()),
        (RemedyKind::AddProduct, "work_order.covered_products_except") => {
            order.covered_products_except.retain(|pattern| pattern.to_string() != value);
        }
        (RemedyKind::AddProduct, "work_order.items.product_ids") => {
            item_of(order, &told.item_id).product_ids.push(value.into());
        }
        (RemedyKind::RecordWaiver, "work_order.items.waivers") => item_of(order, &told.item_id).waivers.push(Waiver {
            code: value,
            reference: "a letter".to_owned(),
            granted_by: String::new(),
            start_date: None,
            end_date: None,
            product_ids: Vec::new(),
            service_ids: Vec::new(),
        }),
        other => panic!("{other:?}"),
    }
}

fn add_quantity(contract: &mut Contract, place: Option<&Place>, told: &Told) -> Option<Place> {
    assert_eq!(told.field, "work_order.items.quantity");
    let unit = [Unit::Minutes, Unit::Credits, Unit::Events, Unit::Attendees, Unit::Visits, Unit::Engagements];
    let unit = unit.into_iter().find(|unit| unit.as_str() == told.unit).unwrap();
    let amount: i64 = told.value.parse().unwrap();
    assert!(amount > 0);
    let order = order_of(contract, &told.work_order_id);
    if told.item_id.is_empty() {
        let (_, item_id) = place.unwrap();
        let further = Item {
            item_id: "further".to_owned(),
            quantity: Some(Quantity { amount, unit }),
            funding: Funding::Purchased,
            ..item_of(order, item_id).clone()
        };
        order.items.push(further);
        return Some((order.work_order_id.clone(), "further".to_owned()));
    }
    let order_id = order.work_order_id.clone();
    let item = item_of(order, &told.item_id);
    let is_counted = service(&item.service_id).unit.is_some();
    // What is sold by the piece is one without a number.
    let implied = if unit == Unit::Engagements { 1 } else { 0 };
    let had = item.quantity.map_or(Some(implied), Quantity::in_base_unit).unwrap_or(0);
    assert!(is_counted && !block_id("acme", &order_id, &item.item_id, &item.service_id).is_nil());
    item.quantity = Some(Quantity { amount: had.saturating_add(amount), unit });
    None
}

fn change(query: &mut Query<'static>, told: &Told, at: DateTime<Utc>) {
    let value = told.first();
    let instant = || value.parse::<DateTime<Utc>>().unwrap_or_else(|_| panic!("{told:?}"));
    let delivery = &mut query.delivery;
    match told.field {
        "location_id" => query.location_id = value,
        "product_id" => query.product = Some(ProductId::new(value)),
        "contact_id" => query.contact_id = Some("ada"),
        "tenant_id" => query.tenant_id = Some(value),
        "activity" => query.activity = Some(value),
        "language" => query.language = Some(value),
        "severity" => {
            let all = [Severity::One, Severity::A, Severity::B, Severity::C];
            query.severity = all.into_iter().find(|severity| severity.as_str() == value);
            assert!(query.severity.is_some(), "{told:?}");
        }
        "channel" => {
            let all = [Channel::Phone, Channel::Web, Channel::CloudPortal, Channel::OnlineServicesPortal];
            query.channel = all.into_iter().find(|channel| channel.as_str() == value);
            assert!(query.channel.is_some(), "{told:?}");
        }
        "quantity" => {
            assert_eq!(told.unit, "MINUTES");
            query.quantity = Some(Quantity { amount: value.parse().unwrap(), unit: Unit::Minutes });
        }
        "delivery.mode" => {
            assert_eq!(value, "REMOTE");
            delivery.mode = Some(DeliveryMode::Remote);
        }
        "delivery.requested_time" if value.is_empty() => delivery.requested_time = Some(at),
        "delivery.requested_time" => delivery.requested_time = Some(instant()),
        "delivery.confirmed_time" => delivery.confirmed_time = Some(instant()),
        "delivery.start_time" if value.is_empty() => {
            assert!(delivery.start_time.is_none());
            delivery.start_time = delivery.end_time.map(|end| end - TimeDelta::hours(1));
        }
        "delivery.end_time" if value.is_empty() => {
            assert!(delivery.end_time.is_none());
            delivery.end_time = delivery.start_time.map(|start| start + TimeDelta::hours(1));
        }
        "delivery.start_time" => delivery.start_time = Some(instant()),
        "delivery.end_time" => delivery.end_time = Some(instant()),
        "delivery" if value.is_empty() => {
            delivery.start_time = Some(at + TimeDelta::days(70));
            delivery.end_time = Some(at + TimeDelta::days(71));
            delivery.confirmed_time = Some(at);
        }
        "delivery" => {
            let (start, end) = value.split_once('/').unwrap();
            delivery.start_time = Some(start.parse().unwrap());
            delivery.end_time = Some(end.parse().unwrap());
        }
        other => panic!("{other}"),
    }
}
