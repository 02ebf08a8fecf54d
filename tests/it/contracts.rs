//! Customers and work orders: every write is once, whole and seen by the reads that ask for it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use entitled::proto::v1;
use entitled::service::revision;
use tonic::Code;

use crate::sample::{
    DUBLIN, add_on, at_least, base, check, create, customer, document, fully_consistent, item, mistake, order, refused,
    stored, time,
};
use crate::server::{Backend, TestServer, on_both_servers, request_id};

on_both_servers!(
    what_is_created_is_read_back,
    an_update_replaces_and_is_counted,
    an_update_answers_for_the_orders_it_breaks,
    a_document_is_applied_once,
    a_trial_writes_nothing,
    a_stale_etag_aborts,
    a_work_order_names_its_customer,
    a_repeated_request_id_gets_the_first_answer,
    a_request_id_is_used_for_one_request,
    many_at_once_with_one_request_id_write_once,
    many_at_once_with_ids_of_their_own_write_once,
    customers_are_paged_completely,
    work_orders_are_paged_completely,
    a_revision_that_is_not_there_yet_is_not_answered,
    what_was_known_can_be_asked,
);

fn create_customer(customer: v1::Customer) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest { customer: Some(customer), request_id: request_id(), validate_only: false }
}

fn update(customer: v1::Customer) -> v1::UpdateCustomerRequest {
    v1::UpdateCustomerRequest { customer: Some(customer), request_id: request_id(), ..Default::default() }
}

fn get_customer(customer_id: &str) -> v1::GetCustomerRequest {
    v1::GetCustomerRequest { customer_id: customer_id.to_owned() }
}

fn get_order(work_order_id: &str) -> v1::GetWorkOrderRequest {
    v1::GetWorkOrderRequest { customer_id: "contoso".to_owned(), work_order_id: work_order_id.to_owned() }
}

/// As it was sent: without what only answers carry.
fn content(customer: &v1::Customer) -> v1::Customer {
    v1::Customer { version: 0, record_time: None, actor: String::new(), etag: String::new(), ..customer.clone() }
}

fn order_content(order: &v1::WorkOrder) -> v1::WorkOrder {
    v1::WorkOrder { version: 0, record_time: None, actor: String::new(), ..order.clone() }
}

/// What an answer says where a request left it open.
fn with_defaults(mut order: v1::WorkOrder) -> v1::WorkOrder {
    order.state = v1::WorkOrderState::Active.into();
    order.items.iter_mut().for_each(|item| item.funding = v1::Funding::Purchased.into());
    order
}

async fn what_is_created_is_read_back(server: &TestServer) {
    let mut contracts = server.contracts();
    let created = contracts.create_customer(create_customer(customer("contoso"))).await.unwrap().into_inner();
    let told = created.customer.unwrap();
    assert_eq!(content(&told), customer("contoso"));
    assert_eq!((told.version, told.actor.as_str()), (1, "anonymous"));
    assert!(told.record_time.is_some() && !told.etag.is_empty() && !created.revision.is_empty());
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((read.customer.unwrap(), read.revision), (told.clone(), created.revision.clone()));

    let written = contracts.create_work_order(create(base("contoso"))).await.unwrap().into_inner();
    let order = written.work_order.unwrap();
    assert_eq!(order_content(&order), with_defaults(base("contoso")));
    assert_eq!((order.version, order.actor.as_str()), (1, "anonymous"));
    assert!(order.record_time.unwrap().seconds >= told.record_time.unwrap().seconds);
    assert_ne!(written.revision, created.revision);
    let read = contracts.get_work_order(get_order("wo-1")).await.unwrap().into_inner();
    assert_eq!((read.work_order.unwrap(), read.revision), (order, written.revision));
    // The etag is the contract's: an order changes it too.
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap();
    assert_ne!(read.etag, told.etag);
    assert_eq!(read.version, 1);

    // What was returned can be sent again: nothing of it is taken for content.
    let again = contracts.update_customer(update(read.clone())).await.unwrap().into_inner();
    assert_eq!(again.customer.unwrap(), read);
}

