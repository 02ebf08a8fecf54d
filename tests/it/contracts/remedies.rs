//! Each remedy that names an act on a contract is carried out by one call, and its reason is gone.
//!
//! The cases are those of `tests/corpus/`: a customer of its own for each, so that no remedy helps another.

mod act;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entitled::catalog::Catalog;
use entitled::cli::document;
use entitled::proto::v1;
use serde_json::Value;

use self::act::Act;
use crate::corpus::{ask, explain, files, list, load, over};
use crate::server::{BOTH, TestServer, request_id};

/// What a remedy may call for of the contract, besides buying something else.
pub(crate) const ACTS: [&str; 5] = ["RENEW", "RECORD_WAIVER", "ADD_PRODUCT", "ADD_QUANTITY", "DESIGNATE_LOCATION"];

/// What leaned on a base that was terminated, be it at its very end, is bought once more.
const ANEW: [&str; 2] = ["BASE_AGREEMENT_TERMINATED", "BASE_AGREEMENT_EXPIRED"];

/// Checks whose renewal another clause forbids, and why.
const FORBIDDEN: [(&str, &str); 2] = [
    ("b-multi-country-1", "advice in Japan would go on while orders of other countries are in force: EXCLUDED_COUNTRY"),
    ("b-multi-country-2", "as would this renewal, which begins when the old one ended"),
];

/// How many cases were carried out, by code, kind and field.
type Done = BTreeMap<(String, String, String), usize>;

/// Cases of one code, kind and field that are carried out on a further database, at most: the corpus has many alike.
const ALIKE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_that_a_remedy_names_can_be_carried_out() {
    let told = told_by_the_documentation();
    for backend in BOTH {
        let server = TestServer::start(backend).await;
        let mut failures = Vec::new();
        let most = if backend == BOTH[0] { usize::MAX } else { ALIKE };
        let mut done = Done::new();
        for file in files() {
            let case = load(&file);
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            for (row, check) in list(&case, "checks").iter().enumerate() {
                carry_out_all(&server, &format!("{name}-{row}"), &case, check, most, (&mut done, &mut failures)).await;
            }
        }
        server.stop().await;
        assert!(failures.is_empty(), "on {backend:?}, {} of them:\n{}", failures.len(), failures.join("\n"));
        let carried: BTreeSet<_> = done.keys().map(|(code, kind, _)| (code.clone(), kind.clone())).collect();
        let missing: Vec<_> = told.difference(&carried).collect();
        assert!(missing.is_empty(), "no case carries out {missing:?}");
    }
}

/// Whether this check is one whose renewal is forbidden.
pub(crate) fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.iter().any(|(forbidden, _)| *forbidden == name)
}

/// Every clause with the acts that turn it, as docs/ERRORS.md publishes them; all of them are in the catalogue.
fn told_by_the_documentation() -> BTreeSet<(String, String)> {
    let catalog = Catalog::embedded().unwrap();
    let documentation = include_str!("../../../docs/ERRORS.md");
    let mut told = BTreeSet::new();
    for clause in &catalog.default_edition().clauses {
        let row = documentation.lines().find(|line| line.starts_with(&format!("| `{}` |", clause.code)));
        let row = row.unwrap_or_else(|| panic!("{} is not published", clause.code));
        let remedies = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let anew = ANEW.contains(&clause.code.as_str()).then_some("BUY");
        let acts = ACTS.into_iter().chain(anew).filter(|act| remedies.contains(&format!("`{act}`")));
        told.extend(acts.map(|act| (clause.code.clone(), act.to_owned())));
    }
    assert!(told.len() > ACTS.len());
    told
}

