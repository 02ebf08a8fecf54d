use super::*;
use crate::model::{DeliveryMode, ProductId, ProductPattern, Unit};

fn edition() -> Edition {
    Edition::load(&EditionSource::unified_enterprise_2023()).unwrap_or_else(|error| panic!("{error}"))
}

fn service<'e>(edition: &'e Edition, id: &str) -> &'e Service {
    edition.service(id).unwrap_or_else(|| panic!("no service `{id}`"))
}

fn lists(edition: &Edition, service: &Service, code: &str) -> Option<ClauseUse> {
    service.clauses.iter().find(|used| edition.clauses[usize::from(used.row)].code == code).copied()
}

/// The services that list the clause, in catalogue order.
fn subject_to<'e>(edition: &'e Edition, code: &str) -> Vec<&'e str> {
    assert!(edition.clause(code).is_some(), "no clause `{code}`");
    let listing = edition.services.iter().filter(|service| lists(edition, service, code).is_some());
    listing.map(|service| service.id.as_str()).collect()
}

const REACTIVE: [&str; 5] = [
    "advisory-support",
    "problem-resolution-support",
    "reactive-support-management",
    "root-cause-analysis",
    "reactive-support-management-add-on",
];
const INCIDENT_RESPONSES: [&str; 4] = [
    "cybersecurity-incident-response",
    "cybersecurity-incident-response-onsite",
    "cybersecurity-incident-response-1-day",
    "office-365-incident-response",
];
const CYBERSECURITY: [&str; 6] = [
    INCIDENT_RESPONSES[0],
    INCIDENT_RESPONSES[1],
    INCIDENT_RESPONSES[2],
    INCIDENT_RESPONSES[3],
    "cybersecurity-operations-service",
    "security-crisis-and-response-exercise",
];
const EVENT_MANAGEMENT: [&str; 2] = ["azure-event-management", "azure-event-management-retail"];

/// In the order of their reasons.
const CLAUSES: &[&str] = &[
    "NOT_PURCHASED",
    "BASE_AGREEMENT_REQUIRED",
    "WORK_ORDER_NOT_STARTED",
    "WORK_ORDER_EXPIRED",
    "WORK_ORDER_TERMINATED",
    "WORK_ORDER_DRAFT",
    "WORK_ORDER_SUSPENDED",
    "BASE_AGREEMENT_EXPIRED",
    "BASE_AGREEMENT_TERMINATED",
    "FORFEITED",
    "WAIVER_NOT_ALLOWED",
    "SERVICE_NOT_AVAILABLE_IN_COUNTRY",
    "PRODUCT_NOT_COVERED",
    "PRODUCT_PRERELEASE",
    "PRODUCT_RETIRED",
    "LATE_SERVICE_REQUEST",
    "CANCELLATION_FEE",
    "SERVICE_DELIVERY_MANAGEMENT_MAY_BE_REQUIRED",
    "SCHEDULE_SUBJECT_TO_RESOURCES",
    "LOCATION_NOT_DESIGNATED",
    "SINGLE_LOCATION_ONLY",
    "HOST_PURCHASE_SUFFICES",
    "SDM_HOST_HOURS",
    "EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER",
    "EXCLUDED_COUNTRY",
    "UNDESIGNATED_STAFF_PARTICIPATION",
    "ONSITE_NOT_INCLUDED",
    "ADVISORY_LIMIT",
    "CONTACT_NOT_DESIGNATED",
    "CHANNEL_NOT_ALLOWED",
    "SEVERITY_NOT_COVERED",
    "LANGUAGE_NOT_AVAILABLE",
    "PRODUCT_EXCLUDED",
    "RCA_AFTER_CLOSURE",
    "SEVERITY_MAY_BE_LOWERED",
    "UER_ONBOARDING",
    "UER_DELIVERY_NOT_STARTED",
    "HOURS_EXHAUSTED",
    "QUANTITY_EXHAUSTED",
    "OUTSIDE_SERVICE_HOURS",
    "MINIMUM_ENGAGEMENT",
    "EXTENSION_IN_FIVE_DAY_STEPS",
    "PRODUCT_NOT_ON_ITEM",
    "PRODUCTS_REQUIRED",
    "HOURS_OR_PREDEFINED",
    "UER_INCLUDED_HOURS",
    "AEM_NOTICE",
    "AEM_DURATION",
    "AEM_ONE_SOLUTION",
    "RETAIL_LICENSE_REQUIRED",
    "RETAIL_PRODUCT_ONLY",
    "TENANT_NOT_LISTED",
    "TENANTS_REQUIRED",
    "MAXIMUM_QUANTITY",
    "AZURE_SERVICE_REQUIRED",
    "AT_PROVIDER_DISCRETION",
    "RECORDING_FORBIDDEN",
    "EXHIBIT_REQUIRED",
    "CYBER_OUT_OF_SCOPE",
    "CYBER_DELIVERABLES_DUE",
    "FLEX_CREDIT_CAP",
    "FLEX_NOT_FOR_SDM",
    "FLEX_ELIGIBLE_SERVICES",
    "FLEX_ANNUAL",
    "FLEX_ALLOCATE_AT_SIGNING",
    "EXCHANGE_EQUAL_VALUE",
    "CREDITS_INSUFFICIENT",
    "CREDITS_EXCHANGE_LOCATIONS",
    "WRITTEN_AGREEMENT_REQUIRED",
    "SUPPORT_ADMINISTRATOR_REQUIRED",
    "UER_STAFFING",
    "DELIVERED_BY_GITHUB",
    "CUSTOMER_RESPONSIBILITIES",
];

