//! What is wrong with a request is told in full, in the words of the API, and changes nothing.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use entitled::proto::v1;
use prost::Message as _;
use prost_types::Timestamp;
use tonic::{Code, Status};

use crate::raw;
use crate::sample::{
    DUBLIN, LONDON, Refusal, add_on, at_least, base, check, create, customer, document, hours, item, mistake, order,
    refused, stored, time,
};
use crate::server::{Backend, TestServer, on_both_servers, request_id};

on_both_servers!(
    what_is_addressed_and_unknown_is_named_with_its_nearest,
    every_malformed_field_of_a_check_is_told,
    a_check_tells_all_its_mistakes_at_once,
    lists_and_pages_are_judged,
    batches_are_judged,
    every_malformed_field_of_a_document_is_told,
    a_document_tells_a_dozen_mistakes_at_once,
    only_clauses_are_a_failed_precondition,
    a_broken_document_changes_nothing,
    other_content_under_a_stored_id_names_the_fields,
    more_mistakes_than_a_status_can_carry_are_counted,
    large_documents_of_nothing_but_mistakes_are_refused_soon,
    hostile_ids_never_reach_the_database,
);

/// A change, the reason told, its key and value, and the nearest name.
type AddressedCase =
    (fn(&mut v1::CheckEntitlementRequest), &'static str, &'static str, &'static str, Option<&'static str>);

async fn what_is_addressed_and_unknown_is_named_with_its_nearest(server: &TestServer) {
    stored(server, "contoso").await;
    let (mut entitlements, mut contracts, mut catalog) = (server.entitlements(), server.contracts(), server.catalog());
    let unknown = |refusal: Refusal, reason: &str, key: &str, id: &str, nearest: Option<&str>| {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, reason), "{refusal:?}");
        assert_eq!(refusal.metadata(key), Some(id), "{refusal:?}");
        assert_eq!(refusal.metadata("nearest"), nearest, "{refusal:?}");
        let resource_type = reason.strip_suffix("_NOT_FOUND").unwrap().to_lowercase();
        assert_eq!(refusal.resource, Some(format!("{resource_type} {id}")), "{refusal:?}");
    };

    let asked = |change: fn(&mut v1::CheckEntitlementRequest)| {
        let mut request = check("contoso");
        change(&mut request);
        request
    };
    let cases: [AddressedCase; 5] = [
        // Who is a customer is nobody else's business.
        (|it| it.customer_id = "contosso".into(), "CUSTOMER_NOT_FOUND", "customer_id", "contosso", None),
        (|it| it.location_id = "ie-dublim".into(), "LOCATION_NOT_FOUND", "location_id", "ie-dublim", Some(DUBLIN)),
        (
            |it| it.service_id = "rapid-respons".into(),
            "SERVICE_NOT_FOUND",
            "service_id",
            "rapid-respons",
            Some("rapid-response"),
        ),
        (
            |it| it.product_id = "azur/app-service".into(),
            "PRODUCT_FAMILY_NOT_FOUND",
            "product_family",
            "azur",
            Some("azure"),
        ),
        // What is covered does not matter.
        (
            |it| it.product_id = "zzzzzzzzzzzzzzzz".into(),
            "PRODUCT_FAMILY_NOT_FOUND",
            "product_family",
            "zzzzzzzzzzzzzzzz",
            None,
        ),
    ];
    for (change, reason, key, id, nearest) in cases {
        unknown(refused(entitlements.check_entitlement(asked(change)).await), reason, key, id, nearest);
    }

    let list = |customer_id: &str, location_id: &str, product_id: &str| v1::ListEntitlementsRequest {
        customer_id: customer_id.to_owned(),
        location_id: Some(location_id.to_owned()),
        product_id: Some(product_id.to_owned()),
        ..v1::ListEntitlementsRequest::default()
    };
    let refusal = refused(entitlements.list_entitlements(list("contos", "", "")).await);
    unknown(refusal, "CUSTOMER_NOT_FOUND", "customer_id", "contos", None);
    let refusal = refused(entitlements.list_entitlements(list("contoso", "gb-londom", "")).await);
    unknown(refusal, "LOCATION_NOT_FOUND", "location_id", "gb-londom", Some(LONDON));
    let refusal = refused(entitlements.list_entitlements(list("contoso", "", "azzure")).await);
    unknown(refusal, "PRODUCT_FAMILY_NOT_FOUND", "product_family", "azzure", Some("azure"));

    let id = |id: &str| id.to_owned();
    let missing = || id("contosa");
    let gone = |refusal| unknown(refusal, "CUSTOMER_NOT_FOUND", "customer_id", "contosa", None);
    gone(refused(contracts.get_customer(v1::GetCustomerRequest { customer_id: missing() }).await));
    let request = v1::GetWorkOrderRequest { customer_id: missing(), work_order_id: id("wo-1") };
    gone(refused(contracts.get_work_order(request).await));
    let request = v1::ListWorkOrdersRequest { customer_id: missing(), ..Default::default() };
    gone(refused(contracts.list_work_orders(request).await));
    gone(refused(contracts.create_work_order(create(base("contosa"))).await));
    for (validate_only, etag) in [(false, ""), (true, ""), (false, "Yzk"), (true, "Yzk")] {
        let customer = Some(customer("contosa"));
        let request = v1::UpdateCustomerRequest { customer, request_id: request_id(), validate_only, etag: id(etag) };
        gone(refused(contracts.update_customer(request).await));
    }
    let request = v1::GetWorkOrderRequest { customer_id: id("contoso"), work_order_id: id("wo-11") };
    unknown(
        refused(contracts.get_work_order(request).await),
        "WORK_ORDER_NOT_FOUND",
        "work_order_id",
        "wo-11",
        Some("wo-1"),
    );

    let edition = || Some(id("unified-enterprise-2022"));
    let no_edition = |refusal| {
        let nearest = Some("unified-enterprise-2023");
        unknown(refusal, "EDITION_NOT_FOUND", "edition_id", "unified-enterprise-2022", nearest);
    };
    let request = v1::GetEditionRequest { edition_id: edition().unwrap(), locale: None };
    no_edition(refused(catalog.get_edition(request).await));
    let request = v1::GetServiceRequest { edition_id: edition(), service_id: id("workshops"), locale: None };
    no_edition(refused(catalog.get_service(request).await));
    no_edition(refused(
        catalog.list_services(v1::ListServicesRequest { edition_id: edition(), ..Default::default() }).await,
    ));
    no_edition(refused(
        catalog.list_products(v1::ListProductsRequest { edition_id: edition(), ..Default::default() }).await,
    ));
    no_edition(refused(
        catalog.list_clauses(v1::ListClausesRequest { edition_id: edition(), ..Default::default() }).await,
    ));
    let request = v1::GetServiceRequest { edition_id: None, service_id: id("workshop"), locale: None };
    unknown(
        refused(catalog.get_service(request).await),
        "SERVICE_NOT_FOUND",
        "service_id",
        "workshop",
        Some("workshops"),
    );
}

