//! One request id, one write.

use entitled::proto::v1;
use tonic::Code;

use super::{create_customer, get_customer, get_order, update};
use crate::sample::{add_on, base, create, customer, document, refused, token_beside};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_repeated_request_id_gets_the_first_answer,
    a_request_id_is_used_for_one_request,
    many_at_once_with_one_request_id_write_once,
    many_at_once_with_ids_of_their_own_write_once,
);

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
    assert_eq!(answers[0].revision, token_beside(&answers[0].revision, "contoso", 1));
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
    assert_eq!(read.revision, token_beside(&read.revision, "contoso", 1));
}
