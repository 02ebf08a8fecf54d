//! The end of a block after the past is corrected, and as it was known.

use chrono::{DateTime, Duration, Utc};
use entitled::proto::v1;

use super::changes::*;
use super::forfeited::{Told, hours_on_any_base, listed, narrowed, next_base, told_by_both};
use crate::sample::{DUBLIN, ENGINEERING, LONDON, create};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_correction_for_a_past_day_leaves_the_end_where_it_is,
    a_correction_of_what_is_over_revives_nothing,
    an_end_that_is_corrected_to_an_earlier_one_counts,
    a_check_of_what_was_known_tells_the_end_of_then,
);

/// The hours in London.
fn in_london() -> v1::WorkOrder {
    let mut order = hours_on_any_base();
    order.items[0].location_ids = vec![LONDON.to_owned()];
    order
}

/// The base loses Dublin so many days ago, and the hours end with it.
async fn narrowed_since(server: &TestServer, days: i64) {
    stored_as(server, [hours_on_any_base(), base_order()]).await;
    amend(server, narrowed(base_order()), Some(in_days(-days))).await.unwrap();
}

async fn a_correction_for_a_past_day_leaves_the_end_where_it_is(server: &TestServer) {
    narrowed_since(server, 10).await;
    let end = instant(listed(server).await.expire_time);
    assert!(end < in_days(-9) && end > wednesday());
    amend(server, in_london(), Some(in_days(-60))).await.unwrap();
    let of_london = v1::CheckEntitlementRequest { location_id: LONDON.to_owned(), ..check_now() };
    let [ledger, check] = told_by_both(server, of_london).await;
    assert_eq!((ledger, ledger.2), (check, 24_000), "London keeps it alive");
    amend(server, hours_on_any_base(), Some(in_days(-59))).await.unwrap();
    assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 24_000); 2]);
    let window = Some((wednesday(), wednesday() + Duration::hours(1)));
    assert_eq!(ask(server, check_at(wednesday())).await, "ENTITLED");
    for request in [consume(1, window), consume_any(1, window)] {
        server.ledger().consume_units(request).await.unwrap();
    }
    assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 23_880); 2]);
}

async fn a_correction_of_what_is_over_revives_nothing(server: &TestServer) {
    narrowed_since(server, 10).await;
    let end = instant(listed(server).await.expire_time);
    server.contracts().create_work_order(create(next_base(5))).await.unwrap();
    let longer = |days: i64| v1::WorkOrder { end_date: in_days(days).date_naive().to_string(), ..hours_on_any_base() };
    for (order, from) in [(longer(390), Some(in_days(-60))), (longer(380), Some(in_days(-7))), (longer(385), None)] {
        amend(server, order, from).await.unwrap();
        assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 24_000); 2], "{from:?}");
    }
    assert_eq!(ask(server, check_now()).await, "FORFEITED");
}

/// As the contract stands now the hours have no time at all, before the correction and after it.
async fn an_end_that_is_corrected_to_an_earlier_one_counts(server: &TestServer) {
    narrowed_since(server, 10).await;
    amend(server, narrowed(base_order()), Some(in_days(-20))).await.unwrap();
    let end = instant(listed(server).await.expire_time);
    assert!(end > in_days(-21) && end < in_days(-19), "{end}");
    assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 24_000); 2]);
    server.contracts().create_work_order(create(next_base(15))).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "FORFEITED");
    assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 24_000); 2]);
}

async fn a_check_of_what_was_known_tells_the_end_of_then(server: &TestServer) {
    narrowed_since(server, 60).await;
    server.contracts().create_work_order(create(next_base(25))).await.unwrap();
    let [over, _] = told_by_both(server, check_now()).await;
    assert_eq!((over.2, over.3), (0, 24_000));
    let then = now();
    tell_as_known(server, then, over).await;
    // It is corrected: the base loses Dublin only after the other one has begun.
    amend(server, narrowed(base_order()), Some(in_days(-20))).await.unwrap();
    amend(server, base_order(), Some(in_days(-60))).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    let [lives, check] = told_by_both(server, check_now()).await;
    assert_eq!((lives, lives.2), (check, 24_000));
    tell_as_known(server, then, over).await;
    tell_as_known(server, now(), lives).await;
}

/// A check, a batch and a list of what was known then tell a block so.
async fn tell_as_known(server: &TestServer, then: DateTime<Utc>, expected: Told) {
    let code = if expected.2 == 0 { "FORFEITED" } else { "ENTITLED" };
    for check_time in [None, Some(stamp(then))] {
        let check = v1::CheckEntitlementRequest { check_time, known_time: Some(stamp(then)), ..check_now() };
        let [_, told] = told_by_both(server, check.clone()).await;
        assert_eq!(told, expected, "{check_time:?}");
        assert_eq!(ask(server, check.clone()).await, code);
        let batch = v1::BatchCheckEntitlementsRequest { checks: vec![check], ..Default::default() };
        let results = server.entitlements().batch_check_entitlements(batch).await.unwrap().into_inner().results;
        let Some(v1::batch_check_result::Result::Response(answer)) = &results[0].result else {
            panic!("{results:?}");
        };
        assert_eq!(in_short(answer.decision(), &answer.reasons), code);
        let list = v1::ListEntitlementsRequest {
            customer_id: "contoso".to_owned(),
            check_time,
            known_time: Some(stamp(then)),
            page_size: 1_000,
            ..Default::default()
        };
        let listed = server.entitlements().list_entitlements(list).await.unwrap().into_inner().entitlements;
        let of_hours = |listed: &&v1::Entitlement| listed.location_id == DUBLIN && listed.service_id == ENGINEERING;
        let listed = listed.iter().find(of_hours).expect("the hours");
        assert_eq!(in_short(listed.decision(), &listed.reasons), code);
    }
}