#[test]
fn clauses_stand_in_the_order_of_their_reasons() {
    let edition = edition();
    let codes: Vec<&str> = edition.clauses.iter().map(|clause| clause.code.as_str()).collect();
    assert_eq!(codes, CLAUSES);
}

#[test]
fn every_clause_says_the_same_in_both_languages() {
    for clause in edition().clauses {
        let names = |locale| {
            let mut names: Vec<&str> = clause.text.variables(locale).collect();
            names.sort_unstable();
            names
        };
        assert!(clause.text.id.is_some(), "{} in Indonesian", clause.code);
        assert_eq!(names(Locale::English), names(Locale::Indonesian), "{}", clause.code);
    }
}

#[test]
fn open_and_waivable_clauses() {
    let edition = edition();
    let codes = |keep: fn(&Clause) -> bool| -> Vec<&str> {
        edition.clauses.iter().filter(|clause| keep(clause)).map(|clause| clause.code.as_str()).collect()
    };
    assert_eq!(
        codes(|clause| clause.missing == Missing::Open),
        [
            "SEVERITY_NOT_COVERED",
            "LANGUAGE_NOT_AVAILABLE",
            "RCA_AFTER_CLOSURE",
            "AEM_NOTICE",
            "AEM_DURATION",
            "TENANT_NOT_LISTED"
        ]
    );
    assert_eq!(
        codes(|clause| clause.waivable),
        [
            "PRODUCT_NOT_COVERED",
            "PRODUCT_PRERELEASE",
            "PRODUCT_RETIRED",
            "ONSITE_NOT_INCLUDED",
            "OUTSIDE_SERVICE_HOURS",
            "AEM_NOTICE"
        ]
    );

    let waivable = |id: &str, code: &str| lists(&edition, service(&edition, id), code).map(|used| used.waivable);
    for id in REACTIVE.into_iter().chain(["unified-enhanced-response"]) {
        assert_eq!(waivable(id, "ONSITE_NOT_INCLUDED"), Some(false), "{id} is always remote");
    }
    assert_eq!(waivable("enhanced-designated-engineering", "ONSITE_NOT_INCLUDED"), Some(true));
    assert_eq!(waivable("enhanced-designated-engineering", "OUTSIDE_SERVICE_HOURS"), Some(false));
    for id in CYBERSECURITY {
        assert_eq!(waivable(id, "OUTSIDE_SERVICE_HOURS"), Some(true), "{id} may agree on weekends");
    }
    assert_eq!(waivable("azure-event-management", "AEM_NOTICE"), Some(true));
    assert_eq!(waivable("azure-event-management-retail", "AEM_NOTICE"), Some(false));

    let missing = |id: &str| lists(&edition, service(&edition, id), "TENANT_NOT_LISTED").map(|used| used.missing);
    assert_eq!(missing("office-365-engineering-direct"), Some(Missing::Open));
    assert_eq!(missing("office-365-incident-response"), Some(Missing::Skip));
}

