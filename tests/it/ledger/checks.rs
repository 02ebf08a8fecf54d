//! Checks see what is left.

use entitled::proto::v1;

use super::on_both;
use super::samples::*;
use crate::sample::Refusal;
use crate::server::request_id;

on_both!(
    a_check_sees_the_balance_of_its_revision,
    another_process_sees_it_too,
    a_check_as_known_sees_the_balance_of_then,
    a_check_knows_when_a_hold_runs_out,
    a_check_lists_the_blocks_in_the_order_they_burn,
    a_check_and_a_write_say_what_is_left_beside_what_is_over,
);

fn check(amount: i64, revision: &str) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        customer_id: "contoso".into(),
        location_id: LONDON.into(),
        product_id: "azure".into(),
        service_id: EDE.into(),
        quantity: hours(amount),
        consistency: Some(v1::Consistency {
            requirement: Some(v1::consistency::Requirement::AtLeastRevision(revision.into())),
        }),
        ..Default::default()
    }
}

async fn a_check_sees_the_balance_of_its_revision(house: House) {
    let mut entitlements = house.server.entitlements();
    let mut ledger = house.server.ledger();
    let revision = ledger.consume_units(consume(60)).await.unwrap().into_inner().revision;
    let answer = entitlements.check_entitlement(check(40, &revision)).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::Entitled);
    assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(3_600, 0));
    let revision = ledger.reserve_units(reserve(10)).await.unwrap().into_inner().revision;
    let answer = entitlements.check_entitlement(check(31, &revision)).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::NotEntitled);
    assert_eq!(answer.reasons[0].code, "HOURS_EXHAUSTED");
    assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(3_600, 600));
    house.stop().await;
}

async fn another_process_sees_it_too(house: House) {
    if house.backend == crate::server::Backend::Sqlite {
        return house.stop().await;
    }
    let other = house.server.start_beside().await;
    let mut ledger = house.server.ledger();
    for used in 1..=20 {
        let revision = ledger.consume_units(consume(1)).await.unwrap().into_inner().revision;
        let answer = other.entitlements().check_entitlement(check(1, &revision)).await.unwrap().into_inner();
        assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(used * 60, 0));
    }
    other.stop().await;
    house.stop().await;
}

async fn a_check_as_known_sees_the_balance_of_then(house: House) {
    let mut ledger = house.server.ledger();
    let mut known = Vec::new();
    for used in 1..=3 {
        let answer = ledger.consume_units(consume(1)).await.unwrap().into_inner();
        known.push((answer.entries[0].record_time, left(used * 60, 0)));
    }
    // Of the writes of one millisecond, which is all SQLite tells apart, the last is known.
    known.reverse();
    known.dedup_by_key(|(time, _)| *time);
    for (known_time, expected) in known {
        let request = v1::CheckEntitlementRequest { known_time, consistency: None, ..check(1, "") };
        let answer = house.server.entitlements().check_entitlement(request).await.unwrap().into_inner();
        assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), expected);
    }
    house.stop().await;
}

