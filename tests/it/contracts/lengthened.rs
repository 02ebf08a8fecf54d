//! A later end that is planned counts for work that is done once it is in effect: a check and the ledger say the same.

use chrono::{DateTime, Datelike as _, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use crate::sample::{Refusal, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    work_behind_the_old_end_is_held_as_it_is_checked,
    a_hold_that_a_withdrawal_leaves_behind_is_told,
    a_block_is_over_until_a_plan_that_begins_late,
    what_is_planned_behind_a_plan_ends_a_hold_for_it_too,
);

fn until_day(days: i64) -> v1::WorkOrder {
    v1::WorkOrder { end_date: in_days(days).date_naive().to_string(), ..hours_order() }
}

/// Ends in 20 days; from the tenth day on, in 60.
async fn lengthened(server: &TestServer) -> DateTime<Utc> {
    stored(server).await;
    amend(server, until_day(20), None).await.unwrap();
    let end = instant(block_at(server, None).await.expire_time);
    amend(server, until_day(60), Some(in_days(10))).await.unwrap();
    assert_eq!(instant(block_at(server, None).await.expire_time), end, "until the day comes");
    end
}

/// An hour at noon of the first Wednesday so many days from now or later.
fn noon_in(days: i64) -> (DateTime<Utc>, DateTime<Utc>) {
    let day = in_days(days).date_naive();
    let to_wednesday = (9 - i64::from(day.weekday().num_days_from_monday())).rem_euclid(7);
    let start = (day + Duration::days(to_wednesday)).and_hms_opt(12, 0, 0).unwrap().and_utc();
    (start, start + Duration::hours(1))
}

fn check_of((start, end): (DateTime<Utc>, DateTime<Utc>)) -> v1::CheckEntitlementRequest {
    let delivery = v1::Delivery { start_time: Some(stamp(start)), end_time: Some(stamp(end)), ..Default::default() };
    v1::CheckEntitlementRequest { delivery: Some(delivery), ..check_now() }
}

fn hold(window: (DateTime<Utc>, DateTime<Utc>), expire_time: Option<DateTime<Utc>>) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block(),
        quantity: hours(1),
        performed: Some(performed(window)),
        expire_time: expire_time.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

fn any_block(request: v1::ReserveUnitsRequest) -> v1::ReserveUnitsRequest {
    let v1::ConsumeUnitsRequest { location_id, product_id, service_id, .. } = consume_any(1, None);
    v1::ReserveUnitsRequest { block_id: String::new(), location_id, product_id, service_id, ..request }
}

fn longer(held: &v1::Reservation, to: DateTime<Utc>) -> v1::ExtendReservationRequest {
    v1::ExtendReservationRequest {
        customer_id: "contoso".to_owned(),
        reservation_id: held.reservation_id.clone(),
        expire_time: Some(stamp(to)),
        request_id: request_id(),
        ..Default::default()
    }
}

async fn work_behind_the_old_end_is_held_as_it_is_checked(server: &TestServer) {
    let end = lengthened(server).await;
    let mut ledger = server.ledger();
    let within = noon_in(25);
    for request in [hold(within, None), any_block(hold(within, None))] {
        assert_eq!(ask(server, check_of(within)).await, "ENTITLED");
        let held = ledger.reserve_units(request).await.unwrap().into_inner().reservation.unwrap();
        assert!(instant(held.expire_time) > now());
    }
    // As long as the block lasts by then, and no longer.
    let lasting = hold(within, Some(in_days(40)));
    let held = ledger.reserve_units(lasting).await.unwrap().into_inner().reservation.unwrap();
    assert!(instant(held.expire_time) > end);
    ledger.extend_reservation(longer(&held, in_days(50))).await.unwrap();
    let beyond = "InvalidArgument EXPIRY_BEYOND_BLOCK";
    assert_eq!(refusal(ledger.extend_reservation(longer(&held, in_days(70))).await), beyond);
    assert_eq!(refusal(ledger.reserve_units(hold(within, Some(in_days(70)))).await), beyond);
    let behind = noon_in(65);
    assert_eq!(refusal(ledger.reserve_units(hold(behind, None)).await), "FailedPrecondition FORFEITED");
    assert_eq!(ask(server, check_of(behind)).await, "FORFEITED");
    // What is for now is held no longer than the block lasts now.
    let usual = v1::ReserveUnitsRequest { performed: None, ..hold(within, Some(in_days(40))) };
    assert_eq!(refusal(ledger.reserve_units(usual).await), beyond);
    let listed = block_at(server, None).await;
    assert_eq!((instant(listed.expire_time), listed.reserved), (end, 180));
}

async fn a_hold_that_a_withdrawal_leaves_behind_is_told(server: &TestServer) {
    let end = lengthened(server).await;
    let within = noon_in(25);
    let held = server.ledger().reserve_units(hold(within, Some(in_days(40)))).await.unwrap().into_inner();
    let id = held.reservation.unwrap().reservation_id;
    let withdrawal = amendment(until_day(20), Some(in_days(11)));
    let preview = v1::AmendWorkOrderRequest { validate_only: true, ..withdrawal.clone() };
    let told = server.contracts().amend_work_order(preview).await.unwrap().into_inner().effects.unwrap();
    let [reservation] = told.reservations.as_slice() else { panic!("{told:?}") };
    assert_eq!((&reservation.reservation_id, instant(reservation.block_end_time)), (&id, end));
    server.contracts().amend_work_order(withdrawal).await.unwrap();
    assert_eq!(ask(server, check_of(within)).await, "FORFEITED");
    let refused = server.ledger().reserve_units(hold(within, None)).await;
    assert_eq!(Refusal::of(&refused.unwrap_err()).reason, "FORFEITED");
    // What is held stays held until it runs out, and gives way to nobody.
    assert_eq!(block_at(server, None).await.reserved, 60);
}

/// By dates it goes on from there, as it does when the day comes.
async fn a_block_is_over_until_a_plan_that_begins_late(server: &TestServer) {
    stored(server).await;
    amend(server, until_day(-20), Some(in_days(-60))).await.unwrap();
    amend(server, until_day(60), Some(in_days(10))).await.unwrap();
    assert_eq!(refusal(server.ledger().consume_units(consume(1, None)).await), "FailedPrecondition FORFEITED");
    let within = noon_in(25);
    assert_eq!(ask(server, check_of(within)).await, "ENTITLED");
    server.ledger().reserve_units(hold(within, None)).await.unwrap();
}

/// One plan changes something else, and a later one takes the hours away.
async fn what_is_planned_behind_a_plan_ends_a_hold_for_it_too(server: &TestServer) {
    stored(server).await;
    let mut priced = hours_order();
    priced.items[0].unit_price = Some(1);
    amend(server, priced.clone(), Some(in_days(10))).await.unwrap();
    priced.items.remove(0);
    let end = in_days(40);
    amend(server, priced, Some(end)).await.unwrap();
    let (start, _) = noon_in(20);
    let across = (start, end + Duration::hours(1));
    assert_eq!(refusal(server.ledger().reserve_units(hold(across, None)).await), "FailedPrecondition FORFEITED");
    let beyond = hold(noon_in(20), Some(end + Duration::days(1)));
    let refused = crate::sample::refused(server.ledger().reserve_units(beyond).await);
    assert_eq!(refused.reason, "EXPIRY_BEYOND_BLOCK");
    server.ledger().reserve_units(hold(noon_in(20), None)).await.unwrap();
}
