//! A block that a planned change ends is known to end from the moment the change is recorded.

use std::process::Command;

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;
use entitled::store::{Store, StoreConfig, Txn, open_holds_in_txn};
use serde_json::Value;

use super::changes::*;
use crate::sample::{Refusal, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_planned_removal_is_told_by_everyone,
    a_planned_end_is_told_by_everyone,
    nothing_is_held_past_a_planned_removal,
    a_plan_that_is_withdrawn_ends_nothing,
    what_is_planned_behind_another_change_is_known_too,
    a_longer_term_counts_from_its_own_day_on,
    what_is_told_beforehand_comes_true,
    a_planned_shrink_may_be_overtaken_by_use,
    a_check_of_the_past_counts_what_is_used_by_now,
    so_many_holds_are_looked_at_those_that_last_longest,
);

fn without_hours() -> v1::WorkOrder {
    let mut order = hours_order();
    order.items.remove(0);
    order
}

fn until_day(days: i64) -> v1::WorkOrder {
    v1::WorkOrder { end_date: in_days(days).date_naive().to_string(), ..hours_order() }
}

fn of_hours(amount: i64) -> v1::WorkOrder {
    let mut order = hours_order();
    order.items[0].quantity = hours(amount);
    order
}

async fn end(server: &TestServer, at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    instant(block_at(server, at).await.expire_time)
}

/// The end that a check tells of the block, and until when its answer holds.
async fn checked(server: &TestServer) -> (DateTime<Utc>, DateTime<Utc>) {
    let answer = server.entitlements().check_entitlement(check_now()).await.unwrap().into_inner();
    (instant(answer.coverage.unwrap().blocks[0].expire_time), instant(answer.valid_until))
}

async fn listed(server: &TestServer) -> DateTime<Utc> {
    let request = v1::ListBlocksRequest { customer_id: "contoso".to_owned(), ..Default::default() };
    instant(server.ledger().list_blocks(request).await.unwrap().into_inner().blocks[0].expire_time)
}

fn hold(expire_time: Option<DateTime<Utc>>) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block(),
        quantity: hours(1),
        expire_time: expire_time.map(stamp),
        request_id: request_id(),
        ..Default::default()
    }
}

/// What `entitled ledger verify` finds.
async fn misfit(server: &TestServer) -> Value {
    let address = server.address.to_string();
    let verify = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
        command.args(["ledger", "verify", "--output", "json", "--address", &address]).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(verify).await.unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    told["misfit"].clone()
}

async fn a_planned_removal_is_told_by_everyone(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let (own, before, day) = (end(server, None).await, now(), in_days(10));
    amend(server, without_hours(), Some(day)).await.unwrap();
    assert_eq!([end(server, None).await, end(server, Some(now())).await, listed(server).await], [day; 3]);
    assert_eq!(end(server, Some(before)).await, own, "as it was known before");
    assert_eq!(checked(server).await, (day, day));
    // Until then it serves as it did, and a write tells the end, too.
    let taken = server.ledger().consume_units(consume(10, None)).await.unwrap().into_inner();
    let [block] = taken.balances.as_slice() else { panic!("{taken:?}") };
    assert_eq!((block.granted, block.available, instant(block.expire_time)), (24_000, 22_800, day));
    assert_eq!(misfit(server).await, Value::Null);
}

async fn a_planned_end_is_told_by_everyone(server: &TestServer) {
    stored(server).await;
    amend(server, until_day(20), Some(in_days(10))).await.unwrap();
    let day = end(server, None).await;
    assert!(day > in_days(19) && day < in_days(22), "{day}");
    assert_eq!((listed(server).await, checked(server).await.0), (day, day));
    let refused = server.ledger().reserve_units(hold(Some(day + Duration::seconds(1)))).await.unwrap_err();
    assert_eq!(refusal::<()>(Err(refused)), "InvalidArgument EXPIRY_BEYOND_BLOCK");
    server.ledger().reserve_units(hold(Some(day))).await.unwrap();
    // An end that lies before the day of the change is told as that day.
    amend(server, until_day(5), Some(in_days(10))).await.unwrap();
    let told = end(server, None).await;
    assert!(told > in_days(9) && told < in_days(11), "{told}");
}

