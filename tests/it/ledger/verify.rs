//! R22: `entitled ledger verify` is content with a healthy ledger, and names what was changed past the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entitled::proto::v1;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use serde_json::Value;
use tokio::task::JoinSet;

use super::expiry::run_out;
use super::on_both;
use super::samples::*;
use crate::server::request_id;

on_both!(
    every_ending_verifies,
    the_ledger_may_be_written_meanwhile,
    a_changed_reservation_is_named,
    a_changed_entry_or_block_is_named,
    every_column_of_an_entry_counts,
);

/// Holds that ended in every way a caller can end them, and some that did not.
pub(super) struct Holds {
    pub open: String,
    pub extended: String,
    pub committed: String,
    pub released: String,
}

pub(super) async fn hold(house: &House) -> Holds {
    house.put_customer("fabrikam", &[100, 100]).await;
    let mut ledger = house.server.ledger();
    let mut ids = Vec::new();
    for _ in 0..5 {
        let held = ledger.reserve_units(reserve(2)).await.unwrap().into_inner();
        ids.push(held.reservation.unwrap().reservation_id);
    }
    let [open, extended, committed, beyond, released] = ids.try_into().unwrap();
    let extend = v1::ExtendReservationRequest {
        customer_id: "contoso".into(),
        reservation_id: extended.clone(),
        expire_time: in_seconds(2 * 86_400),
        request_id: request_id(),
        ..Default::default()
    };
    ledger.extend_reservation(extend).await.unwrap();
    ledger.commit_reservation(commit(&committed, Some(1))).await.unwrap();
    let more = v1::CommitReservationRequest { allow_more: true, ..commit(&beyond, Some(3)) };
    ledger.commit_reservation(more).await.unwrap();
    ledger.release_reservation(release(&released)).await.unwrap();
    ledger.consume_units(consume_any("fabrikam", 60)).await.unwrap();
    assert_eq!(ledger.reserve_units(spanning(80)).await.unwrap().into_inner().entries.len(), 2);
    Holds { open, extended, committed, released }
}

/// Of whichever of fabrikam's blocks serve.
fn spanning(amount: i64) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: String::new(),
        location_id: LONDON.into(),
        product_id: "azure".into(),
        service_id: EDE.into(),
        ..reserve(amount)
    }
}

async fn every_ending_verifies(house: House) {
    hold(&house).await;
    assert_eq!(house.misfit().await, None);
    run_out(&house).await;
    // The next write of each customer ends what has run out.
    let mut ledger = house.server.ledger();
    ledger.consume_units(consume(1)).await.unwrap();
    ledger.consume_units(consume_any("fabrikam", 1)).await.unwrap();
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind = 'EXPIRE'").await, 4);
    assert_eq!(house.misfit().await, None);
    house.stop().await;
}

async fn the_ledger_may_be_written_meanwhile(house: House) {
    // So that holds span both blocks.
    house.put_customer("fabrikam", &[1, 100]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let (mut ledger, stop) = (house.server.ledger(), Arc::clone(&stop));
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let held = ledger.reserve_units(spanning(2)).await.unwrap().into_inner().reservation.unwrap();
                let id = held.reservation_id;
                if caller % 2 == 0 {
                    let release = v1::ReleaseReservationRequest { customer_id: "fabrikam".into(), ..release(&id) };
                    ledger.release_reservation(release).await.unwrap();
                } else {
                    let commit = v1::CommitReservationRequest { customer_id: "fabrikam".into(), ..commit(&id, None) };
                    let entries = ledger.commit_reservation(commit).await.unwrap().into_inner().entries;
                    for entry in entries {
                        let undo = v1::ReverseEntryRequest {
                            customer_id: "fabrikam".into(),
                            entry_id: entry.entry_id,
                            request_id: request_id(),
                            ..Default::default()
                        };
                        ledger.reverse_entry(undo).await.unwrap();
                    }
                }
            }
        });
    }
    for _ in 0..10 {
        assert_eq!(house.misfit().await, None);
    }
    stop.store(true, Ordering::Relaxed);
    callers.join_all().await;
    house.verify("fabrikam").await;
    house.stop().await;
}

