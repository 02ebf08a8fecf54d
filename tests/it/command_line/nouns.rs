//! Customers, orders, and what happened to their hours, as people read them.

use serde_json::Value;

use super::told;
use crate::server::{Backend, TestServer};

/// A server that has the example of Utrecht, an hour of it used and two held.
async fn server() -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/halden-mills.yaml");
    told(&server, &["import", example], 0).await;
    for (command, quantity) in [("consume", "1h"), ("reserve", "2h")] {
        let words = ["hours", command, "--customer", "halden-mills", "--quantity", quantity, "--note", "case 7"];
        let place = ["--location", "nl-utrecht", "--product", "azure", "--service", "enhanced-designated-engineering"];
        told(&server, &[&words[..], &place].concat(), 0).await;
    }
    server
}

async fn json(server: &TestServer, words: &[&str]) -> Value {
    let [text, _] = told(server, &[words, &["--output", "json"]].concat(), 0).await;
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn customers_and_orders_are_listed_and_shown() {
    let server = server().await;
    let [list, _] = told(&server, &["customers", "list"], 0).await;
    assert!(list.contains("halden-mills") && list.contains("nl-tilburg"), "{list}");
    let [page, _] = told(&server, &["customers", "show", "halden-mills"], 0).await;
    assert!(page.contains("Europe/Amsterdam") && page.contains("etag"), "{page}");
    let [list, _] = told(&server, &["orders", "list", "--customer", "halden-mills"], 0).await;
    assert!(list.contains("hm-2026") && list.contains("98,000.00 EUR"), "{list}");
    let [page, _] = told(&server, &["orders", "show", "hm-2026", "--customer", "halden-mills"], 0).await;
    assert!(page.contains("245.00 EUR") && page.contains("98,000.00 EUR"), "{page}");
    // On the wire money is in minor units.
    let order = json(&server, &["orders", "show", "hm-2026", "--customer", "halden-mills"]).await;
    assert_eq!(order["work_order"]["items"][1]["unit_price"], "24500");
    told(&server, &["orders", "show", "hm-2027", "--customer", "halden-mills"], 5).await;
    told(&server, &["customers", "show", "nobody"], 5).await;
    server.stop().await;
}

#[tokio::test]
async fn an_entry_that_is_shown_can_be_reversed() {
    let server = server().await;
    let words = ["hours", "entries", "--customer", "halden-mills"];
    let entries = json(&server, &words).await;
    let used = entries["entries"].as_array().unwrap().iter().find(|it| it["kind"] == "ENTRY_KIND_CONSUME").unwrap();
    let (id, time) = (used["entry_id"].as_str().unwrap(), used["record_time"].as_str().unwrap());
    let [table, _] = told(&server, &words, 0).await;
    assert!(table.contains(id) && table.contains("case 7") && table.contains("Europe/Amsterdam"), "{table}");

    let [none, _] = told(&server, &[&words[..], &["--until", "2020-01-01T00:00:00Z"]].concat(), 0).await;
    assert_eq!(none.trim(), "no entries");
    let [some, _] = told(&server, &[&words[..], &["--from", time]].concat(), 0).await;
    assert!(some.contains(id), "{some}");
    let [none, _] = told(&server, &[&words[..], &["--work-order", "another"]].concat(), 0).await;
    assert_eq!(none.trim(), "no entries");
    told(&server, &[&words[..], &["--from", time, "--until", "2020-01-01T00:00:00Z"]].concat(), 5).await;

    let [undone, _] = told(&server, &["hours", "reverse", id, "--customer", "halden-mills"], 0).await;
    assert!(undone.contains("undone") && undone.contains("398 h of 400 h"), "{undone}");
    told(&server, &["hours", "reverse", id, "--customer", "halden-mills"], 5).await;
    told(&server, &["hours", "reverse", "--customer", "halden-mills"], 2).await;
    server.stop().await;
}

#[tokio::test]
async fn blocks_are_adjusted_and_reservations_listed() {
    let server = server().await;
    let blocks = json(&server, &["hours", "balance", "--customer", "halden-mills"]).await;
    let block = blocks["blocks"].as_array().unwrap().iter().find(|it| it["item_id"] == "ede-utrecht").unwrap();
    let block = block["block_id"].as_str().unwrap();
    let adjust = ["hours", "adjust", "--customer", "halden-mills", "--block", block, "--reason", "goodwill"];
    let [more, _] = told(&server, &[&adjust[..], &["--by", "8h"]].concat(), 0).await;
    assert!(more.contains("adjusted") && more.contains("405 h of 408 h"), "{more}");
    let [less, _] = told(&server, &[&adjust[..], &["--by", "-10h"]].concat(), 0).await;
    assert!(less.contains("395 h of 398 h"), "{less}");
    let [all, _] = told(&server, &[&adjust[..], &["--granted", "400h"]].concat(), 0).await;
    assert!(all.contains("397 h of 400 h"), "{all}");
    // Never below what is used and held.
    told(&server, &[&adjust[..], &["--granted", "2h"]].concat(), 5).await;
    told(&server, &[&adjust[..], &["--granted", "2h", "--by", "1h"]].concat(), 2).await;
    told(&server, &adjust, 2).await;

    let words = ["hours", "reservations", "--customer", "halden-mills"];
    let [table, _] = told(&server, &words, 0).await;
    assert!(table.contains("RESERVED") && table.contains("2 h") && table.contains("Europe/Amsterdam"), "{table}");
    let [none, _] = told(&server, &[&words[..], &["--state", "released"]].concat(), 0).await;
    assert_eq!(none.trim(), "no reservations");
    let held = json(&server, &words).await;
    assert_eq!(held["reservations"].as_array().unwrap().len(), 1);
    server.stop().await;
}