async fn nothing_is_held_past_a_planned_removal(server: &TestServer) {
    stored(server).await;
    let held = server.ledger().reserve_units(hold(Some(in_days(20)))).await.unwrap().into_inner().reservation.unwrap();
    let day = now() + Duration::hours(2);
    amend(server, without_hours(), Some(day)).await.unwrap();
    let refused = Refusal::of(&server.ledger().reserve_units(hold(Some(in_days(1)))).await.unwrap_err());
    assert_eq!(refused.violations, ["expire_time EXPIRY_BEYOND_BLOCK"]);
    let told = refused.metadata("end_time").map(|time| DateTime::parse_from_rfc3339(time).unwrap().to_utc());
    assert_eq!(told, Some(day));
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".to_owned(),
        reservation_id: held.reservation_id.clone(),
        expire_time: Some(stamp(in_days(30))),
        request_id: request_id(),
        ..Default::default()
    };
    let refused = server.ledger().extend_reservation(extend).await.unwrap_err();
    assert_eq!(refusal::<()>(Err(refused)), "InvalidArgument EXPIRY_BEYOND_BLOCK");
    // The usual hold ends with the block; the one of before is kept as it was.
    let usual = server.ledger().reserve_units(hold(None)).await.unwrap().into_inner().reservation.unwrap();
    assert_eq!(instant(usual.expire_time), day);
    // For work behind the removal nothing can be held; a check of it says the same.
    let work = (day + Duration::hours(1), day + Duration::hours(2));
    let across = (day - Duration::hours(1), day + Duration::hours(1));
    for (work, expected) in [(work, "FailedPrecondition FORFEITED"), (across, "FailedPrecondition FORFEITED")] {
        let request = v1::ReserveUnitsRequest { performed: Some(performed(work)), ..hold(None) };
        assert_eq!(refusal(server.ledger().reserve_units(request).await), expected, "{work:?}");
    }
    let delivery = v1::Delivery { end_time: Some(stamp(across.1)), ..Default::default() };
    assert_eq!(ask(server, v1::CheckEntitlementRequest { delivery: Some(delivery), ..check_now() }).await, "FORFEITED");
    server.ledger().commit_reservation(commit(&held.reservation_id, None)).await.unwrap();
    assert_eq!(misfit(server).await, Value::Null);
}

async fn a_plan_that_is_withdrawn_ends_nothing(server: &TestServer) {
    stored(server).await;
    let (own, day) = (end(server, None).await, in_days(10));
    for planned in [without_hours(), until_day(20)] {
        amend(server, planned, Some(day)).await.unwrap();
        assert!(end(server, None).await < own);
        assert!(checked(server).await.0 < own);
        amend(server, hours_order(), Some(day)).await.unwrap();
        assert_eq!((end(server, None).await, listed(server).await, checked(server).await.0), (own, own, own));
        server.ledger().reserve_units(hold(Some(in_days(30)))).await.unwrap();
        assert_eq!(end(server, None).await, own, "once it is written, too");
    }
    assert_eq!(misfit(server).await, Value::Null);
}

async fn what_is_planned_behind_another_change_is_known_too(server: &TestServer) {
    stored(server).await;
    let day = in_days(20);
    amend(server, without_hours(), Some(day)).await.unwrap();
    amend(server, of_hours(500), Some(in_days(10))).await.unwrap();
    assert_eq!((end(server, None).await, block_at(server, None).await.granted), (day, 24_000));
    let (told, valid_until) = checked(server).await;
    assert!(told == day && valid_until < in_days(11), "{told} {valid_until}");
    // The item comes back later: the block goes on then, and until then it is known to end.
    amend(server, hours_order(), Some(in_days(40))).await.unwrap();
    assert_eq!((end(server, None).await, checked(server).await.0), (day, day));
}

async fn a_longer_term_counts_from_its_own_day_on(server: &TestServer) {
    stored(server).await;
    let own = end(server, None).await;
    amend(server, until_day(500), Some(in_days(10))).await.unwrap();
    assert_eq!((end(server, None).await, listed(server).await, checked(server).await.0), (own, own, own));
    let refused = server.ledger().reserve_units(hold(Some(in_days(367)))).await.unwrap_err();
    assert_eq!(refusal::<()>(Err(refused)), "InvalidArgument EXPIRY_TOO_FAR");
}

async fn what_is_told_beforehand_comes_true(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let day = now() + Duration::milliseconds(500);
    amend(server, without_hours(), Some(day)).await.unwrap();
    assert_eq!(end(server, None).await, day);
    until(async || ask(server, check_now()).await == "NOT_PURCHASED").await;
    let block = block_at(server, None).await;
    assert_eq!((instant(block.expire_time), block.used, block.available, block.forfeited), (day, 600, 0, 23_400));
    // It stays so, whatever is written.
    let done = (wednesday(), wednesday() + Duration::hours(1));
    server.ledger().consume_units(consume(1, Some(done))).await.unwrap();
    assert_eq!((end(server, None).await, end(server, Some(now())).await), (day, day));
    assert_eq!(refusal(server.ledger().consume_units(consume(1, None)).await), "FailedPrecondition FORFEITED");
    assert_eq!(misfit(server).await, Value::Null);
}

