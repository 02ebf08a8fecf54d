//! What one decision costs: `make bench`, or `cargo bench --bench engine`.

// Benches say what they expect and stop there, as tests do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that does not find its case has nothing to measure"
)]

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Days, NaiveDate, Utc};
use divan::{Bencher, black_box};
use entitled::catalog::{Catalog, Edition, EditionSource, Severity};
use entitled::engine::{AS_BOUGHT, Delivery, Outcome, Prepared, Query, decide};
use entitled::model::{Contract, DeliveryMode, ProductId, Quantity, Unit};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// As much as a customer may have: see the limits in `docs/OPERATIONS.md`.
static LARGEST: LazyLock<Prepared> = LazyLock::new(|| Prepared::new(Arc::clone(&CATALOGS[row(1)]), largest_contract()));

/// The built-in catalogue, and the same with nine more services for each of its own.
static CATALOGS: LazyLock<[Arc<Catalog>; 2]> = LazyLock::new(|| TIMES.map(|times| Arc::new(catalog(times))));
static CONTRACTS: LazyLock<[Prepared; 2]> =
    LazyLock::new(|| TIMES.map(|times| Prepared::new(Arc::clone(&CATALOGS[row(times)]), contract())));

/// How many services there are, as a multiple of the built-in ones.
const TIMES: [usize; 2] = [1, 10];

fn row(times: usize) -> usize {
    TIMES.iter().position(|known| *known == times).unwrap()
}

fn catalog(times: usize) -> Catalog {
    let mut source = EditionSource::unified_enterprise_2023();
    let own = Edition::load(&source).unwrap().services.len();
    let mut more = String::new();
    for number in own..own * times {
        let head = format!("[[services]]\nid = 'more-{number}'\nname = {{ en = 'More', id = 'Lagi' }}");
        let rest = "group = 'enhanced'\nplan = 'ENHANCED'\nclauses = ['@contract', '@beside-base']";
        writeln!(more, "{head}\n{rest}").unwrap();
    }
    source.files.push(("more.toml".to_owned(), more));
    Catalog::new(vec![Edition::load(&source).unwrap()]).unwrap()
}

/// Four work orders, 60 items, ten locations: a base with its add-ons, an order beside it, one
/// in an excluded country that names the base, and last year's.
fn contract() -> Contract {
    let countries = ["GB", "GB", "IE", "FR", "DE", "NL", "ES", "IT", "JP", "JP"];
    let locations = countries.iter().enumerate().map(|(row, country)| {
        let time_zone = if *country == "JP" { "Asia/Tokyo" } else { "Europe/London" };
        json!({"location_id": format!("site-{row}"), "display_name": "Site", "country": country, "time_zone": time_zone})
    });
    let sites = |rows: std::ops::Range<usize>| rows.map(|row| format!("site-{row}")).collect::<Vec<_>>();
    let order = |id: &str, start: &str, end: &str, sites: &[String], items: Vec<Value>| {
        json!({
            "work_order_id": id, "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": start, "end_date": end, "host_location_id": sites[0],
            "downstream_location_ids": sites[1..], "covered_products": ["azure/*", "microsoft-365/*", "windows-server"],
            "currency": "GBP", "items": items,
        })
    };
    let base = json!({"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true});
    let mut first = vec![base.clone()];
    first.extend(items(24));
    let mut last_year = vec![base];
    last_year.extend(items(9));
    let mut excluded = order("wo-3", "2026-04-01", "2027-03-31", &sites(8..10), items(10));
    excluded["base_work_order_id"] = json!("wo-1");
    let orders = [
        order("wo-0", "2025-02-01", "2026-01-31", &sites(0..8), last_year),
        order("wo-1", "2026-02-01", "2027-01-31", &sites(0..8), first),
        order("wo-2", "2026-03-01", "2027-02-28", &sites(0..4), items(15)),
        excluded,
    ];
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme", "locations": locations.collect::<Vec<_>>(),
            "contacts": [{"contact_id": "ada", "roles": ["SUPPORT_ADMINISTRATOR"]}],
        },
        "work_orders": orders,
    }))
    .unwrap();
    assert_eq!(contract.work_orders.iter().map(|order| order.items.len()).sum::<usize>(), 60);
    contract
}

/// Items of different services; the first few are what the questions ask for.
fn items(count: usize) -> Vec<Value> {
    let catalog = &CATALOGS[0];
    let queried =
        ["unified-enhanced-response", "reactive-support-management-add-on", "cybersecurity-incident-response"];
    let others = catalog.default_edition().services.iter().filter(|service| !service.is_base());
    let others =
        others.map(|service| service.id.as_str()).filter(|id| !queried.contains(id) && *id != "rapid-response");
    let services = queried.into_iter().chain(others).filter(|id| *id != "unified-enterprise-base");
    let item = |(row, service_id): (usize, &str)| {
        let mut item = json!({"item_id": format!("item-{row}"), "service_id": service_id, "all_locations": true,
                              "product_ids": ["azure/*"]});
        let service = catalog.default_edition().service(service_id).unwrap();
        if let Some(unit) = service.unit {
            item["quantity"] = json!({"amount": 400, "unit": unit.as_str()});
        }
        item
    };
    services.enumerate().map(item).take(count).collect()
}

