//! What is planned takes effect by time alone: no write is needed, and no read is too late.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use super::get_order;
use crate::ledger::samples::entries_of;
use crate::sample::{DUBLIN, ENGINEERING, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_plan_is_seen_by_whoever_asks_about_its_time,
    a_grown_item_grants_when_it_takes_effect,
    a_grown_item_is_known_by_those_who_ask_what_was_known,
    a_shrunk_item_leaves_nothing_when_it_takes_effect,
    a_removed_item_ends_its_block_when_it_takes_effect,
    a_removed_item_ends_its_block_whatever_is_written_later,
    an_item_that_comes_back_goes_on_with_its_block,
    an_item_that_is_planned_has_no_block_before,
    a_suspension_begins_and_ends_by_itself,
);

/// A moment ahead: what is planned for it is in effect soon.
fn soon() -> DateTime<Utc> {
    now() + Duration::milliseconds(300)
}

async fn passed(instant: DateTime<Utc>) {
    until(async || now() > instant).await;
}

fn with_hours(amount: i64) -> v1::WorkOrder {
    let mut order = hours_order();
    order.items[0].quantity = hours(amount);
    order
}

fn without_hours() -> v1::WorkOrder {
    let mut order = hours_order();
    order.items.remove(0);
    order
}

fn for_hours(amount: i64) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest { quantity: hours(amount), ..check_now() }
}

async fn blocks(server: &TestServer) -> Vec<v1::Block> {
    let request = v1::ListBlocksRequest { customer_id: "contoso".to_owned(), ..Default::default() };
    server.ledger().list_blocks(request).await.unwrap().into_inner().blocks
}

async fn a_plan_is_seen_by_whoever_asks_about_its_time(server: &TestServer) {
    stored(server).await;
    let mut windows = hours_order();
    windows.items[0].product_ids = vec!["windows-server".to_owned()];
    let from = in_days(30);
    let known = now();
    let planned = amend(server, windows, Some(from)).await.unwrap();
    assert_eq!(planned.version, 2);
    // It stands now as it did, until then.
    assert_eq!(current(server, "wo-2").await.version, 1);
    let answer = server.entitlements().check_entitlement(check_now()).await.unwrap().into_inner();
    assert_eq!((answer.decision(), instant(answer.valid_until)), (v1::Decision::Entitled, from));
    let moment = Duration::microseconds(1);
    let cases = [
        (from - moment, None, "ENTITLED"),
        (from, None, "PRODUCT_NOT_ON_ITEM"),
        (in_days(60), None, "PRODUCT_NOT_ON_ITEM"),
        (in_days(60), Some(known), "ENTITLED"),
    ];
    let mut checks = Vec::new();
    for (at, known, expected) in cases {
        let question = v1::CheckEntitlementRequest { known_time: known.map(stamp), ..check_at(at) };
        assert_eq!(ask(server, question.clone()).await, expected, "{at}");
        checks.push(question);
        let as_of_time = Some(stamp(at));
        let get = v1::GetWorkOrderRequest { as_of_time, known_time: known.map(stamp), ..get_order("wo-2") };
        assert_eq!(read(server, get).await.version, if expected == "ENTITLED" { 1 } else { 2 }, "{at}");
        let list = v1::ListEntitlementsRequest {
            customer_id: "contoso".to_owned(),
            location_id: Some(DUBLIN.to_owned()),
            product_id: Some("azure/app-service".to_owned()),
            check_time: Some(stamp(at)),
            known_time: known.map(stamp),
            page_size: 1_000,
            ..Default::default()
        };
        let rows = server.entitlements().list_entitlements(list).await.unwrap().into_inner().entitlements;
        let row = rows.iter().find(|row| row.service_id == ENGINEERING).unwrap();
        assert_eq!(in_short(row.decision(), &row.reasons), expected, "{at}");
    }
    let request = v1::BatchCheckEntitlementsRequest { checks, ..Default::default() };
    let results = server.entitlements().batch_check_entitlements(request).await.unwrap().into_inner().results;
    for ((at, _, expected), result) in cases.into_iter().zip(results) {
        let Some(v1::batch_check_result::Result::Response(answer)) = result.result else { panic!("{result:?}") };
        assert_eq!(in_short(answer.decision(), &answer.reasons), expected, "{at}");
    }
}

