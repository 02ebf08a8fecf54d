//! What a request names and nobody knows.

use entitled::proto::v1;
use tonic::Code;

use crate::sample::{DUBLIN, LONDON, Refusal, base, check, create, customer, mistake, refused, stored};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(what_is_addressed_and_unknown_is_named_with_its_nearest, hostile_ids_never_reach_the_database);

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
    let cases: [AddressedCase; 7] = [
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
        // A slip leads to no other country, and to no other family.
        (|it| it.location_id = "fr-dublin".into(), "LOCATION_NOT_FOUND", "location_id", "fr-dublin", None),
        (|it| it.product_id = "exchange".into(), "PRODUCT_FAMILY_NOT_FOUND", "product_family", "exchange", None),
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
    gone(refused(
        contracts.get_customer(v1::GetCustomerRequest { customer_id: missing(), ..Default::default() }).await,
    ));
    let request = v1::GetWorkOrderRequest { customer_id: missing(), work_order_id: id("wo-1"), ..Default::default() };
    gone(refused(contracts.get_work_order(request).await));
    let request = v1::ListWorkOrdersRequest { customer_id: missing(), ..Default::default() };
    gone(refused(contracts.list_work_orders(request).await));
    gone(refused(contracts.create_work_order(create(base("contosa"))).await));
    for (validate_only, etag) in [(false, ""), (true, ""), (false, "Yzk"), (true, "Yzk")] {
        let customer = Some(customer("contosa"));
        let request = v1::UpdateCustomerRequest {
            customer,
            request_id: request_id(),
            validate_only,
            etag: id(etag),
            ..Default::default()
        };
        gone(refused(contracts.update_customer(request).await));
    }
    let request =
        v1::GetWorkOrderRequest { customer_id: id("contoso"), work_order_id: id("wo-11"), ..Default::default() };
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
            ..Default::default()
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
        let request = v1::GetCustomerRequest { customer_id: id.clone(), ..Default::default() };
        assert_eq!(mistake(contracts.get_customer(request).await), "customer_id FIELD_INVALID");
        let request =
            v1::GetWorkOrderRequest { customer_id: "contoso".to_owned(), work_order_id: id, ..Default::default() };
        assert_eq!(mistake(contracts.get_work_order(request).await), "work_order_id FIELD_INVALID");
    }
}
