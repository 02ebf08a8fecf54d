//! Changes that cannot be: each is refused by a reason of its own, and nothing is written.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, TimeZone as _, Utc};
use entitled::proto::v1;
use prost_types::Timestamp;
use tonic::Status;

use super::changes::*;
use super::get_order;
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    what_cannot_be_is_refused_and_nothing_is_written,
    times_beyond_what_is_kept_are_refused,
    a_time_is_kept_in_whole_microseconds,
    versions_that_are_not_there_are_not_found,
);

/// All that a write would change.
async fn standing(server: &TestServer) -> (String, String, Vec<i64>, usize) {
    let mut contracts = server.contracts();
    let customer = contracts.get_customer(super::get_customer("contoso")).await.unwrap().into_inner();
    let mut versions = Vec::new();
    for order in ["wo-1", "wo-2", "wo-3", "wo-4"] {
        let request = v1::ListWorkOrderVersionsRequest {
            customer_id: "contoso".to_owned(),
            work_order_id: order.to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        let listed = contracts.list_work_order_versions(request).await.unwrap().into_inner().work_order_versions;
        versions.extend(listed.iter().map(|version| version.work_order.as_ref().unwrap().version));
    }
    let request =
        v1::ListAuditRecordsRequest { customer_id: "contoso".to_owned(), page_size: 1_000, ..Default::default() };
    let records = contracts.list_audit_records(request).await.unwrap().into_inner().audit_records;
    (customer.revision, customer.customer.unwrap().etag, versions, records.len())
}

/// Besides the base and the hours: `wo-3` is terminated, `wo-4` a draft.
async fn four_orders(server: &TestServer) {
    stored(server).await;
    for (id, state) in [("wo-3", v1::WorkOrderState::Active), ("wo-4", v1::WorkOrderState::Draft)] {
        let order = v1::WorkOrder { work_order_id: id.to_owned(), state: state.into(), ..hours_order() };
        server.contracts().create_work_order(crate::sample::create(order)).await.unwrap();
    }
    terminate(server, "wo-3", Some(in_days(-1))).await.unwrap();
}

fn renewal(id: &str, new_id: &str, start_date: DateTime<Utc>) -> v1::RenewWorkOrderRequest {
    v1::RenewWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: id.to_owned(),
        new_work_order_id: new_id.to_owned(),
        start_date: Some(start_date.date_naive().to_string()),
        request_id: request_id(),
        ..Default::default()
    }
}

fn waiving(code: &str, item_id: &str) -> v1::RecordWaiverRequest {
    v1::RecordWaiverRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        item_id: item_id.to_owned(),
        waiver: Some(v1::Waiver { code: code.to_owned(), reference: "mail".to_owned(), ..Default::default() }),
        request_id: request_id(),
        ..Default::default()
    }
}

fn revoking(code: &str) -> v1::RevokeWaiverRequest {
    v1::RevokeWaiverRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        item_id: "ede".to_owned(),
        code: code.to_owned(),
        reference: "mail".to_owned(),
        request_id: request_id(),
        ..Default::default()
    }
}

