//! A small edition, a valid contract under it, and a table of changes to that contract.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};

use crate::catalog::{Catalog, ClauseKind, Edition, EditionSource, Rule};
use crate::model::{Contract, Customer, Item, PlannedEvent, Quantity, Unit, Waiver, WorkOrder};
use crate::violation::Violation;

use super::{validate, validate_customer};

/// The order every table changes; `wo-1` carries the base package beside it.
pub(super) const ORDER: &str = "wo-2";

/// Code, rule, whether it is waivable; all are enforced on purchase.
const CLAUSES: &[(&str, &str, bool)] = &[
    ("BASE_AGREEMENT_REQUIRED", "base_agreement", false),
    ("WAIVER_NOT_ALLOWED", "waiver_allowed", false),
    ("SERVICE_NOT_AVAILABLE_IN_COUNTRY", "country", false),
    ("PRODUCT_NOT_COVERED", "product_covered", true),
    ("SINGLE_LOCATION_ONLY", "single_location", false),
    ("EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER", "separate_work_order", false),
    ("EXCLUDED_COUNTRY", "excluded_country", false),
    ("ONSITE_NOT_INCLUDED", "delivery_mode", true),
    ("MINIMUM_ENGAGEMENT", "minimum_engagement", false),
    ("EXTENSION_IN_FIVE_DAY_STEPS", "extension_steps", false),
    ("PRODUCTS_REQUIRED", "products_required", false),
    ("HOURS_OR_PREDEFINED", "hours_or_predefined", false),
    ("UER_INCLUDED_HOURS", "included_hours", false),
    ("AEM_DURATION", "event_duration", false),
    ("AEM_ONE_SOLUTION", "event_solutions", false),
    ("TENANTS_REQUIRED", "tenants_required", false),
    ("MAXIMUM_QUANTITY", "maximum_quantity", false),
    ("EXHIBIT_REQUIRED", "exhibit_required", false),
    ("SUPPORT_ADMINISTRATOR_REQUIRED", "support_administrator", false),
];

/// Id, plan, the clauses besides the set of its plan, and what else its table says.
const SERVICES: &[(&str, &str, &str, &str)] = &[
    ("package", "BASE", "", ""),
    ("reactive", "BASE", "PRODUCT_NOT_COVERED", ""),
    (
        "engineering",
        "ENHANCED",
        "SINGLE_LOCATION_ONLY PRODUCTS_REQUIRED HOURS_OR_PREDEFINED ONSITE_NOT_INCLUDED",
        "unit = 'MINUTES'\npurchase = { quantity = 'required', predefined = [{ id = 'starter', name = { en = 'x' } }] }",
    ),
    ("assistance", "ADD_ON", "HOURS_OR_PREDEFINED", "unit = 'MINUTES'\npurchase = { quantity = 'required' }"),
    (
        "incident",
        "ENHANCED",
        "MINIMUM_ENGAGEMENT EXTENSION_IN_FIVE_DAY_STEPS",
        "unit = 'MINUTES'\ndays = true\npurchase = { quantity = 'required', minimum_minutes = 2400, step_minutes = 2400 }",
    ),
    (
        "one-day",
        "ENHANCED",
        "MINIMUM_ENGAGEMENT EXTENSION_IN_FIVE_DAY_STEPS",
        "unit = 'MINUTES'\npurchase = { quantity = 'required', exact_minutes = 1920, step_minutes = 2400 }",
    ),
    (
        "exercise",
        "ENHANCED",
        "HOURS_OR_PREDEFINED",
        "purchase = { quantity = 'predefined_only', predefined = [{ id = 'three-day', name = { en = 'x' } }] }",
    ),
    (
        "workshops",
        "ADD_ON",
        "",
        "unit = 'ATTENDEES'\ncountries_except = ['IE']\n\
         purchase = { quantity = 'required', predefined = [{ id = 'closed', name = { en = 'x' } }] }",
    ),
    ("advisor", "ADD_ON", "EXCLUDED_COUNTRY", "unit = 'ENGAGEMENTS'\npurchase = { quantity = 'one' }"),
    (
        "insights",
        "ADD_ON",
        "MAXIMUM_QUANTITY",
        "unit = 'ENGAGEMENTS'\npurchase = { quantity = 'one', maximum_per_contract_year = 1 }",
    ),
    ("support", "ENHANCED", "MAXIMUM_QUANTITY", "unit = 'ENGAGEMENTS'\npurchase = { quantity = 'one', maximum = 3 }"),
    (
        "events",
        "ENHANCED",
        "AEM_DURATION AEM_ONE_SOLUTION",
        "unit = 'EVENTS'\npurchase = { quantity = 'required' }\nevent = { notice_days = 56, days = 5, per_solution = true }",
    ),
    (
        "retail-events",
        "ENHANCED",
        "AEM_DURATION",
        "unit = 'EVENTS'\npurchase = { quantity = 'required' }\nevent = { notice_days = 56, days = 5, per_solution = false }",
    ),
    ("direct", "ENHANCED", "TENANTS_REQUIRED EXHIBIT_REQUIRED", "tenants = { minimum = 1 }"),
    ("tenant", "ENHANCED", "TENANTS_REQUIRED", "tenants = { minimum = 1, maximum = 1 }"),
    ("response", "ENHANCED", "UER_INCLUDED_HOURS", ""),
];