/// Changes a row for as long as it is verified; what is found.
pub(super) async fn changed(house: &House, connection: &DatabaseConnection, there: &str, back: &str) -> Value {
    connection.execute_unprepared(there).await.unwrap();
    let misfit = house.misfit().await.unwrap_or_else(|| panic!("not seen: {there}"));
    connection.execute_unprepared(back).await.unwrap();
    misfit
}

async fn a_changed_reservation_is_named(house: House) {
    let Holds { open, extended, committed, released } = hold(&house).await;
    let connection = house.connection().await;
    let swap = |from: &str, to: &str, id: &str| {
        format!("UPDATE reservation SET content = replace(content, '{from}', '{to}') WHERE reservation_id = '{id}'")
    };
    let state =
        |state: &str, id: &str| format!("UPDATE reservation SET state = '{state}' WHERE reservation_id = '{id}'");
    let planned = r#""performed":null"#;
    for (id, from, to, field) in [
        (&open, r#""amount":120"#, r#""amount":60"#, "parts"),
        (&open, planned, r#""performed":{"start":"2026-01-01T00:00:00Z","end":"2026-01-01T01:00:00Z"}"#, "performed"),
        (&open, r#""location_id":null"#, r#""location_id":"gb-leeds""#, "location_id"),
        (&open, r#""product_id":null"#, r#""product_id":"azure""#, "product_id"),
        (&open, r#""service_id":null"#, r#""service_id":"workshops""#, "service_id"),
        (&committed, r#""committed":60"#, r#""committed":61"#, "committed"),
    ] {
        let found = changed(&house, &connection, &swap(from, to, id), &swap(to, from, id)).await;
        let message = format!("its `{field}` is not what its entries make of it");
        assert_eq!((found["reservation_id"].as_str(), found["message"].as_str()), (Some(&**id), Some(&*message)));
    }
    // The row and what it says alike.
    for (id, was, now) in
        [(&open, "OPEN", "RELEASED"), (&released, "RELEASED", "OPEN"), (&committed, "COMMITTED", "EXPIRED")]
    {
        let there = [swap(was, now, id), state(now, id)].join("; ");
        let back = [swap(now, was, id), state(was, id)].join("; ");
        let found = changed(&house, &connection, &there, &back).await;
        let message = "its `state` is not what its entries make of it";
        assert_eq!((found["reservation_id"].as_str(), found["message"].as_str()), (Some(&**id), Some(message)));
    }
    let (there, back) = (later(&house, &extended, 1).await, later(&house, &extended, 0).await);
    let found = changed(&house, &connection, &there, &back).await;
    let message = "its `expire_time` is not what its entries make of it";
    assert_eq!((found["reservation_id"].as_str(), found["message"].as_str()), (Some(&*extended), Some(message)));
    // Only the row: no list has it any more.
    let found = changed(&house, &connection, &state("GONE", &open), &state("OPEN", &open)).await;
    let message = "there are entries of it, and it is missing";
    assert_eq!((found["reservation_id"].as_str(), found["message"].as_str()), (Some(&*open), Some(message)));
    connection.close().await.unwrap();
    house.stop().await;
}

/// What makes a reservation expire so many hours later than it does now.
async fn later(house: &House, id: &str, hours: i64) -> String {
    let row = house.row(&format!("SELECT expire_time, content FROM reservation WHERE reservation_id = '{id}'")).await;
    let (micros, content): (i64, String) =
        (row.try_get("", "expire_time").unwrap(), row.try_get("", "content").unwrap());
    let mut content: Value = serde_json::from_str(&content).unwrap();
    let micros = micros + hours * 3_600_000_000;
    content["expire_time"] = chrono::DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339().into();
    format!("UPDATE reservation SET expire_time = {micros}, content = '{content}' WHERE reservation_id = '{id}'")
}

async fn a_changed_entry_or_block_is_named(house: House) {
    let Holds { released, .. } = hold(&house).await;
    let connection = house.connection().await;
    let of_release = format!("WHERE reservation_id = '{released}' AND kind = 'RELEASE'");
    let amount = |amount: i64| format!("UPDATE entry SET amount = {amount} {of_release}");
    let found = changed(&house, &connection, &amount(60), &amount(120)).await;
    assert_eq!(found["reservation_id"], released.as_str());
    assert_eq!(found["message"], "its content is not what was written");
    let first = ede("contoso", 0);
    let reserved = |by: &str| format!("UPDATE block SET reserved = reserved {by} WHERE block_id = '{first}'");
    let found = changed(&house, &connection, &reserved("- 60"), &reserved("+ 60")).await;
    assert_eq!(found["block_id"], first.as_str());
    assert!(found["message"].as_str().unwrap().starts_with("the balance it leaves"), "{found}");
    connection.close().await.unwrap();
    house.stop().await;
}

async fn every_column_of_an_entry_counts(house: House) {
    let Holds { committed, .. } = hold(&house).await;
    let connection = house.connection().await;
    let row = house.row(&format!("SELECT * FROM entry WHERE reservation_id = '{committed}' AND kind = 'COMMIT'")).await;
    let text = |column: &str| row.try_get::<String>("", column).unwrap();
    let id = text("entry_id");
    let number = |column: &'static str| {
        let change = |by: &str| format!("UPDATE entry SET {column} = {column} {by} 1 WHERE entry_id = '{id}'");
        (change("+"), change("-"))
    };
    let replaced = |column: &'static str, by: &str| {
        let change = |value: &str| {
            format!(
                "UPDATE entry SET {column} = '{value}' WHERE sequence = {} AND block_id = '{}'",
                row.try_get::<i64>("", "sequence").unwrap(),
                text("block_id")
            )
        };
        (change(by), change(&text(column)))
    };
    // One byte is another one.
    let altered = |column: &str| {
        let mut bytes = text(column).into_bytes();
        bytes[0] = if bytes[0] == b'1' { b'2' } else { b'1' };
        String::from_utf8(bytes).unwrap()
    };
    let changes = [
        number("amount"),
        number("granted"),
        number("used"),
        number("reserved"),
        number("record_time"),
        replaced("kind", "RELEASE"),
        replaced("request_id", &altered("request_id")),
        replaced("reservation_id", &altered("reservation_id")),
        (
            format!("UPDATE entry SET reversed_entry_id = entry_id WHERE entry_id = '{id}'"),
            format!("UPDATE entry SET reversed_entry_id = NULL WHERE entry_id = '{id}'"),
        ),
        replaced("detail", &text("detail").replace("anonymous", "anonymouse")),
        replaced("previous_hash", &altered("previous_hash")),
        replaced("hash", &altered("hash")),
    ];
    for (there, back) in changes {
        let found = changed(&house, &connection, &there, &back).await;
        assert_eq!(found["entry_id"], id.as_str(), "{there}: {found}");
    }
    let (there, back) = replaced("entry_id", &altered("entry_id"));
    let found = changed(&house, &connection, &there, &back).await;
    assert_eq!(found["entry_id"], altered("entry_id").as_str(), "{found}");
    // Under another number it is missing where it was: the next one is named.
    let (there, back) = number("sequence");
    let found = changed(&house, &connection, &there.replace("+ 1", "+ 1000"), &back.replace("- 1", "- 1000")).await;
    let sequence = row.try_get::<i64>("", "sequence").unwrap();
    assert_eq!(found["block_id"], text("block_id").as_str());
    assert_eq!(found["message"], format!("number {sequence} was expected here"));
    assert_eq!(house.misfit().await, None);
    connection.close().await.unwrap();
    house.stop().await;
}
