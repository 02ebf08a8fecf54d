//! What comes as a whole order: renewals, documents, and what looks wrong in them.

use super::*;

on_both_servers!(
    a_renewal_follows_what_it_renews,
    a_document_is_amended_on_its_etag,
    what_looks_wrong_is_told_and_may_be_forbidden,
);

async fn a_renewal_follows_what_it_renews(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let renew = |work_order_id: &str, new_work_order_id: &str, start_date: Option<&str>| v1::RenewWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: work_order_id.to_owned(),
        new_work_order_id: new_work_order_id.to_owned(),
        start_date: start_date.map(str::to_owned),
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = refused(contracts.renew_work_order(renew("wo-1", "wo-4", Some("2027-01-31"))).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "RENEWAL_OVERLAPS"));
    assert_eq!(
        (refusal.clauses, refusal.metadata["overlaps"].as_str()),
        (vec!["start_date RENEWAL_OVERLAPS".to_owned()], "wo-1")
    );
    let base = contracts.renew_work_order(renew("wo-1", "wo-4", None)).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!((base.start_date.as_str(), base.end_date.as_str()), ("2027-02-01", "2028-01-31"));
    let refusal = refused(contracts.renew_work_order(renew("wo-1", "wo-5", Some("2028-01-31"))).await);
    assert_eq!((refusal.reason.as_str(), refusal.metadata["overlaps"].as_str()), ("RENEWAL_OVERLAPS", "wo-4"));
    // The add-on leans on the renewed base.
    let next = contracts.renew_work_order(renew("wo-2", "wo-3", None)).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(next.base_work_order_id(), "wo-4");
    assert_eq!(decision(server, "2027-06-01T10:00:00Z").await.0, v1::Decision::Entitled);
    let again = contracts.renew_work_order(renew("wo-2", "wo-3", None)).await.unwrap().into_inner();
    assert_eq!(again.work_order, Some(next));
    let refusal = refused(contracts.renew_work_order(renew("wo-2", "wo-1", None)).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"));
}

async fn a_document_is_amended_on_its_etag(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let mut changed = document("contoso");
    changed.work_orders = vec![v1::WorkOrder { customer_id: String::new(), ..amended() }];
    changed.customer.as_mut().unwrap().display_name = "Contoso plc".to_owned();
    let refusal = refused(contracts.apply_contract(changed.clone()).await);
    assert_eq!((refusal.code, refusal.metadata("fields")), (Code::AlreadyExists, Some("customer.display_name")));
    let (_, etag) = read(server).await;
    let on =
        |etag: &str| v1::ApplyContractRequest { etag: etag.to_owned(), request_id: request_id(), ..changed.clone() };
    let late = v1::ApplyContractRequest { effective_time: time("2027-02-01T00:00:00Z"), ..on(&etag) };
    assert_eq!(refused(contracts.apply_contract(late).await).reason, "EFFECTIVE_TIME_OUTSIDE_TERM");
    let bare = v1::ApplyContractRequest { effective_time: time("2026-06-01T00:00:00Z"), ..on("") };
    assert_eq!(refused(contracts.apply_contract(bare).await).violations, ["etag FIELD_REQUIRED"]);
    let request = v1::ApplyContractRequest { effective_time: time("2026-06-01T00:00:00Z"), ..on(&etag) };
    let answer = contracts.apply_contract(request.clone()).await.unwrap().into_inner();
    let told: Vec<_> = answer.changes.iter().map(|change| (change.kind(), change.fields.join(","))).collect();
    assert_eq!(
        told,
        [
            (v1::ChangeKind::Updated, "customer.display_name".to_owned()),
            (v1::ChangeKind::Updated, "work_orders[0].items[0].quantity.amount".to_owned()),
        ]
    );
    assert_eq!(contracts.apply_contract(request).await.unwrap().into_inner(), answer);
    assert_eq!(refused(contracts.apply_contract(on(&etag)).await).reason, "ETAG_MISMATCH");
    // What the document does not name stays.
    let order = contracts.get_work_order(get_order("wo-1")).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(order.version, 1);
}

async fn what_looks_wrong_is_told_and_may_be_forbidden(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let mut order = add_on("contoso", "wo-3");
    order.items[0].unit_price = Some(0);
    let request = v1::CreateWorkOrderRequest {
        work_order: Some(order),
        request_id: request_id(),
        strict: true,
        ..Default::default()
    };
    let refusal = refused(contracts.create_work_order(request.clone()).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "WARNINGS_NOT_ALLOWED"));
    assert_eq!(refusal.metadata("code"), Some("PRICE_ZERO"));
    let request = v1::CreateWorkOrderRequest { strict: false, ..request };
    let answer = contracts.create_work_order(request.clone()).await.unwrap().into_inner();
    let told: Vec<_> = answer.warnings.iter().map(|it| format!("{} {}", it.field, it.code)).collect();
    assert_eq!(told, ["work_order.items[0].unit_price PRICE_ZERO"]);
    // Also a repetition tells it.
    assert_eq!(contracts.create_work_order(request).await.unwrap().into_inner(), answer);
}
