//! A contract lives by single commands: each remedy that is an act is carried out by the one that is told with it.

use serde_json::Value;

use super::{asked, told};
use crate::server::{Backend, TestServer};

const EXAMPLE: &str = include_str!("../../../examples/halden-mills.yaml");
const EDE: &str = "enhanced-designated-engineering";

async fn server() -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    let zwolle = "    - {location_id: nl-zwolle, display_name: Zwolle, country: NL, time_zone: Europe/Amsterdam}\n";
    let file = server.directory().join("halden-mills.yaml");
    std::fs::write(&file, EXAMPLE.replace("  contacts:\n", &format!("{zwolle}  contacts:\n"))).unwrap();
    told(&server, &["import", file.to_str().unwrap()], 0).await;
    server
}

/// A check, as JSON and as a table wide enough for every command.
async fn check(server: &TestServer, more: &[&str]) -> (Value, String) {
    let words = [&["check", "--customer", "halden-mills"], more].concat();
    let json = asked(server, &words, &[("ENTITLED_OUTPUT", "json")]).await;
    let table = asked(server, &words, &[("COLUMNS", "400")]).await;
    (serde_json::from_slice(&json.stdout).unwrap(), String::from_utf8(table.stdout).unwrap())
}

fn has(answer: &Value, code: &str) -> bool {
    answer["reasons"].as_array().into_iter().flatten().any(|reason| reason["code"] == code)
}

/// The words of the command that is told beside a remedy.
fn command(table: &str, begin: &str) -> Vec<String> {
    let line =
        table.lines().find_map(|line| line.split_once(begin)).unwrap_or_else(|| panic!("no {begin} in\n{table}"));
    let line = format!("{begin}{}", line.1).replace('\'', "");
    line.split_whitespace().skip(1).map(|word| word.replace("NEW-ID", "hm-2028")).collect()
}