#[test]
fn every_service_is_whole() {
    let edition = edition();
    assert_eq!(edition.services.len(), 52);
    for service in &edition.services {
        let id = &service.id;
        assert!(!service.name.en.is_empty() && service.name.id.is_some(), "{id} has no name");
        assert!(service.clauses.is_sorted_by_key(|used| used.row), "{id} has its clauses out of order");
        for code in ["NOT_PURCHASED", "LOCATION_NOT_DESIGNATED", "PRODUCT_NOT_COVERED", "ONSITE_NOT_INCLUDED"] {
            assert!(lists(&edition, service, code).is_some(), "{id} without {code}");
        }
        for code in ["BASE_AGREEMENT_REQUIRED", "BASE_AGREEMENT_EXPIRED", "BASE_AGREEMENT_TERMINATED"] {
            assert_eq!(lists(&edition, service, code).is_none(), service.is_base(), "{id} and {code}");
        }
        // A counted service has one clause that counts; its unit says which.
        assert_eq!(
            lists(&edition, service, "HOURS_EXHAUSTED").is_some(),
            service.unit.is_some_and(Unit::is_time),
            "{id} and its hours"
        );
        assert_eq!(
            lists(&edition, service, "QUANTITY_EXHAUSTED").is_some(),
            service.unit.is_some_and(|unit| !unit.is_time()),
            "{id} and its quantity"
        );
        assert_eq!(
            service.purchase.quantity != QuantityRule::None,
            service.unit.is_some() || service.purchase.quantity == QuantityRule::PredefinedOnly,
            "{id} and what it is bought by"
        );
        // Parameters without the clause that reads them would do nothing, and the other way round.
        let pairs = [
            ("CHANNEL_NOT_ALLOWED", service.incident),
            ("SEVERITY_NOT_COVERED", !service.severities.is_empty()),
            ("LANGUAGE_NOT_AVAILABLE", !service.languages.is_empty()),
            ("AZURE_SERVICE_REQUIRED", service.covered_family.is_some()),
            ("UER_DELIVERY_NOT_STARTED", service.delivery_starts.is_some()),
            ("CYBER_OUT_OF_SCOPE", !service.activities.is_empty()),
            ("RETAIL_LICENSE_REQUIRED", service.license.is_some()),
            ("TENANT_NOT_LISTED", service.tenants.is_some()),
            ("TENANTS_REQUIRED", service.tenants.is_some()),
            ("AEM_NOTICE", service.event.is_some()),
            ("AEM_DURATION", service.event.is_some()),
            ("AEM_ONE_SOLUTION", service.event.is_some_and(|event| event.per_solution)),
            ("ADVISORY_LIMIT", service.longest_minutes.is_some()),
        ];
        for (code, has) in pairs {
            assert_eq!(lists(&edition, service, code).is_some(), has, "{id} and {code}");
        }
        let hours = ["SDM_HOST_HOURS", "OUTSIDE_SERVICE_HOURS"].map(|code| lists(&edition, service, code).is_some());
        let host = service.service_hours.as_ref().is_some_and(|hours| hours.zone == ZoneRule::Host);
        assert_eq!(hours, [host, service.service_hours.is_some() && !host], "{id} and its hours of work");
        let only = ["PRODUCT_EXCLUDED", "RETAIL_PRODUCT_ONLY"].map(|code| lists(&edition, service, code).is_some());
        let retail = service.license.is_some();
        assert_eq!(only, [!service.products_only.is_empty() && !retail, retail], "{id} and its products");
    }
}