async fn carry_out_all(
    server: &TestServer,
    name: &str,
    case: &Value,
    check: &Value,
    most: usize,
    (done, failures): (&mut Done, &mut Vec<String>),
) {
    if ["codes", "first", "open"].iter().all(|key| check.get(*key).is_none()) {
        return;
    }
    let question = over(&case["ask"], &check["ask"]);
    let mut row = 0;
    let first = copy(server, case, &format!("{name}-first")).await;
    let answer = ask(server, &first, &question).await;
    for reason in told(&answer) {
        let kind = reason["remedy"]["kind"].as_str().unwrap_or_default().trim_start_matches("REMEDY_KIND_");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_anew = kind == "BUY" && ANEW.contains(&text(&reason["code"]).as_str());
        if !ACTS.contains(&kind) && !is_anew {
            continue;
        }
        let key = (text(&reason["code"]), kind.to_owned(), text(&reason["remedy"]["field"]));
        if is_forbidden(name) && kind == "RENEW" {
            continue;
        }
        // A terminated order changes no more: its own reason tells to renew it.
        let all = list(&answer, "reasons");
        // And work that begins before the order does is judged by the contract of before.
        let is_early =
            |reason: &Value| reason["metadata"]["scope"] == "delivery" && reason["code"] == "WORK_ORDER_NOT_STARTED";
        let is_fixed = |other: &Value| other["code"] == "WORK_ORDER_TERMINATED" || is_early(other);
        let changed = &reason["remedy"]["work_order_id"];
        if !["RENEW", "BUY"].contains(&kind)
            && all.iter().any(|other| is_fixed(other) && other["metadata"]["work_order_id"] == *changed)
        {
            continue;
        }
        let count = done.entry(key.clone()).or_default();
        if *count >= most {
            continue;
        }
        *count += 1;
        row += 1;
        // Whole microseconds: an act takes effect in such.
        let time = |value: &Value| value.as_str().map(|text| text.parse::<DateTime<Utc>>().unwrap());
        let asked = time(&answer["check_time"]).unwrap();
        // The contract of when the work begins judges it.
        let at = time(&question["delivery"]["start_time"]).map_or(asked, |start| start.min(asked));
        // Where the last day is told, a renewal does, or to move it.
        let ways: &[&str] =
            if kind == "RENEW" && key.2 == "work_order.end_date" { &["RENEW", "MOVE"] } else { &[kind] };
        // An order that has yet to begin is brought into force from its beginning on.
        let waits = |other: &&Value| other["remedy"]["kind"] == "REMEDY_KIND_WAIT_UNTIL";
        let begins = all.iter().find(waits).filter(|_| key.2 == "work_order.state");
        let begins = begins.and_then(|other| time(&other["remedy"]["value"]));
        let again_at = begins.map_or(asked, |start| start + Duration::days(1));
        let again = over(&question, &serde_json::json!({ "check_time": again_at.to_rfc3339() }));
        let mut why = Vec::new();
        for way in ways {
            let customer_id =
                copy(server, case, &format!("{name}-{row}-{}", way.to_lowercase().replace('_', "-"))).await;
            let act = Act { server, customer_id: &customer_id, at, asked, reason };
            if let Err(status) = act.carry_out(way).await {
                why.push(explain(&status));
                continue;
            }
            let answer = ask(server, &customer_id, &again).await;
            // What is in force now may still have to begin.
            let is_left =
                |reason: &&Value| reason["code"] == *key.0 && reason["remedy"]["kind"] != "REMEDY_KIND_WAIT_UNTIL";
            if answer.get("error").is_none() && !told(&answer).any(|reason| is_left(&reason)) {
                why.clear();
                break;
            }
            why.push(format!("it is still there: {}", answer["reasons"]));
        }
        if !why.is_empty() {
            failures.push(format!("{name}: {key:?} {}: {}", reason["remedy"], why.join("; ")));
        }
    }
}

/// The reasons of an answer, and what is open.
pub(crate) fn told(answer: &Value) -> impl Iterator<Item = &Value> {
    ["reasons", "open_conditions"].into_iter().flat_map(|part| list(answer, part))
}

/// The customer of a case under another id.
pub(crate) async fn copy(server: &TestServer, case: &Value, customer_id: &str) -> String {
    let mut document = case["document"].clone();
    document["customer"]["customer_id"] = Value::from(customer_id);
    let document = document::read(&document.to_string()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    server.contracts().apply_contract(request).await.unwrap_or_else(|status| panic!("{}", explain(&status)));
    customer_id.to_owned()
}
