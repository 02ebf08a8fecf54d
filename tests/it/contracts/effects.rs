//! What a change would do is what it does, on both databases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Duration, Timelike as _, Utc};
use entitled::cli::document;
use entitled::proto::v1;
use entitled::service::Clock;
use prost_types::Timestamp;
use serde_json::{Value, json};

use super::{create_customer, get_customer, get_order};
use crate::ledger::samples::{consume_of, contract, ede, hours};
use crate::sample::{Refusal, create, fully_consistent, refused, stored, time};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    what_is_told_to_turn_turns_and_nothing_else,
    a_plan_writes_nothing,
    what_a_document_brings_is_told_before_there_is_a_customer,
    a_plan_and_a_write_refuse_the_same_shrinking,
    holds_past_the_new_end_are_told_and_committed,
    orders_that_lean_on_a_base_are_told,
);

fn now() -> DateTime<Utc> {
    let now = Clock::System.now();
    now.with_nanosecond(0).unwrap()
}

fn timestamp(instant: DateTime<Utc>) -> Option<Timestamp> {
    Some(Timestamp { seconds: instant.timestamp(), nanos: 0 })
}

/// Contoso with a base and 100 hours, in the middle of its term; more than one product is covered.
fn hundred_hours() -> Value {
    let mut contract = contract("contoso", &[100]);
    contract["work_orders"][0]["covered_products"] = json!(["azure/*", "windows-server/*"]);
    contract["work_orders"][0]["items"][1]["unit_price"] = json!(31_000);
    contract
}

fn request(contract: &Value) -> v1::ApplyContractRequest {
    let document = document::read(&contract.to_string()).unwrap();
    v1::ApplyContractRequest { request_id: request_id(), ..document.request }
}

async fn put(server: &TestServer) {
    server.contracts().apply_contract(request(&hundred_hours())).await.unwrap();
}

async fn read(server: &TestServer) -> v1::WorkOrder {
    server.contracts().get_work_order(get_order("wo-1")).await.unwrap().into_inner().work_order.unwrap()
}

fn amend(work_order: &v1::WorkOrder) -> v1::AmendWorkOrderRequest {
    v1::AmendWorkOrderRequest { work_order: Some(work_order.clone()), request_id: request_id(), ..Default::default() }
}

async fn plan(server: &TestServer, amend: v1::AmendWorkOrderRequest) -> v1::ContractEffects {
    let request = v1::AmendWorkOrderRequest { validate_only: true, request_id: String::new(), ..amend };
    server.contracts().amend_work_order(request).await.unwrap().into_inner().effects.unwrap()
}

async fn carry_out(server: &TestServer, amend: v1::AmendWorkOrderRequest) -> v1::WorkOrder {
    server.contracts().amend_work_order(amend).await.unwrap().into_inner().work_order.unwrap()
}

