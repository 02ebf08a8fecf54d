//! A contract around the time of the test, and the shortest way to change it.

use chrono::{DateTime, Datelike as _, Duration, Utc};
use entitled::model::block_id;
use entitled::proto::v1;
use entitled::service::Clock;
use prost_types::Timestamp;
use tonic::Status;

use super::get_order;
use crate::ledger::samples::told;
use crate::sample::{self, DUBLIN, ENGINEERING, add_on, base, customer, hours};
use crate::server::{TestServer, request_id};

pub(super) fn now() -> DateTime<Utc> {
    Clock::System.now()
}

pub(super) fn stamp(instant: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: instant.timestamp(), nanos: instant.timestamp_subsec_nanos().try_into().unwrap() }
}

pub(super) fn instant(stamp: Option<Timestamp>) -> DateTime<Utc> {
    let Timestamp { seconds, nanos } = stamp.expect("a time");
    DateTime::from_timestamp(seconds, nanos.try_into().unwrap()).unwrap()
}

pub(super) fn in_days(days: i64) -> DateTime<Utc> {
    now() + Duration::days(days)
}

/// Noon of a Wednesday two or three weeks ago, in the middle of the hours in which people work.
pub(super) fn wednesday() -> DateTime<Utc> {
    let day = in_days(-14).date_naive();
    let day = day - Duration::days((day.weekday().num_days_from_monday() + 5).rem_euclid(7).into());
    day.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

/// From 200 days ago to in 400 days.
fn lasting(order: v1::WorkOrder) -> v1::WorkOrder {
    let day = |days: i64| in_days(days).date_naive().to_string();
    v1::WorkOrder { start_date: day(-200), end_date: day(400), ..order }
}

/// The add-on `wo-2`: 400 hours of engineering for Azure in Dublin, and the enhanced response.
pub(super) fn hours_order() -> v1::WorkOrder {
    lasting(add_on("contoso", "wo-2"))
}

pub(super) fn base_order() -> v1::WorkOrder {
    lasting(base("contoso"))
}

/// Stores both orders; the time at which the add-on was recorded.
pub(super) async fn stored(server: &TestServer) -> DateTime<Utc> {
    stored_as(server, [hours_order(), base_order()]).await;
    instant(current(server, "wo-2").await.record_time)
}

pub(super) async fn stored_as(server: &TestServer, orders: [v1::WorkOrder; 2]) {
    let document = v1::ApplyContractRequest {
        customer: Some(customer("contoso")),
        work_orders: orders.map(|order| v1::WorkOrder { customer_id: String::new(), ..order }).into(),
        request_id: request_id(),
        ..Default::default()
    };
    server.contracts().apply_contract(document).await.unwrap();
}

pub(super) async fn read(server: &TestServer, request: v1::GetWorkOrderRequest) -> v1::WorkOrder {
    server.contracts().get_work_order(request).await.unwrap().into_inner().work_order.unwrap()
}

pub(super) async fn current(server: &TestServer, work_order_id: &str) -> v1::WorkOrder {
    read(server, get_order(work_order_id)).await
}

/// From when on, or now.
type From = Option<DateTime<Utc>>;

pub(super) fn amendment(work_order: v1::WorkOrder, from: From) -> v1::AmendWorkOrderRequest {
    v1::AmendWorkOrderRequest {
        work_order: Some(work_order),
        effective_time: from.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) async fn amend(server: &TestServer, order: v1::WorkOrder, from: From) -> Result<v1::WorkOrder, Status> {
    let answer = server.contracts().amend_work_order(amendment(order, from)).await?;
    Ok(answer.into_inner().work_order.unwrap())
}

pub(super) fn suspension(work_order_id: &str, from: From) -> v1::SuspendWorkOrderRequest {
    v1::SuspendWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: work_order_id.to_owned(),
        effective_time: from.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) async fn suspend(server: &TestServer, id: &str, from: From) -> Result<v1::WorkOrder, Status> {
    let answer = server.contracts().suspend_work_order(suspension(id, from)).await?;
    Ok(answer.into_inner().work_order.unwrap())
}

pub(super) fn resumption(work_order_id: &str, from: From) -> v1::ResumeWorkOrderRequest {
    v1::ResumeWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: work_order_id.to_owned(),
        effective_time: from.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) async fn resume(server: &TestServer, id: &str, from: From) -> Result<v1::WorkOrder, Status> {
    let answer = server.contracts().resume_work_order(resumption(id, from)).await?;
    Ok(answer.into_inner().work_order.unwrap())
}

pub(super) fn termination(work_order_id: &str, from: From) -> v1::TerminateWorkOrderRequest {
    v1::TerminateWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: work_order_id.to_owned(),
        effective_time: from.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(super) async fn terminate(server: &TestServer, id: &str, from: From) -> Result<v1::WorkOrder, Status> {
    let answer = server.contracts().terminate_work_order(termination(id, from)).await?;
    Ok(answer.into_inner().work_order.unwrap())
}

/// The code and the reason of a refusal, as `FailedPrecondition WORK_ORDER_SUSPENDED`.
pub(super) fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let (code, reason) = told(&answer.expect_err("it is refused"));
    format!("{code:?} {reason}")
}

/// Whether the hours may be used at an instant.
pub(super) fn check_at(at: DateTime<Utc>) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest { check_time: Some(stamp(at)), ..sample::check("contoso") }
}

pub(super) fn check_now() -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest { check_time: None, ..sample::check("contoso") }
}