pub(super) fn catalog() -> Catalog {
    let mut text = String::from(
        "[edition]\nid = 'first'\nname = { en = 'x' }\nbase_package = 'package'\nexcluded_countries = ['JP', 'KR']\n\
         [clause_sets]\nevery = ['EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER', 'SUPPORT_ADMINISTRATOR_REQUIRED', \
         'SERVICE_NOT_AVAILABLE_IN_COUNTRY', 'WAIVER_NOT_ALLOWED']\n",
    );
    for (code, rule, waivable) in CLAUSES {
        let head = format!("[[clauses]]\ncode = '{code}'\nrule = '{rule}'\nwaivable = {waivable}\n");
        let kinds: Vec<_> = rule_called(rule).kinds().map(ClauseKind::as_str).collect();
        writeln!(text, "{head}section = '1'\nkinds = {kinds:?}\ntext = {{ en = 'x' }}").unwrap();
    }
    for (id, plan, clauses, rest) in SERVICES {
        let beside = if *plan == "BASE" { "" } else { "BASE_AGREEMENT_REQUIRED" };
        let codes: Vec<_> = clauses.split(' ').chain([beside, "@every"]).filter(|code| !code.is_empty()).collect();
        let head = format!("[[services]]\nid = '{id}'\nname = {{ en = 'x' }}\ngroup = 'all'\nplan = '{plan}'");
        writeln!(text, "{head}\nclauses = {codes:?}\n{rest}").unwrap();
    }
    text.push_str(
        "[remedies]\nBUY.en = 'x'\nRENEW.en = 'x'\nWAIT_UNTIL.en = 'x'\nDESIGNATE_LOCATION.en = 'x'\nADD_PRODUCT.en = 'x'\n\
         ADD_QUANTITY.en = 'x'\nRECORD_WAIVER.en = 'x'\nCHANGE_REQUEST.en = 'x'\nNONE.en = 'x'\n\
         [[clauses]]\ncode = 'NOT_PURCHASED'\nrule = 'purchased'\nsection = '1'\nkinds = ['gate']\ntext.en = 'x'\n",
    );
    let is_there = |rule: Rule| CLAUSES.iter().any(|(_, name, _)| *name == rule.name());
    let belong = |rule: Rule| rule.can_be_left_out() || matches!(rule, Rule::HoursAvailable | Rule::QuantityAvailable);
    for rule in Rule::ALL.iter().filter(|rule| belong(**rule) && !is_there(**rule)) {
        let (name, code) = (rule.name(), rule.name().to_uppercase());
        let head = format!("[[clauses]]\ncode = '{code}'\nrule = '{name}'\n");
        writeln!(text, "{head}section = '1'\nkinds = ['gate', 'ledger']\ntext.en = 'x'").unwrap();
    }
    text.push_str("[[groups]]\nid = 'all'\nname = { en = 'x' }\n");
    for family in ["azure", "microsoft-365", "windows-server"] {
        writeln!(text, "[[families]]\nid = '{family}'\nname = 'x'").unwrap();
    }
    let source = EditionSource { files: vec![("test.toml".to_owned(), text)] };
    Catalog::new(vec![Edition::load(&source).unwrap_or_else(|error| panic!("{error}"))]).unwrap()
}

