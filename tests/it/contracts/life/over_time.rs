//! What a change keeps of the time before it and behind it.

use super::*;

on_both_servers!(
    a_planned_change_keeps_what_it_changes,
    what_was_recorded_later_was_not_known_before,
    a_customer_changes_from_an_instant_on,
);

async fn amend(server: &TestServer, work_order: v1::WorkOrder, at: &str) -> v1::WorkOrder {
    let request = v1::AmendWorkOrderRequest {
        work_order: Some(work_order),
        effective_time: time(at),
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().amend_work_order(request).await.unwrap().into_inner().work_order.unwrap()
}

async fn a_planned_change_keeps_what_it_changes(server: &TestServer) {
    stored(server, "contoso").await;
    // From December on for another product; recorded later, from April on, in London, too.
    let mut december = add_on("contoso", "wo-2");
    december.items[0].product_ids = vec!["windows-server".to_owned()];
    assert_eq!(amend(server, december, "2026-12-01T00:00:00Z").await.version, 2);
    let mut april = add_on("contoso", "wo-2");
    april.items[0].location_ids = vec![crate::sample::LONDON.to_owned()];
    assert_eq!(amend(server, april, "2026-04-01T00:00:00Z").await.version, 3);
    let ask = async |at: &str, location_id: &str, product_id: &str| {
        let request = v1::CheckEntitlementRequest {
            check_time: time(at),
            location_id: location_id.to_owned(),
            product_id: product_id.to_owned(),
            ..check("contoso")
        };
        let answer = server.entitlements().check_entitlement(request).await.unwrap().into_inner();
        answer.decision() == v1::Decision::Entitled
    };
    for (at, location_id, product_id) in [
        ("2026-03-31T12:00:00Z", "ie-dublin", "azure"),
        ("2026-04-01T12:00:00Z", "gb-london", "azure"),
        ("2026-11-30T12:00:00Z", "gb-london", "azure"),
        ("2026-12-01T12:00:00Z", "gb-london", "windows-server"),
    ] {
        for location in ["ie-dublin", "gb-london"] {
            for product in ["azure", "windows-server"] {
                let expected = (location, product) == (location_id, product_id);
                assert_eq!(ask(at, location, product).await, expected, "{at} {location} {product}");
            }
        }
    }
}

async fn what_was_recorded_later_was_not_known_before(server: &TestServer) {
    stored(server, "contoso").await;
    let created = server.contracts().get_work_order(get_order("wo-2")).await.unwrap().into_inner().work_order.unwrap();
    let mut elsewhere = add_on("contoso", "wo-2");
    elsewhere.items[0].location_ids = vec![crate::sample::LONDON.to_owned()];
    let amended = amend(server, elsewhere, "2026-03-01T00:00:00Z").await;
    let ask = async |check_time: &str, known_time| {
        let request = v1::CheckEntitlementRequest { check_time: time(check_time), known_time, ..check("contoso") };
        server.entitlements().check_entitlement(request).await.unwrap().into_inner().decision()
    };
    let april = "2026-04-15T12:00:00Z";
    assert_eq!(ask(april, created.record_time).await, v1::Decision::Entitled);
    assert_eq!(ask(april, amended.record_time).await, v1::Decision::NotEntitled);
    assert_eq!(ask(april, None).await, v1::Decision::NotEntitled);
    assert_eq!(ask("2026-02-15T12:00:00Z", None).await, v1::Decision::Entitled);
}

async fn a_customer_changes_from_an_instant_on(server: &TestServer) {
    stored(server, "contoso").await;
    let mut moved = crate::sample::customer("contoso");
    moved.locations[1].country = "FR".to_owned();
    moved.locations[1].time_zone = "Europe/Paris".to_owned();
    let request = v1::UpdateCustomerRequest {
        customer: Some(moved),
        request_id: request_id(),
        effective_time: time("2026-06-01T00:00:00Z"),
        ..Default::default()
    };
    let answer = server.contracts().update_customer(request).await.unwrap().into_inner();
    assert_eq!(answer.customer.unwrap().version, 2);
    for at in ["2026-05-31T12:00:00Z", "2026-06-01T12:00:00Z"] {
        assert_eq!(decision(server, at).await.0, v1::Decision::Entitled, "{at}");
    }
}