async fn an_update_replaces_and_is_counted(server: &TestServer) {
    let mut contracts = server.contracts();
    let first = contracts.create_customer(create_customer(customer("contoso"))).await.unwrap().into_inner();
    let mut changed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
    changed.contacts[0].email = None;
    changed.licenses = vec!["microsoft-cloud-for-retail".to_owned()];
    let second = contracts.update_customer(update(changed.clone())).await.unwrap().into_inner();
    let told = second.customer.unwrap();
    assert_eq!(content(&told), changed);
    assert_eq!(told.version, 2);
    assert_ne!(second.revision, first.revision);
    let before = first.customer.unwrap();
    assert_ne!(told.etag, before.etag);
    assert!(
        told.record_time.map(|time| (time.seconds, time.nanos))
            > before.record_time.map(|time| (time.seconds, time.nanos))
    );
    // Equal content changes nothing.
    let third = contracts.update_customer(update(changed)).await.unwrap().into_inner();
    assert_eq!((third.customer.unwrap(), third.revision), (told, second.revision));
}

async fn an_update_answers_for_the_orders_it_breaks(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let before = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();

    let mut alone = customer("contoso");
    alone.contacts.clear();
    let refusal = refused(contracts.update_customer(update(alone)).await);
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::FailedPrecondition, "SUPPORT_ADMINISTRATOR_REQUIRED"),
        "{refusal:?}"
    );
    assert_eq!(
        refusal.clauses,
        [
            "work_orders[wo-1].host_location_id SUPPORT_ADMINISTRATOR_REQUIRED",
            "work_orders[wo-2].host_location_id SUPPORT_ADMINISTRATOR_REQUIRED"
        ]
    );
    let mut elsewhere = customer("contoso");
    elsewhere.contacts[0].location_ids = vec![DUBLIN.to_owned()];
    assert_eq!(refused(contracts.update_customer(update(elsewhere)).await).reason, "SUPPORT_ADMINISTRATOR_REQUIRED");

    let mut smaller = customer("contoso");
    smaller.locations.retain(|location| location.location_id != DUBLIN);
    let refusal = refused(contracts.update_customer(update(smaller)).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "REFERENCE_UNKNOWN"), "{refusal:?}");
    assert_eq!(
        refusal.violations,
        [
            "work_orders[wo-1].downstream_location_ids[0] REFERENCE_UNKNOWN",
            "work_orders[wo-2].downstream_location_ids[0] REFERENCE_UNKNOWN",
            "work_orders[wo-2].items[0].location_ids[0] REFERENCE_UNKNOWN",
        ]
    );
    let after = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!(after, before);

    // A location nobody uses may go.
    let mut larger = customer("contoso");
    larger.locations.push(v1::Location { location_id: "fr-paris".to_owned(), ..larger.locations[0].clone() });
    contracts.update_customer(update(larger)).await.unwrap();
    contracts.update_customer(update(customer("contoso"))).await.unwrap();
}

async fn a_document_is_applied_once(server: &TestServer) {
    let mut contracts = server.contracts();
    // The add-on stands before its base.
    let first = contracts.apply_contract(document("contoso")).await.unwrap().into_inner();
    let told = |answer: &v1::ApplyContractResponse| -> Vec<String> {
        let one = |change: &v1::Change| {
            assert_eq!(change.fields, [""; 0]);
            format!("{} {} {}", change.kind().as_str_name(), change.resource_type().as_str_name(), change.id)
        };
        answer.changes.iter().map(one).collect()
    };
    assert_eq!(
        told(&first),
        [
            "CHANGE_KIND_ADDED RESOURCE_TYPE_CUSTOMER contoso",
            "CHANGE_KIND_ADDED RESOURCE_TYPE_WORK_ORDER wo-2",
            "CHANGE_KIND_ADDED RESOURCE_TYPE_WORK_ORDER wo-1",
        ]
    );
    let second = contracts.apply_contract(document("contoso")).await.unwrap().into_inner();
    assert_eq!(
        told(&second),
        [
            "CHANGE_KIND_UNCHANGED RESOURCE_TYPE_CUSTOMER contoso",
            "CHANGE_KIND_UNCHANGED RESOURCE_TYPE_WORK_ORDER wo-2",
            "CHANGE_KIND_UNCHANGED RESOURCE_TYPE_WORK_ORDER wo-1",
        ]
    );
    assert_eq!((second.revision, second.etag), (first.revision.clone(), first.etag.clone()));

    // One more order: only that one is written.
    let mut larger = document("contoso");
    larger.work_orders = vec![add_on("", "wo-3")];
    let third = contracts.apply_contract(larger).await.unwrap().into_inner();
    assert_eq!(
        told(&third),
        ["CHANGE_KIND_UNCHANGED RESOURCE_TYPE_CUSTOMER contoso", "CHANGE_KIND_ADDED RESOURCE_TYPE_WORK_ORDER wo-3"]
    );
    assert_ne!(third.revision, first.revision);
    assert_ne!(third.etag, first.etag);
    for work_order_id in ["wo-1", "wo-2", "wo-3"] {
        let order = contracts.get_work_order(get_order(work_order_id)).await.unwrap().into_inner().work_order.unwrap();
        assert_eq!(order.version, 1, "{work_order_id}");
    }
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((read.revision, read.customer.unwrap().etag), (third.revision, third.etag));
}

