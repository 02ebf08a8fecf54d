//! R21, R22: entries are appended, chained, and make the balances.

use entitled::ledger::{Chains, DiscrepancyKind};
use entitled::proto::v1;
use entitled::store::EntryFilter;
use sea_orm::ConnectionTrait as _;

use super::on_both;
use super::samples::*;
use crate::server::request_id;

on_both!(
    blocks_come_with_the_contract,
    entries_are_listed_whole_and_in_order,
    a_block_is_known_as_of_any_time,
    a_use_is_undone_once,
    a_changed_byte_is_named,
);

async fn blocks_come_with_the_contract(house: House) {
    house.put_customer("fabrikam", &[10, 20, 30]).await;
    let mut ledger = house.server.ledger();
    let list = |token: &str| v1::ListBlocksRequest {
        customer_id: "fabrikam".into(),
        page_size: 2,
        page_token: token.into(),
        service_id: EDE.into(),
        ..Default::default()
    };
    let first = ledger.list_blocks(list("")).await.unwrap().into_inner();
    let second = ledger.list_blocks(list(&first.next_page_token)).await.unwrap().into_inner();
    let blocks: Vec<_> = first.blocks.into_iter().chain(second.blocks).collect();
    assert_eq!(blocks.iter().map(|block| block.granted).collect::<Vec<_>>(), [600, 1_200, 1_800]);
    assert!(blocks.iter().all(|block| block.sequence == 1 && block.head_hash.len() == 64), "{blocks:?}");
    assert_eq!(second.next_page_token, "");
    // The same document again changes nothing.
    house.put_customer("fabrikam", &[10, 20, 30]).await;
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE customer_id = 'fabrikam'").await, 3);
    house.stop().await;
}

async fn entries_are_listed_whole_and_in_order(house: House) {
    let mut ledger = house.server.ledger();
    let note = v1::ConsumeUnitsRequest { note: "case 7, “urgent” 🏢".into(), ..consume(2) };
    let written = ledger.consume_units(note).await.unwrap().into_inner().entries;
    let held = ledger.reserve_units(reserve(5)).await.unwrap().into_inner();
    let id = held.reservation.unwrap().reservation_id;
    ledger.commit_reservation(commit(&id, Some(3))).await.unwrap();
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let request = v1::ListEntriesRequest {
            customer_id: "contoso".into(),
            page_size: 2,
            page_token: token,
            block_id: ede("contoso", 0),
            ..Default::default()
        };
        let page = ledger.list_entries(request).await.unwrap().into_inner();
        found.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let kinds: Vec<_> = found.iter().map(|entry| entry.kind().as_str_name()).collect();
    let expected = ["GRANT", "CONSUME", "RESERVE", "COMMIT", "RELEASE"].map(|kind| format!("ENTRY_KIND_{kind}"));
    assert_eq!(kinds, expected);
    assert_eq!(found[1], written[0], "what is read is what was written");
    assert_eq!(found.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let of_hold = v1::ListEntriesRequest { customer_id: "contoso".into(), reservation_id: id, ..Default::default() };
    assert_eq!(ledger.list_entries(of_hold).await.unwrap().into_inner().entries, found[2..]);
    let mut listed = async |change: &dyn Fn(&mut v1::ListEntriesRequest)| {
        let mut request = v1::ListEntriesRequest { customer_id: "contoso".into(), ..Default::default() };
        change(&mut request);
        ledger.list_entries(request).await.map(|page| page.into_inner().entries)
    };
    let of_block = |entries: Vec<v1::Entry>| -> Vec<_> {
        entries.into_iter().filter(|entry| entry.block_id == found[0].block_id).collect()
    };
    // By the time of the record: the first counts, the last does not.
    let at = |entry: &v1::Entry| entry.record_time;
    let key = |time: Option<prost_types::Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let (start, end) = (at(&found[1]), at(&found[3]));
    let expected = found.iter().filter(|it| key(at(it)) >= key(start) && key(at(it)) < key(end));
    let expected: Vec<_> = expected.cloned().collect();
    let between = listed(&|it| (it.start_time, it.end_time) = (start, end)).await;
    assert_eq!(between.map(of_block).ok(), (key(start) < key(end)).then_some(expected));
    let order = found[0].work_order_id.clone();
    assert_eq!(of_block(listed(&|it| it.work_order_id = order.clone()).await.unwrap()), found);
    assert_eq!(listed(&|it| it.work_order_id = "another".into()).await.unwrap(), []);
    let late = Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 });
    assert_eq!(listed(&|it| it.start_time = late).await.unwrap(), []);
    let refusal = listed(&|it| (it.start_time, it.end_time) = (late, start)).await.unwrap_err();
    assert_eq!(refusal.code(), tonic::Code::InvalidArgument);
    house.stop().await;
}