/// Every change there is, of that kind, each as a trial and for good.
async fn what_cannot_be_is_refused_and_nothing_is_written(server: &TestServer) {
    four_orders(server).await;
    let before = standing(server).await;
    let ended =
        v1::WorkOrder { work_order_id: "wo-3".to_owned(), covered_products: vec!["*".to_owned()], ..hours_order() };
    let changed = v1::WorkOrder { covered_products: vec!["*".to_owned()], ..hours_order() };
    let mut reasons = BTreeSet::new();
    for validate_only in [true, false] {
        let mut contracts = server.contracts();
        macro_rules! refuse {
            ($call:ident, $request:expr, $expected:expr) => {{
                let mut request = $request;
                request.validate_only = validate_only;
                assert_eq!(refusal(contracts.$call(request).await), $expected, "{}", stringify!($call));
                assert_eq!(standing(server).await, before, "{}", stringify!($call));
                reasons.insert($expected);
            }};
        }
        let terminated = "FailedPrecondition WORK_ORDER_ALREADY_TERMINATED";
        refuse!(amend_work_order, amendment(ended.clone(), None), terminated);
        refuse!(suspend_work_order, suspension("wo-3", None), terminated);
        refuse!(resume_work_order, resumption("wo-3", None), terminated);
        refuse!(terminate_work_order, termination("wo-3", None), terminated);
        let outside = "InvalidArgument EFFECTIVE_TIME_OUTSIDE_TERM";
        for days in [-250, 450] {
            let from = Some(in_days(days));
            refuse!(amend_work_order, amendment(changed.clone(), from), outside);
            refuse!(suspend_work_order, suspension("wo-2", from), outside);
            refuse!(terminate_work_order, termination("wo-2", from), outside);
            let effective_time = from.map(stamp);
            let record = v1::RecordWaiverRequest { effective_time, ..waiving("ONSITE_NOT_INCLUDED", "ede") };
            refuse!(record_waiver, record, outside);
        }
        let not_active = "FailedPrecondition WORK_ORDER_NOT_ACTIVE";
        refuse!(suspend_work_order, suspension("wo-4", None), not_active);
        refuse!(terminate_work_order, termination("wo-4", None), not_active);
        refuse!(renew_work_order, renewal("wo-4", "wo-5", in_days(401)), not_active);
        let not_suspended = "FailedPrecondition WORK_ORDER_NOT_SUSPENDED";
        for id in ["wo-2", "wo-4"] {
            refuse!(resume_work_order, resumption(id, None), not_suspended);
        }
        let overlapping = "FailedPrecondition RENEWAL_OVERLAPS";
        for days in [-100, 0, 400] {
            refuse!(renew_work_order, renewal("wo-2", "wo-5", in_days(days)), overlapping);
        }
        let not_allowed = "FailedPrecondition WAIVER_NOT_ALLOWED";
        for code in ["NOT_PURCHASED", "WORK_ORDER_EXPIRED", "HOURS_EXHAUSTED", "WAIVER_NOT_ALLOWED"] {
            refuse!(record_waiver, waiving(code, "ede"), not_allowed);
        }
        for code in ["NO_SUCH_CLAUSE", "onsite_not_included"] {
            refuse!(record_waiver, waiving(code, "ede"), "InvalidArgument REFERENCE_UNKNOWN");
        }
        refuse!(record_waiver, waiving("ONSITE_NOT_INCLUDED", "edf"), "NotFound ITEM_NOT_FOUND");
        refuse!(revoke_waiver, revoking("ONSITE_NOT_INCLUDED"), "NotFound WAIVER_NOT_FOUND");
        refuse!(suspend_work_order, suspension("wo-9", None), "NotFound WORK_ORDER_NOT_FOUND");
        let stale = |mut request: v1::AmendWorkOrderRequest| {
            request.etag = "stale".to_owned();
            request
        };
        refuse!(amend_work_order, stale(amendment(changed.clone(), None)), "Aborted ETAG_MISMATCH");
        let jump = v1::WorkOrder { state: v1::WorkOrderState::Suspended.into(), ..changed.clone() };
        refuse!(amend_work_order, amendment(jump, None), "InvalidArgument FIELD_CONFLICT");
    }
    assert_eq!(reasons.len(), 12, "{reasons:?}");
}

async fn times_beyond_what_is_kept_are_refused(server: &TestServer) {
    stored(server).await;
    let before = current(server, "wo-2").await;
    let year_9999 = Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59).unwrap().timestamp();
    let customer = |effective_time| v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { display_name: "Contoso plc".to_owned(), ..crate::sample::customer("contoso") }),
        effective_time: Some(effective_time),
        request_id: request_id(),
        ..Default::default()
    };
    let mut contracts = server.contracts();
    for (seconds, nanos) in [(-1, 0), (i64::MIN, 0), (i64::MAX, 0), (year_9999 + 1, 0), (0, -1), (0, 1_000_000_000)] {
        let effective_time = Some(Timestamp { seconds, nanos });
        let changed = v1::WorkOrder { covered_products: vec!["*".to_owned()], ..hours_order() };
        let expected = "InvalidArgument FIELD_OUT_OF_RANGE";
        let amend = v1::AmendWorkOrderRequest { effective_time, ..amendment(changed, None) };
        assert_eq!(refusal(contracts.amend_work_order(amend).await), expected, "{seconds} {nanos}");
        let suspend = v1::SuspendWorkOrderRequest { effective_time, ..suspension("wo-2", None) };
        assert_eq!(refusal(contracts.suspend_work_order(suspend).await), expected, "{seconds} {nanos}");
        let resume = v1::ResumeWorkOrderRequest { effective_time, ..resumption("wo-2", None) };
        assert_eq!(refusal(contracts.resume_work_order(resume).await), expected, "{seconds} {nanos}");
        let terminate = v1::TerminateWorkOrderRequest { effective_time, ..termination("wo-2", None) };
        assert_eq!(refusal(contracts.terminate_work_order(terminate).await), expected, "{seconds} {nanos}");
        let record = v1::RecordWaiverRequest { effective_time, ..waiving("ONSITE_NOT_INCLUDED", "ede") };
        assert_eq!(refusal(contracts.record_waiver(record).await), expected, "{seconds} {nanos}");
        let revoke = v1::RevokeWaiverRequest { effective_time, ..revoking("ONSITE_NOT_INCLUDED") };
        assert_eq!(refusal(contracts.revoke_waiver(revoke).await), expected, "{seconds} {nanos}");
        let update = customer(Timestamp { seconds, nanos });
        assert_eq!(refusal(contracts.update_customer(update).await), expected, "{seconds} {nanos}");
        for get in [
            v1::GetWorkOrderRequest { as_of_time: effective_time, ..get_order("wo-2") },
            v1::GetWorkOrderRequest { known_time: effective_time, ..get_order("wo-2") },
        ] {
            assert_eq!(refusal(contracts.get_work_order(get).await), expected, "{seconds} {nanos}");
        }
    }
    // In the year 9999 and in 1970 no order runs; a customer may change then.
    for seconds in [year_9999, 0] {
        let suspend = v1::SuspendWorkOrderRequest {
            effective_time: Some(Timestamp { seconds, nanos: 0 }),
            ..suspension("wo-2", None)
        };
        let refused = refusal(contracts.suspend_work_order(suspend).await);
        assert_eq!(refused, "InvalidArgument EFFECTIVE_TIME_OUTSIDE_TERM");
    }
    assert_eq!(current(server, "wo-2").await, before);
    for (seconds, version) in [(year_9999, 2), (0, 3)] {
        let changed = contracts.update_customer(customer(Timestamp { seconds, nanos: 0 })).await.unwrap();
        assert_eq!(changed.into_inner().customer.unwrap().version, version);
        for at in [seconds, 0, year_9999] {
            let get =
                v1::GetWorkOrderRequest { as_of_time: Some(Timestamp { seconds: at, nanos: 0 }), ..get_order("wo-2") };
            assert_eq!(read(server, get).await, before);
        }
    }
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
}