#[test]
fn clauses_of_few_services() {
    let edition = edition();
    let sdm = edition.services.iter().filter(|service| service.group == "service-delivery-management");
    let sdm: Vec<&str> = sdm.map(|service| service.id.as_str()).collect();
    assert_eq!(sdm.len(), 9);
    assert_eq!(subject_to(&edition, "SDM_HOST_HOURS"), sdm);
    assert_eq!(subject_to(&edition, "FLEX_NOT_FOR_SDM"), sdm);
    for id in &sdm {
        let included = &service(&edition, id).included_delivery_modes;
        assert_eq!(*included, [DeliveryMode::Remote, DeliveryMode::OnSite], "{id} is never refused on site");
    }

    let one_location = [&["enhanced-designated-engineering"][..], &CYBERSECURITY].concat();
    assert_eq!(subject_to(&edition, "SINGLE_LOCATION_ONLY"), one_location);
    let named_products =
        [&["enhanced-designated-engineering", "support-for-mission-critical"][..], &CYBERSECURITY].concat();
    assert_eq!(subject_to(&edition, "PRODUCT_NOT_ON_ITEM"), named_products);
    assert_eq!(subject_to(&edition, "PRODUCTS_REQUIRED"), named_products);
    assert_eq!(
        subject_to(&edition, "EXHIBIT_REQUIRED"),
        ["office-365-engineering-direct", "support-for-mission-critical"]
    );
    assert_eq!(subject_to(&edition, "PRODUCT_RETIRED"), [&REACTIVE[..], &["unified-enhanced-response"]].concat());
    assert_eq!(subject_to(&edition, "EXCLUDED_COUNTRY"), ["support-technology-advisor"]);
    assert_eq!(subject_to(&edition, "RCA_AFTER_CLOSURE"), ["root-cause-analysis"]);
    assert_eq!(subject_to(&edition, "MINIMUM_ENGAGEMENT"), CYBERSECURITY[..5]);
    assert_eq!(
        subject_to(&edition, "CHANNEL_NOT_ALLOWED"),
        [&REACTIVE[..], &["unified-enhanced-response", "rapid-response"], &EVENT_MANAGEMENT, &INCIDENT_RESPONSES]
            .concat()
    );

    let late = subject_to(&edition, "LATE_SERVICE_REQUEST");
    let on_call = [&INCIDENT_RESPONSES[..], &["unified-enhanced-response", "rapid-response"]].concat();
    for service in &edition.services {
        let planned = !["base-package", "reactive", "service-delivery-management"].contains(&service.group.as_str());
        let expected = planned && !on_call.contains(&service.id.as_str());
        assert_eq!(late.contains(&service.id.as_str()), expected, "{} asked for late", service.id);
    }
}