async fn a_block_is_known_as_of_any_time(house: House) {
    let mut ledger = house.server.ledger();
    let block_id = ede("contoso", 0);
    let mut moments = Vec::new();
    for used in 1..=3 {
        let answer = ledger.consume_units(consume(1)).await.unwrap().into_inner();
        moments.push((answer.entries[0].record_time, left(used * 60, 0), answer.entries[0].sequence));
    }
    for (at, expected, sequence) in &moments {
        let request =
            v1::GetBlockRequest { customer_id: "contoso".into(), block_id: block_id.clone(), as_of_time: *at };
        let block = ledger.get_block(request).await.unwrap().into_inner().block.unwrap();
        // Writes of one millisecond cannot be told apart on SQLite.
        if moments.iter().all(|(other, _, later)| later <= sequence || other != at) {
            assert_eq!((balance(&block), block.sequence), (*expected, *sequence));
        }
    }
    let early = v1::GetBlockRequest { customer_id: "contoso".into(), block_id, as_of_time: in_seconds(-86_400) };
    assert_eq!(refused(ledger.get_block(early).await), (tonic::Code::NotFound, "BLOCK_NOT_FOUND".to_owned()));
    house.stop().await;
}

async fn a_use_is_undone_once(house: House) {
    let mut ledger = house.server.ledger();
    let entry = ledger.consume_units(consume(10)).await.unwrap().into_inner().entries.remove(0);
    let reverse = |amount: Option<i64>| v1::ReverseEntryRequest {
        customer_id: "contoso".into(),
        entry_id: entry.entry_id.clone(),
        quantity: amount.and_then(hours),
        note: String::new(),
        request_id: request_id(),
    };
    let undone = ledger.reverse_entry(reverse(Some(4))).await.unwrap().into_inner();
    assert_eq!(undone.entries[0].reversed_entry_id, entry.entry_id);
    assert_eq!(refused(ledger.reverse_entry(reverse(Some(7))).await), forbidden("REVERSAL_EXCEEDS_ENTRY"));
    ledger.reverse_entry(reverse(None)).await.unwrap();
    assert_eq!(refused(ledger.reverse_entry(reverse(None)).await), forbidden("REVERSAL_EXCEEDS_ENTRY"));
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0));
    let of_reversal = v1::ReverseEntryRequest { entry_id: undone.entries[0].entry_id.clone(), ..reverse(None) };
    assert_eq!(refused(ledger.reverse_entry(of_reversal).await), forbidden("ENTRY_NOT_REVERSIBLE"));
    house.stop().await;
}

async fn a_changed_byte_is_named(house: House) {
    for _ in 0..5 {
        house.server.ledger().consume_units(consume(1)).await.unwrap();
    }
    let connection = house.connection().await;
    connection.execute_unprepared("UPDATE entry SET amount = 59 WHERE sequence = 3").await.unwrap();
    connection.close().await.unwrap();
    let store = house.store().await;
    let mut chains = Chains::default();
    let (entries, _) = store.entries("contoso", &EntryFilter::default(), 100).await.unwrap();
    let misfit = entries.iter().find_map(|entry| chains.push(entry).err()).expect("it is seen");
    assert_eq!((misfit.sequence, misfit.kind), (3, DiscrepancyKind::Content));
    store.close().await.unwrap();
    house.server.stop().await;
}
