//! Random contracts. Terms are short and close together, so that they overlap,
//! adjoin and leave gaps; some of it no purchase rule would accept.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::{edition, service};
use crate::model::{
    Contact, ContactRole, Contract, Customer, DeliveryMode, Funding, Item, Location, PlannedEvent, Quantity, Unit,
    Waiver, WorkOrder, WorkOrderState, Zone, start_of_day, zone,
};

/// Beirut's clocks skip a midnight in the days in question; the last two countries are excluded.
pub(crate) static LOCATIONS: LazyLock<[(&str, &str, Zone); 6]> = LazyLock::new(|| {
    [
        ("gb-london", "GB", "Europe/London"),
        ("ie-dublin", "IE", "Europe/Dublin"),
        ("lb-beirut", "LB", "Asia/Beirut"),
        ("us-seattle", "US", "America/Los_Angeles"),
        ("jp-tokyo", "JP", "Asia/Tokyo"),
        ("kr-seoul", "KR", "Asia/Seoul"),
    ]
    .map(|(id, country, name)| (id, country, zone(name)))
});
pub(super) const PRODUCTS: [&str; 7] = [
    "azure",
    "azure/app-service",
    "azure/synapse-analytics",
    "microsoft-365/office-365",
    "dynamics-365/connected-spaces",
    "github/enterprise-cloud",
    "windows-server",
];
const PATTERNS: [&str; 6] =
    ["*", "azure/*", "azure/app-service", "microsoft-365/*", "dynamics-365/*", "windows-server"];
const WAIVED: [&str; 5] =
    ["PRODUCT_NOT_COVERED", "PRODUCT_PRERELEASE", "ONSITE_NOT_INCLUDED", "OUTSIDE_SERVICE_HOURS", "AEM_NOTICE"];
/// Services with rules of their own come up more often.
pub(crate) const SPECIAL: [&str; 8] = [
    "unified-enhanced-response",
    "support-technology-advisor",
    "enhanced-designated-engineering",
    "azure-event-management",
    "azure-event-management-retail",
    "cybersecurity-incident-response",
    "proactive-credits",
    "rapid-response",
];

pub(crate) fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + Days::new(number)
}

/// Most things begin and end together, five days apart, so that they adjoin and coincide.
fn a_day() -> impl Strategy<Value = u64> {
    prop_oneof![3 => (0..9u64).prop_map(|number| number * 5), 1 => 0..45u64]
}

/// A term of a few days, or of a month or so.
fn a_term() -> impl Strategy<Value = (NaiveDate, NaiveDate)> {
    (a_day(), prop_oneof![Just(4u64), Just(9), Just(29), 0..45u64])
        .prop_map(|(start, length)| (day(start), day(start + length)))
}

/// Beginnings of days, the instants around them, and any other time.
pub(crate) fn an_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let zones = select(LOCATIONS.map(|(_, _, zone)| zone).to_vec());
    let edge = (zones, prop_oneof![a_day(), 0..60u64], -1..=1i64)
        .prop_map(|(zone, number, offset)| start_of_day(zone, day(number)) + TimeDelta::microseconds(offset));
    let any = (5 * 24 * 60..45 * 24 * 60i64)
        .prop_map(|minutes| day(0).and_time(Default::default()).and_utc() + TimeDelta::minutes(minutes));
    prop_oneof![edge, any]
}

fn some_locations(most: usize) -> impl Strategy<Value = Vec<String>> {
    let ids = LOCATIONS.map(|(id, ..)| id.to_owned()).to_vec();
    subsequence(ids, 0..=most)
}

fn some_patterns() -> impl Strategy<Value = Vec<crate::model::ProductPattern>> {
    prop_oneof![Just(vec!["*".into()]), subsequence(PATTERNS.map(Into::into).to_vec(), 0..=3)]
}

pub(super) fn a_quantity() -> impl Strategy<Value = Quantity> {
    let units = vec![Unit::Minutes, Unit::Hours, Unit::Days, Unit::Credits, Unit::Events, Unit::Visits];
    (prop_oneof![2 => 0..4i64, 3 => 0..500i64, 1 => Just(i64::MAX)], select(units))
        .prop_map(|(amount, unit)| Quantity { amount, unit })
}

