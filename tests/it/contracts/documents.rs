//! A customer with all work orders in one document.

use entitled::proto::v1;
use tonic::Code;

use super::{content, get_customer, get_order};
use crate::sample::{add_on, create, customer, document, item, order, refused, stored};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(a_document_is_applied_once, a_trial_writes_nothing);

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
    let request =
        v1::CreateCustomerRequest { customer: Some(customer("contoso")), validate_only: true, ..Default::default() };
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
