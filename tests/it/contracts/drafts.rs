//! A draft stops use and no clock: to make an order a draft neither ends its blocks nor brings them back.

use entitled::proto::v1;

use super::changes::*;
use super::forfeited::{hours_on_any_base, listed, narrowed, next_base, told_by_both};
use crate::sample::{Refusal, create};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    what_is_over_stays_over_while_its_order_is_a_draft,
    what_lives_goes_on_while_its_order_is_a_draft,
    the_blocks_of_a_draft_wait_for_its_base,
);

fn drafted(order: v1::WorkOrder) -> v1::WorkOrder {
    v1::WorkOrder { state: v1::WorkOrderState::Draft.into(), ..order }
}

async fn what_is_over_stays_over_while_its_order_is_a_draft(server: &TestServer) {
    stored_as(server, [hours_on_any_base(), base_order()]).await;
    amend(server, narrowed(base_order()), Some(in_days(-10))).await.unwrap();
    let end = instant(listed(server).await.expire_time);
    assert!(end < in_days(-9));
    let (hours, draft) = (hours_on_any_base(), drafted(hours_on_any_base()));
    // Now, for a past day, since a day until now, and since before the block began.
    let steps = [
        (&draft, None),
        (&hours, None),
        (&draft, Some(in_days(-60))),
        (&hours, Some(in_days(-59))),
        (&draft, Some(in_days(-40))),
        (&hours, None),
    ];
    for (order, from) in steps {
        amend(server, order.clone(), from).await.unwrap();
        let told = told_by_both(server, check_now()).await;
        assert_eq!(told, [(end, 24_000, 0, 24_000); 2], "{:?} from {from:?}", order.state());
    }
    server.contracts().create_work_order(create(next_base(5))).await.unwrap();
    assert_eq!(told_by_both(server, check_now()).await, [(end, 24_000, 0, 24_000); 2]);
    assert_eq!(ask(server, check_now()).await, "FORFEITED");
    for request in [consume(1, None), consume_any(1, None)] {
        let refused = Refusal::of(&server.ledger().consume_units(request).await.unwrap_err());
        assert_eq!(refused.reason, "FORFEITED");
    }
}

async fn what_lives_goes_on_while_its_order_is_a_draft(server: &TestServer) {
    stored_as(server, [hours_on_any_base(), base_order()]).await;
    let before = told_by_both(server, check_now()).await;
    let steps = [(v1::WorkOrderState::Draft, Some(in_days(-10))), (v1::WorkOrderState::Active, None)];
    for (state, from) in steps {
        let order = v1::WorkOrder { state: state.into(), ..hours_on_any_base() };
        amend(server, order, from).await.unwrap();
        assert_eq!(told_by_both(server, check_now()).await, before, "{state:?}");
    }
    // While it is a draft, its block ends as it would have.
    amend(server, drafted(hours_on_any_base()), None).await.unwrap();
    amend(server, narrowed(base_order()), None).await.unwrap();
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.3), (check, 24_000));
}

async fn the_blocks_of_a_draft_wait_for_its_base(server: &TestServer) {
    stored_as(server, [drafted(hours_on_any_base()), narrowed(base_order())]).await;
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.2, ledger.3), (check, 24_000, 0));
    assert!(ledger.0 > in_days(300), "{ledger:?}");
    assert_eq!(ask(server, check_now()).await, "BASE_AGREEMENT_REQUIRED");
    amend(server, base_order(), Some(in_days(-5))).await.unwrap();
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.2, ledger.3), (check, 24_000, 0));
    amend(server, hours_on_any_base(), None).await.unwrap();
    assert_eq!(ask(server, check_now()).await, "ENTITLED");
    server.ledger().consume_units(consume(1, None)).await.unwrap();
    let [ledger, check] = told_by_both(server, check_now()).await;
    assert_eq!((ledger, ledger.2), (check, 23_940));
}
