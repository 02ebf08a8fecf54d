//! A remedy does what it says: applied, it turns its reason.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, day, details, question, services_of};
use super::{edition, prepared, service};
use crate::catalog::{Channel, Locale, RemedyKind, Severity};
use crate::engine::clauses::reason;
use crate::engine::evaluation::evaluate;
use crate::engine::pool::Pool;
use crate::engine::resolve::ResolvedQuery;
use crate::engine::{AS_BOUGHT, Prepared, Query, Reason, decide};
use crate::model::{
    Contract, DeliveryMode, Funding, Item, ProductId, Quantity, Unit, Waiver, WorkOrder, WorkOrderState, block_id,
    day_of,
};

/// Base services with rules of their own.
const BASE_SERVICES: [&str; 3] =
    ["advisory-support", "reactive-support-management", "customer-organization-activation"];

/// Reasons nothing may turn, and why: the customer has no location where the service exists.
const UNTURNED: [&str; 1] = ["EXCLUDED_COUNTRY"];

/// The base stands on one order and may reach the location through a second: where both have
/// ended, both are to be renewed, and a terminated one may have to be extended as well.
const IN_STEPS: [&str; 3] = ["BASE_AGREEMENT_EXPIRED", "BASE_AGREEMENT_TERMINATED", "LOCATION_NOT_DESIGNATED"];
const MOST_STEPS: usize = 4;

proptest! {
    #[test]
    fn every_remedy_turns_its_reason(
        contract in a_contract(), details in details(), at in an_instant(), pick in any::<Index>(), licensed in any::<bool>(),
    ) {
        let (mut contract, mut details) = (contract, details);
        // The request is refused otherwise.
        if let Some((start, end)) = details.delivery.window() {
            details.delivery.end_time = Some(end.max(start));
        }
        if !licensed {
            contract.customer.licenses.clear();
        }
        let (location, ..) = LOCATIONS[pick.index(LOCATIONS.len())];
        for service_id in services_of(&contract).into_iter().chain(BASE_SERVICES) {
            let query = question(location, service_id, &details, at);
            let prepared = prepared(&contract);
            let decision = decide(&prepared, &AS_BOUGHT, &query, at).unwrap();
            let place = decision.coverage.as_ref().map(|it| (it.order.work_order_id.clone(), it.item.item_id.clone()));
            for told in decision.reasons.iter().map(|reason| Told::of(reason, false)) {
                is_well_formed(&told)?;
                turns(&contract, &query, place.as_ref(), &told)?;
            }
            for told in decision.open_conditions.iter().map(|reason| Told::of(reason, true)) {
                is_well_formed(&told)?;
                prop_assert_eq!(told.kind, RemedyKind::ChangeRequest, "{:?}", told);
                turns(&contract, &query, place.as_ref(), &told)?;
            }
        }
    }
}

type Place = (String, String);

/// A reason and its remedy, without the contract they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    code: String,
    is_open: bool,
    /// A window is judged once the term has begun, under the same code.
    scope: String,
    unit: String,
    kind: RemedyKind,
    work_order_id: String,
    item_id: String,
    field: &'static str,
    value: String,
    messages: [String; 2],
}

impl Told {
    fn of(reason: &Reason<'_>, is_open: bool) -> Self {
        let remedy = &reason.remedy;
        let fact = |name| reason.fact(name).unwrap_or_default().to_owned();
        let text = &edition().remedies[&remedy.kind];
        let message = |locale| text.render(locale, |name| remedy.fact(name).or_else(|| reason.fact(name)));
        Self {
            code: reason.clause.code.clone(),
            is_open,
            scope: fact("scope"),
            unit: fact("unit"),
            kind: remedy.kind,
            work_order_id: remedy.work_order_id.clone(),
            item_id: remedy.item_id.clone(),
            field: remedy.field,
            value: remedy.value.clone(),
            messages: [Locale::English, Locale::Indonesian].map(message),
        }
    }

    /// The first of the values that would do.
    fn first(&self) -> &'static str {
        let first = self.value.split(", ").next().unwrap_or_default();
        Box::leak(first.to_owned().into_boxed_str())
    }
}

fn is_well_formed(told: &Told) -> Result<(), TestCaseError> {
    let concerns_request = matches!(told.kind, RemedyKind::ChangeRequest | RemedyKind::WaitUntil);
    let concerns_contract = !concerns_request && told.kind != RemedyKind::None;
    prop_assert_eq!(told.field.is_empty(), told.kind == RemedyKind::None, "{:?}", told);
    let is_of_contract = told.field.starts_with("work_order.") || told.field.starts_with("customer.");
    prop_assert_eq!(is_of_contract, concerns_contract, "{:?}", told);
    let needs_order = told.field.starts_with("work_order.") && told.kind != RemedyKind::Buy;
    prop_assert!(!needs_order || !told.work_order_id.is_empty(), "{:?}", told);
    prop_assert!(concerns_contract || told.work_order_id.is_empty() && told.item_id.is_empty(), "{:?}", told);
    let may_be_any = matches!(told.kind, RemedyKind::ChangeRequest | RemedyKind::Renew | RemedyKind::None);
    prop_assert!(may_be_any || !told.value.is_empty(), "{:?}", told);
    for message in &told.messages {
        let is_whole = !message.contains(['{', '[', ']']) && !message.contains("  ") && !message.contains(" .");
        let says_value = told.kind == RemedyKind::Renew || message.contains(&told.value);
        prop_assert!(is_whole && says_value, "{}", message);
    }
    Ok(())
}

