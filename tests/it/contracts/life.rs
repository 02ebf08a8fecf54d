//! The life of a work order: every call that changes a stored one, on both databases.

mod documents;
mod over_time;
mod refusals;

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
    effects: Option<v1::ContractEffects>,
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
            let (work_order, effects) = (answer.work_order.unwrap(), answer.effects);
            Answer { work_order, revision: answer.revision, etag: answer.etag, effects }
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
        assert!(told.effects.unwrap().effective_time.is_some(), "{name}");
        let made = call(server, name, &Ask::new()).await.unwrap();
        assert_eq!(made.effects, None, "{name}");
        // A trial has no version of its own.
        let bare = |order: v1::WorkOrder| {
            let order = v1::WorkOrder { version: 0, record_time: None, effective_time: None, ..order };
            v1::WorkOrder { actor: String::new(), ..order }
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
