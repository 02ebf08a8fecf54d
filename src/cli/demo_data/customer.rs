//! The customer of a number, and its work orders.

use super::draw::Draw;
use super::order::{self, Term};
use super::places::{HARBOURS, HEAD_OFFICE, NAMES, OVERSEAS, PEOPLE, PLACES, Place, SEPARATE_PLACES};
use crate::proto::v1::{ApplyContractRequest, Contact, ContactRole, Customer, Location, WorkOrder, WorkOrderState};

/// What the id of every demo customer begins with.
const PREFIX: &str = "demo-";
/// How many locations one customer in a hundred has.
const LARGE: u32 = 30;

/// What the customers are made of: equal plans make equal customers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub seed: u64,
    /// In which the contracts of most customers are in force, on every day.
    pub year: i32,
    /// Whether the server has the edition `lodestar-care-2026`.
    pub has_lodestar: bool,
}

/// What becomes of a customer's contract, by the last digit of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    InForce,
    Suspended,
    Terminated,
    Draft,
    NotBegun,
    Ended,
    /// In force, by the edition `lodestar-care-2026`.
    Lodestar,
}

pub(super) fn id(number: u32) -> String {
    format!("{PREFIX}{number}")
}

/// Whether an id is that of a demo customer.
pub(super) fn is_demo(customer_id: &str) -> bool {
    let number = customer_id.strip_prefix(PREFIX).and_then(|number| number.parse().ok());
    number.is_some_and(|number: u32| number > 0 && id(number) == customer_id)
}

/// The document that stores the customer of a number, without a request id.
pub(super) fn document(plan: &Plan, number: u32) -> ApplyContractRequest {
    let mut draw = Draw::new(plan.seed, number);
    let fate = fate(plan, number);
    let (first, second) = NAMES;
    let display_name = format!("{} {}", draw.pick(&first), draw.pick(&second));
    let has_overseas = fate == Fate::InForce && number.checked_rem(7) == Some(0);
    let overseas = has_overseas.then(|| draw.pick(&SEPARATE_PLACES));
    let places = places(&mut draw, fate, number);
    let hosts = places.iter().enumerate().map(|(index, place)| match index {
        0 => location(plan, HEAD_OFFICE.to_owned(), &format!("{}, head office", place.city), place),
        branch => location(plan, format!("branch-{branch}"), place.city, place),
    });
    let locations: Vec<_> =
        hosts.chain(overseas.iter().map(|place| location(plan, OVERSEAS.to_owned(), place.city, place))).collect();
    let downstream = locations.iter().map(|location| location.location_id.clone());
    let downstream: Vec<_> = downstream.filter(|id| id.starts_with("branch-")).collect();
    let customer = Customer {
        customer_id: id(number),
        display_name,
        locations,
        contacts: contacts(&mut draw),
        ..Customer::default()
    };
    let currency = places.first().map_or("EUR", |place| place.currency);
    let main = WorkOrder { downstream_location_ids: downstream, ..main_order(plan, fate, currency, &mut draw) };
    let separate = overseas.map(|place| order::overseas(&main, place.currency, &mut draw));
    ApplyContractRequest {
        customer: Some(customer),
        work_orders: [main].into_iter().chain(separate).collect(),
        ..ApplyContractRequest::default()
    }
}

/// Of ten customers eight are in force. The ninth and the tenth take turns.
fn fate(plan: &Plan, number: u32) -> Fate {
    let tens = number.checked_div(10).unwrap_or_default();
    match (number.checked_rem(10), tens.checked_rem(5)) {
        (Some(9), Some(0)) => Fate::Suspended,
        (Some(9), Some(1)) => Fate::Terminated,
        (Some(9), Some(2)) => Fate::Draft,
        (Some(9), Some(3)) => Fate::NotBegun,
        (Some(0), Some(0 | 2 | 4)) if plan.has_lodestar => Fate::Lodestar,
        (Some(9 | 0), _) => Fate::Ended,
        _ => Fate::InForce,
    }
}

/// The head office first. One customer in a hundred has many branches.
fn places(draw: &mut Draw, fate: Fate, number: u32) -> Vec<Place> {
    let count = match number.checked_rem(100) {
        Some(5) => LARGE,
        _ => draw.below(5).saturating_add(1),
    };
    let place = |draw: &mut Draw| if fate == Fate::Lodestar { draw.pick(&HARBOURS) } else { draw.pick(&PLACES) };
    (0..count).map(|_| place(draw)).collect()
}

fn location(plan: &Plan, location_id: String, name: &str, place: &Place) -> Location {
    let years = plan.year.saturating_sub(1)..=plan.year.saturating_add(2);
    let holidays = years.flat_map(|year| place.holidays.map(|day| format!("{year}-{day}")));
    Location {
        location_id,
        display_name: name.to_owned(),
        country: place.country.to_owned(),
        time_zone: place.time_zone.to_owned(),
        holidays: holidays.collect(),
    }
}

/// An administrator for every location, and somebody for the cloud.
fn contacts(draw: &mut Draw) -> Vec<Contact> {
    let contact = |contact_id: &str, name: &str, roles: &[ContactRole]| Contact {
        contact_id: contact_id.to_owned(),
        display_name: Some(name.to_owned()),
        email: Some(format!("{}@customer.example", name.to_lowercase().replace(' ', "."))),
        location_ids: Vec::new(),
        roles: roles.iter().map(|&role| role.into()).collect(),
    };
    vec![
        contact("admin", draw.pick(&PEOPLE), &[ContactRole::SupportAdministrator, ContactRole::ReactiveContact]),
        contact("cloud", draw.pick(&PEOPLE), &[ContactRole::CloudAdministrator]),
    ]
}

fn main_order(plan: &Plan, fate: Fate, currency: &str, draw: &mut Draw) -> WorkOrder {
    let first_year = match fate {
        Fate::Ended => plan.year.saturating_sub(4),
        Fate::NotBegun => plan.year.saturating_add(1),
        _ => plan.year.saturating_sub(1),
    };
    let term = Term::of_three_years(first_year, draw);
    let order = match fate {
        Fate::Lodestar => order::lodestar(&term, currency, draw),
        _ => order::unified(&term, currency, draw),
    };
    let state = match fate {
        Fate::Suspended => WorkOrderState::Suspended,
        Fate::Terminated => WorkOrderState::Terminated,
        Fate::Draft => WorkOrderState::Draft,
        Fate::InForce | Fate::NotBegun | Fate::Ended | Fate::Lodestar => WorkOrderState::Active,
    };
    let terminate_time = (fate == Fate::Terminated).then(|| order::new_year(plan.year)).flatten();
    WorkOrder { state: state.into(), terminate_time, ..order }
}