/// Applies the remedy and looks at the same item again, or at the one that was bought.
fn turns(contract: &Contract, query: &Query<'static>, place: Option<&Place>, told: &Told) -> Result<(), TestCaseError> {
    let (mut changed, mut asked, mut next) = (contract.clone(), query.clone(), told.clone());
    for _ in 0..MOST_STEPS {
        if next.kind == RemedyKind::None && is_sold_out(&changed, place, &next) {
            return Ok(());
        }
        if next.kind == RemedyKind::None {
            prop_assert!(UNTURNED.contains(&next.code.as_str()), "{:?}", next);
            prop_assert!(is_excluded_everywhere(contract), "{:?}", next);
            return Ok(());
        }
        let bought = apply(&mut changed, &mut asked, place, &next);
        let delivery = &asked.delivery;
        prop_assert!(delivery.window().is_none_or(|(start, end)| start <= end), "{:?} {:?}", next, delivery);
        let prepared = prepared(&changed);
        let places = [bought.as_ref(), place.filter(|_| next.kind != RemedyKind::Buy || bought.is_none())];
        let found: Vec<_> = places.into_iter().flatten().map(|place| standing_of(&prepared, &asked, place)).collect();
        prop_assert!(!found.is_empty(), "{:?}", next);
        // A fact that was filled in may not suit; an event asked for in the place of a planned one
        // is yet to be confirmed.
        let is_other_way = |other: &Told| told.is_open != other.is_open && (told.is_open || told.code == "AEM_NOTICE");
        let is_same = |other: &&Told| other.code == told.code && other.scope == told.scope && !is_other_way(other);
        let left: Vec<_> = found.iter().map(|told| told.iter().find(is_same).cloned()).collect();
        if left.iter().any(Option::is_none) {
            return Ok(());
        }
        let left = left.into_iter().flatten().next_back().unwrap();
        prop_assert!(IN_STEPS.contains(&told.code.as_str()), "{next:?}\nleaves {left:?}\n{asked:?}");
        prop_assert_ne!(&left, &next, "nothing has changed");
        next = left;
    }
    prop_assert!(false, "{:?} goes on and on", told);
    Ok(())
}

fn standing_of(prepared: &Prepared, query: &Query<'static>, (order, item): &Place) -> Vec<Told> {
    let resolved = ResolvedQuery::new(prepared, &AS_BOUGHT, query).unwrap();
    let at = query.check_time.unwrap();
    let mut contexts = resolved.contexts(at);
    let mut context = contexts.find(|it| (&it.order.work_order_id, &it.item.item_id) == (order, item)).unwrap();
    let evaluation = evaluate(&mut context, &Pool::new(&resolved, at));
    let told = context.service.clauses.iter().filter_map(|used| {
        let is_open = evaluation.open & used.bit() != 0;
        let clause = &context.edition.clauses[usize::from(used.row)];
        (is_open || evaluation.failed & used.bit() != 0)
            .then(|| Told::of(&reason(&context, used, clause, is_open), is_open))
    });
    told.collect()
}

/// Whether the order carries as much of the service as it may, or nearly.
fn is_sold_out(contract: &Contract, place: Option<&Place>, told: &Told) -> bool {
    let (order_id, item_id) = place.unwrap();
    let order = contract.work_orders.iter().find(|order| order.work_order_id == *order_id).unwrap();
    let item = order.items.iter().find(|item| item.item_id == *item_id).unwrap();
    told.code == "QUANTITY_EXHAUSTED" && service(&item.service_id).purchase.most_on(order).is_some()
}

fn is_excluded_everywhere(contract: &Contract) -> bool {
    let designated = contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
    designated.collect::<BTreeSet<_>>().into_iter().all(|id| ["jp-tokyo", "kr-seoul"].contains(&id))
}

/// Where the remedy is due on an item that was not there before: its place.
fn apply(contract: &mut Contract, query: &mut Query<'static>, place: Option<&Place>, told: &Told) -> Option<Place> {
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
            covered_products: vec!["*".into()],
            currency: "GBP".to_owned(),
            flex_allowance: None,
            items: Vec::new(),
        });
        contract.work_orders.last_mut().unwrap()
    } else {
        order_of(contract, &told.work_order_id)
    };
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
            order.end_date = order.end_date.max(last);
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