async fn a_grown_item_grants_when_it_takes_effect(server: &TestServer) {
    stored(server).await;
    let from = soon();
    amend(server, with_hours(500), Some(from)).await.unwrap();
    // Whoever looks meanwhile sees the one or the other.
    let is_grown = async || {
        let granted = block_at(server, None).await.granted;
        assert!(granted == 24_000 || granted == 30_000 && now() >= from, "{granted}");
        ask(server, for_hours(500)).await == "ENTITLED"
    };
    until(is_grown).await;
    assert!(now() >= from);
    assert_eq!(current(server, "wo-2").await.items[0].quantity, hours(500));
    let listed = blocks(server).await;
    assert_eq!(
        listed.iter().map(|it| (it.granted, it.contracted, it.available)).collect::<Vec<_>>(),
        [(30_000, 30_000, 30_000)]
    );
    assert_eq!(ask(server, for_hours(501)).await, "HOURS_EXHAUSTED");
    let taken = server.ledger().consume_units(consume(450, None)).await.unwrap().into_inner();
    assert_eq!(taken.balances[0].available, 3_000);
    let told: Vec<_> = entries_of(server, &block()).await.iter().map(|it| (it.kind(), it.amount, it.granted)).collect();
    use v1::EntryKind::{Consume, Grant};
    assert_eq!(told, [(Grant, 24_000, 24_000), (Grant, 6_000, 30_000), (Consume, 27_000, 30_000)]);
}

/// Nothing was written since it took effect, and yet it is known.
async fn a_grown_item_is_known_by_those_who_ask_what_was_known(server: &TestServer) {
    let first = stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let from = soon();
    amend(server, with_hours(500), Some(from)).await.unwrap();
    let planned = now();
    passed(from + Duration::milliseconds(1)).await;
    let grown = now();
    let asked = async |amount, known: DateTime<Utc>| {
        let known_time = Some(stamp(known));
        ask(server, v1::CheckEntitlementRequest { known_time, check_time: Some(stamp(grown)), ..for_hours(amount) })
            .await
    };
    let known = [
        (490, grown, "ENTITLED"),
        (491, grown, "HOURS_EXHAUSTED"),
        // Asked about the time behind the change, before it took effect.
        (490, planned, "ENTITLED"),
        (491, planned, "HOURS_EXHAUSTED"),
        // Neither the change nor the use was known.
        (400, first, "ENTITLED"),
        (401, first, "HOURS_EXHAUSTED"),
    ];
    for (amount, known, expected) in known {
        assert_eq!(asked(amount, known).await, expected, "{amount} as known at {known}");
    }
    let as_of = block_at(server, Some(grown)).await;
    assert_eq!((as_of.granted, as_of.contracted, as_of.available), (30_000, 30_000, 29_400));
    server.ledger().consume_units(consume(20, None)).await.unwrap();
    for (amount, known, expected) in known {
        assert_eq!(asked(amount, known).await, expected, "{amount} as known at {known}, with a later use");
    }
    assert_eq!(block_at(server, Some(grown)).await.granted, 30_000);
    let before = block_at(server, Some(planned)).await;
    assert_eq!(
        (before.granted, before.contracted, before.used),
        if planned < from { (24_000, 24_000, 600) } else { (30_000, 30_000, 600) }
    );
}

async fn a_shrunk_item_leaves_nothing_when_it_takes_effect(server: &TestServer) {
    stored(server).await;
    let from = soon();
    amend(server, with_hours(300), Some(from)).await.unwrap();
    // Allowed until then; it leaves more used than granted.
    let taken = server.ledger().consume_units(consume(350, None)).await;
    passed(from).await;
    let spent = if taken.is_ok() { 21_000 } else { 0 };
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used, block.available), (18_000, spent, (18_000 - spent).max(0)));
    let expected = if taken.is_ok() { "FailedPrecondition HOURS_EXHAUSTED" } else { "" };
    let more = server.ledger().consume_units(consume(1, None)).await;
    assert_eq!(more.map_or_else(|status| refusal::<()>(Err(status)), |_| String::new()), expected);
    // It was known beforehand to be too little for what is spent.
    if taken.is_ok() {
        let refused = amend(server, with_hours(200), Some(in_days(1))).await;
        assert_eq!(refusal(refused), "FailedPrecondition GRANT_BELOW_SPENT");
    }
}

async fn a_removed_item_ends_its_block_when_it_takes_effect(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let held = reserve(server, 5).await;
    let from = soon();
    amend(server, without_hours(), Some(from)).await.unwrap();
    until(async || ask(server, check_now()).await == "NOT_PURCHASED").await;
    assert!(now() >= from);
    let listed = blocks(server).await;
    let told: Vec<_> = listed.iter().map(|it| (instant(it.expire_time), it.used, it.reserved, it.available)).collect();
    assert_eq!(told, [(from, 600, 300, 0)]);
    // What was done before can be recorded, and nothing of later.
    let done = (wednesday(), wednesday() + Duration::hours(1));
    server.ledger().consume_units(consume(1, Some(done))).await.unwrap();
    let later = (from, from + Duration::milliseconds(1));
    passed(later.1).await;
    for refused in [consume_any(1, Some(later)), consume_any(1, None)] {
        assert_eq!(refusal(server.ledger().consume_units(refused).await), "FailedPrecondition NOT_PURCHASED");
    }
    server.ledger().commit_reservation(commit(&held.reservation_id, Some(done))).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.used, block.reserved, instant(block.expire_time)), (960, 0, from));
}

