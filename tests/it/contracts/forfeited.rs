//! What is left of a block at its end is lost for good: a base that comes after a gap does not bring it back, however the
//! contract tells of the bases before it.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use crate::sample::{LONDON, Refusal, create};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_later_base_revives_nothing,
    a_base_that_has_ended_is_no_draft_any_more,
    a_renewal_that_is_recorded_late_goes_on,
    a_base_that_is_narrowed_and_widened_again_goes_on,
    a_block_is_told_as_it_was_before_its_end_was_moved,
    a_block_that_was_over_is_told_so_after_it_was_revived,
);

fn day(days: i64) -> String {
    in_days(days).date_naive().to_string()
}

/// Any base will do.
pub(super) fn hours_on_any_base() -> v1::WorkOrder {
    v1::WorkOrder { base_work_order_id: None, ..hours_order() }
}

/// The base from 200 days ago until 30 days ago.
fn ended_base() -> v1::WorkOrder {
    v1::WorkOrder { end_date: day(-30), ..base_order() }
}

/// Another one, from so many days ago on.
pub(super) fn next_base(days: i64) -> v1::WorkOrder {
    v1::WorkOrder { work_order_id: "wo-3".to_owned(), start_date: day(-days), ..base_order() }
}

/// The base of London alone.
pub(super) fn narrowed(mut order: v1::WorkOrder) -> v1::WorkOrder {
    order.downstream_location_ids.clear();
    order.items[0].all_locations = false;
    order.items[0].location_ids = vec![LONDON.to_owned()];
    order
}

fn draft() -> v1::WorkOrder {
    v1::WorkOrder { state: v1::WorkOrderState::Draft.into(), ..ended_base() }
}

/// The hours lean on the base that has ended.
async fn ended(server: &TestServer) {
    stored_as(server, [hours_on_any_base(), ended_base()]).await;
}

pub(super) async fn listed(server: &TestServer) -> v1::Block {
    let request = v1::ListBlocksRequest { customer_id: "contoso".to_owned(), ..Default::default() };
    let blocks = server.ledger().list_blocks(request).await.unwrap().into_inner().blocks;
    blocks.into_iter().find(|found| found.block_id == block()).expect("the block")
}

pub(super) type Told = (DateTime<Utc>, i64, i64, i64);

/// End, granted, available and forfeited, as the ledger and as a check tells them.
pub(super) async fn told_by_both(server: &TestServer, check: v1::CheckEntitlementRequest) -> [Told; 2] {
    let v1::Block { expire_time, granted, available, forfeited, .. } = listed(server).await;
    let answer = server.entitlements().check_entitlement(check).await.unwrap().into_inner();
    let blocks = answer.coverage.expect("an item answers").blocks;
    let checked = blocks.into_iter().find(|found| found.block_id == block()).expect("the block");
    [
        (instant(expire_time), granted, available, forfeited),
        (instant(checked.expire_time), checked.granted, checked.available, checked.forfeited),
    ]
}

async fn a_later_base_revives_nothing(server: &TestServer) {
    ended(server).await;
    let before = listed(server).await;
    let end = instant(before.expire_time);
    assert!(end < in_days(-28) && before.forfeited == 24_000, "{before:?}");
    // Now, with effect from within its term, and before anything began.
    for (order, from) in [(narrowed(ended_base()), None), (draft(), Some(in_days(-40))), (draft(), Some(in_days(-200)))]
    {
        amend(server, order, from).await.unwrap();
        let [ledger, check] = told_by_both(server, check_now()).await;
        assert_eq!(ledger, check, "{from:?}");
    }
    let end = instant(listed(server).await.expire_time);
    server.contracts().create_work_order(create(next_base(25))).await.unwrap();
    // Another change, so that another version of the contract stands.
    let mut order = hours_on_any_base();
    order.items[0].unit_price = Some(7);
    amend(server, order, None).await.unwrap();
    let window = (wednesday(), wednesday() + Duration::hours(1));
    let of_window = v1::CheckEntitlementRequest {
        delivery: Some(v1::Delivery {
            start_time: Some(stamp(window.0)),
            end_time: Some(stamp(window.1)),
            ..Default::default()
        }),
        ..check_now()
    };
    for check in [check_now(), check_at(wednesday()), of_window] {
        let told = told_by_both(server, check.clone()).await;
        assert_eq!(told, [(end, 24_000, 0, 24_000); 2]);
        let answer = server.entitlements().check_entitlement(check).await.unwrap().into_inner();
        let codes: Vec<_> = answer.reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(codes, ["FORFEITED"], "{answer:?}");
    }
    for request in [consume(1, None), consume_any(1, None), consume(1, Some(window)), consume_any(1, Some(window))] {
        let refused = Refusal::of(&server.ledger().consume_units(request).await.unwrap_err());
        let last = (end - Duration::microseconds(1)).date_naive().to_string();
        assert_eq!((refused.reason.as_str(), refused.metadata("end_date")), ("FORFEITED", Some(last.as_str())));
    }
    assert_eq!(instant(listed(server).await.expire_time), end);
}