fn rule_called(name: &str) -> Rule {
    Rule::ALL.iter().copied().find(|rule| rule.name() == name).unwrap()
}

fn customer() -> Customer {
    let location = |id: &str, country: &str, time_zone: &str| serde_json::json!({"location_id": id, "display_name": id, "country": country, "time_zone": time_zone});
    serde_json::from_value(serde_json::json!({
        "customer_id": "acme",
        "display_name": "Acme",
        "locations": [
            location("gb-london", "GB", "Europe/London"),
            location("gb-leeds", "GB", "Europe/London"),
            location("ie-dublin", "IE", "Europe/Dublin"),
            location("jp-tokyo", "JP", "Asia/Tokyo"),
            location("jp-osaka", "JP", "Asia/Tokyo"),
            location("kr-seoul", "KR", "Asia/Seoul"),
        ],
        "contacts": [{"contact_id": "ada", "email": "ada@example.org", "location_ids": ["gb-london", "jp-tokyo"],
                      "roles": ["SUPPORT_ADMINISTRATOR"]}],
        "licenses": ["retail"],
    }))
    .unwrap()
}

pub(super) fn order(work_order_id: &str, items: Vec<Item>) -> WorkOrder {
    WorkOrder {
        work_order_id: work_order_id.to_owned(),
        customer_id: "acme".to_owned(),
        edition_id: "first".to_owned(),
        start_date: date("2026-02-01"),
        end_date: date("2027-01-31"),
        signed_date: None,
        state: Default::default(),
        terminate_time: None,
        host_location_id: "gb-london".to_owned(),
        downstream_location_ids: vec!["gb-leeds".to_owned()],
        base_work_order_id: None,
        renews_work_order_id: None,
        covered_products: vec!["*".into()],
        covered_products_except: Vec::new(),
        base_services_except: Vec::new(),
        currency: "GBP".to_owned(),
        flex_allowance: None,
        items,
    }
}

/// A valid item of the service.
pub(super) fn item(service_id: &str) -> Item {
    let mut item = Item {
        item_id: service_id.to_owned(),
        service_id: service_id.to_owned(),
        location_ids: vec!["gb-london".to_owned()],
        all_locations: false,
        quantity: None,
        predefined_offering: None,
        product_ids: Vec::new(),
        tenant_ids: Vec::new(),
        delivery_mode: None,
        time_zone: None,
        exhibit: None,
        unit_price: None,
        funding: Default::default(),
        start_date: None,
        end_date: None,
        included_hours: None,
        priority: None,
        events: Vec::new(),
        waivers: Vec::new(),
    };
    match service_id {
        "package" => (item.all_locations, item.location_ids) = (true, Vec::new()),
        "engineering" => {
            item.quantity = hours(10);
            item.product_ids = vec!["azure/*".into()];
        }
        "assistance" => item.quantity = hours(1),
        "incident" => item.quantity = hours(40),
        "one-day" => item.quantity = hours(32),
        "exercise" => item.predefined_offering = Some("three-day".to_owned()),
        "workshops" => item.quantity = amount(10, Unit::Attendees),
        "events" | "retail-events" => item.quantity = amount(2, Unit::Events),
        "direct" => {
            item.tenant_ids = vec!["acme.example".to_owned()];
            item.exhibit = Some("exhibit 1".to_owned());
        }
        "tenant" => item.tenant_ids = vec!["acme.example".to_owned()],
        _ => {}
    }
    item
}

