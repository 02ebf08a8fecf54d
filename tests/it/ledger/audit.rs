//! R66: one record for each write that was carried out, with its effects.

use std::collections::{BTreeMap, BTreeSet};

use entitled::proto::v1;
use sea_orm::ConnectionTrait as _;
use tonic::Request;

use super::on_both;
use super::samples::*;
use crate::database::connect;
use crate::fuzz::Random;
use crate::sample;
use crate::server::{Backend, TestServer, request_id};

on_both!(
    each_kind_of_write_leaves_one_record,
    a_write_that_was_not_carried_out_leaves_none,
    records_tell_what_the_entries_tell,
);

pub(super) fn all_of_contoso() -> v1::ListAuditRecordsRequest {
    v1::ListAuditRecordsRequest { customer_id: "contoso".into(), page_size: 1_000, ..Default::default() }
}

pub(super) async fn records(house: &House, request: v1::ListAuditRecordsRequest) -> Vec<v1::AuditRecord> {
    let answer = house.server.contracts().list_audit_records(request).await.unwrap().into_inner();
    assert_eq!(answer.next_page_token, "");
    answer.audit_records
}

/// The one record of a request.
async fn record(house: &House, request_id: &str) -> v1::AuditRecord {
    let all = records(house, all_of_contoso()).await;
    let mut found: Vec<_> = all.into_iter().filter(|record| record.request_id == request_id).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn sums(granted: i64, used: i64, reserved: i64) -> Option<v1::AuditedSums> {
    Some(v1::AuditedSums { granted, used, reserved })
}

fn moved(before: Option<v1::AuditedSums>, after: Option<v1::AuditedSums>) -> Vec<v1::AuditedBlock> {
    vec![v1::AuditedBlock { block_id: ede("contoso", 0), unit: v1::Unit::Minutes.into(), before, after }]
}

async fn each_kind_of_write_leaves_one_record(house: House) {
    let mut ledger = house.server.ledger();
    let mut contracts = house.server.contracts();
    let applied = records(&house, all_of_contoso()).await.remove(0);
    assert_eq!(
        (applied.action.as_str(), applied.work_order_ids.as_slice()),
        ("ApplyContract", &["wo-1".to_owned()][..])
    );
    let new = |work_order_id: &str| v1::AuditedDocument {
        work_order_id: work_order_id.into(),
        version_after: 1,
        ..Default::default()
    };
    assert_eq!(applied.documents, [new(""), new("wo-1")]);
    assert_eq!(applied.blocks, moved(sums(0, 0, 0), sums(6_000, 0, 0)));

    let request = v1::ConsumeUnitsRequest { note: "case 7".into(), ..consume(1) };
    let mut call = Request::new(request.clone());
    call.metadata_mut().insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    let done = ledger.consume_units(call).await.unwrap().into_inner();
    let told = record(&house, &request.request_id).await;
    assert_eq!((told.action.as_str(), told.actor.as_str()), ("ConsumeUnits", "anonymous"));
    assert_eq!(told.blocks, moved(sums(6_000, 0, 0), sums(6_000, 60, 0)));
    assert_eq!((&told.entry_ids[0], &told.revision), (&done.entries[0].entry_id, &done.revision));
    assert_eq!((told.record_time, told.work_order_ids[0].as_str()), (done.entries[0].record_time, "wo-1"));
    assert!(told.documents.is_empty() && told.reservation_id.is_empty());
    // What a header says of an address is nothing to be believed.
    assert!(told.peer_address.starts_with("127.0.0.1:") && told.user_agent.starts_with("tonic/"), "{told:?}");

    let request = reserve(5);
    let held = ledger.reserve_units(request.clone()).await.unwrap().into_inner().reservation.unwrap();
    let told = record(&house, &request.request_id).await;
    assert_eq!(told.blocks, moved(sums(6_000, 60, 0), sums(6_000, 60, 300)));
    assert_eq!((told.action.as_str(), &told.reservation_id), ("ReserveUnits", &held.reservation_id));

    let put_off = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: held.reservation_id.clone(),
        expire_time: in_seconds(20 * 86_400),
        request_id: request_id(),
        ..Default::default()
    };
    ledger.extend_reservation(put_off.clone()).await.unwrap();
    let told = record(&house, &put_off.request_id).await;
    assert_eq!(told.blocks, moved(sums(6_000, 60, 300), sums(6_000, 60, 300)));

    let request = commit(&held.reservation_id, Some(2));
    let committed = ledger.commit_reservation(request.clone()).await.unwrap().into_inner();
    let told = record(&house, &request.request_id).await;
    assert_eq!(told.blocks, moved(sums(6_000, 60, 300), sums(6_000, 180, 0)), "a commit and a release");
    assert_eq!((told.action.as_str(), told.entry_ids.len()), ("CommitReservation", 2));

    let held = ledger.reserve_units(reserve(1)).await.unwrap().into_inner().reservation.unwrap();
    let request = release(&held.reservation_id);
    ledger.release_reservation(request.clone()).await.unwrap();
    let told = record(&house, &request.request_id).await;
    assert_eq!(
        (told.action.as_str(), told.blocks),
        ("ReleaseReservation", moved(sums(6_000, 180, 60), sums(6_000, 180, 0)))
    );

    let undo = v1::ReverseEntryRequest {
        customer_id: "contoso".into(),
        entry_id: committed.entries[0].entry_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    ledger.reverse_entry(undo.clone()).await.unwrap();
    let told = record(&house, &undo.request_id).await;
    assert_eq!((told.action.as_str(), told.blocks), ("ReverseEntry", moved(sums(6_000, 180, 0), sums(6_000, 60, 0))));

    let request = adjust(-10);
    ledger.adjust_block(request.clone()).await.unwrap();
    let told = record(&house, &request.request_id).await;
    assert_eq!((told.action.as_str(), told.blocks), ("AdjustBlock", moved(sums(6_000, 60, 0), sums(5_400, 60, 0))));

    let get = v1::GetCustomerRequest { customer_id: "contoso".into(), ..Default::default() };
    let customer = contracts.get_customer(get).await.unwrap().into_inner().customer.unwrap();
    let rename = v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { display_name: "Contoso plc".into(), ..customer.clone() }),
        request_id: request_id(),
        ..Default::default()
    };
    contracts.update_customer(rename.clone()).await.unwrap();
    let told = record(&house, &rename.request_id).await;
    let field =
        v1::FieldChange { field: "display_name".into(), old_value: "contoso".into(), new_value: "Contoso plc".into() };
    let [document] = told.documents.as_slice() else { panic!("{told:?}") };
    assert!(document.effective_time.is_some() && told.work_order_ids.is_empty(), "{told:?}");
    assert_eq!((document.version_before, document.version_after), (1, 2));
    assert_eq!(document.fields, [field]);

    let suspend = v1::SuspendWorkOrderRequest {
        customer_id: "contoso".into(),
        work_order_id: "wo-1".into(),
        reason: "not paid".into(),
        request_id: request_id(),
        ..Default::default()
    };
    contracts.suspend_work_order(suspend.clone()).await.unwrap();
    assert_eq!(record(&house, &suspend.request_id).await.reason, "not paid");

    // Equal content is a write that changed nothing.
    let again = v1::UpdateCustomerRequest { request_id: request_id(), ..rename };
    contracts.update_customer(again.clone()).await.unwrap();
    let told = record(&house, &again.request_id).await;
    assert!(told.documents.is_empty() && told.blocks.is_empty(), "{told:?}");

    let request = v1::CreateCustomerRequest {
        customer: Some(sample::customer("northwind")),
        request_id: request_id(),
        ..Default::default()
    };
    contracts.create_customer(request).await.unwrap();
    let of = |customer_id: &str| v1::ListAuditRecordsRequest { customer_id: customer_id.into(), ..all_of_contoso() };
    assert_eq!(records(&house, of("northwind")).await[0].documents, [new("")]);
    sample::stored(&house.server, "fabrikam").await;
    let request = sample::create(sample::add_on("fabrikam", "wo-3"));
    contracts.create_work_order(request.clone()).await.unwrap();
    let told = records(&house, of("fabrikam")).await;
    let told = told.iter().find(|record| record.request_id == request.request_id).unwrap();
    assert_eq!((told.action.as_str(), told.work_order_ids.as_slice()), ("CreateWorkOrder", &["wo-3".to_owned()][..]));
    assert_eq!(told.documents, [new("wo-3")]);
    assert!(told.blocks.iter().any(|block| block.before == sums(0, 0, 0) && block.after == sums(24_000, 0, 0)));
    house.stop().await;
}