const MOST_ORDERS: usize = 200;
const MOST_ITEMS: usize = 5_000;
const MOST_OF_A_SERVICE: usize = 300;
const MOST_LOCATIONS: usize = 250;
const LONGEST_LIST: usize = 1_000;

fn day(number: usize) -> String {
    let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap() + Days::new(number as u64);
    day.to_string()
}

/// Of the 200 orders every other one is a base agreement, the longest first; the others lean on
/// any of them and share 300 items of each of 16 services, with terms of their own, a waiver, and
/// a planned event where the service has events.
fn largest_contract() -> Contract {
    let many = |count: usize, prefix: &str| (0..count).map(|row| format!("{prefix}-{row}")).collect::<Vec<_>>();
    let sites = many(MOST_LOCATIONS, "site");
    let holidays: Vec<_> = (0..LONGEST_LIST).map(day).collect();
    let location = |id: &String| json!({"location_id": id, "display_name": "Site", "country": "GB", "time_zone": "Europe/London", "holidays": holidays});
    let contacts = many(LONGEST_LIST, "contact").into_iter().map(|id| json!({"contact_id": id}));
    let products: Vec<_> = many(LONGEST_LIST - 1, "azure/p").into_iter().chain(["azure/app-service".into()]).collect();
    let queried = ["unified-enhanced-response", "enhanced-designated-engineering", "azure-event-management"];
    let edition = CATALOGS[row(1)].default_edition();
    let others = edition.services.iter().filter(|service| !service.is_base()).map(|service| service.id.as_str());
    let others = others.filter(|id| !queried.contains(id) && *id != edition.base_package);
    let services: Vec<_> = queried.into_iter().chain(others).collect();
    let mut items: Vec<Vec<Value>> = vec![Vec::new(); MOST_ORDERS];
    for number in 0..MOST_ITEMS - MOST_ORDERS / 2 {
        let (service_id, place) = (services[number / MOST_OF_A_SERVICE], number % MOST_OF_A_SERVICE);
        items[place % (MOST_ORDERS / 2) * 2 + 1].push(large_item(service_id, number, place));
    }
    let order = |(row, mut items): (usize, Vec<Value>)| {
        if row % 2 == 0 {
            items.push(json!({"item_id": "base", "service_id": edition.base_package, "all_locations": true}));
        }
        json!({
            "work_order_id": format!("wo-{row:03}"), "customer_id": "acme", "edition_id": edition.id,
            "start_date": if row == 0 { "2026-01-01".to_owned() } else { day(row) },
            "end_date": if row % 2 == 0 { day(9_000 - row) } else { day(10_000) },
            "host_location_id": sites[0], "downstream_location_ids": sites[1..], "covered_products": products,
            "currency": "GBP", "items": items,
        })
    };
    let orders: Vec<_> = items.into_iter().enumerate().map(order).collect();
    let contract: Contract = serde_json::from_value(json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme", "locations": sites.iter().map(location).collect::<Vec<_>>(),
            "contacts": contacts.collect::<Vec<_>>(), "licenses": many(LONGEST_LIST, "license"),
        },
        "work_orders": orders,
    }))
    .unwrap();
    assert_eq!(contract.work_orders.iter().map(|order| order.items.len()).sum::<usize>(), MOST_ITEMS);
    contract
}

fn large_item(service_id: &str, number: usize, place: usize) -> Value {
    let (start, end) = (day(300 + 10 * place), day(305 + 10 * place));
    let clause =
        if service_id == "enhanced-designated-engineering" { "ONSITE_NOT_INCLUDED" } else { "PRODUCT_NOT_COVERED" };
    let waiver = json!({"code": clause, "reference": "a letter", "start_date": start, "end_date": end});
    let mut item = json!({
        "item_id": format!("item-{number}"), "service_id": service_id, "location_ids": ["site-3"],
        "product_ids": ["azure/*"], "waivers": [waiver],
        "start_date": day(201 + place), "end_date": day(5_000 + 10 * place),
    });
    let service = CATALOGS[0].default_edition().service(service_id).unwrap();
    if let Some(unit) = service.unit {
        item["quantity"] = json!({"amount": 1, "unit": unit.as_str()});
    }
    if service.event.is_some() {
        let (start, end) = (format!("{start}T00:00:00Z"), format!("{end}T00:00:00Z"));
        let event = json!({"event_id": "e", "solution_id": "shop", "start_time": start, "end_time": end,
                           "confirmed_time": "2026-01-01T00:00:00Z"});
        item["events"] = json!([event]);
    }
    item
}