#[tokio::test]
async fn each_remedy_that_is_an_act_is_one_command_and_its_code_is_gone() {
    let server = server().await;
    let utrecht = ["--location", "nl-utrecht", "--service", EDE];
    let june = ["--at", "2026-06-02T10:00:00Z"];
    let cases: [(&str, &str, Vec<&str>); 6] = [
        ("PRODUCT_NOT_COVERED", "entitled orders amend", [&utrecht[..], &["--product", "power-bi"], &june].concat()),
        (
            "PRODUCT_NOT_ON_ITEM",
            "entitled orders amend",
            [&utrecht[..], &["--product", "windows-server"], &june].concat(),
        ),
        (
            "LOCATION_NOT_DESIGNATED",
            "entitled orders amend",
            ["--location", "nl-zwolle", "--service", "workshops", "--product", "azure", "--at", "2026-06-02T10:00:00Z"]
                .to_vec(),
        ),
        (
            "HOURS_EXHAUSTED",
            "entitled orders amend",
            [&utrecht[..], &["--product", "azure", "--quantity", "500h"], &june].concat(),
        ),
        (
            "ONSITE_NOT_INCLUDED",
            "entitled waivers record",
            [&utrecht[..], &["--product", "azure", "--delivery-mode", "on-site"], &june].concat(),
        ),
        (
            "WORK_ORDER_EXPIRED",
            "entitled orders renew",
            [&utrecht[..], &["--product", "azure", "--at", "2028-06-02T10:00:00Z"]].concat(),
        ),
    ];
    let mut failures = Vec::new();
    for (code, begin, question) in cases {
        let (answer, table) = check(&server, &question).await;
        if !has(&answer, code) {
            failures.push(format!("{code} is not told: {answer:#}"));
            continue;
        }
        let words = command(&table, begin);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // A plan writes nothing.
        let [plan, _] = told(&server, &[&words[..], &["--plan"]].concat(), 0).await;
        assert!(plan.contains("a plan, nothing was written"), "{plan}");
        assert!(has(&check(&server, &question).await.0, code), "{code} is gone by a plan");
        told(&server, &words, 0).await;
        let (answer, table) = check(&server, &question).await;
        if has(&answer, code) {
            failures.push(format!("{code} is still told after {words:?}:\n{table}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    server.stop().await;
}

#[tokio::test]
async fn a_change_tells_what_was_and_what_is() {
    let server = server().await;
    let amend = ["orders", "amend", "hm-2026", "--customer", "halden-mills"];
    let with = |more: &[&'static str]| [&amend[..], more].concat();
    let [text, _] = told(&server, &with(&["--set", "end_date=2028-12-31", "--effective", "2026-02-01"]), 0).await;
    assert!(text.contains("end_date") && text.contains("2027-12-31") && text.contains("2028-12-31"), "{text}");
    let price = ["--item", "ede-utrecht", "--set", "unit_price=250.00", "--add-quantity", "8h"];
    let [text, _] = told(&server, &with(&price), 0).await;
    assert!(text.contains("245.00 EUR") && text.contains("250.00 EUR") && text.contains("408h"), "{text}");
    for (wrong, why) in [
        (&["--item", "ede-utrecht", "--set", "unit_price=250"][..], "may mean 250.00 or 2.50 EUR"),
        (&["--item", "edd", "--quantity", "8h"], "the order has no item `edd`; it has base, ede-utrecht"),
        (&["--set", "end_dat=2028-12-31"], "did you mean `end_date`?"),
        (&["--remove-product", "power-bi"], "there is no product `power-bi` to take away"),
        (&["--remove-exception", "azure/x"], "there is no exception `azure/x` to take away; there are none at all"),
        (&["--set", "end_date"], "write the field, `=` and its value"),
    ] {
        let [_, error] = told(&server, &with(wrong), 2).await;
        assert!(error.contains(why), "{error}");
    }
    told(&server, &amend, 2).await;
    let [_, stale] = told(&server, &with(&["--set", "end_date=2029-12-31", "--etag", "x"]), 5).await;
    assert!(stale.contains("ETAG"), "{stale}");
    told(&server, &with(&["--set", "end_date=2029-12-31", "--effective", "2040-01-01"]), 5).await;
    server.stop().await;
}

#[tokio::test]
async fn versions_are_listed_compared_and_shown() {
    let server = server().await;
    let of = ["hm-2026", "--customer", "halden-mills"];
    let run = async |command: &str, more: &[&str], status: i32| {
        told(&server, &[&["orders", command], &of[..], more].concat(), status).await.concat()
    };
    run("amend", &["--item", "ede-utrecht", "--set", "unit_price=250.00"], 0).await;
    run("amend", &["--set", "signed_date=2025-12-09"], 0).await;
    let versions = run("versions", &[], 0).await;
    assert!(versions.contains("signed_date") && versions.contains("Europe/Amsterdam"), "{versions}");
    let last = run("diff", &[], 0).await;
    assert!(last.contains("version 2 → 3") && last.contains("2025-12-08") && !last.contains("EUR"), "{last}");
    let both = run("diff", &["--old", "1"], 0).await;
    assert!(both.contains("245.00 EUR") && both.contains("250.00 EUR") && both.contains("signed_date"), "{both}");
    let json: Value =
        serde_json::from_str(&run("diff", &["--old", "1", "--new", "2", "--output", "json"], 0).await).unwrap();
    assert_eq!(json["changes"].as_array().unwrap().len(), 1, "{json}");
    assert!(run("show", &["--version", "1"], 0).await.contains("245.00 EUR"));
    assert!(run("show", &[], 0).await.contains("250.00 EUR"));
    run("diff", &["--old", "7"], 5).await;
    run("show", &["--version", "7"], 5).await;
    server.stop().await;
}

#[tokio::test]
async fn an_order_is_held_resumed_and_ended() {
    let server = server().await;
    let run = async |command: &str, more: &[&str], status: i32| {
        let words = [&["orders", command, "hm-2026", "--customer", "halden-mills"], more].concat();
        let [text, error] = told(&server, &words, status).await;
        text + &error
    };
    assert!(run("resume", &[], 5).await.contains("WORK_ORDER_NOT_SUSPENDED"));
    assert!(run("suspend", &["--reason", "unpaid", "--effective", "2026-03-01"], 0).await.contains("SUSPENDED"));
    assert!(run("resume", &["--effective", "2026-04-01"], 0).await.contains("hm-2026"));
    let plan = run("terminate", &["--effective", "2027-07-01", "--plan"], 0).await;
    // The start of that day at the host.
    assert!(plan.contains("2027-07-01T00:00:00+02:00"), "{plan}");
    assert!(run("terminate", &["--effective", "2027-07-01T00:00:00+02:00"], 0).await.contains("TERMINATED"));
    assert!(run("suspend", &["--effective", "2027-07-01"], 5).await.contains("WORK_ORDER_ALREADY_TERMINATED"));
    run("suspend", &["--effective", "2027-06-30", "--plan"], 0).await;
    // Until it has come, the end can be moved and withdrawn.
    assert!(run("terminate", &["--effective", "2027-08-01"], 0).await.contains("2027-08-01"));
    let kept = run("amend", &["--set", "flex_allowance=10.00"], 0).await;
    assert!(kept.contains("IN FORCE") && !kept.contains("terminate_time"), "{kept}");
    let withdrawn = run("amend", &["--set", "state=ACTIVE", "--set", "terminate_time="], 0).await;
    assert!(withdrawn.contains("terminate_time") && withdrawn.contains("ACTIVE"), "{withdrawn}");
    server.stop().await;
}

#[tokio::test]
async fn a_plan_of_a_document_tells_every_field_and_the_etag_to_apply_it_with() {
    let server = server().await;
    let text = std::fs::read_to_string(server.directory().join("halden-mills.yaml")).unwrap();
    let text = text.replace("quantity: 400h", "quantity: 500h");
    let file = server.directory().join("grown.yaml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    told(&server, &["import", file], 5).await;
    let [plan, _] = told(&server, &["import", file, "--plan"], 0).await;
    assert!(plan.contains("items[ede-utrecht].quantity") && plan.contains("400h") && plan.contains("500h"), "{plan}");
    // What a document leaves out is as it is stored: its default.
    assert!(!plan.contains("funding") && !plan.contains("state"), "{plan}");
    let etag = plan.split("etag ").nth(1).unwrap().split(':').next().unwrap();
    let [json, _] = told(&server, &["import", file, "--plan", "--output", "json"], 0).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["etag"], &json["changes"][1]["kind"]), (&etag.into(), &"CHANGE_KIND_UPDATED".into()));
    let [done, _] = told(&server, &["import", file, "--etag", etag], 0).await;
    assert!(done.contains("1 updated"), "{done}");
    // It has changed since.
    told(&server, &["import", file, "--etag", etag], 5).await;
    told(&server, &["import", file, file, "--etag", etag], 2).await;
    server.stop().await;
}

#[tokio::test]
async fn a_plan_tells_what_is_forfeited_and_which_answers_turn() {
    let server = server().await;
    let place = ["--location", "nl-utrecht", "--product", "azure", "--service", EDE];
    let consume = ["hours", "consume", "--customer", "halden-mills", "--quantity", "30h", "--note", "case 7"];
    told(&server, &[&consume[..], &place].concat(), 0).await;
    let end = ["orders", "terminate", "hm-2026", "--customer", "halden-mills", "--effective", "2027-07-01"];
    let output = asked(&server, &[&end[..], &["--plan"]].concat(), &[("COLUMNS", "400")]).await;
    let plan = String::from_utf8(output.stdout).unwrap();
    let row = |begin: &str, word: &str| plan.lines().any(|line| line.trim().starts_with(begin) && line.contains(word));
    assert!(plan.contains("forfeited") && row("hm-2026/ede-utrecht", "370 h"), "{plan}");
    assert!(row("nl-utrecht", "NOT ENTITLED") && plan.contains("WORK_ORDER_TERMINATED"), "{plan}");
    assert!(plan.contains("2027-07-01T00:00:00+02:00"), "{plan}");
    // What is written is told as it is: there are no effects to come.
    let [done, _] = told(&server, &end, 0).await;
    assert!(!done.contains("forfeited"), "{done}");

    let text = std::fs::read_to_string(server.directory().join("halden-mills.yaml")).unwrap();
    let text = text.replace("hm-2026", "hm-more").replace("400h", "40h");
    let file = server.directory().join("more.yaml");
    std::fs::write(&file, text).unwrap();
    let [plan, _] = told(&server, &["import", file.to_str().unwrap(), "--plan"], 0).await;
    assert!(plan.contains("40 h") && plan.contains("9,800.00 EUR"), "{plan}");
    server.stop().await;
}

#[tokio::test]
async fn an_amendment_changes_the_order_as_it_is_at_its_instant() {
    let server = server().await;
    let of = ["hm-2026", "--customer", "halden-mills"];
    let amend = async |more: &[&str]| {
        told(&server, &[&["orders", "amend"], &of[..], &["--item", "ede-utrecht"], more].concat(), 0).await.concat()
    };
    let at = async |time: &str| {
        let words = [&["orders", "show"], &of[..], &["--as-of", time, "--output", "json"]].concat();
        let json: Value = serde_json::from_str(&told(&server, &words, 0).await.concat()).unwrap();
        let item = &json["work_order"]["items"][1];
        (item["quantity"]["amount"].clone(), item["unit_price"].clone())
    };
    let is = |hours: &str, price: &str| (Value::from(hours), Value::from(price));
    // The later one keeps what the sooner one plans.
    amend(&["--quantity", "500h", "--effective", "2027-03-01"]).await;
    let later = amend(&["--set", "unit_price=250.00", "--effective", "2027-09-01T00:00:00+02:00"]).await;
    assert!(later.contains("250.00 EUR") && !later.contains("400h"), "{later}");
    assert_eq!(at("2027-10-01T00:00:00Z").await, is("500", "25000"));
    assert_eq!(at("2027-04-01T00:00:00Z").await, is("500", "24500"));
    // One in the past does not carry back what came after it.
    amend(&["--quantity", "450h", "--effective", "2026-06-01"]).await;
    amend(&["--set", "unit_price=240.00", "--effective", "2026-03-01"]).await;
    assert_eq!(at("2026-03-02T00:00:00Z").await, is("400", "24000"));
    assert_eq!(at("2026-06-02T00:00:00Z").await, is("450", "24000"));
    server.stop().await;
}