type CheckCase = (fn(&mut v1::CheckEntitlementRequest), &'static str);

const NO_TIME: i64 = 253_402_300_800;

async fn every_malformed_field_of_a_check_is_told(server: &TestServer) {
    stored(server, "contoso").await;
    let other = stored(server, "fabrikam").await;
    fn delivery(request: &mut v1::CheckEntitlementRequest) -> &mut v1::Delivery {
        request.delivery.get_or_insert_default()
    }
    fn quantity(amount: i64, unit: i32) -> Option<v1::Quantity> {
        Some(v1::Quantity { amount, unit })
    }
    let cases: &[CheckCase] = &[
        (|it| it.customer_id.clear(), "customer_id FIELD_REQUIRED"),
        (|it| it.customer_id = "Contoso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "cont oso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "contoso\0".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "contöso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "a".repeat(65), "customer_id FIELD_INVALID"),
        (|it| it.location_id.clear(), "location_id FIELD_REQUIRED"),
        (|it| it.location_id = "ie/dublin".into(), "location_id FIELD_INVALID"),
        (|it| it.service_id.clear(), "service_id FIELD_REQUIRED"),
        (|it| it.service_id = "Workshops".into(), "service_id FIELD_INVALID"),
        (|it| it.product_id.clear(), "product_id FIELD_REQUIRED"),
        (|it| it.product_id = "azure/*".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "azure/a/b".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "azure/".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "/".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "*".into(), "product_id FIELD_INVALID"),
        (|it| it.check_time = Some(Timestamp { seconds: -1, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: NO_TIME, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: i64::MAX, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: i64::MIN, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: 0, nanos: -1 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: 0, nanos: 1_000_000_000 }), "check_time FIELD_OUT_OF_RANGE"),
        // A leap second in chrono's own notation is none on the wire.
        (|it| it.check_time = Some(Timestamp { seconds: 59, nanos: 1_500_000_000 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.known_time = Some(Timestamp { seconds: -1, nanos: 0 }), "known_time FIELD_OUT_OF_RANGE"),
        (
            |it| it.incident_close_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "incident_close_time FIELD_OUT_OF_RANGE",
        ),
        (|it| it.severity = 99, "severity FIELD_INVALID"),
        (|it| it.severity = -1, "severity FIELD_INVALID"),
        (|it| it.channel = 99, "channel FIELD_INVALID"),
        (|it| it.view = 99, "view FIELD_INVALID"),
        (|it| it.language = Some("e".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("en_GB".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("en-".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("englishlanguage".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("日本語".into()), "language FIELD_INVALID"),
        (|it| it.locale = Some("1d".into()), "locale FIELD_INVALID"),
        (|it| it.contact_id = Some("Ada Lovelace".into()), "contact_id FIELD_INVALID"),
        (|it| it.tenant_id = Some("t".repeat(201)), "tenant_id FIELD_OUT_OF_RANGE"),
        (|it| it.activity = Some("a".repeat(201)), "activity FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(0), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(-8), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(i64::MAX), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = quantity(8, 0), "quantity.unit FIELD_REQUIRED"),
        (|it| it.quantity = quantity(8, 99), "quantity.unit FIELD_INVALID"),
        (|it| it.quantity = quantity(8, v1::Unit::Visits.into()), "quantity.unit UNIT_MISMATCH"),
        (|it| delivery(it).mode = 99, "delivery.mode FIELD_INVALID"),
        (
            |it| delivery(it).start_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.start_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| delivery(it).requested_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.requested_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| delivery(it).confirmed_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.confirmed_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| {
                delivery(it).start_time = time("2026-06-02T10:00:00Z");
                delivery(it).end_time = time("2026-06-02T09:00:00Z");
            },
            "delivery.end_time FIELD_OUT_OF_RANGE",
        ),
        (|it| delivery(it).solution_ids = vec!["a".into(), "".into()], "delivery.solution_ids[1] FIELD_REQUIRED"),
        (|it| delivery(it).solution_ids = vec!["a b".into()], "delivery.solution_ids[0] FIELD_INVALID"),
        (|it| delivery(it).solution_ids = vec!["a".into(); 101], "delivery.solution_ids FIELD_OUT_OF_RANGE"),
        (|it| it.consistency = at_least("AAAA"), "consistency.at_least_revision REVISION_INVALID"),
        (|it| it.consistency = at_least("no token!"), "consistency.at_least_revision REVISION_INVALID"),
    ];
    for (change, told) in cases {
        let mut request = check("contoso");
        change(&mut request);
        assert_eq!(mistake(server.entitlements().check_entitlement(request).await), *told);
    }

    let request = v1::CheckEntitlementRequest { consistency: at_least(&other), ..check("contoso") };
    let told = mistake(server.entitlements().check_entitlement(request).await);
    assert_eq!(told, "consistency.at_least_revision REVISION_INVALID", "another customer's token");
    let own = server.entitlements().check_entitlement(check("contoso")).await.unwrap().into_inner().revision;
    let request = v1::CheckEntitlementRequest { consistency: at_least(&altered(&own)), ..check("contoso") };
    let told = mistake(server.entitlements().check_entitlement(request).await);
    assert_eq!(told, "consistency.at_least_revision REVISION_INVALID", "an altered token");

    // The very ends of time are within it.
    for seconds in [0, NO_TIME - 1] {
        let request =
            v1::CheckEntitlementRequest { check_time: Some(Timestamp { seconds, nanos: 0 }), ..check("contoso") };
        let answer = server.entitlements().check_entitlement(request).await.unwrap().into_inner();
        assert_eq!(answer.check_time.unwrap().seconds, seconds);
        assert_eq!(answer.decision(), v1::Decision::NotEntitled);
    }
}

/// Another character in the middle.
fn altered(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

async fn a_check_tells_all_its_mistakes_at_once(server: &TestServer) {
    let bad_time = Some(Timestamp { seconds: -1, nanos: 0 });
    let request = v1::CheckEntitlementRequest {
        customer_id: "Contoso".to_owned(),
        location_id: String::new(),
        product_id: "azure//".to_owned(),
        service_id: "?".to_owned(),
        check_time: bad_time,
        known_time: bad_time,
        severity: 9,
        channel: 9,
        language: Some("e".to_owned()),
        contact_id: Some("A".to_owned()),
        tenant_id: Some("t".repeat(201)),
        activity: Some("a".repeat(201)),
        quantity: Some(v1::Quantity { amount: 0, unit: 0 }),
        delivery: Some(v1::Delivery {
            start_time: time("2026-06-02T10:00:00Z"),
            end_time: time("2026-06-02T09:00:00Z"),
            mode: 9,
            requested_time: bad_time,
            confirmed_time: bad_time,
            solution_ids: vec![String::new()],
        }),
        incident_close_time: bad_time,
        consistency: at_least("?"),
        locale: Some("i".to_owned()),
        view: 9,
    };
    let refusal = refused(server.entitlements().check_entitlement(request).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
    let mut told = refusal.violations;
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "activity FIELD_OUT_OF_RANGE",
            "channel FIELD_INVALID",
            "check_time FIELD_OUT_OF_RANGE",
            "consistency.at_least_revision REVISION_INVALID",
            "contact_id FIELD_INVALID",
            "customer_id FIELD_INVALID",
            "delivery.confirmed_time FIELD_OUT_OF_RANGE",
            "delivery.end_time FIELD_OUT_OF_RANGE",
            "delivery.mode FIELD_INVALID",
            "delivery.requested_time FIELD_OUT_OF_RANGE",
            "delivery.solution_ids[0] FIELD_REQUIRED",
            "incident_close_time FIELD_OUT_OF_RANGE",
            "known_time FIELD_OUT_OF_RANGE",
            "language FIELD_INVALID",
            "locale FIELD_INVALID",
            "location_id FIELD_REQUIRED",
            "product_id FIELD_INVALID",
            "quantity.amount FIELD_OUT_OF_RANGE",
            "quantity.unit FIELD_REQUIRED",
            "service_id FIELD_INVALID",
            "severity FIELD_INVALID",
            "tenant_id FIELD_OUT_OF_RANGE",
            "view FIELD_INVALID",
        ]
    );
}

async fn lists_and_pages_are_judged(server: &TestServer) {
    for customer_id in ["contoso", "fabrikam"] {
        stored(server, customer_id).await;
    }
    let (mut entitlements, mut contracts, mut catalog) = (server.entitlements(), server.contracts(), server.catalog());
    let list = |customer_id: &str, page_size: i32, page_token: &str| v1::ListEntitlementsRequest {
        customer_id: customer_id.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..v1::ListEntitlementsRequest::default()
    };
    let customers =
        |page_size: i32, page_token: &str| v1::ListCustomersRequest { page_size, page_token: page_token.to_owned() };
    let orders = |customer_id: &str, page_size: i32, page_token: &str| v1::ListWorkOrdersRequest {
        customer_id: customer_id.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    };
    let services = |page_size: i32, page_token: &str| v1::ListServicesRequest {
        page_size,
        page_token: page_token.to_owned(),
        ..v1::ListServicesRequest::default()
    };
    let clauses = |page_token: &str| v1::ListClausesRequest { page_token: page_token.to_owned(), ..Default::default() };

    let negative = "page_size FIELD_OUT_OF_RANGE";
    assert_eq!(mistake(entitlements.list_entitlements(list("contoso", -1, "")).await), negative);
    assert_eq!(mistake(contracts.list_customers(customers(-1, "")).await), negative);
    assert_eq!(mistake(contracts.list_work_orders(orders("contoso", i32::MIN, "")).await), negative);
    assert_eq!(mistake(catalog.list_services(services(-5, "")).await), negative);

    let of_rows = entitlements.list_entitlements(list("contoso", 3, "")).await.unwrap().into_inner().next_page_token;
    let of_customers = contracts.list_customers(customers(1, "")).await.unwrap().into_inner().next_page_token;
    let of_orders = contracts.list_work_orders(orders("contoso", 1, "")).await.unwrap().into_inner().next_page_token;
    let of_services = catalog.list_services(services(1, "")).await.unwrap().into_inner().next_page_token;
    for token in [&of_rows, &of_customers, &of_orders, &of_services] {
        assert!(!token.is_empty());
    }
    let invalid = "page_token PAGE_TOKEN_INVALID";
    for token in [of_customers.as_str(), &of_orders, &of_services, &altered(&of_rows), "x", "%%%"] {
        assert_eq!(mistake(entitlements.list_entitlements(list("contoso", 3, token)).await), invalid, "{token}");
    }
    for token in [of_rows.as_str(), &of_orders, &of_services, &altered(&of_customers), "x"] {
        assert_eq!(mistake(contracts.list_customers(customers(1, token)).await), invalid, "{token}");
    }
    for token in [of_rows.as_str(), &of_customers, &of_services, &altered(&of_orders), "x"] {
        assert_eq!(mistake(contracts.list_work_orders(orders("contoso", 1, token)).await), invalid, "{token}");
    }
    for token in [of_rows.as_str(), &of_customers, &of_orders, &altered(&of_services), "x"] {
        assert_eq!(mistake(catalog.list_services(services(1, token)).await), invalid, "{token}");
    }
    assert_eq!(mistake(catalog.list_clauses(clauses(&of_services)).await), invalid);

    // Another customer's page, and another filter's.
    assert_eq!(mistake(contracts.list_work_orders(orders("fabrikam", 1, &of_orders)).await), invalid);
    assert_eq!(mistake(entitlements.list_entitlements(list("fabrikam", 3, &of_rows)).await), invalid);
    let filtered: [fn(&mut v1::ListEntitlementsRequest); 5] = [
        |it| it.location_id = Some(DUBLIN.into()),
        |it| it.product_id = Some("azure".into()),
        |it| it.group = Some("education".into()),
        |it| it.decision = v1::Decision::Entitled.into(),
        |it| it.check_time = time("2026-06-01T10:00:00Z"),
    ];
    for change in filtered {
        let mut request = list("contoso", 3, &of_rows);
        change(&mut request);
        assert_eq!(mistake(entitlements.list_entitlements(request).await), invalid);
    }

    let all_wrong = v1::ListEntitlementsRequest {
        customer_id: "?".to_owned(),
        location_id: Some("?".to_owned()),
        product_id: Some("?".to_owned()),
        check_time: Some(Timestamp { seconds: -1, nanos: 0 }),
        group: Some("?".to_owned()),
        decision: 9,
        view: 9,
        locale: Some("?".to_owned()),
        consistency: at_least("?"),
        page_size: -1,
        page_token: String::new(),
    };
    let refusal = refused(entitlements.list_entitlements(all_wrong).await);
    assert_eq!(refusal.violations.len(), 10, "{refusal:?}");
    let request = v1::ListEntitlementsRequest { group: Some("educatoin".to_owned()), ..list("contoso", 0, "") };
    let refusal = refused(entitlements.list_entitlements(request).await);
    assert_eq!(refusal.violations, ["group REFERENCE_UNKNOWN"]);
    assert!(refusal.message.contains("`education`"), "{refusal:?}");
}

async fn batches_are_judged(server: &TestServer) {
    let own = stored(server, "contoso").await;
    let other = stored(server, "fabrikam").await;
    let batch = |count: usize| v1::BatchCheckEntitlementsRequest {
        checks: vec![check("contoso"); count],
        ..v1::BatchCheckEntitlementsRequest::default()
    };
    let mut client = server.entitlements();
    let mut told = async |request: v1::BatchCheckEntitlementsRequest| {
        let refusal = refused(client.batch_check_entitlements(request).await);
        assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
        refusal.violations
    };
    assert_eq!(told(batch(0)).await, ["checks FIELD_REQUIRED"]);
    assert_eq!(told(batch(1_001)).await, ["checks FIELD_OUT_OF_RANGE"]);
    let tokens = |tokens: &[&str]| tokens.iter().map(|token| (*token).to_owned()).collect::<Vec<_>>();
    let mut own_bound = batch(2);
    own_bound.checks[1].consistency = at_least(&own);
    assert_eq!(told(own_bound).await, ["checks[1].consistency FIELD_CONFLICT"]);
    let request = v1::BatchCheckEntitlementsRequest {
        at_least_revisions: tokens(&[&own]),
        consistency: at_least(&own),
        ..batch(1)
    };
    assert_eq!(told(request).await, ["at_least_revisions FIELD_CONFLICT"]);
    let request =
        v1::BatchCheckEntitlementsRequest { at_least_revisions: tokens(&[&own, "?", &other, &own]), ..batch(1) };
    assert_eq!(told(request).await, ["at_least_revisions[1] REVISION_INVALID", "at_least_revisions[3] DUPLICATE_ID"]);
    let request = v1::BatchCheckEntitlementsRequest { consistency: at_least("?"), view: 9, ..batch(3) };
    assert_eq!(told(request).await, ["view FIELD_INVALID", "consistency.at_least_revision REVISION_INVALID"]);
    // One token fits one customer.
    let mut two = v1::BatchCheckEntitlementsRequest { consistency: at_least(&own), ..batch(3) };
    two.checks[1].customer_id = "fabrikam".to_owned();
    assert_eq!(told(two).await, ["consistency.at_least_revision REVISION_INVALID"]);
}

type DocumentCase = (fn(&mut v1::ApplyContractRequest), &'static [&'static str]);

fn order_of(request: &mut v1::ApplyContractRequest) -> &mut v1::WorkOrder {
    &mut request.work_orders[0]
}

fn item_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Item {
    &mut request.work_orders[0].items[0]
}

fn location_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Location {
    &mut request.customer.as_mut().unwrap().locations[0]
}

fn contact_of(request: &mut v1::ApplyContractRequest) -> &mut v1::Contact {
    &mut request.customer.as_mut().unwrap().contacts[0]
}

async fn every_malformed_field_of_a_document_is_told(server: &TestServer) {
    let cases: &[DocumentCase] = &[
        (|it| it.customer = None, &["customer FIELD_REQUIRED"]),
        (|it| it.request_id.clear(), &["request_id FIELD_REQUIRED"]),
        (|it| it.request_id = "1".into(), &["request_id FIELD_INVALID"]),
        (|it| it.request_id = "g".repeat(36), &["request_id FIELD_INVALID"]),
        (|it| it.request_id = "0198c0de00007000800000000000000000".into(), &["request_id FIELD_INVALID"]),
        (
            |it| (it.customer, it.request_id) = (None, String::new()),
            &["customer FIELD_REQUIRED", "request_id FIELD_REQUIRED"],
        ),
        (|it| it.customer.as_mut().unwrap().customer_id = "Contoso".into(), &["customer.customer_id FIELD_INVALID"]),
        (
            |it| it.customer.as_mut().unwrap().customer_id.clear(),
            &[
                "customer.customer_id FIELD_REQUIRED",
                "work_orders[0].customer_id FIELD_REQUIRED",
                "work_orders[1].customer_id FIELD_REQUIRED",
            ],
        ),
        (|it| it.customer.as_mut().unwrap().display_name.clear(), &["customer.display_name FIELD_REQUIRED"]),
        (
            |it| it.customer.as_mut().unwrap().licenses = vec!["x".into(), "x".into()],
            &["customer.licenses[1] DUPLICATE_ID"],
        ),
        (|it| location_of(it).time_zone = "Europe/Lodon".into(), &["customer.locations[0].time_zone FIELD_INVALID"]),
        (|it| location_of(it).time_zone.clear(), &["customer.locations[0].time_zone FIELD_REQUIRED"]),
        (|it| location_of(it).country = "UK".into(), &["customer.locations[0].country FIELD_INVALID"]),
        (|it| location_of(it).country.clear(), &["customer.locations[0].country FIELD_REQUIRED"]),
        (
            |it| location_of(it).holidays = vec!["2026-02-30".into()],
            &["customer.locations[0].holidays[0] FIELD_INVALID"],
        ),
        (|it| location_of(it).holidays = vec![String::new()], &["customer.locations[0].holidays[0] FIELD_INVALID"]),
        (
            |it| location_of(it).holidays = vec!["2026-12-25".into(), "2026-12-25".into()],
            &["customer.locations[0].holidays[1] DUPLICATE_ID"],
        ),
        (|it| contact_of(it).roles.push(0), &["customer.contacts[0].roles[1] FIELD_INVALID"]),
        (|it| contact_of(it).roles.push(9), &["customer.contacts[0].roles[1] FIELD_INVALID"]),
        (|it| contact_of(it).roles.push(1), &["customer.contacts[0].roles[1] DUPLICATE_ID"]),
        (|it| contact_of(it).email = Some("ada".into()), &["customer.contacts[0].email FIELD_INVALID"]),
        (
            |it| contact_of(it).location_ids.push("nowhere".into()),
            &["customer.contacts[0].location_ids[1] REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).customer_id = "fabrikam".into(), &["work_orders[0].customer_id FIELD_CONFLICT"]),
        (|it| order_of(it).work_order_id = "WO 2".into(), &["work_orders[0].work_order_id FIELD_INVALID"]),
        (|it| order_of(it).work_order_id = "w".repeat(65), &["work_orders[0].work_order_id FIELD_INVALID"]),
        (|it| order_of(it).work_order_id.clear(), &["work_orders[0].work_order_id FIELD_REQUIRED"]),
        (|it| it.work_orders.push(base("")), &["work_orders[2].work_order_id DUPLICATE_ID"]),
        (|it| order_of(it).edition_id = "unified-2023".into(), &["work_orders[0].edition_id REFERENCE_UNKNOWN"]),
        (|it| order_of(it).start_date = "2026-02-30".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026-2-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "01.02.2026".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026- 2- 1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "+2026-02-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026-002-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "1969-12-31".into(), &["work_orders[0].start_date FIELD_OUT_OF_RANGE"]),
        (|it| order_of(it).end_date.clear(), &["work_orders[0].end_date FIELD_REQUIRED"]),
        (|it| order_of(it).end_date = "2027-02-29".into(), &["work_orders[0].end_date FIELD_INVALID"]),
        (|it| order_of(it).end_date = "2026-01-31".into(), &["work_orders[0].end_date FIELD_CONFLICT"]),
        (|it| order_of(it).signed_date = Some("yesterday".into()), &["work_orders[0].signed_date FIELD_INVALID"]),
        (|it| order_of(it).state = 9, &["work_orders[0].state FIELD_INVALID"]),
        (|it| order_of(it).state = 4, &["work_orders[0].terminate_time FIELD_REQUIRED"]),
        (
            |it| order_of(it).terminate_time = Some(Timestamp { seconds: 0, nanos: -1 }),
            &["work_orders[0].terminate_time FIELD_OUT_OF_RANGE"],
        ),
        (
            |it| order_of(it).host_location_id = "gb-londn".into(),
            &["work_orders[0].host_location_id REFERENCE_UNKNOWN"],
        ),
        (
            |it| order_of(it).base_work_order_id = Some("wo-9".into()),
            &["work_orders[0].base_work_order_id REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).covered_products.clear(), &["work_orders[0].covered_products FIELD_REQUIRED"]),
        (
            |it| order_of(it).covered_products[1] = "azur/*".into(),
            &["work_orders[0].covered_products[1] REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).currency = "gbp".into(), &["work_orders[0].currency FIELD_INVALID"]),
        (|it| order_of(it).flex_allowance = Some(-1), &["work_orders[0].flex_allowance FIELD_OUT_OF_RANGE"]),
        (|it| order_of(it).items.clear(), &["work_orders[0].items FIELD_REQUIRED"]),
        (|it| item_of(it).item_id = "Item".into(), &["work_orders[0].items[0].item_id FIELD_INVALID"]),
        (|it| item_of(it).service_id = "work-shops".into(), &["work_orders[0].items[0].service_id REFERENCE_UNKNOWN"]),
        (|it| item_of(it).quantity = hours(0), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (|it| item_of(it).quantity = hours(-1), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (|it| item_of(it).quantity = hours(i64::MAX), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 0,
            &["work_orders[0].items[0].quantity.unit FIELD_REQUIRED"],
        ),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 99,
            &["work_orders[0].items[0].quantity.unit FIELD_INVALID"],
        ),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 7,
            &["work_orders[0].items[0].quantity.unit UNIT_MISMATCH"],
        ),
        (|it| order_of(it).items[1].quantity = hours(1), &["work_orders[0].items[1].quantity UNIT_MISMATCH"]),
        (
            |it| {
                order_of(it).items[1].location_ids = vec![LONDON.into()];
            },
            &["work_orders[0].items[1].location_ids FIELD_CONFLICT"],
        ),
        (|it| item_of(it).delivery_mode = 9, &["work_orders[0].items[0].delivery_mode FIELD_INVALID"]),
        (|it| item_of(it).funding = -3, &["work_orders[0].items[0].funding FIELD_INVALID"]),
        (|it| item_of(it).time_zone = Some("GMT+25".into()), &["work_orders[0].items[0].time_zone FIELD_INVALID"]),
        (|it| item_of(it).unit_price = Some(-1), &["work_orders[0].items[0].unit_price FIELD_OUT_OF_RANGE"]),
        (
            |it| item_of(it).start_date = Some("2026-01-31".into()),
            &["work_orders[0].items[0].start_date FIELD_OUT_OF_RANGE"],
        ),
        (
            |it| {
                item_of(it).waivers =
                    vec![v1::Waiver { code: "ONSITE".into(), reference: "a".into(), ..Default::default() }]
            },
            &["work_orders[0].items[0].waivers[0].code REFERENCE_UNKNOWN"],
        ),
        (
            |it| {
                let end_date = Some("2026-13-01".to_owned());
                let code = "ONSITE_NOT_INCLUDED".to_owned();
                item_of(it).waivers = vec![v1::Waiver { code, end_date, ..Default::default() }];
            },
            &[
                "work_orders[0].items[0].waivers[0].end_date FIELD_INVALID",
                "work_orders[0].items[0].waivers[0].reference FIELD_REQUIRED",
            ],
        ),
    ];
    for (change, told) in cases {
        let mut request = document("contoso");
        change(&mut request);
        let refusal = refused(server.contracts().apply_contract(request).await);
        assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
        assert_eq!(refusal.violations, *told, "{refusal:?}");
        assert_eq!(refusal.clauses, [""; 0], "{refusal:?}");
    }
    let many = |count: usize| v1::ApplyContractRequest {
        work_orders: (0..count)
            .map(|row| v1::WorkOrder { work_order_id: format!("w{row}"), ..Default::default() })
            .collect(),
        ..document("contoso")
    };
    let refusal = refused(server.contracts().apply_contract(many(201)).await);
    assert_eq!(refusal.violations, ["work_orders FIELD_OUT_OF_RANGE"]);
    let refusal = refused(server.contracts().apply_contract(many(200)).await);
    assert_eq!(refusal.violations[0], "work_orders[0].start_date FIELD_REQUIRED");
    // Twice is twice, even if it is stored just so.
    stored(server, "fabrikam").await;
    let mut request = document("fabrikam");
    request.work_orders.push(base(""));
    let told = mistake(server.contracts().apply_contract(request).await);
    assert_eq!(told, "work_orders[2].work_order_id DUPLICATE_ID");

    let mut contracts = server.contracts();
    let both = ["work_order FIELD_REQUIRED", "request_id FIELD_REQUIRED"];
    assert_eq!(refused(contracts.create_work_order(v1::CreateWorkOrderRequest::default()).await).violations, both);
    let both = ["customer FIELD_REQUIRED", "request_id FIELD_REQUIRED"];
    assert_eq!(refused(contracts.create_customer(v1::CreateCustomerRequest::default()).await).violations, both);
    assert_eq!(refused(contracts.update_customer(v1::UpdateCustomerRequest::default()).await).violations, both);
    // Nothing to be told of an id that only a write needs.
    let request = v1::CreateWorkOrderRequest { validate_only: true, ..Default::default() };
    assert_eq!(refused(contracts.create_work_order(request).await).violations, ["work_order FIELD_REQUIRED"]);
}

async fn a_document_tells_a_dozen_mistakes_at_once(server: &TestServer) {
    let mut request = document("contoso");
    request.request_id = "me".to_owned();
    location_of(&mut request).time_zone = "Europe/Lodon".to_owned();
    location_of(&mut request).holidays.push("2026-02-30".to_owned());
    contact_of(&mut request).roles.push(99);
    contact_of(&mut request).location_ids.push("nowhere".to_owned());
    let order = order_of(&mut request);
    order.end_date = "soon".to_owned();
    order.currency = "money".to_owned();
    order.downstream_location_ids.push("nowhere".to_owned());
    order.items[0].quantity = Some(v1::Quantity { amount: -1, unit: 99 });
    order.items[0].product_ids.clear();
    order.items[0].location_ids.push(LONDON.to_owned());
    order.items[1].item_id = "ede".to_owned();
    order.items[1].delivery_mode = 7;
    order.items.push(item("direct", "office-365-engineering-direct"));
    order.items.push(item("nothing", "no-such-service"));
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "FIELD_INVALID"), "{refusal:?}");
    let mut told = refusal.violations.clone();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "customer.contacts[0].location_ids[1] REFERENCE_UNKNOWN",
            "customer.contacts[0].roles[1] FIELD_INVALID",
            "customer.locations[0].holidays[1] FIELD_INVALID",
            "customer.locations[0].time_zone FIELD_INVALID",
            "request_id FIELD_INVALID",
            "work_orders[0].currency FIELD_INVALID",
            "work_orders[0].downstream_location_ids[1] REFERENCE_UNKNOWN",
            "work_orders[0].end_date FIELD_INVALID",
            "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
            "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
            "work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE",
            "work_orders[0].items[0].quantity.unit FIELD_INVALID",
            "work_orders[0].items[1].delivery_mode FIELD_INVALID",
            "work_orders[0].items[1].item_id DUPLICATE_ID",
            "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
            "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
            "work_orders[0].items[3].service_id REFERENCE_UNKNOWN",
        ],
        "{refusal:?}"
    );
    assert_eq!(
        refusal.clauses,
        [
            "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
            "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
            "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
            "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
        ]
    );
}

async fn only_clauses_are_a_failed_precondition(server: &TestServer) {
    let mut request = document("contoso");
    item_of(&mut request).product_ids.clear();
    item_of(&mut request).location_ids.push(LONDON.to_owned());
    order_of(&mut request).items.push(item("direct", "office-365-engineering-direct"));
    let clauses = [
        "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
        "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
        "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
        "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
    ];
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::FailedPrecondition, "SINGLE_LOCATION_ONLY"),
        "{refusal:?}"
    );
    assert_eq!(refusal.metadata("field"), Some("work_orders[0].items[0].location_ids"));
    assert_eq!(refusal.violations, clauses);
    assert_eq!(refusal.clauses, clauses);

    // An add-on without any base, alone and beside what is malformed deep inside of it.
    let no_base = || v1::ApplyContractRequest {
        work_orders: vec![v1::WorkOrder { base_work_order_id: None, ..add_on("", "wo-2") }],
        ..document("contoso")
    };
    let refusal = refused(server.contracts().apply_contract(no_base()).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "BASE_AGREEMENT_REQUIRED"));
    let mut request = no_base();
    item_of(&mut request).funding = 99;
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
    assert_eq!(
        refusal.violations,
        ["work_orders[0].items[0].funding FIELD_INVALID", "work_orders[0].items BASE_AGREEMENT_REQUIRED"]
    );
    assert_eq!(refusal.clauses, ["work_orders[0].items BASE_AGREEMENT_REQUIRED"]);
}

async fn a_broken_document_changes_nothing(server: &TestServer) {
    let mut contracts = server.contracts();
    let revision = stored(server, "contoso").await;
    let before = contracts.list_work_orders(orders_of("contoso")).await.unwrap().into_inner();

    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders.push(order("", "wo-4", vec![item("direct", "office-365-engineering-direct")]));
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::FailedPrecondition);
    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders[2].currency = "??".to_owned();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::InvalidArgument);
    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders[1].currency = "EUR".to_owned();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::AlreadyExists);

    let after = contracts.list_work_orders(orders_of("contoso")).await.unwrap().into_inner();
    assert_eq!(after, before);
    let get = v1::GetCustomerRequest { customer_id: "contoso".to_owned() };
    assert_eq!(contracts.get_customer(get).await.unwrap().into_inner().revision, revision);

    // Nor is a new customer left behind without its document.
    let mut broken = document("fabrikam");
    item_of(&mut broken).product_ids.clear();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::FailedPrecondition);
    let get = v1::GetCustomerRequest { customer_id: "fabrikam".to_owned() };
    assert_eq!(refused(contracts.get_customer(get).await).reason, "CUSTOMER_NOT_FOUND");
    // The request id of a refused write is free.
    let mut request = document("fabrikam");
    let good = request.clone();
    item_of(&mut request).product_ids.clear();
    assert_eq!(refused(contracts.apply_contract(request).await).code, Code::FailedPrecondition);
    contracts.apply_contract(good).await.unwrap();
}

fn orders_of(customer_id: &str) -> v1::ListWorkOrdersRequest {
    v1::ListWorkOrdersRequest { customer_id: customer_id.to_owned(), ..Default::default() }
}

async fn other_content_under_a_stored_id_names_the_fields(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let taken = |refusal: Refusal, resource_type: &str, id: &str, fields: &str| {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"), "{refusal:?}");
        assert_eq!(refusal.metadata("resource_type"), Some(resource_type));
        assert_eq!(refusal.metadata("id"), Some(id));
        assert_eq!(refusal.metadata("fields"), Some(fields));
        assert_eq!(refusal.resource, Some(format!("{resource_type} {id}")));
    };
    let changed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
    let request = v1::CreateCustomerRequest { customer: Some(changed), request_id: request_id(), validate_only: false };
    taken(refused(contracts.create_customer(request).await), "customer", "contoso", "customer.display_name");
    let mut changed = add_on("contoso", "wo-2");
    changed.items[0].quantity = hours(500);
    changed.currency = "EUR".to_owned();
    let refusal = refused(contracts.create_work_order(create(changed.clone())).await);
    taken(refusal, "work_order", "wo-2", "work_order.currency,work_order.items[0].quantity.amount");
    let mut request = document("contoso");
    request.work_orders[0] = v1::WorkOrder { customer_id: String::new(), ..changed };
    request.work_orders.reverse();
    let refusal = refused(contracts.apply_contract(request).await);
    taken(refusal, "work_order", "wo-2", "work_orders[1].currency,work_orders[1].items[0].quantity.amount");

    // Very many fields: counted, so that every client can read the answer.
    let services = ["proof-of-concept", "onboarding-services", "adoption-services"];
    let items = |price: i64| {
        let services = services.into_iter().cycle().take(900).enumerate();
        services.map(move |(row, id)| v1::Item { unit_price: Some(price), ..item(&format!("i-{row}"), id) })
    };
    let large =
        |price: i64| v1::WorkOrder { items: items(price).collect(), ..order("contoso", "wo-large", Vec::new()) };
    contracts.create_work_order(create(large(1))).await.unwrap();
    let refusal = refused(contracts.create_work_order(create(large(2))).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"), "{refusal:?}");
    let fields: Vec<_> = refusal.metadata("fields").unwrap().split(',').collect();
    assert_eq!(fields[0], "work_order.items[0].unit_price");
    let omitted: usize = refusal.metadata("omitted").unwrap().parse().unwrap();
    assert_eq!(fields.len() + omitted, 900);
}

async fn more_mistakes_than_a_status_can_carry_are_counted(server: &TestServer) {
    let mut request = document("contoso");
    request.customer.as_mut().unwrap().licenses = (0..700).map(|row| format!("NO-LICENCE-{row}")).collect();
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(refusal.code, Code::InvalidArgument);
    assert!(refusal.violations.len() >= 20, "{refusal:?}");
    let omitted: usize = refusal.metadata("omitted").unwrap().parse().unwrap();
    assert_eq!(refusal.violations.len() + omitted, 700);
    assert!(refusal.message.contains("699 more"), "{refusal:?}");
}

/// What 1 MiB can hold of them is looked at in bounded time.
async fn large_documents_of_nothing_but_mistakes_are_refused_soon(server: &TestServer) {
    let mut roles = document("contoso");
    contact_of(&mut roles).roles = vec![99; 1_000_000];
    let mut holidays = document("contoso");
    location_of(&mut holidays).holidays = vec![String::new(); 500_000];
    let mut contacts = document("contoso");
    contacts.customer.as_mut().unwrap().contacts = vec![v1::Contact { roles: vec![99], ..Default::default() }; 200_000];
    let mut items = document("contoso");
    order_of(&mut items).items = vec![v1::Item { funding: 99, ..Default::default() }; 200_000];
    let mut orders = document("contoso");
    orders.work_orders = vec![v1::WorkOrder::default(); 500_000];
    let mut services = document("contoso");
    order_of(&mut services).items = (0..20_000).map(|row| item(&format!("i{row}"), "workshops")).collect();
    let mut named = document("contoso");
    named.work_orders =
        (0..100_000).map(|row| v1::WorkOrder { work_order_id: format!("{row}"), ..Default::default() }).collect();
    let mut products = document("contoso");
    order_of(&mut products).covered_products = vec![String::new(); 500_000];
    let requests = [
        ("roles", roles),
        ("holidays", holidays),
        ("contacts", contacts),
        ("items", items),
        ("services", services),
        ("orders", orders),
        ("named orders", named),
        ("products", products),
    ];
    for (name, request) in requests {
        assert!(request.encoded_len() < 1 << 20, "{name}");
        let begun = std::time::Instant::now();
        let refusal = refused(server.contracts().apply_contract(request).await);
        assert_eq!(refusal.code, Code::InvalidArgument, "{name}: {refusal:?}");
        assert!(begun.elapsed().as_secs() < 20, "{name} took {:?}", begun.elapsed());
    }
}

async fn hostile_ids_never_reach_the_database(server: &TestServer) {
    let ids = [
        "\0".to_owned(),
        "a\0b".to_owned(),
        "'; DROP TABLE customer; --".to_owned(),
        "x".repeat(100_000),
        "é".to_owned(),
    ];
    let mut contracts = server.contracts();
    for id in ids {
        let customer = v1::Customer { customer_id: id.clone(), ..customer("") };
        let request = v1::CreateCustomerRequest {
            customer: Some(customer.clone()),
            request_id: request_id(),
            validate_only: false,
        };
        assert_eq!(mistake(contracts.create_customer(request.clone()).await), "customer.customer_id FIELD_INVALID");
        let request = v1::CreateCustomerRequest { validate_only: true, ..request };
        assert_eq!(mistake(contracts.create_customer(request).await), "customer.customer_id FIELD_INVALID");
        let request =
            v1::UpdateCustomerRequest { customer: Some(customer), request_id: request_id(), ..Default::default() };
        assert_eq!(mistake(contracts.update_customer(request).await), "customer.customer_id FIELD_INVALID");
        assert_eq!(
            mistake(contracts.create_work_order(create(base(&id))).await),
            "work_order.customer_id FIELD_INVALID"
        );
        let request = v1::GetCustomerRequest { customer_id: id.clone() };
        assert_eq!(mistake(contracts.get_customer(request).await), "customer_id FIELD_INVALID");
        let request = v1::GetWorkOrderRequest { customer_id: "contoso".to_owned(), work_order_id: id };
        assert_eq!(mistake(contracts.get_work_order(request).await), "work_order_id FIELD_INVALID");
    }
}

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const APPLY: &str = "/entitled.v1.ContractService/ApplyContract";

#[tokio::test]
async fn what_the_transport_refuses_is_told_in_the_same_words() {
    let server = TestServer::start(Backend::Sqlite).await;
    let malformed = |status: Status| {
        let refusal = Refusal::of(&status);
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::InvalidArgument, "MESSAGE_MALFORMED"),
            "{refusal:?}"
        );
    };
    for garbage in [vec![0xff], vec![0xff; 64], vec![0x0a, 0x7f, 1], b"hello".to_vec(), vec![0x0a, 2, 0xc3, 0x28]] {
        malformed(raw::call(server.channel.clone(), CHECK, garbage.clone()).await.unwrap_err());
        malformed(raw::call(server.channel.clone(), APPLY, garbage).await.unwrap_err());
    }
    for size in [(1 << 20) + 1, 5 << 20] {
        for path in [CHECK, APPLY] {
            let refusal =
                Refusal::of(&raw::call(server.another_channel().await, path, vec![0; size]).await.unwrap_err());
            assert_eq!(
                (refusal.code, refusal.reason.as_str()),
                (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
                "{refusal:?}"
            );
            assert_eq!(refusal.metadata("limit_bytes"), Some("1048576"));
        }
    }
    // The largest message that is read. A field of number 2047 is nobody's.
    let mut largest = vec![0xfa, 0x7f, 0xfb, 0xff, 0x3f];
    largest.resize(1 << 20, b' ');
    let refusal = Refusal::of(&raw::call(server.channel.clone(), CHECK, largest).await.unwrap_err());
    assert_eq!(refusal.violations.len(), 4, "{refusal:?}");

    let mut channel = server.another_channel().await;
    for (name, body) in [
        ("no message", ""),
        ("half a header", "\0\0\0"),
        ("half a message", "\0\0\0\0\x09half"),
        ("an unknown flag", "\x08\0\0\0\0"),
        ("compressed by nothing", "\x01\0\0\0\0"),
    ] {
        let response = raw::post(&mut channel, CHECK, &[], body).await;
        let status = Status::from_header_map(response.headers()).unwrap_or_else(|| panic!("{name}: {response:?}"));
        malformed(status);
    }
    let response = raw::post(&mut channel, CHECK, &[("grpc-encoding", "gzip")], "\x01\0\0\0\0").await;
    let refusal = Refusal::of(&Status::from_header_map(response.headers()).unwrap());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unimplemented, "ENCODING_UNSUPPORTED"), "{refusal:?}");
    for path in
        ["/entitled.v1.EntitlementService/NoSuchCall", "/entitled.v2.EntitlementService/CheckEntitlement", "/", "/x"]
    {
        let response = raw::post(&mut channel, path, &[], "\0\0\0\0\0").await;
        let refusal = Refusal::of(&Status::from_header_map(response.headers()).unwrap());
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"), "{refusal:?}");
    }
    let response = raw::post(&mut channel, CHECK, &[("content-type", "application/json")], "{}").await;
    malformed(Status::from_header_map(response.headers()).unwrap());
    server.stop().await;
}
