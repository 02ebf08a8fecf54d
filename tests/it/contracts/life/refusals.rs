//! A change that cannot be made says why.

use super::*;

on_both_servers!(a_change_that_cannot_be_is_refused_by_its_own_reason,);

async fn a_change_that_cannot_be_is_refused_by_its_own_reason(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let before = read(server).await;
    let at = |at: &str| v1::SuspendWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        effective_time: time(at),
        request_id: request_id(),
        ..Default::default()
    };
    // Both sides of the term are told by `core`; here, what the wire makes of them.
    let refusal = refused(contracts.suspend_work_order(at("2027-02-01T00:00:00Z")).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "EFFECTIVE_TIME_OUTSIDE_TERM"));
    assert_eq!(refusal.metadata("end_time"), Some("2027-02-01T00:00:00Z"));
    assert_eq!(
        refused_change(call(server, "resume", &Ask::new()).await),
        "FailedPrecondition WORK_ORDER_NOT_SUSPENDED"
    );
    assert_eq!(refused_change(call(server, "revoke", &Ask::new()).await), "NotFound WAIVER_NOT_FOUND");
    let record = |item_id: &str, code: &str| v1::RecordWaiverRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        item_id: item_id.to_owned(),
        waiver: Some(v1::Waiver { code: code.to_owned(), ..waiver() }),
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = refused(contracts.record_waiver(record("ede", "NOT_PURCHASED")).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "WAIVER_NOT_ALLOWED"));
    assert_eq!(refusal.clauses, ["waiver.code WAIVER_NOT_ALLOWED"]);
    let refusal = refused(contracts.record_waiver(record("ed", "ONSITE_NOT_INCLUDED")).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "ITEM_NOT_FOUND"));
    assert_eq!((refusal.metadata("item_id"), refusal.metadata("nearest")), (Some("ed"), Some("ede")));
    let refusal = refused(
        contracts
            .suspend_work_order(v1::SuspendWorkOrderRequest {
                work_order_id: "wo-9".to_owned(),
                ..at("2026-03-01T00:00:00Z")
            })
            .await,
    );
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "WORK_ORDER_NOT_FOUND"));
    let refusal = refused(contracts.record_waiver(v1::RecordWaiverRequest { waiver: None, ..record("ede", "") }).await);
    assert_eq!(refusal.violations, ["waiver FIELD_REQUIRED"]);
    // An amendment answers for the whole order.
    let mut bad = amended();
    bad.items[1].service_id = "no-such".to_owned();
    bad.state = v1::WorkOrderState::Suspended.into();
    let request = v1::AmendWorkOrderRequest {
        work_order: Some(bad),
        effective_time: time("2026-05-01T00:00:00Z"),
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = refused(contracts.amend_work_order(request).await);
    assert_eq!(
        refusal.violations,
        ["work_order.state FIELD_CONFLICT", "work_order.items[1].service_id REFERENCE_UNKNOWN"]
    );
    let refusal = refused(contracts.amend_work_order(v1::AmendWorkOrderRequest::default()).await);
    assert_eq!(refusal.violations, ["work_order FIELD_REQUIRED", "request_id FIELD_REQUIRED"]);
    assert_eq!(read(server).await, before);

    call(server, "record", &Ask::new()).await.unwrap();
    let other = v1::Waiver { granted_by: Some("ada".to_owned()), ..waiver() };
    let request = v1::RecordWaiverRequest { waiver: Some(other), ..record("ede", "") };
    let refusal = refused(contracts.record_waiver(request).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"));
    assert_eq!(
        (refusal.metadata("resource_type"), refusal.metadata("fields")),
        (Some("waiver"), Some("waiver.granted_by"))
    );
    call(server, "suspend", &Ask::new()).await.unwrap();
    let again = at("2026-06-15T00:00:00Z");
    let refusal = refused(contracts.suspend_work_order(again).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "WORK_ORDER_NOT_ACTIVE"));
    assert_eq!(refusal.metadata("state"), Some("SUSPENDED"));
    let end = v1::TerminateWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        effective_time: time("2026-02-01T00:00:00Z"),
        request_id: request_id(),
        ..Default::default()
    };
    contracts.terminate_work_order(end).await.unwrap();
    for name in ["revoke", "amend", "suspend", "resume", "terminate"] {
        let expected = "FailedPrecondition WORK_ORDER_ALREADY_TERMINATED";
        assert_eq!(refused_change(call(server, name, &Ask::new()).await), expected, "{name}");
    }
}