/// What leaned on it has ended with it.
async fn a_base_that_has_ended_is_no_draft_any_more(server: &TestServer) {
    ended(server).await;
    let refused = refusal(amend(server, draft(), None).await);
    assert_eq!(refused, "InvalidArgument EFFECTIVE_TIME_OUTSIDE_TERM");
    let of_hours = v1::WorkOrder { state: v1::WorkOrderState::Draft.into(), ..hours_on_any_base() };
    amend(server, of_hours, None).await.unwrap();
    amend(server, draft(), Some(in_days(-40))).await.unwrap();
}

async fn a_renewal_that_is_recorded_late_goes_on(server: &TestServer) {
    ended(server).await;
    server.contracts().create_work_order(create(next_base(29))).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    server.ledger().consume_units(consume(1, None)).await.unwrap();
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.2), (check, 23_940));
}

async fn a_base_that_is_narrowed_and_widened_again_goes_on(server: &TestServer) {
    stored(server).await;
    amend(server, hours_on_any_base(), None).await.unwrap();
    amend(server, narrowed(base_order()), Some(in_days(-2))).await.unwrap();
    assert_eq!(listed(server).await.available, 0);
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!(ledger, check);
    amend(server, base_order(), Some(in_days(-1))).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.2), (check, 24_000));
}

/// The end and what was left, as of then.
async fn told_as_of(server: &TestServer, as_of: Option<DateTime<Utc>>) -> (DateTime<Utc>, i64, i64) {
    let told = block_at(server, as_of).await;
    (instant(told.expire_time), told.available, told.forfeited)
}

async fn a_block_is_told_as_it_was_before_its_end_was_moved(server: &TestServer) {
    stored(server).await;
    let first = now();
    let own = told_as_of(server, None).await;
    let mut order = hours_order();
    order.items.remove(0);
    amend(server, order.clone(), Some(wednesday())).await.unwrap();
    let removed = now();
    let sooner = wednesday() - Duration::weeks(1);
    amend(server, order, Some(sooner)).await.unwrap();
    let all = [Some(first), Some(removed), None];
    let mut told = Vec::new();
    for as_of in all {
        told.push(told_as_of(server, as_of).await);
    }
    assert_eq!(told, [own, (wednesday(), 0, 24_000), (sooner, 0, 24_000)]);
    assert!(own.0 > in_days(300) && own.1 == 24_000);
}

async fn a_block_that_was_over_is_told_so_after_it_was_revived(server: &TestServer) {
    ended(server).await;
    let end = instant(listed(server).await.expire_time);
    server.contracts().create_work_order(create(next_base(25))).await.unwrap();
    let over = now();
    assert_eq!(told_as_of(server, None).await, (end, 0, 24_000));
    let longer = v1::WorkOrder { end_date: day(-26), ..base_order() };
    amend(server, longer, Some(in_days(-40))).await.unwrap();
    let block = listed(server).await;
    assert!(instant(block.expire_time) > now() && block.available == 24_000, "{block:?}");
    assert_eq!(told_as_of(server, Some(over)).await, (end, 0, 24_000));
}
