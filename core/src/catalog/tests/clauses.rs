//! The clauses of the built-in edition, and the services that are subject to them.

use super::*;

/// The services that list the clause, in catalogue order.
fn subject_to<'e>(edition: &'e Edition, code: &str) -> Vec<&'e str> {
    assert!(edition.clause(code).is_some(), "no clause `{code}`");
    let listing = edition.services.iter().filter(|service| lists(edition, service, code).is_some());
    listing.map(|service| service.id.as_str()).collect()
}

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
    "PRODUCT_EXCLUDED_ON_PORTAL",
    "PRODUCT_PRERELEASE",
    "PRODUCT_RETIRED",
    "LATE_SERVICE_REQUEST",
    "CANCELLATION_FEE",
    "SERVICE_DELIVERY_MANAGEMENT_MAY_BE_REQUIRED",
    "SCHEDULE_SUBJECT_TO_RESOURCES",
    "LOCATION_NOT_DESIGNATED",
    "SINGLE_LOCATION_ONLY",
    "HOST_PURCHASE_SUFFICES",
    "LEFT_OUT_BY_WORK_ORDER",
    "SDM_HOST_HOURS",
    "EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER",
    "EXCLUDED_COUNTRY",
    "UNDESIGNATED_STAFF_PARTICIPATION",
    "ONSITE_NOT_AVAILABLE_IN_COUNTRY",
    "ONSITE_NOT_INCLUDED",
    "ASSESSMENT_HELP_LIMIT",
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
    "TIME_ZONE_REQUIRED",
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
    "REQUEST_DEADLINE",
    "SERVICES_MAY_CHANGE",
    "OWN_ORGANISATION_ONLY",
    "SEVERITY_BY_BUSINESS_IMPACT",
    "THIRD_PARTY_COLLABORATION",
    "KICK_OFF_MEETING",
    "RAPID_RESPONSE_ONBOARDING",
    "CYBER_INVESTIGATION",
    "CYBER_NO_GUARANTEE",
    "CYBER_CUSTOMER_DUTIES",
    "CYBER_CONFIDENTIAL",
    "REMOTE_ACCESS",
    "CUSTOMER_DATA",
    "CODE_TERMS",
    "SERVICE_PREREQUISITES",
    "MULTI_COUNTRY_BILLING",
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
            "TENANT_NOT_LISTED",
            "AT_PROVIDER_DISCRETION"
        ]
    );
    assert_eq!(
        codes(|clause| clause.waivable),
        [
            "PRODUCT_NOT_COVERED",
            "PRODUCT_PRERELEASE",
            "PRODUCT_RETIRED",
            "LEFT_OUT_BY_WORK_ORDER",
            "ONSITE_NOT_INCLUDED",
            "OUTSIDE_SERVICE_HOURS",
            "AEM_NOTICE",
            "AT_PROVIDER_DISCRETION"
        ]
    );

    let waivable = |id: &str, code: &str| lists(&edition, service(&edition, id), code).map(|used| used.waivable);
    let remote = ["unified-enhanced-response", "rapid-response", "webcasts", "on-demand-education"];
    for id in REACTIVE.into_iter().chain(remote).chain(["cybersecurity-incident-response-1-day"]) {
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
    let windows = [&CYBERSECURITY[..3], &["cybersecurity-operations-service"]].concat();
    let lasting = [&REACTIVE[..], &["unified-enhanced-response"], &windows].concat();
    assert_eq!(subject_to(&edition, "PRODUCT_RETIRED"), lasting);
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
        let planned = !["base-package", "reactive", "service-delivery-management", "multi-country"]
            .contains(&service.group.as_str());
        let expected = planned && !on_call.contains(&service.id.as_str());
        assert_eq!(late.contains(&service.id.as_str()), expected, "{} asked for late", service.id);
    }
}