/// The answer, in short: `ENTITLED`, or the first reason.
pub(super) async fn ask(server: &TestServer, question: v1::CheckEntitlementRequest) -> String {
    let answer = server.entitlements().check_entitlement(question).await.unwrap().into_inner();
    in_short(answer.decision(), &answer.reasons)
}

pub(super) fn in_short(decision: v1::Decision, reasons: &[v1::Reason]) -> String {
    match decision {
        v1::Decision::Entitled => "ENTITLED".to_owned(),
        _ => reasons.first().map(|reason| reason.code.clone()).unwrap_or_default(),
    }
}

/// The block of the hours.
pub(super) fn block() -> String {
    block_id("contoso", "wo-2", "ede", ENGINEERING).to_string()
}

pub(super) async fn block_at(server: &TestServer, at: From) -> v1::Block {
    let request =
        v1::GetBlockRequest { customer_id: "contoso".to_owned(), block_id: block(), as_of_time: at.map(stamp) };
    server.ledger().get_block(request).await.unwrap().into_inner().block.unwrap()
}

/// So many hours of the block, for work done then; now, if at no time.
pub(super) fn consume(amount: i64, done: Option<(DateTime<Utc>, DateTime<Utc>)>) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block(),
        quantity: hours(amount),
        performed: done.map(performed),
        request_id: request_id(),
        ..Default::default()
    }
}

/// The same of whichever block serves Dublin.
pub(super) fn consume_any(amount: i64, done: Option<(DateTime<Utc>, DateTime<Utc>)>) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        block_id: String::new(),
        location_id: DUBLIN.to_owned(),
        product_id: "azure/app-service".to_owned(),
        service_id: ENGINEERING.to_owned(),
        ..consume(amount, done)
    }
}

pub(super) fn performed((start, end): (DateTime<Utc>, DateTime<Utc>)) -> v1::Performed {
    v1::Performed { start_time: Some(stamp(start)), end_time: Some(stamp(end)) }
}

/// So many hours of the block, held for a day.
pub(super) async fn reserve(server: &TestServer, amount: i64) -> v1::Reservation {
    let request = v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block(),
        quantity: hours(amount),
        expire_time: Some(stamp(in_days(1))),
        request_id: request_id(),
        ..Default::default()
    };
    server.ledger().reserve_units(request).await.unwrap().into_inner().reservation.unwrap()
}

pub(super) fn commit(
    reservation_id: &str,
    done: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> v1::CommitReservationRequest {
    v1::CommitReservationRequest {
        customer_id: "contoso".to_owned(),
        reservation_id: reservation_id.to_owned(),
        performed: done.map(performed),
        request_id: request_id(),
        ..Default::default()
    }
}

/// Reads until a condition holds: for what time alone brings about.
pub(super) async fn until(holds: impl AsyncFn() -> bool) {
    let begun = now();
    while !holds().await {
        assert!(now() - begun < Duration::seconds(60), "it never comes to hold");
        tokio::task::yield_now().await;
    }
}