/// The base agreement `wo-1`, and beside it [`ORDER`] with these items.
pub(super) fn contract(items: Vec<Item>) -> Contract {
    let orders = vec![order("wo-1", vec![item("package")]), order(ORDER, items)];
    Contract { customer: customer(), work_orders: orders }
}

pub(super) fn changed_order(contract: &mut Contract) -> &mut WorkOrder {
    contract.work_orders.iter_mut().find(|order| order.work_order_id == ORDER).unwrap()
}

pub(super) fn hours(amount: i64) -> Option<Quantity> {
    Some(Quantity { amount, unit: Unit::Hours })
}

pub(super) fn amount(amount: i64, unit: Unit) -> Option<Quantity> {
    Some(Quantity { amount, unit })
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn event(event_id: &str, solution_id: &str, start: &str, end: &str) -> PlannedEvent {
    PlannedEvent {
        event_id: event_id.to_owned(),
        solution_id: solution_id.to_owned(),
        product_ids: Vec::new(),
        start_time: instant(start),
        end_time: instant(end),
        confirmed_time: Some(instant("2026-02-01T00:00:00Z")),
    }
}

pub(super) fn waiver(code: &str) -> Waiver {
    Waiver {
        code: code.to_owned(),
        reference: "amendment 3".to_owned(),
        granted_by: String::new(),
        start_date: None,
        end_date: None,
        product_ids: Vec::new(),
        service_ids: Vec::new(),
    }
}

/// Changes to a valid document, and the violations they cause as `field REASON`; clauses as
/// `field !CODE`. None: the changed document is as valid.
pub(super) type Cases<'c, T> = &'c [(&'c str, fn(&mut T), &'c [&'c str])];

pub(super) fn check_customers(cases: Cases<'_, Customer>) {
    for (name, change, expected) in cases {
        let mut customer = customer();
        assert_eq!(told(validate_customer(&customer, "")), [""; 0], "before {name}");
        change(&mut customer);
        assert_eq!(told(validate_customer(&customer, "")), *expected, "{name}");
    }
}

/// Changes to the contract of an order with one item of the service.
pub(super) fn check_contracts(service_id: &str, cases: Cases<'_, Contract>) {
    let catalog = catalog();
    for (name, change, expected) in cases {
        let mut contract = contract(vec![item(service_id)]);
        assert_eq!(judged(&catalog, &contract), [""; 0], "before {name}");
        change(&mut contract);
        assert_eq!(judged(&catalog, &contract), *expected, "{name}");
    }
}

pub(super) fn check_orders(service_id: &str, cases: Cases<'_, WorkOrder>) {
    let catalog = catalog();
    for (name, change, expected) in cases {
        let mut contract = contract(vec![item(service_id)]);
        assert_eq!(judged(&catalog, &contract), [""; 0], "before {name}");
        change(changed_order(&mut contract));
        assert_eq!(judged(&catalog, &contract), *expected, "{name}");
    }
}

/// The expected fields stand below the item.
pub(super) fn check_items(service_id: &str, cases: Cases<'_, Item>) {
    let catalog = catalog();
    for (name, change, expected) in cases {
        let mut contract = contract(vec![item(service_id)]);
        assert_eq!(judged(&catalog, &contract), [""; 0], "before {name}");
        change(changed_order(&mut contract).items.first_mut().unwrap());
        let expected: Vec<_> = expected.iter().map(|told| format!("items[0].{told}")).collect();
        assert_eq!(judged(&catalog, &contract), expected, "{name}");
    }
}

pub(super) fn judged(catalog: &Catalog, contract: &Contract) -> Vec<String> {
    told(validate(catalog, contract, &[(String::new(), ORDER)]))
}

pub(super) fn told(violations: Vec<Violation>) -> Vec<String> {
    violations
        .into_iter()
        .map(|Violation { field, reason, description, clause, .. }| {
            assert!(!description.is_empty() && !description.ends_with('.'), "{field}: {description}");
            assert!(!description.starts_with(char::is_uppercase), "{field}: {description}");
            format!("{field} {}{reason}", if clause { "!" } else { "" })
        })
        .collect()
}