fn a_service() -> impl Strategy<Value = String> {
    let sold = edition().services.iter().filter(|service| !service.is_base());
    let sold: Vec<_> = sold.map(|service| service.id.clone()).collect();
    prop_oneof![
        3 => Just(edition().base_package.clone()),
        4 => select(SPECIAL.map(str::to_owned).to_vec()),
        3 => select(sold),
    ]
}

fn a_waiver() -> impl Strategy<Value = Waiver> {
    (select(WAIVED.to_vec()), option::of(0..50u64), option::of(0..60u64), some_patterns()).prop_map(
        |(code, start, end, product_ids)| Waiver {
            code: code.to_owned(),
            reference: format!("from {start:?} to {end:?}"),
            granted_by: String::new(),
            start_date: start.map(day),
            end_date: end.map(day),
            product_ids,
            service_ids: Vec::new(),
        },
    )
}

/// Events of one item, one behind the other.
fn some_events() -> impl Strategy<Value = Vec<PlannedEvent>> {
    let event = (0..10i64, 1..8i64, select(vec!["s1", "s2"]), some_patterns(), option::of(an_instant()));
    vec(event, 0..3).prop_map(|events| {
        let mut free = day(0).and_time(Default::default()).and_utc();
        let mut plan = |(gap, length, solution, product_ids, confirmed): (i64, i64, &str, _, Option<_>)| {
            let start_time = free + TimeDelta::days(gap);
            free = start_time + TimeDelta::days(length);
            PlannedEvent {
                event_id: start_time.to_string(),
                solution_id: solution.to_owned(),
                product_ids,
                start_time,
                end_time: free,
                confirmed_time: confirmed.map(|time| time - TimeDelta::days(60)),
            }
        };
        events.into_iter().map(&mut plan).collect()
    })
}

pub(crate) fn an_item() -> impl Strategy<Value = Item> {
    let place = (any::<bool>(), some_locations(4));
    let bought = (option::weighted(0.9, a_quantity()), select(vec![Funding::Purchased, Funding::FlexAllowance]));
    let dates = (option::weighted(0.3, a_day()), option::weighted(0.3, a_day().prop_map(|number| number + 4)));
    let terms = (
        some_patterns(),
        option::of(select(vec![DeliveryMode::Remote, DeliveryMode::OnSite])),
        option::of(select(LOCATIONS.map(|(_, _, zone)| zone).to_vec())),
        vec(a_waiver(), 0..3),
        some_events(),
    );
    (a_service(), place, bought, dates, terms).prop_map(|(service_id, place, bought, dates, terms)| {
        let (all_locations, location_ids) = place;
        let (quantity, funding) = bought;
        let (product_ids, delivery_mode, time_zone, waivers, events) = terms;
        // The purchase rules forbid dates of a base item.
        let is_base = service_id == edition().base_package;
        Item {
            item_id: String::new(),
            all_locations,
            location_ids: if all_locations { Vec::new() } else { location_ids },
            quantity: quantity.map(|quantity| fitting(&service_id, quantity)),
            predefined_offering: None,
            product_ids,
            tenant_ids: vec!["t1".to_owned()],
            delivery_mode,
            time_zone,
            exhibit: None,
            unit_price: None,
            funding,
            start_date: dates.0.filter(|_| !is_base).map(day),
            end_date: dates.1.filter(|_| !is_base).map(day),
            included_hours: None,
            priority: None,
            events,
            waivers,
            service_id,
        }
    })
}

/// Every other order has a base package to begin with.
fn some_items(more: impl Strategy<Value = Vec<Item>>) -> impl Strategy<Value = Vec<Item>> {
    let base = an_item().prop_map(|item| Item {
        service_id: edition().base_package.clone(),
        quantity: None,
        start_date: None,
        end_date: None,
        ..item
    });
    (option::of(base), more).prop_map(|(base, items)| base.into_iter().chain(items).collect())
}

