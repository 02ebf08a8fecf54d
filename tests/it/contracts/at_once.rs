//! Many at once: nothing is lost, and nobody sees half of a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use entitled::proto::v1;
use tokio::task::JoinSet;

use super::changes::*;
use super::{get_customer, get_order};
use crate::sample::{at_least, fully_consistent, hours};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(of_two_who_read_the_same_one_writes, nothing_is_lost_among_many, readers_see_one_version_or_the_other);

async fn etag(server: &TestServer) -> String {
    let answer = server.contracts().get_customer(get_customer("contoso")).await.unwrap().into_inner();
    answer.customer.unwrap().etag
}

/// The hours with one more waiver than before.
fn with_waiver(mut order: v1::WorkOrder, reference: &str) -> v1::WorkOrder {
    let waiver =
        v1::Waiver { code: "ONSITE_NOT_INCLUDED".to_owned(), reference: reference.to_owned(), ..Default::default() };
    order.items[0].waivers.push(waiver);
    order
}

async fn of_two_who_read_the_same_one_writes(server: &TestServer) {
    stored(server).await;
    for round in 0..5 {
        let etag = etag(server).await;
        let order = current(server, "wo-2").await;
        let amend = |name: &str| v1::AmendWorkOrderRequest {
            etag: etag.clone(),
            ..amendment(with_waiver(order.clone(), &format!("{name} {round}")), None)
        };
        let (mut one, mut other) = (server.contracts(), server.contracts());
        let (one, other) = tokio::join!(one.amend_work_order(amend("one")), other.amend_work_order(amend("other")));
        let (won, lost) = match (one, other) {
            (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won.into_inner().work_order.unwrap(), lost),
            neither => panic!("{neither:?}"),
        };
        assert_eq!(refusal::<()>(Err(lost)), "Aborted ETAG_MISMATCH");
        assert_eq!(won.version, round + 2);
        assert_eq!(current(server, "wo-2").await.items, won.items);
        assert_eq!(won.items[0].waivers.len(), order.items[0].waivers.len() + 1);
    }
}

/// Each tries until its own change is made on what it has read.
async fn nothing_is_lost_among_many(server: &TestServer) {
    const WRITERS: usize = 6;
    stored(server).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut contracts = server.contracts();
        writers.spawn(async move {
            let mut lost = 0;
            loop {
                let read = contracts.get_work_order(get_order("wo-2")).await.unwrap().into_inner();
                let order = with_waiver(read.work_order.unwrap(), &format!("writer {writer}"));
                let amend = v1::AmendWorkOrderRequest { etag: read.etag, ..amendment(order, None) };
                match contracts.amend_work_order(amend).await {
                    Ok(_) => return lost,
                    Err(status) => assert_eq!(refusal::<()>(Err(status)), "Aborted ETAG_MISMATCH"),
                }
                lost += 1;
            }
        });
    }
    writers.join_all().await;
    let order = current(server, "wo-2").await;
    let mut references: Vec<_> = order.items[0].waivers.iter().map(|waiver| waiver.reference.clone()).collect();
    references.sort();
    assert_eq!(references, (0..WRITERS).map(|writer| format!("writer {writer}")).collect::<Vec<_>>());
    assert_eq!(usize::try_from(order.version).unwrap(), WRITERS + 1);
}

/// Fields that change together: the quantity in hours, and as many for a price and a priority.
fn numbered(number: i64) -> v1::WorkOrder {
    let mut order = hours_order();
    order.items[0].quantity = hours(400 + number);
    order.items[0].unit_price = Some(400 + number);
    order.items[0].priority = Some((400 + number).try_into().unwrap());
    order
}

fn is_whole(order: &v1::WorkOrder) -> bool {
    let item = &order.items[0];
    let amount = item.quantity.map(|quantity| quantity.amount);
    item.unit_price.is_none() || amount == item.unit_price
}

fn is_whole_block(block: &v1::Block) -> bool {
    block.priority.is_none_or(|priority| block.granted == i64::from(priority) * 60)
}

async fn readers_see_one_version_or_the_other(server: &TestServer) {
    const CHANGES: i64 = 40;
    stored(server).await;
    // Time is in several periods, so that readers of another one than now's look besides.
    amend(server, numbered(0), Some(in_days(-50))).await.unwrap();
    let beside = if server.database().starts_with("postgres") { Some(server.start_beside().await) } else { None };
    let (is_over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut readers = JoinSet::new();
    for from in [Some(server), beside.as_ref()].into_iter().flatten() {
        for (reader, at) in [None, Some(in_days(-60)), Some(in_days(-40)), Some(in_days(40))].into_iter().enumerate() {
            let (is_over, reads) = (Arc::clone(&is_over), Arc::clone(&reads));
            let (mut contracts, mut entitlements, mut ledger) = (from.contracts(), from.entitlements(), from.ledger());
            readers.spawn(async move {
                while !is_over.load(Ordering::Acquire) {
                    let get = v1::GetWorkOrderRequest { as_of_time: at.map(stamp), ..get_order("wo-2") };
                    let read = contracts.get_work_order(get).await.unwrap().into_inner();
                    assert!(is_whole(read.work_order.as_ref().unwrap()), "{read:?}");
                    for consistency in [None, at_least(&read.revision), fully_consistent()] {
                        let check = v1::CheckEntitlementRequest {
                            consistency: consistency.clone(),
                            view: v1::View::Full.into(),
                            check_time: at.map(stamp),
                            ..check_now()
                        };
                        let answer = entitlements.check_entitlement(check.clone()).await.unwrap().into_inner();
                        assert!(is_whole_block(&answer.coverage.as_ref().unwrap().blocks[0]), "{answer:?}");
                        // Both periods in one answer.
                        let other = v1::CheckEntitlementRequest { check_time: None, ..check.clone() };
                        let checks = [check, other].map(|it| v1::CheckEntitlementRequest { consistency: None, ..it });
                        let batch = v1::BatchCheckEntitlementsRequest {
                            checks: checks.to_vec(),
                            consistency,
                            ..Default::default()
                        };
                        let batch = entitlements.batch_check_entitlements(batch).await.unwrap().into_inner();
                        let mut revisions = Vec::new();
                        for result in batch.results {
                            let Some(v1::batch_check_result::Result::Response(answer)) = result.result else {
                                panic!("reader {reader}: {result:?}")
                            };
                            revisions.push(answer.revision);
                        }
                        assert_eq!(revisions[0], revisions[1], "a customer is judged at one revision");
                    }
                    let list = v1::ListBlocksRequest { customer_id: "contoso".to_owned(), ..Default::default() };
                    let block = ledger.list_blocks(list).await.unwrap().into_inner().blocks.remove(0);
                    assert!(block.granted == block.contracted && is_whole_block(&block), "{block:?}");
                    reads.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
    }
    for number in 1..=CHANGES {
        let from = [None, Some(in_days(-50)), Some(in_days(30))][usize::try_from(number).unwrap() % 3];
        let request = v1::AmendWorkOrderRequest { request_id: request_id(), ..amendment(numbered(number), from) };
        server.contracts().amend_work_order(request).await.unwrap();
    }
    while reads.load(Ordering::Acquire) < 8 {
        if let Some(reader) = readers.try_join_next() {
            reader.unwrap();
        }
        tokio::task::yield_now().await;
    }
    is_over.store(true, Ordering::Release);
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    if let Some(beside) = beside {
        beside.stop().await;
    }
}
