//! R15: holds run out once, by the database's clock, also where nobody asks.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use entitled::proto::v1;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend};

use super::on_both;
use super::samples::*;
use crate::server::{Backend, request_id};

on_both!(a_hold_runs_out_where_nobody_asks, what_ran_out_is_free_for_the_next, what_ran_out_cannot_be_committed);

/// As if what is held had run out by now: as no caller could ask for.
pub(super) async fn run_out(house: &House) {
    let connection = house.connection().await;
    end_holds_at(&connection, "2026-01-01T00:00:00Z".parse().unwrap()).await;
    connection.close().await.unwrap();
}

/// What is held ends at this instant.
pub(super) async fn end_holds_at(connection: &DatabaseConnection, instant: DateTime<Utc>) {
    let (micros, text) = (instant.timestamp_micros(), instant.to_rfc3339_opts(SecondsFormat::Micros, true));
    let content = match connection.get_database_backend() {
        DbBackend::Postgres => {
            format!("CAST(jsonb_set(CAST(content AS jsonb), '{{expire_time}}', '\"{text}\"') AS text)")
        }
        _ => format!("json_set(content, '$.expire_time', '{text}')"),
    };
    let sql = format!("UPDATE reservation SET expire_time = {micros}, content = {content} WHERE state = 'OPEN'");
    connection.execute_unprepared(&sql).await.unwrap();
}

/// Waits for the server, which looks once a second.
async fn until_expired(house: &House, reservation_id: &str) {
    let found = async {
        loop {
            let request =
                v1::GetReservationRequest { customer_id: "contoso".into(), reservation_id: reservation_id.into() };
            let found = house.server.ledger().get_reservation(request).await.unwrap().into_inner();
            if found.reservation.unwrap().state() == v1::ReservationState::Expired {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("it runs out");
}

async fn a_hold_runs_out_where_nobody_asks(house: House) {
    let other = match house.backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(house.server.start_beside().await),
    };
    let mut ids = Vec::new();
    for _ in 0..10 {
        let held = house.server.ledger().reserve_units(reserve(1)).await.unwrap().into_inner();
        ids.push(held.reservation.unwrap().reservation_id);
    }
    run_out(&house).await;
    for id in &ids {
        until_expired(&house, id).await;
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0));
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind = 'EXPIRE'").await, 10, "each of them once");
    if let Some(other) = other {
        other.stop().await;
    }
    house.stop().await;
}

async fn what_ran_out_is_free_for_the_next(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(100)).await.unwrap().into_inner().reservation.unwrap();
    assert_eq!(refused(ledger.consume_units(consume(1)).await), forbidden("HOURS_EXHAUSTED"));
    run_out(&house).await;
    // Whoever comes first, this write or the server itself.
    ledger.consume_units(consume(100)).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(6_000, 0));
    until_expired(&house, &held.reservation_id).await;
    house.stop().await;
}

async fn what_ran_out_cannot_be_committed(house: House) {
    let mut ledger = house.server.ledger();
    let held = ledger.reserve_units(reserve(10)).await.unwrap().into_inner().reservation.unwrap();
    run_out(&house).await;
    let id = held.reservation_id.as_str();
    assert_eq!(refused(ledger.commit_reservation(commit(id, None)).await), forbidden("RESERVATION_EXPIRED"));
    assert_eq!(refused(ledger.release_reservation(release(id)).await), forbidden("RESERVATION_EXPIRED"));
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: held.reservation_id,
        block_id: String::new(),
        expire_time: in_seconds(86_400),
        request_id: request_id(),
    };
    assert_eq!(refused(ledger.extend_reservation(extend).await), forbidden("RESERVATION_EXPIRED"));
    house.stop().await;
}