async fn a_check_knows_when_a_hold_runs_out(house: House) {
    let mut entitlements = house.server.entitlements();
    let mut ledger = house.server.ledger();
    let (first, second) = (in_seconds(3_600), in_seconds(7_200));
    // The first two end together.
    for (amount, expire_time) in [(30, first), (10, first), (60, second)] {
        ledger.reserve_units(v1::ReserveUnitsRequest { expire_time, ..reserve(amount) }).await.unwrap();
    }
    let full = |check_time| v1::CheckEntitlementRequest {
        check_time,
        consistency: Some(v1::Consistency { requirement: Some(v1::consistency::Requirement::FullyConsistent(true)) }),
        ..check(40, "")
    };
    let answer = entitlements.check_entitlement(full(None)).await.unwrap().into_inner();
    assert_eq!((answer.decision(), answer.valid_until), (v1::Decision::NotEntitled, first));
    assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(0, 6_000));
    let answer = entitlements.check_entitlement(full(first)).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::Entitled, "without any write");
    assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(0, 3_600));
    // The same as it is known now: nothing was recorded of the block since.
    let known = |check_time| v1::CheckEntitlementRequest { known_time: in_seconds(60), ..full(check_time) };
    let answer = entitlements.check_entitlement(known(None)).await.unwrap().into_inner();
    assert_eq!((answer.decision(), answer.valid_until), (v1::Decision::NotEntitled, first));
    let answer = entitlements.check_entitlement(known(first)).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::Entitled, "without any write");
    assert_eq!(balance(&answer.coverage.unwrap().blocks[0]), left(0, 3_600));
    let held =
        ledger.list_reservations(v1::ListReservationsRequest { customer_id: "contoso".into(), ..Default::default() });
    let held = held.await.unwrap().into_inner().reservations;
    // Given back by hand, or put off: neither runs out then any more.
    ledger.release_reservation(release(&held[0].reservation_id)).await.unwrap();
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: held[1].reservation_id.clone(),
        expire_time: in_seconds(10_800),
        request_id: request_id(),
        ..Default::default()
    };
    ledger.extend_reservation(extend).await.unwrap();
    let answer = entitlements.check_entitlement(full(None)).await.unwrap().into_inner();
    assert_eq!((answer.decision(), answer.valid_until), (v1::Decision::NotEntitled, second));
    house.stop().await;
}

/// The items are in the opposite order of their priorities, and the last is for another product.
async fn a_check_lists_the_blocks_in_the_order_they_burn(house: House) {
    let mut contract = contract("fabrikam", &[5, 6, 7]);
    let items = contract["work_orders"][0]["items"].as_array_mut().unwrap();
    (items[1]["priority"], items[2]["priority"]) = (2.into(), 1.into());
    items[3]["product_ids"] = serde_json::json!(["windows-server"]);
    let document = entitled::cli::document::read(&contract.to_string()).unwrap();
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    house.server.contracts().apply_contract(request).await.unwrap();
    let taken = house.server.ledger().consume_units(consume_any("fabrikam", 8)).await.unwrap().into_inner();
    let burnt: Vec<_> = taken.entries.iter().map(|entry| (entry.item_id.as_str(), entry.amount)).collect();
    assert_eq!(burnt, [("ede-1", 360), ("ede-0", 120)]);
    let check = v1::CheckEntitlementRequest { customer_id: "fabrikam".into(), ..check(1, &taken.revision) };
    let answer = house.server.entitlements().check_entitlement(check).await.unwrap().into_inner();
    let blocks = answer.coverage.unwrap().blocks;
    let listed: Vec<_> = blocks.iter().map(|block| (block.item_id.as_str(), block.available)).collect();
    assert_eq!(listed, [("ede-1", 0), ("ede-0", 180)]);
    house.stop().await;
}

/// What the flex allowance paid ended with the contract year; its item goes on beside another.
async fn a_check_and_a_write_say_what_is_left_beside_what_is_over(house: House) {
    let day = |days| (now() + chrono::Duration::days(days)).date_naive().to_string();
    for (customer_id, over) in [("fabrikam", 0), ("northwind", 1)] {
        let mut contract = contract(customer_id, &[10, 10]);
        let order = &mut contract["work_orders"][0];
        order["start_date"] = day(-400).into();
        order["items"][over + 1]["funding"] = "FLEX_ALLOWANCE".into();
        house.apply(&contract).await;
        let write = house.server.ledger().consume_units(consume_any(customer_id, 12)).await.unwrap_err();
        let told = Refusal::of(&write);
        assert_eq!(told.violations, ["quantity HOURS_EXHAUSTED"], "ede-{over} is over");
        let check = v1::CheckEntitlementRequest { customer_id: customer_id.into(), consistency: None, ..check(12, "") };
        let answer = house.server.entitlements().check_entitlement(check).await.unwrap().into_inner();
        let [reason] = answer.reasons.as_slice() else { panic!("{:?}", answer.reasons) };
        assert_eq!(reason.code, told.reason);
        for fact in ["available", "requested", "unit"] {
            assert_eq!(reason.metadata[fact], told.metadata[fact], "{fact}");
        }
    }
    house.stop().await;
}
