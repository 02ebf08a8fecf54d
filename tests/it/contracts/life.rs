//! The life of a work order: every call that changes a stored one, on both databases.

use entitled::proto::v1;
use tonic::{Code, Status};

use super::{get_customer, get_order};
use crate::sample::{add_on, check, document, hours, refused, stored, time, token_beside};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_life_is_told_by_every_answer,
    a_repeated_change_gets_the_first_answer,
    a_change_on_a_stale_etag_is_not_made,
    a_trial_of_a_change_writes_nothing,
    of_two_changes_at_once_one_is_made,
    a_planned_change_keeps_what_it_changes,
    what_was_recorded_later_was_not_known_before,
    a_change_that_cannot_be_is_refused_by_its_own_reason,
    a_renewal_follows_what_it_renews,
    a_document_is_amended_on_its_etag,
    what_looks_wrong_is_told_and_may_be_forbidden,
    a_customer_changes_from_an_instant_on,
);

/// In an order in which each is allowed after those before it.
const CALLS: [&str; 7] = ["record", "revoke", "amend", "suspend", "resume", "renew", "terminate"];

#[derive(Debug, Clone, Default)]
struct Ask {
    request_id: String,
    validate_only: bool,
    etag: String,
}

impl Ask {
    fn new() -> Self {
        Self { request_id: request_id(), ..Self::default() }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    work_order: v1::WorkOrder,
    revision: String,
    etag: String,
}

/// The add-on with fewer hours.
fn amended() -> v1::WorkOrder {
    let mut order = add_on("contoso", "wo-2");
    order.items[0].quantity = hours(300);
    order
}

fn waiver() -> v1::Waiver {
    v1::Waiver { code: "ONSITE_NOT_INCLUDED".to_owned(), reference: "mail".to_owned(), ..Default::default() }
}

/// Changes the add-on, or renews it; each from another month on.
async fn call(server: &TestServer, name: &str, ask: &Ask) -> Result<Answer, Status> {
    let Ask { request_id, validate_only, etag } = ask.clone();
    let (customer_id, work_order_id) = ("contoso".to_owned(), "wo-2".to_owned());
    let mut contracts = server.contracts();
    macro_rules! answer {
        ($answer:expr) => {{
            let answer = $answer.await?.into_inner();
            Answer { work_order: answer.work_order.unwrap(), revision: answer.revision, etag: answer.etag }
        }};
    }
    Ok(match name {
        "record" => answer!(contracts.record_waiver(v1::RecordWaiverRequest {
            customer_id,
            work_order_id,
            item_id: "ede".to_owned(),
            waiver: Some(waiver()),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "revoke" => answer!(contracts.revoke_waiver(v1::RevokeWaiverRequest {
            customer_id,
            work_order_id,
            item_id: "ede".to_owned(),
            code: "ONSITE_NOT_INCLUDED".to_owned(),
            reference: "mail".to_owned(),
            effective_time: time("2026-04-01T00:00:00Z"),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "amend" => answer!(contracts.amend_work_order(v1::AmendWorkOrderRequest {
            work_order: Some(amended()),
            effective_time: time("2026-05-01T00:00:00Z"),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "suspend" => answer!(contracts.suspend_work_order(v1::SuspendWorkOrderRequest {
            customer_id,
            work_order_id,
            effective_time: time("2026-06-01T00:00:00Z"),
            reason: "an open invoice".to_owned(),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "resume" => answer!(contracts.resume_work_order(v1::ResumeWorkOrderRequest {
            customer_id,
            work_order_id,
            effective_time: time("2026-07-01T00:00:00Z"),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "renew" => answer!(contracts.renew_work_order(v1::RenewWorkOrderRequest {
            customer_id,
            work_order_id,
            new_work_order_id: "wo-3".to_owned(),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        "terminate" => answer!(contracts.terminate_work_order(v1::TerminateWorkOrderRequest {
            customer_id,
            work_order_id,
            effective_time: time("2026-10-01T00:00:00Z"),
            request_id,
            validate_only,
            etag,
            ..Default::default()
        })),
        other => panic!("{other}"),
    })
}

async fn read(server: &TestServer) -> (String, String) {
    let read = server.contracts().get_customer(get_customer("contoso")).await.unwrap().into_inner();
    (read.revision, read.customer.unwrap().etag)
}

/// The decision on the add-on's hours at an instant, and the first reason.
async fn decision(server: &TestServer, at: &str) -> (v1::Decision, String) {
    let request = v1::CheckEntitlementRequest { check_time: time(at), ..check("contoso") };
    let answer = server.entitlements().check_entitlement(request).await.unwrap().into_inner();
    let reason = answer.reasons.first().map(|reason| reason.code.clone()).unwrap_or_default();
    (answer.decision(), reason)
}

async fn a_life_is_told_by_every_answer(server: &TestServer) {
    use v1::WorkOrderState::{Active, Suspended, Terminated};
    let mut revision = stored(server, "contoso").await;
    let first = revision.clone();
    for (row, (name, state)) in
        CALLS.into_iter().zip([Active, Active, Active, Suspended, Active, Active, Terminated]).enumerate()
    {
        let answer = call(server, name, &Ask::new()).await.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        assert_eq!(answer.work_order.state(), state, "{name}");
        assert_ne!(answer.revision, revision, "{name}");
        assert_eq!((answer.revision.clone(), answer.etag.clone()), read(server).await, "{name}");
        assert_eq!(answer.revision, token_beside(&first, "contoso", row as i64 + 2), "{name}");
        revision = answer.revision;
        let waivers = answer.work_order.items[0].waivers.len();
        assert_eq!(waivers, usize::from(name == "record"), "{name}");
        let quantity = answer.work_order.items[0].quantity;
        let is_before = ["record", "revoke"].contains(&name);
        assert_eq!(quantity, hours(if is_before { 400 } else { 300 }), "{name}");
        if name == "renew" {
            let order = &answer.work_order;
            assert_eq!((order.work_order_id.as_str(), order.renews_work_order_id()), ("wo-3", "wo-2"));
            assert_eq!((order.start_date.as_str(), order.end_date.as_str()), ("2027-02-01", "2028-01-31"));
            assert_eq!(order.version, 1);
        } else if name != "terminate" {
            assert_eq!(answer.work_order.version, if row < 5 { row as i64 + 2 } else { 7 }, "{name}");
        }
        if name == "terminate" {
            assert_eq!(answer.work_order.terminate_time, time("2026-10-01T00:00:00Z"));
        }
    }
    for (at, expected, reason) in [
        ("2026-05-15T12:00:00Z", v1::Decision::Entitled, ""),
        ("2026-05-31T23:59:59Z", v1::Decision::Entitled, ""),
        ("2026-06-01T00:00:00Z", v1::Decision::NotEntitled, "WORK_ORDER_SUSPENDED"),
        ("2026-06-30T23:59:59Z", v1::Decision::NotEntitled, "WORK_ORDER_SUSPENDED"),
        ("2026-07-01T00:00:00Z", v1::Decision::Entitled, ""),
        ("2026-09-30T23:59:59Z", v1::Decision::Entitled, ""),
        ("2026-10-01T00:00:00Z", v1::Decision::NotEntitled, "WORK_ORDER_TERMINATED"),
    ] {
        let (found, code) = decision(server, at).await;
        assert_eq!(found, expected, "{at}: {code}");
        if !reason.is_empty() {
            assert_eq!(code, reason, "{at}");
        }
    }
}

async fn a_repeated_change_gets_the_first_answer(server: &TestServer) {
    stored(server, "contoso").await;
    let mut first = Vec::new();
    for name in CALLS {
        let ask = Ask::new();
        first.push((name, ask.clone(), call(server, name, &ask).await.unwrap()));
    }
    let before = read(server).await;
    // Also once the order has changed, and where the change would be refused now.
    for (name, ask, answer) in &first {
        assert_eq!(&call(server, name, ask).await.unwrap(), answer, "{name}");
        let other = Ask { etag: "x".to_owned(), ..ask.clone() };
        assert_eq!(refused_change(call(server, name, &other).await), "InvalidArgument REQUEST_ID_REUSED", "{name}");
    }
    assert_eq!(read(server).await, before);
}

fn refused_change(answer: Result<Answer, Status>) -> String {
    let refusal = crate::sample::Refusal::of(&answer.unwrap_err());
    format!("{:?} {}", refusal.code, refusal.reason)
}

async fn a_change_on_a_stale_etag_is_not_made(server: &TestServer) {
    stored(server, "contoso").await;
    for name in CALLS {
        let (revision, etag) = read(server).await;
        for validate_only in [true, false] {
            let ask = Ask { etag: "x".to_owned(), validate_only, ..Ask::new() };
            assert_eq!(refused_change(call(server, name, &ask).await), "Aborted ETAG_MISMATCH", "{name}");
        }
        assert_eq!(read(server).await.0, revision, "{name}");
        let ask = Ask { etag: etag.clone(), ..Ask::new() };
        assert_ne!(call(server, name, &ask).await.unwrap().etag, etag, "{name}");
    }
}

async fn a_trial_of_a_change_writes_nothing(server: &TestServer) {
    stored(server, "contoso").await;
    for name in CALLS {
        let before = read(server).await;
        let trial = Ask { validate_only: true, ..Ask::default() };
        let told = call(server, name, &trial).await.unwrap();
        assert_eq!((told.revision, told.etag), before.clone(), "{name}");
        assert_eq!(read(server).await, before, "{name}");
        let made = call(server, name, &Ask::new()).await.unwrap();
        let bare = |order: v1::WorkOrder| v1::WorkOrder {
            version: 0,
            record_time: None,
            effective_time: None,
            actor: String::new(),
            ..order
        };
        assert_eq!(bare(made.work_order), bare(told.work_order), "{name}");
    }
    let missing = Ask::default();
    assert_eq!(refused_change(call(server, "suspend", &missing).await), "InvalidArgument FIELD_REQUIRED");
}

async fn of_two_changes_at_once_one_is_made(server: &TestServer) {
    stored(server, "contoso").await;
    let (_, etag) = read(server).await;
    let ask = || Ask { etag: etag.clone(), ..Ask::new() };
    let (one, other) = (ask(), ask());
    let (one, other) = tokio::join!(call(server, "amend", &one), call(server, "suspend", &other));
    let results = [one, other];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let refusal = results.into_iter().find(Result::is_err).map(refused_change).unwrap();
    assert_eq!(refusal, "Aborted ETAG_MISMATCH");
}

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
