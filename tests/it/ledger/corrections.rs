//! R26, and contracts that were there before the ledger.

use chrono::{Duration, Weekday};
use entitled::model::{WorkOrder, WorkOrderState};
use entitled::proto::v1;
use entitled::store::*;
use sea_orm::ConnectionTrait as _;

use super::bad_input::{last, window};
use super::expiry::run_out;
use super::on_both;
use super::samples::*;
use crate::store::samples::{bump_in_txn, put_work_order_version_in_txn};

on_both!(
    a_block_is_judged_by_what_was_known,
    a_block_may_shrink_below_what_was_spent,
    contracts_older_than_the_ledger_get_their_blocks,
    an_adjustment_never_goes_below_what_was_spent,
    what_is_held_outlives_a_terminated_order,
    what_is_held_outlives_a_suspended_order,
);

/// As a correction of the contract would.
async fn correct(house: &House, change: impl Fn(&mut WorkOrder)) {
    let store = house.store().await;
    store
        .in_transaction(async |txn| {
            lock_customer_in_txn(&txn, "contoso").await?;
            let stored = load_contract_in_txn(&txn, "contoso", AsOf::now(now())).await?.unwrap();
            let mut order = stored.contract.work_orders[0].clone();
            change(&mut order);
            let mut info = stored.order_infos["wo-1"].clone();
            info.version += 1;
            info.record_time = now();
            put_work_order_version_in_txn(&txn, &order, &info).await?;
            bump_in_txn(&txn, "contoso", Changed::Contract).await
        })
        .await
        .unwrap();
    store.close().await.unwrap();
}

async fn a_block_is_judged_by_what_was_known(house: House) {
    let at = async |as_of_time| {
        let request = v1::GetBlockRequest { customer_id: "contoso".into(), block_id: ede("contoso", 0), as_of_time };
        house.server.ledger().get_block(request).await.unwrap().into_inner().block.unwrap()
    };
    let before = at(None).await;
    let known = house.server.ledger().consume_units(consume(1)).await.unwrap().into_inner().entries[0].record_time;
    correct(&house, |order| order.end_date = order.end_date.pred_opt().unwrap()).await;
    let ends = |block: &v1::Block| block.expire_time.unwrap().seconds;
    assert_eq!(ends(&at(None).await), ends(&before) - 86_400);
    assert_eq!(ends(&at(known).await), ends(&before));
    house.stop().await;
}

async fn a_block_may_shrink_below_what_was_spent(house: House) {
    let mut ledger = house.server.ledger();
    let entry = ledger.consume_units(consume(50)).await.unwrap().into_inner().entries.remove(0);
    let held = ledger.reserve_units(reserve(20)).await.unwrap().into_inner().reservation.unwrap();
    correct(&house, |order| order.items[1].quantity.as_mut().unwrap().amount = 40).await;
    let shrunk = |used, reserved, available| Balance { granted: 2_400, used, reserved, available };
    assert_eq!(house.block(&ede("contoso", 0)).await, shrunk(3_000, 1_200, 0));
    assert_eq!(refused(ledger.consume_units(consume(1)).await), forbidden("HOURS_EXHAUSTED"));
    // What is held can be committed still, and what was used undone.
    ledger.commit_reservation(commit(&held.reservation_id, Some(10))).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, shrunk(3_600, 0, 0));
    let reverse = v1::ReverseEntryRequest {
        customer_id: "contoso".into(),
        entry_id: entry.entry_id,
        request_id: crate::server::request_id(),
        ..Default::default()
    };
    ledger.reverse_entry(reverse).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, shrunk(600, 0, 1_800));
    let connection = house.connection().await;
    assert!(connection.execute_unprepared("UPDATE block SET used = 2401").await.is_err(), "nothing is in excess now");
    connection.close().await.unwrap();
    house.stop().await;
}

async fn contracts_older_than_the_ledger_get_their_blocks(house: House) {
    let connection = house.connection().await;
    connection.execute_unprepared("DELETE FROM entry").await.unwrap();
    connection.execute_unprepared("DELETE FROM block").await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0), "a read writes nothing and knows it all the same");
    assert_eq!(refused(house.server.ledger().consume_units(consume(101)).await), forbidden("HOURS_EXHAUSTED"));
    assert_eq!(house.count("SELECT COUNT(*) FROM block").await, 0, "nor does a refusal");
    let answer = house.server.ledger().consume_units(consume(1)).await.unwrap().into_inner();
    assert_eq!((answer.entries.len(), answer.entries[0].sequence), (1, 2), "behind what the contract grants");
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 0));
    house.stop().await;
}