#[test]
fn parameters_are_read_as_written() {
    let edition = edition();
    let exercise = service(&edition, "security-crisis-and-response-exercise");
    assert_eq!(exercise.unit, None);
    let hours = exercise.service_hours.as_ref().unwrap();
    assert_eq!(hours.zone, ZoneRule::Item { otherwise: Some(chrono_tz::America::Los_Angeles) });
    assert_eq!(hours.hours.open.to_string(), "08:00:00");

    let one_day = service(&edition, "cybersecurity-incident-response-1-day");
    assert!(one_day.accepts(Unit::Hours) && !one_day.accepts(Unit::Days));
    assert!(service(&edition, "cybersecurity-incident-response").accepts(Unit::Days));
    assert!(service(&edition, "advisory-support").accepts(Unit::Minutes));

    let on_site = service(&edition, "cybersecurity-incident-response-onsite");
    assert_eq!(on_site.default_delivery_mode(), DeliveryMode::OnSite);
    assert!(edition.excludes_country("HK") && !edition.excludes_country("SG"));

    let rapid = service(&edition, "rapid-response");
    assert_eq!(rapid.products_only, [ProductPattern::from("azure")]);
    let retail = service(&edition, "azure-event-management-retail");
    let channel = |product| {
        let found = retail.channels.iter().find(|row| row.fits(Some(ProductId::new(product))));
        found.map(|row| row.only.clone())
    };
    assert_eq!(channel("azure/synapse-analytics"), Some(vec![Channel::CloudPortal]));
    assert_eq!(channel("dynamics-365/commerce"), Some(vec![Channel::OnlineServicesPortal]));
    assert_eq!(channel("clarity"), None);

    let included = service(&edition, "unified-enhanced-response").included_hours.as_ref().unwrap();
    assert_eq!(included.reactive_support_management, "reactive-support-management-add-on");
    assert_eq!(included.service_delivery_management, "sdm-add-on");
    assert!(edition.services.iter().filter(|service| service.included_hours.is_some()).count() == 1);

    let preview = |product| edition.life_cycle(ProductId::new(product)).preview_until.is_some();
    assert!(preview("dynamics-365/connected-spaces") && !preview("dynamics-365/commerce"));
    let cloud = edition.families.iter().filter(|family| family.cloud).map(|family| family.id.as_str());
    assert_eq!(cloud.collect::<Vec<_>>(), ["azure", "microsoft-365", "dynamics-365", "github", "power-platform"]);
}

/// The built-in edition with one more file.
fn with_file(text: &str) -> EditionSource {
    let mut source = EditionSource::unified_enterprise_2023();
    source.files.push(("more.toml".to_owned(), text.to_owned()));
    source
}

#[test]
fn a_service_is_added_by_data_alone() {
    let source = with_file(
        r#"
[[services]]
id = "code-review"
name = { en = "Code Review", id = "Peninjauan Kode" }
group = "education"
plan = "ADD_ON"
unit = "HOURS"
purchase = { quantity = "required" }
clauses = ["@contract", "@beside-base", "HOURS_EXHAUSTED"]
"#,
    );
    let catalog = Catalog::new(vec![Edition::load(&source).unwrap()]).unwrap();
    let (edition, service) = catalog.service("code-review").unwrap();
    assert_eq!(edition.id, "unified-enterprise-2023");
    assert_eq!(service.name.get(Locale::Indonesian), "Peninjauan Kode");
    assert_eq!(service.default_delivery_mode(), DeliveryMode::Remote);
    assert!(lists(edition, service, "BASE_AGREEMENT_EXPIRED").is_some());
}

#[test]
fn what_a_service_says_of_a_clause_wins_over_its_sets() {
    let source = with_file(
        r#"
[[services]]
id = "s"
name.en = "S"
group = "education"
plan = "BASE"
clauses = [{ code = "PRODUCT_NOT_COVERED", waivable = false, missing = "open" }, "@contract"]
"#,
    );
    let edition = Edition::load(&source).unwrap();
    let used = lists(&edition, service(&edition, "s"), "PRODUCT_NOT_COVERED").unwrap();
    assert!(!used.waivable);
    assert_eq!(used.missing, Missing::Open);
}

#[test]
fn editions_are_found_by_id_and_never_twice() {
    let catalog = Catalog::embedded().unwrap();
    assert_eq!(catalog.default_edition().base_package, "unified-enterprise-base");
    assert!(catalog.edition("unified-enterprise-2023").is_some() && catalog.edition("other").is_none());
    assert!(catalog.knows_family(ProductId::new("azure/anything")) && !catalog.knows_family(ProductId::new("abacus")));
    assert!(Catalog::new(vec![edition(), edition()]).is_err());
    assert!(Catalog::new(Vec::new()).is_err());
}
