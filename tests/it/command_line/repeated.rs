//! A write whose outcome is not known is sent again with its id: it tells what was applied, and applies nothing.

use serde_json::Value;

use super::{asked, told};
use crate::server::{Backend, TestServer, request_id};

const EXAMPLE: &str = include_str!("printed/base.yaml");
const ON: [&str; 2] = ["--customer", "c1"];

async fn server() -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    let file = server.directory().join("contract.yaml");
    std::fs::write(&file, EXAMPLE).unwrap();
    told(&server, &["import", file.to_str().unwrap()], 0).await;
    server
}

/// How many versions an order has.
async fn versions(server: &TestServer, order: &str) -> usize {
    let words = [&["orders", "versions", order, "--output", "json"], &ON[..]].concat();
    let json: Value = serde_json::from_str(&told(server, &words, 0).await[0]).unwrap();
    json["work_order_versions"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_told_and_not_applied_again() {
    let server = server().await;
    let waiver = ["--work-order", "w1", "--item", "ede", "--code", "ONSITE_NOT_INCLUDED", "--reference", "letter 1"];
    let commands: [(&str, Vec<&str>); 10] = [
        ("w1", ["orders", "amend", "w1", "--add-item", "ede-2", "--like", "ede", "--quantity", "40h"].to_vec()),
        (
            "w1",
            ["orders", "amend", "w1", "--add-item", "more", "--service", "proof-of-concept", "--all-locations"]
                .to_vec(),
        ),
        ("w1", ["orders", "amend", "w1", "--item", "ede", "--add-quantity", "10h"].to_vec()),
        ("w1", ["orders", "amend", "w1", "--add-product", "power-bi", "--effective", "2026-03-01"].to_vec()),
        ("w1", [&["waivers", "record"], &waiver[..]].concat()),
        ("w1", [&["waivers", "revoke"], &waiver[..]].concat()),
        ("w1", ["orders", "suspend", "w1", "--reason", "unpaid"].to_vec()),
        ("w1", ["orders", "resume", "w1"].to_vec()),
        ("w1", ["orders", "terminate", "w1", "--effective", "2027-06-30"].to_vec()),
        ("w3", ["orders", "renew", "w1", "--as", "w3"].to_vec()),
    ];
    for (order, command) in commands {
        let id = request_id();
        let words = [&command[..], &ON[..], &["--request-id", &id]].concat();
        let [first, _] = told(&server, &words, 0).await;
        let count = versions(&server, order).await;
        let [again, _] = told(&server, &words, 0).await;
        assert!(again.contains("applied before"), "{command:?}: {again}");
        assert_eq!(versions(&server, order).await, count, "{command:?}");
        // But for that line and the tokens it says the same.
        let said = |text: &str| -> Vec<String> {
            let is_told = |line: &&str| {
                !["applied before", "revision", "etag"].iter().any(|word| line.contains(word))
                    && !line.trim().is_empty()
            };
            text.lines().filter(is_told).map(str::to_owned).collect()
        };
        assert_eq!(said(&again), said(&first), "{command:?}");
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let [told_json, _] = told(&server, &[&words[..], &["--output", "json"]].concat(), 0).await;
        assert_eq!(json(&told_json)["work_order"]["work_order_id"], order, "{told_json}");
        // After further changes, too.
        if order == "w1" && !command.contains(&"terminate") {
            told(&server, &["orders", "amend", "w1", "--customer", "c1", "--set", "signed_date=2025-12-01"], 0).await;
            told(&server, &["orders", "amend", "w1", "--customer", "c1", "--set", "signed_date="], 0).await;
            assert!(told(&server, &words, 0).await[0].contains("applied before"), "{command:?}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn the_id_of_another_write_is_refused_as_before() {
    let server = server().await;
    let id = request_id();
    let amend = ["orders", "amend", "w1", "--customer", "c1", "--request-id", &id];
    told(&server, &[&amend[..], &["--add-product", "power-bi"]].concat(), 0).await;
    for other in [&["--add-product", "sql-server"][..], &["--add-product", "power-bi", "--effective", "2026-03-01"]] {
        let [_, error] = told(&server, &[&amend[..], other].concat(), 5).await;
        assert!(error.contains("REQUEST_ID_REUSED"), "{error}");
    }
    let suspend = ["orders", "suspend", "w1", "--customer", "c1", "--request-id", &id];
    assert!(told(&server, &suspend, 5).await[1].contains("REQUEST_ID_REUSED"));
    // A plan writes nothing, and is of no id.
    let plan = asked(&server, &[&suspend[..], &["--plan"]].concat(), &[]).await;
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
    server.stop().await;
}

/// What is left out is not the same as what was given.
#[tokio::test]
async fn an_id_is_of_one_write_with_all_that_was_said() {
    let server = server().await;
    let waiver = ["waivers", "record", "--work-order", "w1", "--item", "ede", "--code", "ONSITE_NOT_INCLUDED"];
    let amend = ["orders", "amend", "w1", "--item", "ede", "--add-quantity", "1h"];
    let commands: [(&[&str], &[&str], &[&str]); 10] = [
        (&amend, &["--effective", "2026-10-01"], &[]),
        (&amend, &[], &["--effective", "2026-10-01"]),
        (&amend, &["--force", "agreed"], &[]),
        (&waiver, &["--reference", "a", "--effective", "2026-03-01"], &["--reference", "a"]),
        (&waiver, &["--reference", "b"], &["--reference", "b", "--effective", "2026-03-01"]),
        (&["orders", "renew", "w1", "--as", "w3"], &["--end", "2028-12-31"], &[]),
        (&["orders", "renew", "w1", "--as", "w4"], &["--start", "2029-02-01"], &[]),
        (&["orders", "renew", "w1", "--as", "w5", "--start", "2035-01-01"], &["--signed", "2026-02-01"], &[]),
        (&["orders", "terminate", "w2"], &["--effective", "2027-06-01"], &[]),
        (&["orders", "terminate", "w1"], &["--reason", "unpaid"], &["--reason", "other"]),
    ];
    for (command, first, other) in commands {
        let id = request_id();
        let [first, other] = [first, other].map(|more| [command, &ON[..], more, &["--request-id", &id]].concat());
        told(&server, &first, 0).await;
        assert!(told(&server, &first, 0).await[0].contains("applied before"), "{first:?}");
        let [_, error] = told(&server, &other, 5).await;
        assert!(error.contains("REQUEST_ID_REUSED"), "{other:?}: {error}");
    }
    server.stop().await;
}
