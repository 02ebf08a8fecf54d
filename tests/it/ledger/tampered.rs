//! R22: rows that were changed past the service so that they cannot be read, or say more than their entries do.

use entitled::proto::v1;
use sea_orm::ConnectionTrait as _;

use super::on_both;
use super::samples::*;
use super::verify::{Holds, changed, hold};

on_both!(
    rows_that_cannot_be_read_are_named,
    hours_granted_past_the_contract_are_named,
    the_term_of_a_block_is_the_contracts,
    the_heads_of_what_fits_are_told,
);

async fn rows_that_cannot_be_read_are_named(house: House) {
    let Holds { open, released, .. } = hold(&house).await;
    let connection = house.connection().await;
    let row = house.row(&format!("SELECT * FROM entry WHERE reservation_id = '{released}' AND kind = 'RELEASE'")).await;
    let text = |column: &str| row.try_get::<String>("", column).unwrap();
    let (entry, block) = (text("entry_id"), text("block_id"));
    let message = "its row cannot be read: it holds what no such row holds";
    let of_entry =
        |column: &str, value: &str| format!("UPDATE entry SET {column} = '{value}' WHERE entry_id = '{entry}'");
    let upper = |column: &str| text(column).to_uppercase();
    let more = text("detail").replacen('{', r#"{"approved":true,"#, 1);
    for (column, broken) in [
        ("kind", "RELEASED"),
        ("detail", "{"),
        ("detail", &more),
        ("hash", "0"),
        ("hash", &upper("hash")),
        ("previous_hash", "g"),
        ("previous_hash", &upper("previous_hash")),
        ("reservation_id", &upper("reservation_id")),
    ] {
        let found = changed(&house, &connection, &of_entry(column, broken), &of_entry(column, &text(column))).await;
        assert_eq!((found["entry_id"].as_str(), found["message"].as_str()), (Some(&*entry), Some(message)), "{column}");
    }
    let of_block =
        |column: &str, value: &str| format!("UPDATE block SET {column} = '{value}' WHERE block_id = '{block}'");
    let head = house.row(&format!("SELECT head FROM block WHERE block_id = '{block}'")).await;
    let head = head.try_get::<String>("", "head").unwrap();
    for (column, broken, value) in [("unit", "WEEKS", "MINUTES"), ("head", "?", &head)] {
        let found = changed(&house, &connection, &of_block(column, broken), &of_block(column, value)).await;
        assert_eq!((found["block_id"].as_str(), found["message"].as_str()), (Some(&*block), Some(message)), "{column}");
    }
    let of_reservation = |set: &str| format!("UPDATE reservation SET {set} WHERE reservation_id = '{open}'");
    let content = |from: &str, to: &str| of_reservation(&format!("content = replace(content, '{from}', '{to}')"));
    for (there, back) in [
        (content("state", "st@te"), content("st@te", "state")),
        (content(r#""unit""#, r#""rank":1,"unit""#), content(r#""rank":1,"unit""#, r#""unit""#)),
        // What the row says of its content is not what this says.
        (content("OPEN", "RELEASED"), content("RELEASED", "OPEN")),
        (of_reservation("state = 'RELEASED'"), of_reservation("state = 'OPEN'")),
        (of_reservation("expire_time = expire_time + 1"), of_reservation("expire_time = expire_time - 1")),
    ] {
        let found = changed(&house, &connection, &there, &back).await;
        assert_eq!(
            (found["reservation_id"].as_str(), found["message"].as_str()),
            (Some(&*open), Some(message)),
            "{there}"
        );
    }
    assert_eq!(house.misfit().await, None);
    connection.close().await.unwrap();
    house.stop().await;
}

/// Of two blocks, of which the contract grants 100 hours each.
async fn hours_granted_past_the_contract_are_named(house: House) {
    house.put_customer("fabrikam", &[100, 100]).await;
    house.server.ledger().adjust_block(adjust(5)).await.unwrap();
    let request = v1::GetBlockRequest { customer_id: "contoso".into(), block_id: ede("contoso", 0), as_of_time: None };
    let block = house.server.ledger().get_block(request).await.unwrap().into_inner().block.unwrap();
    assert_eq!((block.granted, block.contracted), (6_300, 6_000));
    assert_eq!(house.misfit().await, None);
    let connection = house.connection().await;
    let id = ede("fabrikam", 1);
    let contracted = |by: &str| format!("UPDATE block SET contracted = contracted {by} WHERE block_id = '{id}'");
    connection.execute_unprepared(&contracted("- 60")).await.unwrap();
    assert_eq!(house.misfit().await.unwrap()["block_id"], id.as_str());
    // The next write brings the block to what the contract says, and so grants an hour too much.
    house.server.ledger().consume_units(consume_any("fabrikam", 1)).await.unwrap();
    let found = house.misfit().await.unwrap();
    let message = "the contract grants 101 h by its entries; the block says 100 h";
    assert_eq!((found["block_id"].as_str(), found["message"].as_str()), (Some(&*id), Some(message)));
    connection.close().await.unwrap();
    house.stop().await;
}

/// The row keeps it for blocks alone that no contract has any more: a read tells, and the next write stores, what the
/// contract says.
async fn the_term_of_a_block_is_the_contracts(house: House) {
    let connection = house.connection().await;
    let request = v1::GetBlockRequest { customer_id: "contoso".into(), block_id: ede("contoso", 0), as_of_time: None };
    let block = async || house.server.ledger().get_block(request.clone()).await.unwrap().into_inner().block.unwrap();
    let (before, row) = (block().await, "SELECT start_time, end_time, priority, days FROM block");
    let stored = house.row(row).await;
    let term = |row: &sea_orm::QueryResult| {
        ["start_time", "end_time", "priority", "days"].map(|it| row.try_get::<i64>("", it).unwrap())
    };
    let change = "UPDATE block SET start_time = start_time + 1, end_time = 2, priority = 7, days = 1 - days";
    connection.execute_unprepared(change).await.unwrap();
    assert_ne!(term(&house.row(row).await), term(&stored));
    assert_eq!(block().await, before);
    house.server.ledger().consume_units(consume(1)).await.unwrap();
    assert_eq!(term(&house.row(row).await), term(&stored));
    connection.close().await.unwrap();
    house.stop().await;
}

async fn the_heads_of_what_fits_are_told(house: House) {
    let written = house.server.ledger().consume_units(consume(1)).await.unwrap().into_inner();
    let entry = &written.entries[0];
    let head = serde_json::json!({
        "customer_id": "contoso", "block_id": entry.block_id, "sequence": 2, "head_hash": entry.hash,
    });
    let told = house.verified().await;
    assert_eq!(told["heads"], serde_json::json!([head]), "{told}");
    house.stop().await;
}
