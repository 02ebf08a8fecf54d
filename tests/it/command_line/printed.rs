//! The command that `check` prints beside a remedy, run as it is printed: the code it stands beside is gone.

mod corpus;
mod renewed;

use serde_json::Value;

use super::{asked, told};
use crate::server::{Backend, TestServer};

const BASE: &str = include_str!("printed/base.yaml");
const EDE: [&str; 6] = ["--location", "nl", "--product", "azure", "--service", "enhanced-designated-engineering"];
const CREDITS: [&str; 6] = ["--location", "us", "--product", "azure", "--service", "proactive-credits"];

/// The words of each command that is told, beside the code it is told for.
pub(super) fn commands(table: &str) -> Vec<(String, Vec<String>)> {
    let mut code = String::new();
    let mut found = Vec::new();
    for line in table.lines().map(str::trim) {
        let first = line.split_whitespace().next().unwrap_or_default();
        if first.contains('_') && first.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_') {
            first.clone_into(&mut code);
        }
        if let Some(at) = line.find("entitled ").filter(|at| *at == 0) {
            found.push((code.clone(), words(&line[at..])));
        }
    }
    found
}

/// As a shell splits them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.remove(0);
    words
}

/// What a person writes for the words that stand for something.
pub(super) fn filled(words: &[String], last_day: &str) -> Vec<String> {
    let fill = |word: &String| word.replace("NEW-ID", "new-id").replace("LAST-DAY", last_day);
    words.iter().map(fill).collect()
}

/// The codes of a no, and the commands beside them; the table is as narrow as in a pipe.
async fn check(server: &TestServer, customer: &str, more: &[&str]) -> (Vec<String>, Vec<(String, Vec<String>)>) {
    let words = [&["check", "--customer", customer], more].concat();
    let json = asked(server, &words, &[("ENTITLED_OUTPUT", "json")]).await;
    let json: Value = serde_json::from_slice(&json.stdout).unwrap_or_else(|_| panic!("{words:?}: {json:?}"));
    let reasons =
        ["reasons", "open_conditions"].into_iter().flat_map(|part| json[part].as_array().into_iter().flatten());
    let codes = reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect();
    let table = String::from_utf8(asked(server, &words, &[]).await.stdout).unwrap();
    (codes, commands(&table))
}

/// A contract, what is done to it first, a question, and the code whose command is run.
struct Case<'a> {
    code: &'a str,
    /// Texts of the document, and what stands there instead.
    edits: &'a [(&'a str, &'a str)],
    before: &'a [&'a str],
    question: Vec<&'a str>,
}

fn at(question: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    [question, more].concat()
}

/// Work of two hours.
const LATER: [&str; 4] =
    ["--delivery-start", "2027-03-01T10:00:00+01:00", "--delivery-end", "2027-03-01T12:00:00+01:00"];

const TERM: &str = "start_date: 2026-01-01\n    end_date: 2027-12-31";

