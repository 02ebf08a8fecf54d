//! Decisions over the wire: alone, in batches and in lists, the same question has the same answer.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod answers;
mod batches;
mod lists;

use entitled::proto::v1;

use crate::sample::{LONDON, check, hours, time};
use crate::server::TestServer;

fn at() -> Option<prost_types::Timestamp> {
    time("2026-06-01T10:00:00Z")
}

fn checks_of_all_kinds() -> Vec<v1::CheckEntitlementRequest> {
    let with = |change: fn(&mut v1::CheckEntitlementRequest)| {
        let mut request = check("contoso");
        change(&mut request);
        request
    };
    vec![
        check("contoso"),
        with(|it| it.location_id = LONDON.into()),
        with(|it| it.customer_id = "nobody".into()),
        check("contoso"),
        with(|it| it.customer_id = "Contoso".into()),
        with(|it| it.product_id = "sql-server".into()),
        with(|it| it.quantity = hours(401)),
        with(|it| it.quantity = Some(v1::Quantity { amount: 1, unit: v1::Unit::Visits.into() })),
        with(|it| it.service_id = "unified-enhanced-response".into()),
        with(|it| (it.severity, it.channel) = (99, 99)),
        check("fabrikam"),
        with(|it| it.location_id = "nowhere".into()),
        with(|it| it.service_id = "no-such-service".into()),
        with(|it| it.product_id = "azur".into()),
        with(|it| it.check_time = time("2030-01-01T00:00:00Z")),
        with(|it| (it.view, it.locale) = (v1::View::Full.into(), Some("id".into()))),
        with(|it| it.known_time = time("1970-01-01T00:00:00Z")),
    ]
}

async fn results(
    server: &TestServer,
    request: v1::BatchCheckEntitlementsRequest,
) -> Vec<v1::batch_check_result::Result> {
    let answer = server.entitlements().batch_check_entitlements(request).await.unwrap().into_inner();
    answer.results.into_iter().map(|result| result.result.unwrap()).collect()
}

fn batch(checks: Vec<v1::CheckEntitlementRequest>) -> v1::BatchCheckEntitlementsRequest {
    v1::BatchCheckEntitlementsRequest { checks, ..Default::default() }
}

fn list() -> v1::ListEntitlementsRequest {
    v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        check_time: at(),
        page_size: 1_000,
        ..Default::default()
    }
}

async fn rows(server: &TestServer, request: v1::ListEntitlementsRequest) -> Vec<v1::Entitlement> {
    let answer = server.entitlements().list_entitlements(request).await.unwrap().into_inner();
    assert_eq!(answer.next_page_token, "");
    answer.entitlements
}