async fn a_trial_writes_nothing(server: &TestServer) {
    let mut contracts = server.contracts();
    let trial = |request: v1::ApplyContractRequest| v1::ApplyContractRequest {
        request_id: String::new(),
        validate_only: true,
        ..request
    };
    let answer = contracts.apply_contract(trial(document("contoso"))).await.unwrap().into_inner();
    let kinds: Vec<_> = answer.changes.iter().map(v1::Change::kind).collect();
    assert_eq!(kinds, [v1::ChangeKind::Added; 3]);
    assert_eq!((answer.revision.as_str(), answer.etag.as_str()), ("", ""));
    assert_eq!(refused(contracts.get_customer(get_customer("contoso")).await).reason, "CUSTOMER_NOT_FOUND");
    let request = v1::CreateCustomerRequest {
        customer: Some(customer("contoso")),
        request_id: String::new(),
        validate_only: true,
    };
    let answer = contracts.create_customer(request).await.unwrap().into_inner();
    assert_eq!(content(&answer.customer.unwrap()), customer("contoso"));
    assert_eq!(refused(contracts.get_customer(get_customer("contoso")).await).reason, "CUSTOMER_NOT_FOUND");

    let revision = stored(server, "contoso").await;
    let mut larger = document("contoso");
    larger.work_orders.push(add_on("", "wo-3"));
    let answer = contracts.apply_contract(trial(larger)).await.unwrap().into_inner();
    assert_eq!(answer.changes[3].kind(), v1::ChangeKind::Added);
    assert_eq!(answer.revision, revision);
    let request = v1::CreateWorkOrderRequest {
        request_id: String::new(),
        validate_only: true,
        ..create(add_on("contoso", "wo-3"))
    };
    let answer = contracts.create_work_order(request).await.unwrap().into_inner();
    assert_eq!((answer.work_order.unwrap().version, answer.revision), (0, revision.clone()));
    let changed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
    let request = v1::UpdateCustomerRequest { customer: Some(changed), validate_only: true, ..Default::default() };
    contracts.update_customer(request).await.unwrap();
    assert_eq!(refused(contracts.get_work_order(get_order("wo-3")).await).reason, "WORK_ORDER_NOT_FOUND");
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((content(&read.customer.unwrap()), read.revision), (customer("contoso"), revision));

    // It finds what the write would find.
    let mut broken = document("contoso");
    broken.work_orders.push(order("", "wo-4", vec![item("direct", "office-365-engineering-direct")]));
    assert_eq!(refused(contracts.apply_contract(trial(broken)).await).code, Code::FailedPrecondition);
}

async fn a_stale_etag_aborts(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let etag = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap().etag;
    let renamed = |name: &str| v1::Customer { display_name: name.to_owned(), ..customer("contoso") };
    let request = v1::UpdateCustomerRequest { etag: etag.clone(), ..update(renamed("one")) };
    let fresh = contracts.update_customer(request).await.unwrap().into_inner().customer.unwrap().etag;
    let stale = |refusal: crate::sample::Refusal| {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Aborted, "ETAG_MISMATCH"), "{refusal:?}");
        assert_eq!(refusal.metadata("customer_id"), Some("contoso"));
    };
    for bad in [etag.as_str(), "x"] {
        for validate_only in [false, true] {
            let request = v1::UpdateCustomerRequest { etag: bad.to_owned(), validate_only, ..update(renamed("two")) };
            stale(refused(contracts.update_customer(request).await));
        }
        let request =
            v1::ApplyContractRequest { etag: bad.to_owned(), customer: Some(renamed("one")), ..document("contoso") };
        stale(refused(contracts.apply_contract(request).await));
    }
    let request =
        v1::ApplyContractRequest { etag: fresh.clone(), customer: Some(renamed("one")), ..document("contoso") };
    assert_eq!(contracts.apply_contract(request).await.unwrap().into_inner().etag, fresh);
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap();
    assert_eq!((read.display_name.as_str(), read.etag), ("one", fresh));
}