#[tokio::test]
async fn a_printed_command_takes_its_code_away() {
    let reactive = ["--product", "sql-server", "--service", "problem-resolution-support", "--location", "nl"];
    let paris = ["--product", "azure", "--service", "problem-resolution-support", "--location", "fr"];
    let past = ["--at", "2026-03-01"];
    let instant = ["--at", "2026-03-01T09:30:00.5+01:00"];
    let later = ["--at", "2030-03-01"];
    let poc =
        ["--location", "nl", "--product", "azure", "--service", "proof-of-concept", "--quantity", "2 engagements"];
    let cyber = [
        "--location",
        "nl",
        "--product",
        "windows-server",
        "--service",
        "cybersecurity-incident-response",
        "--quantity",
    ];
    let seats = "      - {item_id: seats";
    let of_poc = ["      - {item_id: poc, service_id: proof-of-concept, all_locations: true}\n", seats].concat();
    let days = "      - {item_id: cy, service_id: cybersecurity-incident-response, location_ids: [nl], \
                product_ids: [windows-server], quantity: 5d}\n";
    let of_days = [days, seats].concat();
    let covered = (
        "covered_products: [\"azure/*\"]\n    currency: EUR",
        "covered_products: [\"azure/*\", windows-server]\n    currency: EUR",
    );
    let long_ago = [(TERM, "start_date: 2022-01-01\n    end_date: 2022-12-31")];
    let flex = [("quantity: 100h, ", "quantity: 100h, funding: FLEX_ALLOWANCE, ")];
    let cases = [
        Case { code: "PRODUCT_NOT_COVERED", edits: &[], before: &[], question: at(&reactive, &past) },
        Case { code: "PRODUCT_NOT_COVERED", edits: &[], before: &[], question: at(&reactive, &instant) },
        Case { code: "PRODUCT_NOT_COVERED", edits: &[], before: &[], question: at(&reactive, &["--at", "2027-03-01"]) },
        Case { code: "LOCATION_NOT_DESIGNATED", edits: &[], before: &[], question: at(&paris, &past) },
        Case {
            code: "HOURS_EXHAUSTED",
            edits: &[],
            before: &[],
            question: at(&EDE, &["--quantity", "150h", "--at", "2026-03-01"]),
        },
        Case {
            code: "ONSITE_NOT_INCLUDED",
            edits: &[],
            before: &[],
            question: at(&EDE, &["--delivery-mode", "on-site", "--at", "2026-03-01"]),
        },
        Case {
            code: "WORK_ORDER_SUSPENDED",
            edits: &[],
            before: &["orders", "suspend", "w1", "--effective", "2027-02-01"],
            question: at(&EDE, &["--at", "2027-03-01"]),
        },
        Case {
            code: "WORK_ORDER_SUSPENDED",
            edits: &[],
            before: &["orders", "suspend", "w1", "--effective", "2026-02-01"],
            question: at(&EDE, &past),
        },
        // It counts as one.
        Case { code: "QUANTITY_EXHAUSTED", edits: &[(seats, &of_poc)], before: &[], question: poc.to_vec() },
        // Days, hours and minutes add up.
        Case {
            code: "HOURS_EXHAUSTED",
            edits: &[(seats, &of_days), covered],
            before: &[],
            question: at(&cyber, &["10d"]),
        },
        Case { code: "WORK_ORDER_EXPIRED", edits: &long_ago, before: &[], question: EDE.to_vec() },
        Case { code: "WORK_ORDER_EXPIRED", edits: &[], before: &[], question: at(&EDE, &["--at", "2028-03-01"]) },
        Case { code: "WORK_ORDER_EXPIRED", edits: &[], before: &[], question: at(&EDE, &later) },
        // What is added to the item would be lost with it.
        Case { code: "HOURS_EXHAUSTED", edits: &flex, before: &[], question: at(&EDE, &["--at", "2027-03-01"]) },
        Case {
            code: "BASE_AGREEMENT_REQUIRED",
            edits: &[],
            before: &["orders", "suspend", "w1"],
            question: CREDITS.to_vec(),
        },
        Case {
            code: "BASE_AGREEMENT_REQUIRED",
            edits: &[("currency: EUR", "state: DRAFT\n    currency: EUR")],
            before: &[],
            question: CREDITS.to_vec(),
        },
        // A further item is bought where the item is for other places.
        Case {
            code: "LOCATION_NOT_DESIGNATED",
            edits: &[],
            before: &[],
            question: ["--location", "us"].iter().chain(&EDE[2..]).copied().chain(["--quantity", "8h"]).collect(),
        },
        Case {
            code: "WORK_ORDER_TERMINATED",
            edits: &[],
            before: &["orders", "terminate", "w1", "--effective", "2026-06-30"],
            question: EDE.to_vec(),
        },
        // Its price is that of the package, and not of an hour.
        Case {
            code: "HOURS_EXHAUSTED",
            edits: &[("quantity: 100h, unit_price", "predefined_offering: predefined, unit_price")],
            before: &[],
            question: at(&EDE, &["--quantity", "100h"]),
        },
        // In force now, and suspended before the work begins.
        Case {
            code: "WORK_ORDER_SUSPENDED",
            edits: &[],
            before: &["orders", "suspend", "w1", "--effective", "2027-02-01"],
            question: at(&EDE, &LATER),
        },
        Case {
            code: "WORK_ORDER_SUSPENDED",
            edits: &[],
            before: &["orders", "suspend", "w1", "--effective", "2027-03-01T11:00:00+01:00"],
            question: at(&EDE, &LATER),
        },
        Case {
            code: "PRODUCT_NOT_ON_ITEM",
            edits: &[("covered_products: [\"azure/*\"]", "covered_products: [\"azure/*\", windows-server]")],
            before: &[
                "orders",
                "amend",
                "w1",
                "--item",
                "ede",
                "--add-product",
                "windows-server",
                "--remove-product",
                "azure/*",
                "--effective",
                "2027-03-01T11:00:00+01:00",
            ],
            question: at(&EDE, &LATER),
        },
        Case {
            code: "HOURS_EXHAUSTED",
            edits: &[],
            before: &[
                "orders",
                "amend",
                "w1",
                "--item",
                "ede",
                "--quantity",
                "50h",
                "--effective",
                "2027-03-01T11:00:00+01:00",
            ],
            question: at(&EDE, &[&LATER[..], &["--quantity", "90h"]].concat()),
        },
        // Ids that begin as a flag does.
        Case {
            code: "PRODUCT_NOT_COVERED",
            edits: &[("work_order_id: w1", "work_order_id: -w"), ("base_work_order_id: w1", "base_work_order_id: -w")],
            before: &[],
            question: reactive.to_vec(),
        },
        Case {
            code: "WORK_ORDER_SUSPENDED",
            edits: &[("work_order_id: w1", "work_order_id: -w"), ("base_work_order_id: w1", "base_work_order_id: -w")],
            before: &["orders", "suspend", "--", "-w"],
            question: EDE.to_vec(),
        },
        Case {
            code: "HOURS_EXHAUSTED",
            edits: &[("item_id: ede", "item_id: --item")],
            before: &[],
            question: at(&EDE, &["--quantity", "150h"]),
        },
        Case {
            code: "ONSITE_NOT_INCLUDED",
            edits: &[("item_id: ede", "item_id: -ede")],
            before: &[],
            question: at(&EDE, &["--delivery-mode", "on-site"]),
        },
        Case {
            code: "LOCATION_NOT_DESIGNATED",
            edits: &[("location_id: fr", "location_id: -fr")],
            before: &[],
            question: ["--location=-fr"].iter().chain(&paris[..4]).copied().collect(),
        },
    ];
    let server = TestServer::start(Backend::Sqlite).await;
    let mut failures = Vec::new();
    for (row, Case { code, edits, before, question }) in cases.iter().enumerate() {
        let customer = format!("c{row}");
        let mut document = BASE.replace("customer_id: c1", &format!("customer_id: {customer}"));
        for (old, new) in *edits {
            assert!(document.contains(old), "{old}");
            document = document.replacen(old, new, 1);
        }
        let file = server.directory().join("contract.yaml");
        std::fs::write(&file, document).unwrap();
        told(&server, &["import", file.to_str().unwrap()], 0).await;
        if !before.is_empty() {
            let (act, more) = before.split_at(2);
            told(&server, &[act, &["--customer", customer.as_str()], more].concat(), 0).await;
        }
        let label = format!("{code} {edits:?} {before:?} {question:?}");
        let (codes, printed) = check(&server, &customer, question).await;
        let Some((_, command)) = printed.iter().find(|(of, _)| of == code) else {
            failures.push(format!("{label}: no command of {printed:?} for {codes:?}"));
            continue;
        };
        let command = filled(command, "2031-12-31");
        let output = asked(&server, &command.iter().map(String::as_str).collect::<Vec<_>>(), &[]).await;
        let (left, _) = check(&server, &customer, question).await;
        if output.status.code() != Some(0) || left.iter().any(|it| it == code) {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            failures.push(format!("{label}: {left:?} after {command:?} {error}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    server.stop().await;
}