async fn a_write_that_was_not_carried_out_leaves_none(house: House) {
    let mut ledger = house.server.ledger();
    let mut contracts = house.server.contracts();
    let first = consume(1);
    ledger.consume_units(first.clone()).await.unwrap();
    let before = records(&house, all_of_contoso()).await;
    assert_eq!(before.len(), 2);

    assert!(ledger.consume_units(first.clone()).await.unwrap().into_inner().replayed);
    refused(ledger.consume_units(consume(1_000)).await);
    refused(ledger.consume_units(consume(-1)).await);
    let reused = v1::ConsumeUnitsRequest { request_id: first.request_id, ..consume(2) };
    assert_eq!(refused(ledger.consume_units(reused).await), invalid("REQUEST_ID_REUSED"));
    let renamed = |validate_only: bool, country: &str| {
        let mut customer = sample::customer("contoso");
        customer.locations[0].country = country.to_owned();
        v1::UpdateCustomerRequest {
            customer: Some(customer),
            request_id: request_id(),
            validate_only,
            ..Default::default()
        }
    };
    contracts.update_customer(renamed(true, "GB")).await.unwrap();
    refused(contracts.update_customer(renamed(false, "XX")).await);
    assert_eq!(records(&house, all_of_contoso()).await, before);

    // Many at once with one request id are one write.
    let same = consume(1);
    let calls = (0..8).map(|_| {
        let (mut ledger, same) = (house.server.ledger(), same.clone());
        async move { ledger.consume_units(same).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(record(&house, &same.request_id).await.entry_ids.len(), 1);
    assert_eq!(records(&house, all_of_contoso()).await.len(), 3);
    house.stop().await;
}

/// As docs/OPERATIONS.md says.
#[tokio::test]
async fn a_server_needs_no_right_to_change_what_was_recorded() {
    let house = House::start(Backend::Postgres).await;
    let url = house.server.database();
    let role = format!("app_{}", url.rsplit('/').next().unwrap());
    let connection = house.connection().await;
    for statement in [
        format!("CREATE ROLE {role} LOGIN"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
        format!("REVOKE UPDATE, DELETE ON request, customer_version, work_order_version, entry FROM {role}"),
    ] {
        connection.execute_unprepared(&statement).await.unwrap();
    }
    let (owner, rest) = url.split_once('@').unwrap();
    let url = format!("{}{role}@{rest}", &owner[..owner.rfind('/').unwrap() + 1]);
    let mut config = TestServer::config(house.server.directory());
    config.store.database = url.parse().unwrap();
    let beside = TestServer::serve(config, None).await;
    beside.contracts().apply_contract(sample::document("fabrikam")).await.unwrap();
    beside.ledger().consume_units(consume(1)).await.unwrap();
    let held = beside.ledger().reserve_units(reserve(1)).await.unwrap().into_inner().reservation.unwrap();
    beside.ledger().commit_reservation(commit(&held.reservation_id, None)).await.unwrap();
    assert_eq!(
        beside.contracts().list_audit_records(all_of_contoso()).await.unwrap().into_inner().audit_records.len(),
        4
    );
    let app = connect(&url).await;
    for (table, column) in [("request", "actor"), ("customer_version", "actor"), ("entry", "detail")] {
        for change in [
            format!("UPDATE {table} SET {column} = ''"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
        ] {
            let refused = app.execute_unprepared(&change).await.expect_err(&change).to_string();
            assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{change}: {refused}");
        }
    }
    app.close().await.unwrap();
    connection.close().await.unwrap();
    beside.stop().await;
    house.stop().await;
}

/// After writes of every kind, at random and at once.
async fn records_tell_what_the_entries_tell(house: House) {
    house.put_customer("fabrikam", &[5, 5, 5]).await;
    let mut callers = tokio::task::JoinSet::new();
    for seed in 0..6 {
        let mut ledger = house.server.ledger();
        callers.spawn(async move {
            let mut random = Random(seed);
            for _ in 0..25 {
                let amount = i64::try_from(random.below(3)).unwrap() + 1;
                // Some are refused; those leave nothing.
                let _ = match random.below(5) {
                    0 => ledger.consume_units(consume(amount)).await.map(|_| ()),
                    1 => ledger.consume_units(consume_any("fabrikam", amount)).await.map(|_| ()),
                    2 => ledger.adjust_block(adjust(amount - 2)).await.map(|_| ()),
                    3 => ledger.reserve_units(reserve(amount)).await.map(|_| ()),
                    _ => {
                        let held = ledger.reserve_units(reserve(amount)).await;
                        let Ok(held) = held else { continue };
                        let id = held.into_inner().reservation.unwrap().reservation_id;
                        ledger.commit_reservation(commit(&id, Some(1))).await.map(|_| ())
                    }
                };
            }
        });
    }
    callers.join_all().await;
    for customer_id in ["contoso", "fabrikam"] {
        let request =
            v1::ListEntriesRequest { customer_id: customer_id.into(), page_size: 1_000, ..Default::default() };
        let entries = house.server.ledger().list_entries(request).await.unwrap().into_inner();
        assert_eq!(entries.next_page_token, "");
        let mut by_request: BTreeMap<String, Vec<v1::Entry>> = BTreeMap::new();
        for entry in entries.entries {
            by_request.entry(entry.request_id.clone()).or_default().push(entry);
        }
        let request = v1::ListAuditRecordsRequest { customer_id: customer_id.into(), ..all_of_contoso() };
        let told = records(&house, request).await;
        let ids: BTreeSet<&String> = told.iter().map(|record| &record.request_id).collect();
        assert_eq!((ids, told.len()), (by_request.keys().collect(), by_request.len()));
        for record in &told {
            let entries = &by_request[&record.request_id];
            assert!(entries.iter().all(|entry| entry.actor == record.actor));
            let mut of_record: BTreeSet<&String> = record.entry_ids.iter().collect();
            if record.action == "ApplyContract" {
                of_record.extend(entries.iter().map(|entry| &entry.entry_id));
            }
            assert_eq!(of_record, entries.iter().map(|entry| &entry.entry_id).collect());
            for block in &record.blocks {
                let of_block = || entries.iter().filter(|entry| entry.block_id == block.block_id);
                let last = of_block().max_by_key(|entry| entry.sequence).unwrap();
                assert_eq!(block.after, sums(last.granted, last.used, last.reserved));
                let first = of_block().min_by_key(|entry| entry.sequence).unwrap().sequence;
                let before = by_request.values().flatten();
                let before =
                    before.filter(|entry| entry.block_id == block.block_id).find(|it| it.sequence == first - 1);
                let before = before.map_or(sums(0, 0, 0), |entry| sums(entry.granted, entry.used, entry.reserved));
                assert_eq!(block.before, before, "{record:?}");
            }
            let blocks: BTreeSet<&String> = record.blocks.iter().map(|block| &block.block_id).collect();
            assert_eq!(blocks, entries.iter().map(|entry| &entry.block_id).collect());
        }
    }
    house.stop().await;
}