async fn a_time_is_kept_in_whole_microseconds(server: &TestServer) {
    stored(server).await;
    let second = in_days(-30).timestamp();
    let at = |nanos| Some(Timestamp { seconds: second, nanos });
    let suspend = v1::SuspendWorkOrderRequest { effective_time: at(123_456_999), ..suspension("wo-2", None) };
    let order = server.contracts().suspend_work_order(suspend).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(order.effective_time, at(123_456_000));
    for (nanos, expected) in [
        (123_455_999, v1::WorkOrderState::Active),
        (123_456_000, v1::WorkOrderState::Suspended),
        (123_456_001, v1::WorkOrderState::Suspended),
        (123_456_999, v1::WorkOrderState::Suspended),
    ] {
        let get = v1::GetWorkOrderRequest { as_of_time: at(nanos), ..get_order("wo-2") };
        assert_eq!(read(server, get).await.state(), expected, "{nanos}");
        let question = v1::CheckEntitlementRequest { check_time: at(nanos), ..check_now() };
        let expected = if expected == v1::WorkOrderState::Active { "ENTITLED" } else { "WORK_ORDER_SUSPENDED" };
        assert_eq!(ask(server, question).await, expected, "{nanos}");
    }
    let terminate = v1::TerminateWorkOrderRequest { effective_time: at(999_999_999), ..termination("wo-2", None) };
    let order = server.contracts().terminate_work_order(terminate).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(order.terminate_time, at(999_999_000));
}

async fn versions_that_are_not_there_are_not_found(server: &TestServer) {
    stored(server).await;
    amend(server, v1::WorkOrder { covered_products: vec!["*".to_owned()], ..hours_order() }, None).await.unwrap();
    let mut contracts = server.contracts();
    let version = |version| v1::GetWorkOrderRequest { version: Some(version), ..get_order("wo-2") };
    for number in [1, 2] {
        assert_eq!(read(server, version(number)).await.version, number);
    }
    for number in [3, i64::MAX] {
        assert_eq!(refusal(contracts.get_work_order(version(number)).await), "NotFound WORK_ORDER_VERSION_NOT_FOUND");
    }
    for number in [0, -1, i64::MIN] {
        assert_eq!(refusal(contracts.get_work_order(version(number)).await), "InvalidArgument FIELD_OUT_OF_RANGE");
    }
    for beside in [
        v1::GetWorkOrderRequest { known_time: Some(stamp(now())), ..version(1) },
        v1::GetWorkOrderRequest { as_of_time: Some(stamp(now())), ..version(1) },
    ] {
        assert_eq!(refusal(contracts.get_work_order(beside).await), "InvalidArgument FIELD_CONFLICT");
    }
    let long_ago = v1::GetWorkOrderRequest { known_time: Some(stamp(now() - Duration::days(1))), ..get_order("wo-2") };
    let refused: Result<_, Status> = contracts.get_work_order(long_ago).await;
    assert!(refusal(refused).starts_with("NotFound "));
    let diff = |old, new| v1::DiffWorkOrderVersionsRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        old_version: old,
        new_version: new,
    };
    for (old, new) in [(Some(3), None), (None, Some(3)), (Some(9), Some(9))] {
        let refused = contracts.diff_work_order_versions(diff(old, new)).await;
        assert_eq!(refusal(refused), "NotFound WORK_ORDER_VERSION_NOT_FOUND", "{old:?} {new:?}");
    }
    for (old, new) in [(Some(0), None), (None, Some(-1))] {
        let refused = contracts.diff_work_order_versions(diff(old, new)).await;
        assert_eq!(refusal(refused), "InvalidArgument FIELD_OUT_OF_RANGE", "{old:?} {new:?}");
    }
    for (old, new, count) in
        [(None, None, 1), (Some(1), Some(2), 1), (Some(2), Some(1), 1), (Some(2), Some(2), 0), (None, Some(1), 0)]
    {
        let told = contracts.diff_work_order_versions(diff(old, new)).await.unwrap().into_inner();
        assert_eq!(told.changes.len(), count, "{old:?} {new:?}: {told:?}");
    }
}
