//! The same with every case of `tests/corpus/`: whatever it is about, and whenever.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::super::asked;
use super::{commands, filled};
use crate::contracts::remedies::{ACTS, copy, is_forbidden, told};
use crate::corpus::{ask, files, list, load, over};
use crate::server::{Backend, TestServer};

/// Cases of one code, kind and field, at most: the corpus has many alike.
const ALIKE: usize = 3;

/// A renewal that is refused until another is made, as the refusal says.
const TAKES_TWO: [(&str, &str); 1] =
    [("a-base-agreement-6", "it leaned on a base that ends with it, and that is to be renewed first")];

/// The flags of `check` for the fields of a question.
const FLAGS: [(&str, &str); 16] = [
    ("/location_id", "--location"),
    ("/product_id", "--product"),
    ("/service_id", "--service"),
    ("/check_time", "--at"),
    ("/known_time", "--known"),
    ("/severity", "--severity"),
    ("/channel", "--channel"),
    ("/language", "--language"),
    ("/contact_id", "--contact"),
    ("/tenant_id", "--tenant"),
    ("/activity", "--activity"),
    ("/incident_close_time", "--closed"),
    ("/delivery/start_time", "--delivery-start"),
    ("/delivery/end_time", "--delivery-end"),
    ("/delivery/requested_time", "--requested"),
    ("/delivery/confirmed_time", "--confirmed"),
];

/// A question as words of the command line.
fn question(customer_id: &str, ask: &Value) -> Vec<String> {
    let mut words: Vec<String> = ["check", "--customer", customer_id].map(str::to_owned).to_vec();
    for (path, flag) in FLAGS {
        words
            .extend(ask.pointer(path).and_then(Value::as_str).into_iter().flat_map(|it| [flag, it]).map(str::to_owned));
    }
    if let Some(mode) = ask.pointer("/delivery/mode").and_then(Value::as_str) {
        words.extend(["--delivery-mode".to_owned(), mode.to_owned()]);
    }
    for solution in ask.pointer("/delivery/solution_ids").and_then(Value::as_array).into_iter().flatten() {
        words.extend(["--solution".to_owned(), solution.as_str().unwrap().to_owned()]);
    }
    if let Some(quantity) = ask.get("quantity") {
        let text = match quantity.as_str() {
            Some(text) => text.to_owned(),
            None => format!(
                "{} {}",
                quantity["amount"],
                quantity["unit"].as_str().unwrap().trim_start_matches("UNIT_").to_lowercase()
            ),
        };
        words.extend(["--quantity".to_owned(), text]);
    }
    words
}

async fn run(server: &TestServer, words: &[String]) -> std::process::Output {
    asked(server, &words.iter().map(String::as_str).collect::<Vec<_>>(), &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_of_the_corpus_is_one_printed_command() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in files() {
        let case = load(&file);
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        for (row, check) in list(&case, "checks").iter().enumerate() {
            let label = format!("{name}-{row}");
            if ["codes", "first", "open"].iter().all(|key| check.get(*key).is_none()) {
                continue;
            }
            let question = over(&case["ask"], &check["ask"]);
            let first = copy(&server, &case, &format!("{label}-first")).await;
            let answer = ask(&server, &first, &question).await;
            let acts: BTreeSet<_> = told(&answer).filter_map(|reason| act(&label, &answer, reason)).collect();
            for (act, (code, _, field)) in acts.iter().enumerate() {
                let key = acts.iter().nth(act).unwrap().clone();
                let count = counts.entry(key.clone()).or_default();
                if *count >= ALIKE {
                    continue;
                }
                *count += 1;
                let customer_id = copy(&server, &case, &format!("{label}-{act}")).await;
                if let Err(why) = carry_out(&server, &customer_id, &question, &answer, code, field).await {
                    failures.push(format!("{label} {key:?}: {why}"));
                }
            }
        }
    }
    server.stop().await;
    assert!(counts.len() > 20, "{counts:?}");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), counts.values().sum::<usize>(), failures.join("\n"));
}

fn is_renewed_otherwise(label: &str) -> bool {
    is_forbidden(label) || TAKES_TWO.iter().any(|(name, _)| *name == label)
}

/// Code, kind and field of a reason whose remedy is an act on an order that can be changed.
fn act(label: &str, answer: &Value, reason: &Value) -> Option<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&reason["remedy"]["kind"]).trim_start_matches("REMEDY_KIND_").to_owned();
    let is_early = |it: &Value| it["metadata"]["scope"] == "delivery" && it["code"] == "WORK_ORDER_NOT_STARTED";
    let changed = &reason["remedy"]["work_order_id"];
    let is_fixed = list(answer, "reasons").iter().any(|it| {
        (it["code"] == "WORK_ORDER_TERMINATED" || is_early(it)) && it["metadata"]["work_order_id"] == *changed
    });
    let is_act = ACTS.contains(&kind.as_str()) && !(is_renewed_otherwise(label) && kind == "RENEW");
    (is_act && (kind == "RENEW" || !is_fixed)).then(|| (text(&reason["code"]), kind, text(&reason["remedy"]["field"])))
}

/// Why the command of a code does not take it away.
async fn carry_out(
    server: &TestServer,
    customer_id: &str,
    asked: &Value,
    answer: &Value,
    code: &str,
    field: &str,
) -> Result<(), String> {
    let text = |output: &[u8]| String::from_utf8_lossy(output).into_owned();
    let table = run(server, &question(customer_id, asked)).await;
    let printed = commands(&text(&table.stdout));
    let at = printed.iter().position(|(of, _)| of == code);
    let at = at.ok_or_else(|| format!("no command in\n{}{}", text(&table.stdout), text(&table.stderr)))?;
    let (before, command) = (&printed[..at], &printed[at].1);
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let check_time = time(&answer["check_time"]).unwrap();
    let fill = |command| filled(command, &(check_time + Duration::days(2)).date_naive().to_string());
    // What the new order is to have comes after the renewal.
    let is_of_new =
        |command: &[String]| command[2] == "NEW-ID" || command.windows(2).any(|it| it == ["--work-order", "NEW-ID"]);
    for (_, renewal) in before.iter().filter(|(_, other)| other[1] == "renew" && is_of_new(command)) {
        run(server, &fill(renewal)).await;
    }
    let command = fill(command);
    let output = run(server, &command).await;
    if output.status.code() != Some(0) {
        return Err(format!("{command:?}: {}", text(&output.stderr)));
    }
    // An order that has yet to begin is brought into force from its beginning on.
    let waits = |other: &&Value| other["remedy"]["kind"] == "REMEDY_KIND_WAIT_UNTIL";
    let begins = list(answer, "reasons").iter().find(waits).filter(|_| field == "work_order.state");
    let again_at = begins.and_then(|it| time(&it["remedy"]["value"])).map_or(check_time, |it| it + Duration::days(1));
    let again = over(asked, &serde_json::json!({ "check_time": again_at.to_rfc3339() }));
    let answer = ask(server, customer_id, &again).await;
    let is_left = |reason: &&Value| reason["code"] == code && reason["remedy"]["kind"] != "REMEDY_KIND_WAIT_UNTIL";
    match told(&answer).find(is_left) {
        None if answer.get("error").is_none() => Ok(()),
        _ => Err(format!("it is still there after {command:?}: {answer}")),
    }
}
