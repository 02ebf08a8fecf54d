//! What reads see of writes, here, on another server, and in the past.

use std::time::{Duration, Instant};

use entitled::proto::v1;
use tonic::Code;

use super::create_customer;
use crate::sample::{
    add_on, at_least, base, check, create, customer, fully_consistent, refused, stored, time, token_beside,
};
use crate::server::{Backend, TestServer, on_both_servers};

on_both_servers!(a_revision_that_is_not_there_yet_is_not_answered, what_was_known_can_be_asked);

#[tokio::test]
async fn a_write_is_seen_by_whoever_shows_its_token() {
    let server = TestServer::start(Backend::Postgres).await;
    let server = &server;
    let mut contracts = server.contracts();
    contracts.create_customer(create_customer(customer("contoso"))).await.unwrap();
    contracts.create_work_order(create(base("contoso"))).await.unwrap();
    let other = server.start_beside().await;
    let ask = async |server: &TestServer, consistency: Option<v1::Consistency>| {
        let request = v1::CheckEntitlementRequest { consistency, ..check("contoso") };
        server.entitlements().check_entitlement(request).await.unwrap().into_inner()
    };
    for row in 0..10 {
        // Both have the customer in their caches.
        for server in [server, &other] {
            ask(server, None).await;
        }
        let written =
            contracts.create_work_order(create(add_on("contoso", &format!("wo-2{row}")))).await.unwrap().into_inner();
        for server in [server, &other] {
            let answer = ask(server, at_least(&written.revision)).await;
            assert_eq!(answer.revision, written.revision);
            assert_eq!(answer.decision(), v1::Decision::Entitled);
            let batch = v1::BatchCheckEntitlementsRequest {
                checks: vec![check("contoso")],
                at_least_revisions: vec![written.revision.clone()],
                ..Default::default()
            };
            let batch = server.entitlements().batch_check_entitlements(batch).await.unwrap().into_inner();
            assert!(
                matches!(&batch.results[0].result, Some(v1::batch_check_result::Result::Response(one)) if one.revision == written.revision)
            );
        }
        let written =
            contracts.create_work_order(create(add_on("contoso", &format!("wo-3{row}")))).await.unwrap().into_inner();
        for server in [server, &other] {
            assert_eq!(ask(server, fully_consistent()).await.revision, written.revision);
        }
    }
    other.stop().await;
}

async fn a_revision_that_is_not_there_yet_is_not_answered(server: &TestServer) {
    let revision = stored(server, "contoso").await;
    let future = token_beside(&revision, "contoso", 1_000_000);
    let behind = |refusal: crate::sample::Refusal| {
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::Unavailable, "CONSISTENCY_NOT_REACHED"),
            "{refusal:?}"
        );
        assert!(refusal.has_retry_info);
    };
    let mut entitlements = server.entitlements();
    let ask = v1::CheckEntitlementRequest { consistency: at_least(&future), ..check("contoso") };
    behind(refused(entitlements.check_entitlement(ask.clone()).await));
    // Nor by what was known at some time: the bound is not kept either.
    let known = v1::CheckEntitlementRequest { known_time: time("2026-05-01T10:00:00Z"), ..ask };
    behind(refused(entitlements.check_entitlement(known).await));
    // A token proves that its customer is there.
    let unseen = token_beside(&revision, "fabrikam", 1);
    behind(refused(
        entitlements
            .check_entitlement(v1::CheckEntitlementRequest { consistency: at_least(&unseen), ..check("fabrikam") })
            .await,
    ));
    let batch = v1::BatchCheckEntitlementsRequest {
        checks: vec![check("contoso")],
        at_least_revisions: vec![future.clone()],
        ..Default::default()
    };
    behind(refused(entitlements.batch_check_entitlements(batch).await));
    let list = v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        consistency: at_least(&future),
        ..Default::default()
    };
    behind(refused(entitlements.list_entitlements(list).await));
}

async fn what_was_known_can_be_asked(server: &TestServer) {
    let mut contracts = server.contracts();
    contracts.create_customer(create_customer(customer("contoso"))).await.unwrap();
    let order = contracts.create_work_order(create(base("contoso"))).await.unwrap().into_inner().work_order.unwrap();
    let mut client = server.entitlements();
    let mut ask = async |known_time: Option<prost_types::Timestamp>| {
        client.check_entitlement(v1::CheckEntitlementRequest { known_time, ..check("contoso") }).await
    };
    let before = ask(None).await.unwrap().into_inner();
    assert_eq!(before.reasons[0].code, "NOT_PURCHASED");
    let added = contracts.create_work_order(create(add_on("contoso", "wo-2"))).await.unwrap().into_inner();
    let recorded = added.work_order.unwrap().record_time.unwrap();
    assert!((recorded.seconds, recorded.nanos) > order.record_time.map(|time| (time.seconds, time.nanos)).unwrap());
    assert_eq!(ask(None).await.unwrap().into_inner().decision(), v1::Decision::Entitled);
    assert_eq!(ask(order.record_time).await.unwrap().into_inner().reasons[0].code, "NOT_PURCHASED");
    assert_eq!(ask(Some(recorded)).await.unwrap().into_inner().decision(), v1::Decision::Entitled);
    assert_eq!(ask(time("9999-12-31T00:00:00Z")).await.unwrap().into_inner().revision, added.revision);
    // Nobody knew the customer then.
    let refusal = refused(ask(time("1970-01-01T00:00:00Z")).await);
    assert_eq!((refusal.reason.as_str(), refusal.metadata("nearest")), ("CUSTOMER_NOT_FOUND", None));
}

/// No token: the cache of another server may be behind, but not for long.
#[tokio::test]
async fn a_change_reaches_another_server_within_the_allowed_staleness() {
    const MAX_STALENESS: Duration = Duration::from_millis(500);
    let one = TestServer::start_with(Backend::Postgres, |config| config.store.max_staleness = MAX_STALENESS).await;
    let other = one.start_beside().await;
    let mut contracts = one.contracts();
    contracts.create_customer(create_customer(customer("contoso"))).await.unwrap();
    contracts.create_work_order(create(base("contoso"))).await.unwrap();
    for row in 0..3 {
        let mut client = other.entitlements();
        client.check_entitlement(check("contoso")).await.unwrap();
        let written =
            contracts.create_work_order(create(add_on("contoso", &format!("wo-2{row}")))).await.unwrap().into_inner();
        let begun = Instant::now();
        loop {
            // A question that is put after the staleness must see the change.
            let is_late = begun.elapsed() >= MAX_STALENESS;
            let seen =
                client.check_entitlement(check("contoso")).await.unwrap().into_inner().revision == written.revision;
            assert!(seen || !is_late, "not seen after {:?}", begun.elapsed());
            if seen {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    other.stop().await;
    one.stop().await;
}