fn question(service_id: &'static str) -> Query<'static> {
    Query {
        location_id: "site-3",
        service_id,
        product: Some(ProductId::new("azure/app-service")),
        check_time: Some(instant()),
        ..Query::default()
    }
}

fn instant() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap().and_hms_opt(10, 0, 0).unwrap().and_utc()
}

/// Measures a question once its answer is the expected one.
fn measure(bencher: Bencher<'_, '_>, times: usize, query: &Query<'static>, expected: Outcome, reasons: usize) {
    let prepared = &CONTRACTS[row(times)];
    let decision = decide(prepared, &AS_BOUGHT, query, instant()).unwrap();
    let codes: Vec<_> = decision.reasons.iter().map(|reason| reason.clause.code.as_str()).collect();
    assert_eq!((decision.outcome, codes.len()), (expected, reasons), "{codes:?}");
    bencher.bench_local(|| black_box(decide(black_box(prepared), &AS_BOUGHT, black_box(query), instant())));
}

/// A base service, answered by a base package.
#[divan::bench(args = TIMES)]
fn entitled_by_the_base(bencher: Bencher<'_, '_>, times: usize) {
    measure(bencher, times, &question("problem-resolution-support"), Outcome::Entitled, 0);
}

/// An hour block that leans on a base, with an amount; three orders have one.
#[divan::bench(args = TIMES)]
fn entitled_by_an_add_on(bencher: Bencher<'_, '_>, times: usize) {
    let quantity = Some(Quantity { amount: 8, unit: Unit::Hours });
    measure(
        bencher,
        times,
        &Query { quantity, ..question("reactive-support-management-add-on") },
        Outcome::Entitled,
        0,
    );
}

/// Enhanced response without the severity.
#[divan::bench(args = TIMES)]
fn conditional(bencher: Bencher<'_, '_>, times: usize) {
    measure(bencher, times, &question("unified-enhanced-response"), Outcome::Conditional, 0);
}

/// Nothing about it is right.
#[divan::bench(args = TIMES)]
fn refused_for_several_reasons(bencher: Bencher<'_, '_>, times: usize) {
    let query = Query {
        product: Some(ProductId::new("dynamics-365/commerce")),
        severity: Some(Severity::C),
        contact_id: Some("eve"),
        delivery: Delivery { mode: Some(DeliveryMode::OnSite), ..Delivery::default() },
        ..question("unified-enhanced-response")
    };
    measure(bencher, times, &query, Outcome::NotEntitled, 4);
}

#[divan::bench(args = TIMES)]
fn not_purchased(bencher: Bencher<'_, '_>, times: usize) {
    measure(bencher, times, &question("rapid-response"), Outcome::NotEntitled, 1);
}

/// The same questions to as much as a customer may have. Of the services there are 300 items each;
/// "later" is when they all run.
#[divan::bench(args = [
    ("problem-resolution-support", 0, 0), ("unified-enhanced-response", 0, 0), ("unified-enhanced-response", 1_000, 0),
    ("enhanced-designated-engineering", 0, 0), ("enhanced-designated-engineering", 1_000, 0),
    ("enhanced-designated-engineering", 1_000, 200), ("enhanced-designated-engineering", 1_000, 400),
    ("azure-event-management", 0, 0), ("azure-event-management", 1_000, 1),
    ("services-insights-for-developers", 0, 500), ("services-insights-for-developers", 1_000, 500),
])]
fn largest(bencher: Bencher<'_, '_>, (service_id, days, amount): (&'static str, u64, i64)) {
    let at = instant() + Days::new(days);
    let unit = CATALOGS[0].default_edition().service(service_id).unwrap().unit;
    let quantity = unit.filter(|_| amount > 0).map(|unit| Quantity { amount, unit });
    let query = Query { quantity, check_time: Some(at), ..question(service_id) };
    let decision = decide(&LARGEST, &AS_BOUGHT, &query, at).unwrap();
    assert!(decision.coverage.is_some() && decision.valid_until.is_some());
    bencher.bench_local(|| black_box(decide(black_box(&LARGEST), &AS_BOUGHT, black_box(&query), at)));
}

/// What a cache miss costs besides reading the contract: as much as a customer may have.
#[divan::bench(sample_count = 20)]
fn prepare_the_largest(bencher: Bencher<'_, '_>) {
    let catalog = &CATALOGS[row(1)];
    let contract = largest_contract();
    let inputs = || contract.clone();
    bencher.with_inputs(inputs).bench_local_values(|contract| Prepared::new(Arc::clone(catalog), contract));
}

/// What a cache miss costs besides reading the contract.
#[divan::bench(args = TIMES)]
fn prepare_a_contract(bencher: Bencher<'_, '_>, times: usize) {
    let catalog = &CATALOGS[row(times)];
    bencher.with_inputs(contract).bench_local_values(|contract| Prepared::new(Arc::clone(catalog), contract));
}