/// A change behind the removal, before anything of the ledger was written, does not move the end.
async fn a_removed_item_ends_its_block_whatever_is_written_later(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let from = soon();
    amend(server, without_hours(), Some(from)).await.unwrap();
    passed(from).await;
    let mut order = without_hours();
    order.items[0].unit_price = Some(5);
    amend(server, order, None).await.unwrap();
    assert_eq!(instant(block_at(server, None).await.expire_time), from);
    // Nor does one by time alone.
    let mut order = without_hours();
    order.items[0].unit_price = Some(6);
    let again = soon();
    amend(server, order, Some(again)).await.unwrap();
    passed(again).await;
    assert_eq!(instant(block_at(server, None).await.expire_time), from);
    assert_eq!(blocks(server).await.len(), 1);
}

async fn an_item_that_comes_back_goes_on_with_its_block(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let end = block_at(server, None).await.expire_time;
    let back = wednesday() + Duration::days(7);
    amend(server, without_hours(), Some(wednesday())).await.unwrap();
    assert_eq!(block_at(server, None).await.available, 0);
    amend(server, hours_order(), Some(back)).await.unwrap();
    let block = block_at(server, None).await;
    assert_eq!((block.granted, block.used, block.available, block.expire_time), (24_000, 600, 23_400, end));
    let work = |from: DateTime<Utc>, hours| (from + Duration::hours(hours), from + Duration::hours(hours + 1));
    // Between the two it was not bought.
    server.ledger().consume_units(consume_any(1, Some(work(wednesday(), -1)))).await.unwrap();
    assert_eq!(
        refusal(server.ledger().consume_units(consume_any(1, Some(work(wednesday(), 0)))).await),
        "FailedPrecondition NOT_PURCHASED"
    );
    server.ledger().consume_units(consume_any(1, Some(work(back, 0)))).await.unwrap();
}

async fn an_item_that_is_planned_has_no_block_before(server: &TestServer) {
    stored(server).await;
    let mut order = hours_order();
    let further = v1::Item { item_id: "ede-2".to_owned(), quantity: hours(7), ..order.items[0].clone() };
    order.items.push(further);
    let before = now();
    let from = soon();
    amend(server, order, Some(from)).await.unwrap();
    until(async || blocks(server).await.len() == 2).await;
    assert!(now() >= from);
    let block_id = entitled::model::block_id("contoso", "wo-2", "ede-2", ENGINEERING).to_string();
    let get = async |at: Option<DateTime<Utc>>| {
        let (customer_id, block_id) = ("contoso".to_owned(), block_id.clone());
        let request = v1::GetBlockRequest { customer_id, block_id, as_of_time: at.map(stamp) };
        server.ledger().get_block(request).await.map(|answer| answer.into_inner().block.unwrap().granted)
    };
    assert_eq!(get(None).await.unwrap(), 420);
    assert_eq!(get(Some(from)).await.unwrap(), 420);
    assert_eq!(refusal(get(Some(before)).await), "NotFound BLOCK_NOT_FOUND");
    let reserve = v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: block_id.clone(),
        quantity: hours(7),
        request_id: request_id(),
        ..Default::default()
    };
    server.ledger().reserve_units(reserve).await.unwrap();
    assert_eq!(get(Some(from)).await.unwrap(), 420, "once it is written, too");
    assert_eq!(refusal(get(Some(before)).await), "NotFound BLOCK_NOT_FOUND");
}

async fn a_suspension_begins_and_ends_by_itself(server: &TestServer) {
    stored(server).await;
    let from = soon();
    let to = from + Duration::milliseconds(400);
    suspend(server, "wo-1", Some(from)).await.unwrap();
    resume(server, "wo-1", Some(to)).await.unwrap();
    let moment = Duration::microseconds(1);
    for (at, expected) in [
        (from - moment, "ENTITLED"),
        (from, "BASE_AGREEMENT_REQUIRED"),
        (to - moment, "BASE_AGREEMENT_REQUIRED"),
        (to, "ENTITLED"),
    ] {
        assert_eq!(ask(server, check_at(at)).await, expected, "{at}");
    }
    until(async || {
        let told = ask(server, check_now()).await;
        assert!(["ENTITLED", "BASE_AGREEMENT_REQUIRED"].contains(&told.as_str()), "{told}");
        now() > to && told == "ENTITLED"
    })
    .await;
    server.ledger().consume_units(consume(1, None)).await.unwrap();
    let within = (from, from + Duration::milliseconds(1));
    assert_eq!(
        refusal(server.ledger().consume_units(consume(1, Some(within))).await),
        "FailedPrecondition BASE_AGREEMENT_REQUIRED"
    );
}