async fn a_work_order_names_its_customer(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    assert_eq!(mistake(contracts.create_work_order(create(base(""))).await), "work_order.customer_id FIELD_REQUIRED");
    // In a document it may be named, if it is the document's.
    let mut named = document("contoso");
    named.work_orders.iter_mut().for_each(|order| order.customer_id = "contoso".to_owned());
    contracts.apply_contract(named).await.unwrap();
    let order = contracts.get_work_order(get_order("wo-1")).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(order.customer_id, "contoso");
    // The same id belongs to each customer on its own.
    stored(server, "fabrikam").await;
}

async fn a_repeated_request_id_gets_the_first_answer(server: &TestServer) {
    let mut contracts = server.contracts();
    let apply = document("contoso");
    let applied = contracts.apply_contract(apply.clone()).await.unwrap().into_inner();
    let create = create(add_on("contoso", "wo-3"));
    let created = contracts.create_work_order(create.clone()).await.unwrap().into_inner();
    let update = update(v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") });
    let updated = contracts.update_customer(update.clone()).await.unwrap().into_inner();
    for _ in 0..3 {
        assert_eq!(contracts.apply_contract(apply.clone()).await.unwrap().into_inner(), applied);
        assert_eq!(contracts.create_work_order(create.clone()).await.unwrap().into_inner(), created);
        assert_eq!(contracts.update_customer(update.clone()).await.unwrap().into_inner(), updated);
    }
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((read.customer.unwrap().version, read.revision), (2, updated.revision.clone()));

    // An equal create of another caller finds what is stored.
    let again = v1::CreateWorkOrderRequest { request_id: request_id(), ..create };
    let found = contracts.create_work_order(again).await.unwrap().into_inner();
    assert_eq!(found.work_order, created.work_order);
    let request = create_customer(v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") });
    let found = contracts.create_customer(request).await.unwrap().into_inner();
    assert_eq!(found.customer.unwrap().version, 2);

    // In capitals it is the same id.
    let other_name = v1::Customer { display_name: "Contoso Ltd".to_owned(), ..customer("contoso") };
    let later = v1::UpdateCustomerRequest { customer: Some(other_name), request_id: request_id(), ..update.clone() };
    contracts.update_customer(later).await.unwrap();
    let capitals = v1::UpdateCustomerRequest { request_id: update.request_id.to_uppercase(), ..update };
    assert_eq!(contracts.update_customer(capitals).await.unwrap().into_inner(), updated);
}

async fn a_request_id_is_used_for_one_request(server: &TestServer) {
    let mut contracts = server.contracts();
    let apply = document("contoso");
    contracts.apply_contract(apply.clone()).await.unwrap();
    let reused = |refusal: crate::sample::Refusal| {
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::InvalidArgument, "REQUEST_ID_REUSED"),
            "{refusal:?}"
        );
        assert_eq!(refusal.metadata("request_id"), Some(apply.request_id.as_str()));
        assert_eq!(refusal.violations, ["request_id REQUEST_ID_REUSED"]);
    };
    let id = || apply.request_id.clone();
    let other = v1::ApplyContractRequest { work_orders: vec![base("")], ..apply.clone() };
    reused(refused(contracts.apply_contract(other).await));
    let other = v1::CreateWorkOrderRequest { request_id: id(), ..create(add_on("contoso", "wo-3")) };
    reused(refused(contracts.create_work_order(other).await));
    // The same content by another call is another request.
    let other = v1::CreateCustomerRequest { request_id: id(), ..create_customer(customer("contoso")) };
    reused(refused(contracts.create_customer(other).await));
    assert_eq!(refused(contracts.get_work_order(get_order("wo-3")).await).reason, "WORK_ORDER_NOT_FOUND");
    // Another customer's ids are its own.
    let other = v1::ApplyContractRequest { request_id: id(), ..document("fabrikam") };
    contracts.apply_contract(other).await.unwrap();
}

async fn many_at_once_with_one_request_id_write_once(server: &TestServer) {
    let request = document("contoso");
    let calls = (0..64).map(|_| {
        let (mut contracts, request) = (server.contracts(), request.clone());
        tokio::spawn(async move { contracts.apply_contract(request).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answers = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(answer) => answers.push(answer.into_inner()),
            Err(status) => assert_eq!(crate::sample::Refusal::of(&status).reason, "WRITE_CONFLICT", "{status:?}"),
        }
    }
    assert!(!answers.is_empty());
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.changes[0].kind() == v1::ChangeKind::Added));
    assert_eq!(answers[0].revision, revision::encode("contoso", 1));
    let read = server.contracts().get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((read.customer.unwrap().version, read.revision), (1, answers[0].revision.clone()));
}