async fn an_adjustment_never_goes_below_what_was_spent(house: House) {
    let mut ledger = house.server.ledger();
    ledger.consume_units(consume(50)).await.unwrap();
    assert_eq!(refused(ledger.adjust_block(adjust(-51)).await), forbidden("GRANT_BELOW_SPENT"));
    ledger.adjust_block(adjust(-50)).await.unwrap();
    assert_eq!(
        house.block(&ede("contoso", 0)).await,
        Balance { granted: 3_000, used: 3_000, reserved: 0, available: 0 }
    );
    house.stop().await;
}

/// Holds of so many hours each.
async fn hold<const N: usize>(house: &House, hours: [i64; N]) -> [String; N] {
    let mut ids = Vec::new();
    for hours in hours {
        let held = house.server.ledger().reserve_units(reserve(hours)).await.unwrap().into_inner();
        ids.push(held.reservation.unwrap().reservation_id);
    }
    ids.try_into().unwrap()
}

async fn what_is_held_outlives_a_terminated_order(house: House) {
    let mut ledger = house.server.ledger();
    ledger.consume_units(consume(20)).await.unwrap();
    let [committed, late, released] = hold(&house, [10, 5, 3]).await;
    let work = last(Weekday::Tue, 10);
    let end = work + Duration::hours(1);
    correct(&house, |order| (order.state, order.terminate_time) = (WorkOrderState::Terminated, Some(end))).await;
    let ended = |used, reserved| Balance { available: 0, ..left(used, reserved) };
    let block = ede("contoso", 0);
    assert_eq!(house.block(&block).await, ended(1_200, 1_080));
    let over = forbidden("FORFEITED");
    assert_eq!(refused(ledger.consume_units(consume(1)).await), over);
    assert_eq!(refused(ledger.consume_units(consume_any("contoso", 1)).await), over);
    assert_eq!(refused(ledger.reserve_units(reserve(1)).await), over);
    // Of what is held, work done before the end is recorded: so much and no more.
    let of = |id: &str, amount, performed| v1::CommitReservationRequest { performed, ..commit(id, Some(amount)) };
    let before = window(work, 60);
    assert_eq!(refused(ledger.commit_reservation(of(&committed, 11, before)).await), forbidden("RESERVATION_EXCEEDED"));
    let more = v1::CommitReservationRequest { allow_more: true, ..of(&committed, 11, before) };
    assert_eq!(refused(ledger.commit_reservation(more).await), over);
    ledger.commit_reservation(of(&committed, 10, before)).await.unwrap();
    assert_eq!(refused(ledger.commit_reservation(of(&late, 5, window(end, 60))).await), over);
    assert_eq!(refused(ledger.commit_reservation(commit(&late, None)).await), over);
    ledger.release_reservation(release(&released)).await.unwrap();
    assert_eq!(house.block(&block).await, ended(1_800, 300));
    run_out(&house).await;
    assert_eq!(refused(ledger.release_reservation(release(&late)).await), forbidden("RESERVATION_EXPIRED"));
    assert_eq!(house.block(&block).await, ended(1_800, 0));
    house.stop().await;
}

async fn what_is_held_outlives_a_suspended_order(house: House) {
    let mut ledger = house.server.ledger();
    let [committed, released] = hold(&house, [10, 3]).await;
    correct(&house, |order| order.state = WorkOrderState::Suspended).await;
    let suspended = forbidden("WORK_ORDER_SUSPENDED");
    assert_eq!(refused(ledger.consume_units(consume(1)).await), suspended);
    assert_eq!(refused(ledger.consume_units(consume_any("contoso", 1)).await), suspended);
    assert_eq!(refused(ledger.reserve_units(reserve(1)).await), suspended);
    let more = v1::CommitReservationRequest { allow_more: true, ..commit(&committed, Some(11)) };
    assert_eq!(refused(ledger.commit_reservation(more).await), suspended);
    ledger.commit_reservation(commit(&committed, None)).await.unwrap();
    ledger.release_reservation(release(&released)).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(600, 0));
    house.stop().await;
}