/// What is answered now, by location and service: the decision and its first reason.
async fn answers(server: &TestServer, product_id: Option<&str>) -> BTreeMap<(String, String), (v1::Decision, String)> {
    let (mut found, mut page_token) = (BTreeMap::new(), String::new());
    loop {
        let request = v1::ListEntitlementsRequest {
            customer_id: "contoso".to_owned(),
            product_id: product_id.map(str::to_owned),
            consistency: fully_consistent(),
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let answer = server.entitlements().list_entitlements(request).await.unwrap().into_inner();
        for row in answer.entitlements {
            let first = row.reasons.first().or(row.open_conditions.first());
            let code = first.map(|reason| reason.code.clone()).unwrap_or_default();
            found.insert((row.location_id.clone(), row.service_id.clone()), (row.decision(), code));
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

async fn what_is_told_to_turn_turns_and_nothing_else(server: &TestServer) {
    put(server).await;
    let order = read(server).await;
    let mut without_product = order.clone();
    without_product.covered_products = vec!["azure/*".to_owned()];
    let mut without_item = without_product.clone();
    without_item.items.remove(1);
    let products = [None, Some("windows-server"), Some("azure")];
    for (changed, expected, least) in [(without_product, vec!["windows-server"], 10), (without_item, vec![], 1)] {
        let told = plan(server, amend(&changed)).await;
        assert_eq!(
            (told.product_ids.clone(), told.omitted_decisions),
            (expected.iter().map(|id| (*id).to_owned()).collect(), 0)
        );
        let mut before = Vec::new();
        for product in products {
            before.push(answers(server, product).await);
        }
        carry_out(server, amend(&changed)).await;
        let mut turned = 0;
        for (product, before) in products.into_iter().zip(before) {
            let after = answers(server, product).await;
            assert_eq!(after.len(), before.len());
            let differ: BTreeSet<_> = after.iter().filter(|(place, answer)| before[*place] != **answer).collect();
            if product.is_some_and(|product| !expected.contains(&product)) {
                continue;
            }
            let of_product = |row: &&v1::DecisionChange| row.product_id == product.unwrap_or_default();
            let rows: Vec<_> = told.decisions.iter().filter(of_product).collect();
            for row in &rows {
                let place = (row.location_id.clone(), row.service_id.clone());
                assert_eq!(before[&place], (row.old_decision(), row.old_reason_code.clone()), "{row:?}");
                assert_eq!(after[&place], (row.new_decision(), row.new_reason_code.clone()), "{row:?}");
                assert_eq!(row.change_time, told.effective_time, "{row:?}");
            }
            assert_eq!(rows.len(), differ.len(), "{product:?}: {differ:?}");
            turned += rows.len();
        }
        assert!(turned >= least, "{turned}");
    }
}

async fn a_plan_writes_nothing(server: &TestServer) {
    put(server).await;
    server.ledger().consume_units(consume_of("contoso", 30)).await.unwrap();
    let order = read(server).await;
    let state = async || {
        let customer = server.contracts().get_customer(get_customer("contoso")).await.unwrap().into_inner();
        let blocks = v1::ListBlocksRequest { customer_id: "contoso".to_owned(), ..Default::default() };
        let blocks = server.ledger().list_blocks(blocks).await.unwrap().into_inner().blocks;
        let entries = v1::ListEntriesRequest { customer_id: "contoso".to_owned(), ..Default::default() };
        (customer.revision, blocks, server.ledger().list_entries(entries).await.unwrap().into_inner().entries)
    };
    let before = state().await;
    let mut changed = order.clone();
    changed.items[1].quantity = hours(40);
    changed.items[1].unit_price = Some(30_000);
    let told = plan(server, amend(&changed)).await;
    assert_eq!(state().await, before);
    let fields: Vec<_> = told.field_changes.iter().map(|row| row.change.clone().unwrap()).collect();
    let fields: Vec<_> =
        fields.iter().map(|it| (it.field.as_str(), it.old_value.as_str(), it.new_value.as_str())).collect();
    assert_eq!(fields, [("items[ede-0].quantity.amount", "100", "40"), ("items[ede-0].unit_price", "31000", "30000")]);
    assert_eq!(
        told.items.iter().map(|item| (item.item_id.as_str(), item.kind())).collect::<Vec<_>>(),
        [("ede-0", v1::ItemChangeKind::Changed)]
    );
    let [block] = told.blocks.as_slice() else { panic!("{told:?}") };
    assert_eq!((block.kind(), block.old_granted, block.new_granted), (v1::BlockChangeKind::Shrunk, 6_000, 2_400));
    assert_eq!((block.used, block.reserved, block.excess, block.forfeited), (1_800, 0, 0, 0));
    let [total] = told.totals.as_slice() else { panic!("{told:?}") };
    assert_eq!((total.old_total, total.new_total), (Some(3_100_000), Some(1_200_000)));
    assert_eq!((total.new_currency.as_str(), total.unpriced_items), ("GBP", 1));
    // Nothing changes: nothing is told.
    assert_eq!(plan(server, amend(&order)).await, v1::ContractEffects::default());
}

async fn what_a_document_brings_is_told_before_there_is_a_customer(server: &TestServer) {
    let request = v1::ApplyContractRequest { validate_only: true, ..request(&hundred_hours()) };
    let told = server.contracts().apply_contract(request.clone()).await.unwrap().into_inner().effects.unwrap();
    assert_eq!(told.items.iter().map(|item| item.kind()).collect::<Vec<_>>(), [v1::ItemChangeKind::Added; 2]);
    assert_eq!(told.blocks.iter().map(|block| block.kind()).collect::<Vec<_>>(), [v1::BlockChangeKind::Created]);
    assert_eq!(told.blocks[0].block_id, ede("contoso", 0));
    let entitled = |row: &&v1::DecisionChange| row.new_decision() != v1::Decision::NotEntitled;
    assert!(told.decisions.iter().filter(entitled).count() >= 10, "{}", told.decisions.len());
    assert!(told.decisions.iter().all(|row| row.old_decision() == v1::Decision::NotEntitled));
    refused(server.contracts().get_customer(get_customer("contoso")).await);
    // The same for the parts.
    let customer = request.customer.unwrap();
    server.contracts().create_customer(create_customer(customer.clone())).await.unwrap();
    let order = v1::WorkOrder { customer_id: "contoso".to_owned(), ..request.work_orders[0].clone() };
    let trial = v1::CreateWorkOrderRequest { validate_only: true, ..create(order) };
    let of_order = server.contracts().create_work_order(trial).await.unwrap().into_inner().effects.unwrap();
    assert_eq!(of_order.decisions.len(), told.decisions.len());
    let mut customer = customer;
    customer.display_name = "Contoso plc".to_owned();
    let trial = v1::UpdateCustomerRequest { customer: Some(customer), validate_only: true, ..Default::default() };
    let of_customer = server.contracts().update_customer(trial).await.unwrap().into_inner().effects.unwrap();
    assert_eq!(of_customer.field_changes[0].change.as_ref().unwrap().field, "display_name");
    assert_eq!((of_customer.decisions.len(), of_customer.totals.len()), (0, 0));
}

fn reserve(amount: i64, expire_time: DateTime<Utc>) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "contoso".to_owned(),
        block_id: ede("contoso", 0),
        quantity: hours(amount),
        expire_time: timestamp(expire_time),
        request_id: request_id(),
        ..Default::default()
    }
}

async fn a_plan_and_a_write_refuse_the_same_shrinking(server: &TestServer) {
    put(server).await;
    server.ledger().consume_units(consume_of("contoso", 30)).await.unwrap();
    server.ledger().reserve_units(reserve(20, now() + Duration::days(1))).await.unwrap();
    let mut order = read(server).await;
    order.items[1].quantity = hours(49);
    let refusal = async |request| {
        let mut refusal = Refusal::of(&server.contracts().amend_work_order(request).await.unwrap_err());
        assert!(refusal.metadata.remove("x_request_id").is_some());
        refusal
    };
    let in_plan = refusal(v1::AmendWorkOrderRequest { validate_only: true, ..amend(&order) }).await;
    assert_eq!(in_plan, refusal(amend(&order)).await);
    assert_eq!(in_plan.clauses, ["work_order.items[1].quantity GRANT_BELOW_SPENT"]);
    assert_eq!((in_plan.metadata("spent"), in_plan.metadata("requested")), (Some("3000"), Some("2940")));
    // In a change that is planned for later, too.
    let later = v1::AmendWorkOrderRequest { effective_time: timestamp(now() + Duration::days(30)), ..amend(&order) };
    assert_eq!(
        refusal(v1::AmendWorkOrderRequest { validate_only: true, ..later.clone() }).await.clauses,
        in_plan.clauses
    );
    assert_eq!(refusal(later).await.clauses, in_plan.clauses);
    let forced = v1::AmendWorkOrderRequest { force_reason: "agreed with the customer".to_owned(), ..amend(&order) };
    let [block] = &plan(server, forced.clone()).await.blocks[..] else { panic!("one block") };
    assert_eq!((block.new_granted, block.used, block.reserved, block.excess), (2_940, 1_800, 1_200, 60));
    // With as much as was spent nobody needs to be forced.
    order.items[1].quantity = hours(50);
    let [block] = &plan(server, amend(&order)).await.blocks[..] else { panic!("one block") };
    assert_eq!((block.new_granted, block.excess), (3_000, 0));
    carry_out(server, forced).await;
    let request = v1::GetBlockRequest { customer_id: "contoso".into(), block_id: ede("contoso", 0), as_of_time: None };
    let block = server.ledger().get_block(request).await.unwrap().into_inner().block.unwrap();
    assert_eq!((block.granted, block.used, block.reserved, block.available), (2_940, 1_800, 1_200, 0));
}

async fn holds_past_the_new_end_are_told_and_committed(server: &TestServer) {
    put(server).await;
    server.ledger().consume_units(consume_of("contoso", 10)).await.unwrap();
    let expire_time = now() + Duration::days(3);
    let held = server.ledger().reserve_units(reserve(20, expire_time)).await.unwrap().into_inner();
    let reservation_id = held.reservation.unwrap().reservation_id;
    let mut order = read(server).await;
    order.items.remove(1);
    let told = plan(server, amend(&order)).await;
    let [block] = told.blocks.as_slice() else { panic!("{told:?}") };
    assert_eq!((block.kind(), block.forfeited), (v1::BlockChangeKind::Ended, 6_000 - 600 - 1_200));
    assert_eq!(block.new_expire_time, told.effective_time);
    let [reservation] = told.reservations.as_slice() else { panic!("{told:?}") };
    assert_eq!((reservation.reservation_id.as_str(), reservation.amount), (reservation_id.as_str(), 1_200));
    assert_eq!(reservation.block_ids, [ede("contoso", 0)]);
    assert_eq!((reservation.expire_time, reservation.block_end_time), (timestamp(expire_time), told.effective_time));
    // A hold that is over by a later end does not reach past it.
    let later = v1::AmendWorkOrderRequest { effective_time: timestamp(expire_time), ..amend(&order) };
    let told = plan(server, later).await;
    assert_eq!((told.blocks.len(), told.reservations.len()), (1, 0));
    carry_out(server, amend(&order)).await;
    // Work of the last day on which the service is worked.
    let days = (1..4).map(|days| (now() - Duration::days(days)).date_naive());
    let day = days.into_iter().find(|day| day.weekday().number_from_monday() < 6).unwrap();
    let [start_time, end_time] = [12, 14].map(|hour| timestamp(day.and_hms_opt(hour, 0, 0).unwrap().and_utc()));
    let done = v1::Performed { start_time, end_time };
    let commit = |performed| v1::CommitReservationRequest {
        customer_id: "contoso".to_owned(),
        reservation_id: reservation_id.clone(),
        quantity: hours(2),
        performed,
        request_id: request_id(),
        ..Default::default()
    };
    let committed = server.ledger().commit_reservation(commit(Some(done))).await.unwrap().into_inner();
    assert_eq!(committed.reservation.unwrap().state(), v1::ReservationState::Committed);
    assert_eq!(committed.balances[0].used, 600 + 120);
}

async fn orders_that_lean_on_a_base_are_told(server: &TestServer) {
    stored(server, "contoso").await;
    let request = v1::SuspendWorkOrderRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-1".to_owned(),
        effective_time: time("2026-06-01T00:00:00Z"),
        validate_only: true,
        ..Default::default()
    };
    let told = server.contracts().suspend_work_order(request).await.unwrap().into_inner().effects.unwrap();
    let [dependent] = told.dependent_work_orders.as_slice() else { panic!("{told:?}") };
    assert_eq!(dependent.work_order_id, "wo-2");
    assert_eq!(dependent.effect(), v1::DependentWorkOrderEffect::Uncovered);
    assert_eq!(dependent.location_ids, ["gb-london", "ie-dublin"]);
    assert_eq!((dependent.old_end_time, dependent.new_end_time), (time("2027-02-01T00:00:00Z"), None));
    assert_eq!(told.effective_time, time("2026-06-01T00:00:00Z"));
    assert!(told.decisions.iter().any(|row| row.new_reason_code == "BASE_AGREEMENT_REQUIRED"), "{:?}", told.decisions);
}
