//! R11, R13: holds, and what becomes of them.

use entitled::proto::v1;

use super::on_both;
use super::samples::*;
use crate::server::request_id;

on_both!(
    less_than_was_held_gives_the_rest_back,
    more_than_was_held_must_be_asked_for_and_available,
    a_hold_is_extended_and_released,
    reservations_are_listed,
);

async fn less_than_was_held_gives_the_rest_back(house: House) {
    let mut ledger = house.server.ledger();
    let block = ede("contoso", 0);
    let held = ledger.reserve_units(reserve(10)).await.unwrap().into_inner();
    assert_eq!(balance(&held.balances[0]), left(0, 600));
    let id = held.reservation.unwrap().reservation_id;
    let done = ledger.commit_reservation(commit(&id, Some(4))).await.unwrap().into_inner();
    assert_eq!(done.reservation.unwrap().committed, 240);
    assert_eq!(house.block(&block).await, left(240, 0));
    assert_eq!(refused(ledger.commit_reservation(commit(&id, Some(4))).await), forbidden("RESERVATION_COMMITTED"));
    assert_eq!(refused(ledger.release_reservation(release(&id)).await), forbidden("RESERVATION_COMMITTED"));
    house.stop().await;
}

async fn more_than_was_held_must_be_asked_for_and_available(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(10)).await.unwrap().into_inner().reservation.unwrap();
    let id = held.reservation_id.as_str();
    assert_eq!(refused(ledger.commit_reservation(commit(id, Some(11))).await), forbidden("RESERVATION_EXCEEDED"));
    let more = |amount| v1::CommitReservationRequest { allow_more: true, ..commit(id, Some(amount)) };
    assert_eq!(refused(ledger.commit_reservation(more(101)).await), forbidden("HOURS_EXHAUSTED"));
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 600), "nothing was written");
    ledger.commit_reservation(more(12)).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(720, 0));
    house.stop().await;
}

async fn a_hold_is_extended_and_released(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(10)).await.unwrap().into_inner().reservation.unwrap();
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: held.reservation_id.clone(),
        block_id: String::new(),
        expire_time: in_seconds(3 * 86_400),
        request_id: request_id(),
    };
    let extended = ledger.extend_reservation(extend.clone()).await.unwrap().into_inner();
    assert_eq!(extended.reservation.unwrap().expire_time, extend.expire_time);
    assert!(ledger.extend_reservation(extend).await.unwrap().into_inner().replayed);
    ledger.release_reservation(release(&held.reservation_id)).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0));
    let request = v1::GetReservationRequest { customer_id: "contoso".into(), reservation_id: held.reservation_id };
    let found = ledger.get_reservation(request).await.unwrap().into_inner().reservation.unwrap();
    assert_eq!(found.state(), v1::ReservationState::Released);
    house.stop().await;
}

async fn reservations_are_listed(house: House) {
    let mut ledger = house.server.ledger();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(ledger.reserve_units(reserve(1)).await.unwrap().into_inner().reservation.unwrap().reservation_id);
    }
    ledger.release_reservation(release(&ids[1])).await.unwrap();
    let list = |state: v1::ReservationState, token: &str, block_id: String| v1::ListReservationsRequest {
        customer_id: "contoso".into(),
        page_size: 3,
        page_token: token.into(),
        state: state.into(),
        block_id,
    };
    let open = v1::ReservationState::Open;
    let first = ledger.list_reservations(list(open, "", ede("contoso", 0))).await.unwrap().into_inner();
    let request = list(open, &first.next_page_token, ede("contoso", 0));
    let second = ledger.list_reservations(request).await.unwrap().into_inner();
    let found: Vec<_> = first.reservations.iter().chain(&second.reservations).map(|it| &it.reservation_id).collect();
    assert_eq!(found, [&ids[0], &ids[2], &ids[3], &ids[4]]);
    assert_eq!(second.next_page_token, "");
    let others = ledger.list_reservations(list(open, "", ede("contoso", 1))).await.unwrap().into_inner();
    assert!(others.reservations.is_empty());
    let stranger = list(v1::ReservationState::Released, &first.next_page_token, ede("contoso", 0));
    assert_eq!(refused(ledger.list_reservations(stranger).await), invalid("PAGE_TOKEN_INVALID"));
    house.stop().await;
}
