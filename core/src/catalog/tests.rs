mod additions;
mod clauses;
mod source;
mod texts;

use super::*;
use crate::model::{DeliveryMode, ProductId, ProductPattern, Unit};

fn edition() -> Edition {
    Edition::load(&EditionSource::unified_enterprise_2023()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn editions_of_the_same_files_alone_have_the_same_digest() {
    let of = |change: fn(&mut EditionSource)| {
        let mut source = EditionSource::unified_enterprise_2023();
        change(&mut source);
        Edition::load(&source).unwrap().digest
    };
    assert_eq!(of(|_| {}), edition().digest);
    assert_eq!(of(|source| source.files[0].0 = "elsewhere.toml".to_owned()), edition().digest);
    assert_ne!(of(|source| source.files[0].1.push('\n')), edition().digest);
    assert_eq!(edition().digest.len(), 64);
}

fn service<'e>(edition: &'e Edition, id: &str) -> &'e Service {
    edition.service(id).unwrap_or_else(|| panic!("no service `{id}`"))
}

fn lists(edition: &Edition, service: &Service, code: &str) -> Option<ClauseUse> {
    service.clauses.iter().find(|used| edition.clauses[usize::from(used.row)].code == code).copied()
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

#[test]
fn every_service_is_whole() {
    let edition = edition();
    assert_eq!(edition.services.len(), 55);
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
            ("ADVISORY_LIMIT", service.longest_minutes.is_some() && service.is_base()),
            ("ASSESSMENT_HELP_LIMIT", service.longest_minutes.is_some() && !service.is_base()),
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
fn parameters_are_read_as_written() {
    let edition = edition();
    let exercise = service(&edition, "security-crisis-and-response-exercise");
    assert_eq!(exercise.unit, Some(Unit::Engagements));
    let hours = exercise.service_hours.as_ref().unwrap();
    assert_eq!(hours.zone, ZoneRule::Item { otherwise: "America/Los_Angeles".parse().ok() });
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
    let cloud: Vec<_> = cloud.collect();
    for family in ["azure", "microsoft-365", "dynamics-365", "github", "power-platform", "clarity", "microsoft-mesh"] {
        assert!(cloud.contains(&family), "{family}");
    }
    assert!(!cloud.contains(&"windows-server") && edition.families.len() >= 60);
}
