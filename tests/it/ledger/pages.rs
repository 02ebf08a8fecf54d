//! A list that is read page by page while others write has every row once.

use std::collections::BTreeSet;

use entitled::proto::v1;

use super::on_both;
use super::samples::*;

on_both!(entries_are_paged_while_others_write, reservations_are_paged_while_others_write);

/// Of two blocks: what is written meanwhile comes before the place that was reached, and after it.
async fn entries_are_paged_while_others_write(house: House) {
    house.put_customer("fabrikam", &[100, 100]).await;
    let mut ledger = house.server.ledger();
    let consume = |row: usize| v1::ConsumeUnitsRequest { block_id: ede("fabrikam", row), ..consume_of("fabrikam", 1) };
    for row in 0..6 {
        ledger.consume_units(consume(row % 2)).await.unwrap();
    }
    let entry_id = |entry: &v1::Entry| entry.entry_id.clone();
    for (work_order_id, start_time) in [("", None), ("wo-1", None), ("wo-1", in_seconds(-3_600))] {
        let mut request = v1::ListEntriesRequest {
            customer_id: "fabrikam".into(),
            work_order_id: work_order_id.into(),
            start_time,
            page_size: 1_000,
            ..Default::default()
        };
        let whole = ledger.list_entries(request.clone()).await.unwrap().into_inner().entries;
        request.page_size = 2;
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = ledger.list_entries(request.clone()).await.unwrap().into_inner();
            found.extend(page.entries.iter().map(entry_id));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
            pages += 1;
            // Fewer than are read: the list has an end.
            for row in (0..2).filter(|_| pages < 4) {
                ledger.consume_units(consume(row)).await.unwrap();
            }
        }
        let distinct: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "one came twice");
        assert!(whole.iter().map(entry_id).all(|id| distinct.contains(&id)), "one is lost");
    }
    house.stop().await;
}

async fn reservations_are_paged_while_others_write(house: House) {
    let mut ledger = house.server.ledger();
    for _ in 0..5 {
        ledger.reserve_units(reserve(1)).await.unwrap();
    }
    for state in [v1::ReservationState::Unspecified, v1::ReservationState::Open] {
        let mut request = v1::ListReservationsRequest {
            customer_id: "contoso".into(),
            state: state.into(),
            page_size: 1_000,
            ..Default::default()
        };
        let whole = ledger.list_reservations(request.clone()).await.unwrap().into_inner().reservations;
        request.page_size = 2;
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = ledger.list_reservations(request.clone()).await.unwrap().into_inner();
            found.extend(page.reservations.into_iter().map(|held| held.reservation_id));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
            pages += 1;
            if pages < 3 {
                ledger.reserve_units(reserve(1)).await.unwrap();
            }
        }
        let distinct: BTreeSet<_> = found.iter().collect();
        assert_eq!(distinct.len(), found.len(), "one came twice");
        assert!(whole.iter().all(|held| distinct.contains(&held.reservation_id)), "one is lost");
    }
    house.stop().await;
}
