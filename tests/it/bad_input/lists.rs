//! Lists, their pages, and batches.

use entitled::proto::v1;
use prost_types::Timestamp;
use tonic::Code;

use super::altered;
use crate::sample::{DUBLIN, at_least, check, mistake, refused, stored, time};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(lists_and_pages_are_judged, batches_are_judged);

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
        known_time: Some(Timestamp { seconds: -1, nanos: 0 }),
    };
    let refusal = refused(entitlements.list_entitlements(all_wrong).await);
    assert_eq!(refusal.violations.len(), 11, "{refusal:?}");
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