async fn many_at_once_with_ids_of_their_own_write_once(server: &TestServer) {
    let calls = (0..32).map(|_| {
        let mut contracts = server.contracts();
        tokio::spawn(async move { contracts.create_customer(create_customer(customer("contoso"))).await })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        match call.await.unwrap() {
            Ok(answer) => assert_eq!(answer.into_inner().customer.unwrap().version, 1),
            Err(status) => assert_eq!(crate::sample::Refusal::of(&status).reason, "WRITE_CONFLICT", "{status:?}"),
        }
    }
    let read = server.contracts().get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!(read.revision, revision::encode("contoso", 1));
}

async fn customers_are_paged_completely(server: &TestServer) {
    let mut contracts = server.contracts();
    let ids: BTreeSet<String> = (0..60).map(|row| format!("customer-{row:02}")).collect();
    for id in ids.iter().rev() {
        contracts.create_customer(create_customer(customer(id))).await.unwrap();
    }
    let mut pages = async |page_size: i32| {
        let mut pages = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListCustomersRequest { page_size, page_token };
            let page = contracts.list_customers(request).await.unwrap().into_inner();
            pages.push(page.customers.iter().map(|customer| customer.customer_id.clone()).collect::<Vec<_>>());
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return pages;
            }
        }
    };
    let all: Vec<_> = ids.into_iter().collect();
    for (page_size, sizes) in [
        (0, vec![50, 10]),
        (60, vec![60]),
        (59, vec![59, 1]),
        (30, vec![30, 30]),
        (7, [7; 8].into_iter().chain([4]).collect()),
        (i32::MAX, vec![60]),
    ] {
        let pages = pages(page_size).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "of {page_size}");
        assert_eq!(pages.concat(), all, "of {page_size}");
    }
}

async fn work_orders_are_paged_completely(server: &TestServer) {
    let mut contracts = server.contracts();
    let mut large = document("contoso");
    // Ids sort as text: `wo-10` before `wo-2`.
    large.work_orders = (1..=198).map(|row| v1::WorkOrder { work_order_id: format!("wo-{row}"), ..base("") }).collect();
    contracts.apply_contract(large).await.unwrap();
    contracts
        .create_work_order(create(v1::WorkOrder { work_order_id: "wo-199".to_owned(), ..base("contoso") }))
        .await
        .unwrap();
    let mut page = async |page_size: i32, page_token: String| {
        let request = v1::ListWorkOrdersRequest { customer_id: "contoso".to_owned(), page_size, page_token };
        contracts.list_work_orders(request).await.unwrap().into_inner()
    };
    assert_eq!(page(0, String::new()).await.work_orders.len(), 50);
    let mut ids = Vec::new();
    let first = page(198, String::new()).await;
    assert_eq!(first.work_orders.len(), 198);
    let second = page(198, first.next_page_token).await;
    assert_eq!((second.work_orders.len(), second.next_page_token.as_str()), (1, ""));
    ids.extend(first.work_orders.into_iter().chain(second.work_orders).map(|order| order.work_order_id));
    let expected: BTreeSet<String> = (1..=199).map(|row| format!("wo-{row}")).collect();
    assert_eq!(ids, expected.into_iter().collect::<Vec<_>>());
    // A page that ends with the list has no next one.
    let first = page(198, String::new()).await;
    assert_eq!(page(1, first.next_page_token).await.next_page_token, "");

    // What is written between two pages is found at its place.
    let begun = page(100, String::new()).await;
    server
        .contracts()
        .create_work_order(create(v1::WorkOrder { work_order_id: "wo-zzz".to_owned(), ..base("contoso") }))
        .await
        .unwrap();
    let rest = page(1_001, begun.next_page_token).await;
    assert_eq!(rest.work_orders.len(), 100);
    assert_eq!(rest.work_orders.last().unwrap().work_order_id, "wo-zzz");

    // More than a customer may have are refused, one by one as in a document.
    let one_more = create(v1::WorkOrder { work_order_id: "wo-zzzz".to_owned(), ..base("contoso") });
    let told = mistake(contracts.create_work_order(one_more).await);
    assert_eq!(told, "work_order.work_order_id FIELD_OUT_OF_RANGE");
}

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
    stored(server, "contoso").await;
    let future = revision::encode("contoso", 1_000_000);
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
    let unseen = revision::encode("fabrikam", 1);
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