/// Today's contract allows it; on the day the contract of the day counts, and nothing is left.
async fn a_planned_shrink_may_be_overtaken_by_use(server: &TestServer) {
    stored(server).await;
    // Until the use came before the day.
    until(async || {
        amend(server, of_hours(300), Some(now() + Duration::seconds(1))).await.unwrap();
        if server.ledger().consume_units(consume(350, None)).await.is_ok() {
            return true;
        }
        amend(server, hours_order(), None).await.unwrap();
        false
    })
    .await;
    let held = block_at(server, None).await;
    assert_eq!(held.used, 21_000);
    until(async || block_at(server, None).await.granted == 18_000).await;
    let block = block_at(server, None).await;
    let sums = (block.granted, block.contracted, block.used, block.available, block.forfeited);
    assert_eq!(sums, (18_000, 18_000, 21_000, 0, 0));
    let answer = server.entitlements().check_entitlement(check_now()).await.unwrap().into_inner();
    assert_eq!(answer.reasons[0].code, "HOURS_EXHAUSTED");
    let told = &answer.coverage.unwrap().blocks[0];
    assert_eq!((told.granted, told.used, told.available), (18_000, 21_000, 0));
    assert_eq!(misfit(server).await, Value::Null, "before anything is written of it");
    assert_eq!(refusal(server.ledger().consume_units(consume(1, None)).await), "FailedPrecondition HOURS_EXHAUSTED");
    // What is given back is not left until the grant is reached; with more bought, so much is left as is not used.
    let entries = crate::ledger::samples::entries_of(server, &super::changes::block()).await;
    let used = entries.iter().find(|entry| entry.kind() == v1::EntryKind::Consume).unwrap();
    let undo = v1::ReverseEntryRequest {
        customer_id: "contoso".to_owned(),
        entry_id: used.entry_id.clone(),
        quantity: hours(40),
        request_id: request_id(),
        ..Default::default()
    };
    server.ledger().reverse_entry(undo).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used, block.available), (18_000, 18_600, 0));
    assert_eq!(misfit(server).await, Value::Null);
    amend(server, of_hours(320), None).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used, block.available), (19_200, 18_600, 600));
    assert_eq!(misfit(server).await, Value::Null);
}

/// A check of then counts what the contract granted then, less all that is known to be used; what is recorded now is
/// taken from what is granted now.
async fn a_check_of_the_past_counts_what_is_used_by_now(server: &TestServer) {
    let first = stored(server).await;
    server.ledger().consume_units(consume(100, None)).await.unwrap();
    let day = wednesday() + Duration::days(1);
    let work = (wednesday(), wednesday() + Duration::hours(1));
    let of = |amount| v1::CheckEntitlementRequest { quantity: hours(amount), ..check_at(wednesday()) };
    amend(server, of_hours(500), Some(day)).await.unwrap();
    for (amount, expected) in [(300, "ENTITLED"), (301, "HOURS_EXHAUSTED")] {
        assert_eq!(ask(server, of(amount)).await, expected, "of the 400 hours of then, less the 100 of now");
    }
    let as_known = v1::CheckEntitlementRequest { known_time: Some(stamp(first)), ..of(400) };
    assert_eq!(ask(server, as_known).await, "ENTITLED", "before any use was known");
    server.ledger().consume_units(consume(301, Some(work))).await.unwrap();
    // Less is granted now than then.
    amend(server, of_hours(410), Some(day + Duration::hours(1))).await.unwrap();
    assert_eq!(
        refusal(server.ledger().consume_units(consume(10, Some(work))).await),
        "FailedPrecondition HOURS_EXHAUSTED"
    );
    server.ledger().consume_units(consume(9, Some(work))).await.unwrap();
    assert_eq!(misfit(server).await, Value::Null);
}

async fn so_many_holds_are_looked_at_those_that_last_longest(server: &TestServer) {
    stored(server).await;
    let mut ids = Vec::new();
    for hours in [3, 5, 4] {
        let made = server.ledger().reserve_units(hold(Some(now() + Duration::hours(hours)))).await.unwrap();
        ids.push(made.into_inner().reservation.unwrap().reservation_id);
    }
    let store = Store::connect(&StoreConfig { url: server.database(), ..StoreConfig::default() }).await.unwrap();
    let read = async |txn: Txn| open_holds_in_txn(&txn, "contoso", now(), 2).await;
    let holds = store.in_snapshot(read).await.unwrap();
    let told: Vec<_> = holds.iter().map(|hold| hold.reservation_id.to_string()).collect();
    assert_eq!(told, [ids[1].clone(), ids[2].clone()]);
    store.close().await.unwrap();
}
