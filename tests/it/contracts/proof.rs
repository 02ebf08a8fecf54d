//! What was true before stays true for questions about before; what was not known then is left out for those who ask so.

use entitled::proto::v1;

use super::changes::*;
use super::get_order;
use crate::sample::{DUBLIN, ENGINEERING, LONDON};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_change_of_the_past_turns_every_answer_but_what_was_known_before,
    a_block_is_told_as_it_stood_when_it_is_asked_for,
);

/// Recorded now, from 90 days ago on: the hours are for London, and there is no enhanced response.
async fn a_change_of_the_past_turns_every_answer_but_what_was_known_before(server: &TestServer) {
    let first = stored(server).await;
    let mut order = hours_order();
    order.items[0].location_ids = vec![LONDON.to_owned()];
    order.items.truncate(1);
    let from = in_days(-90);
    let amended = amend(server, order, Some(from)).await.unwrap();
    assert_eq!(instant(amended.effective_time), from);
    let second = instant(amended.record_time);
    let (before, after) = (in_days(-120), in_days(-30));
    let moment = chrono::Duration::microseconds(1);
    let cases = [
        (before, None, true),
        (from - moment, None, true),
        (from, None, false),
        (after, None, false),
        (after, Some(first), true),
        (after, Some(second - moment), true),
        (after, Some(second), false),
        (before, Some(second), true),
    ];
    let mut checks = Vec::new();
    for (at, known, holds) in cases {
        let label = format!("{at} as known at {known:?}");
        let expected = if holds { "ENTITLED" } else { "LOCATION_NOT_DESIGNATED" };
        let question = v1::CheckEntitlementRequest { known_time: known.map(stamp), ..check_at(at) };
        assert_eq!(ask(server, question.clone()).await, expected, "{label}");
        checks.push(question);

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
        assert_eq!(in_short(row.decision(), &row.reasons), expected, "{label}");

        let target = v1::GetResponseTargetRequest {
            customer_id: "contoso".to_owned(),
            location_id: DUBLIN.to_owned(),
            product_id: "azure/app-service".to_owned(),
            severity: v1::Severity::Severity1.into(),
            open_time: Some(stamp(at)),
            known_time: known.map(stamp),
            ..Default::default()
        };
        let target = server.entitlements().get_response_target(target).await.unwrap().into_inner();
        assert_eq!(target.service_id == "unified-enhanced-response", holds, "{label}: {}", target.service_id);

        let get =
            v1::GetWorkOrderRequest { as_of_time: Some(stamp(at)), known_time: known.map(stamp), ..get_order("wo-2") };
        assert_eq!(read(server, get).await.version, if holds { 1 } else { 2 }, "{label}");
    }
    let request = v1::BatchCheckEntitlementsRequest { checks, ..Default::default() };
    let results = server.entitlements().batch_check_entitlements(request).await.unwrap().into_inner().results;
    for ((at, known, holds), result) in cases.into_iter().zip(results) {
        let Some(v1::batch_check_result::Result::Response(answer)) = result.result else { panic!("{result:?}") };
        assert_eq!(answer.decision() == v1::Decision::Entitled, holds, "{at} as known at {known:?}");
    }
}

/// What is told of a block as of an instant is what was recorded by then, judged then.
async fn a_block_is_told_as_it_stood_when_it_is_asked_for(server: &TestServer) {
    stored(server).await;
    server.ledger().consume_units(consume(10, None)).await.unwrap();
    let before = now();
    let mut fewer = hours_order();
    fewer.items[0].quantity = crate::sample::hours(300);
    amend(server, fewer.clone(), Some(in_days(-90))).await.unwrap();
    let between = now();
    let removed = in_days(-1);
    fewer.items.remove(0);
    amend(server, fewer, Some(removed)).await.unwrap();
    let end = instant(block_at(server, Some(before)).await.expire_time);
    assert!(end > in_days(300), "{end}");
    for (at, contracted, has_ended) in [(Some(before), 400, false), (Some(between), 300, false), (None, 300, true)] {
        let block = block_at(server, at).await;
        let told = (block.granted, block.contracted, block.used, instant(block.expire_time));
        assert_eq!(told, (contracted * 60, contracted * 60, 600, if has_ended { removed } else { end }), "{at:?}");
        let left = contracted * 60 - 600;
        let (available, forfeited) = if has_ended { (0, left) } else { (left, 0) };
        assert_eq!((block.available, block.forfeited), (available, forfeited), "{at:?}");
    }
}