pub(crate) fn fitting(service_id: &str, quantity: Quantity) -> Quantity {
    let service = service(service_id);
    if service.accepts(quantity.unit) {
        return quantity;
    }
    Quantity { unit: service.unit.unwrap_or(Unit::Hours), ..quantity }
}

/// An order before it is known which orders stand beside it: the base it names is an index.
fn an_order(items: impl Strategy<Value = Vec<Item>>) -> impl Strategy<Value = (WorkOrder, Option<Index>)> {
    let states = prop_oneof![
        10 => Just((WorkOrderState::Active, None)),
        1 => Just((WorkOrderState::Draft, None)),
        1 => Just((WorkOrderState::Suspended, None)),
        3 => an_instant().prop_map(|time| (WorkOrderState::Terminated, Some(time))),
    ];
    let place = (0..LOCATIONS.len(), some_locations(6));
    (a_term(), states, place, some_patterns(), option::weighted(0.3, any::<Index>()), some_items(items)).prop_map(
        |((start_date, end_date), (state, terminate_time), (host, downstream), covered_products, base, mut items)| {
            for (number, item) in items.iter_mut().enumerate() {
                item.item_id = format!("item-{number}");
            }
            let order = WorkOrder {
                work_order_id: String::new(),
                customer_id: "acme".to_owned(),
                edition_id: edition().id.clone(),
                start_date,
                end_date,
                signed_date: None,
                state,
                terminate_time,
                host_location_id: LOCATIONS[host].0.to_owned(),
                downstream_location_ids: downstream,
                base_work_order_id: None,
                renews_work_order_id: None,
                covered_products,
                covered_products_except: Vec::new(),
                base_services_except: Vec::new(),
                currency: "GBP".to_owned(),
                flex_allowance: None,
                items,
            };
            (order, base)
        },
    )
}

pub(crate) fn a_contract() -> impl Strategy<Value = Contract> {
    a_contract_of(vec(an_item(), 0..5))
}

/// With these items besides the base packages on every order.
pub(crate) fn a_contract_of(items: impl Strategy<Value = Vec<Item>>) -> impl Strategy<Value = Contract> {
    vec(an_order(items), 0..6).prop_map(|drawn| {
        let id = |number: usize| format!("wo-{number}");
        let orders = drawn.len();
        let named = |(number, (mut order, base)): (usize, (WorkOrder, Option<Index>))| {
            order.work_order_id = id(number);
            order.base_work_order_id = base.map(|base| id(base.index(orders))).filter(|base| *base != id(number));
            order
        };
        let work_orders = drawn.into_iter().enumerate().map(named).collect();
        Contract { customer: customer(), work_orders }
    })
}

fn customer() -> Customer {
    let location = |(id, country, time_zone): (&str, &str, Zone)| Location {
        location_id: id.to_owned(),
        display_name: id.to_owned(),
        country: country.to_owned(),
        time_zone,
        holidays: BTreeSet::from([day(9), day(30)]),
    };
    let contact = |id: &str, roles: Vec<ContactRole>| Contact {
        contact_id: id.to_owned(),
        display_name: String::new(),
        email: String::new(),
        location_ids: Vec::new(),
        roles,
    };
    Customer {
        customer_id: "acme".to_owned(),
        display_name: "Acme".to_owned(),
        locations: LOCATIONS.map(location).to_vec(),
        contacts: vec![
            contact("ada", vec![ContactRole::SupportAdministrator]),
            contact("bob", vec![ContactRole::CloudAdministrator]),
        ],
        licenses: vec!["microsoft-cloud-for-retail".to_owned()],
    }
}

/// The services on the contract, and some of those that come with its base packages.
pub(crate) fn services_of(contract: &Contract) -> BTreeSet<&'static str> {
    let items = contract.work_orders.iter().flat_map(|order| &order.items);
    let bought = items.map(|item| service(&item.service_id).id.as_str());
    bought.chain(["problem-resolution-support", "on-demand-assessment"]).collect()
}
