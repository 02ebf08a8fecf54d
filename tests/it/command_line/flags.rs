//! The values of flags: days, and amounts below nothing.

use serde_json::Value;

use super::{entitled, told};
use crate::server::{Backend, TestServer};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/halden-mills.yaml");

async fn server() -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    told(&server, &["import", EXAMPLE], 0).await;
    server
}

#[tokio::test]
async fn less_than_nothing_takes_away_or_is_refused() {
    let server = server().await;
    let amend = ["orders", "amend", "hm-2026", "--customer", "halden-mills", "--item", "ede-utrecht"];
    told(&server, &[&amend[..], &["--add-quantity", "-100h"]].concat(), 0).await;
    let [shown, _] =
        told(&server, &["orders", "show", "hm-2026", "--customer", "halden-mills", "--output", "json"], 0).await;
    let order: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(order["work_order"]["items"][1]["quantity"]["amount"], "300");
    for (words, why) in [
        (&["--add-quantity", "-500h"][..], "nothing is left of it"),
        (&["--quantity", "-5h"], "is below 0"),
        (&["--quantity", "--plan"], "not a whole number and a unit"),
    ] {
        let [_, error] = told(&server, &[&amend[..], words].concat(), 2).await;
        assert!(error.contains(why), "{words:?}: {error}");
    }
    server.stop().await;
}

#[test]
fn no_amount_is_taken_for_a_flag() {
    for words in [
        &["check", "--quantity", "-5h"][..],
        &["hours", "adjust", "--granted", "-5h"],
        &["hours", "commit", "--quantity", "-5h"],
        &["hours", "consume", "--quantity", "-5h"],
        &["hours", "reserve", "--quantity", "-5h"],
        &["hours", "reverse", "--quantity", "-5h"],
    ] {
        let output = entitled(words, &[]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(error.contains("`-5h` is below 0"), "{words:?}: {error}");
    }
}

/// By the clocks of Utrecht, which is an hour or two before UTC.
#[tokio::test]
async fn a_day_stands_for_its_first_instant_at_the_place() {
    let server = server().await;
    let of = ["--customer", "halden-mills"];
    let output = |words: &[&'static str]| [words, &of[..], &["--output", "json"]].concat();
    let check = output(&["check", "--location", "nl-utrecht", "--product", "azure", "--service", "workshops"]);
    for (day, instant) in [("2026-06-02", "2026-06-01T22:00:00Z"), ("2026-12-02", "2026-12-01T23:00:00Z")] {
        let [text, _] = told(&server, &[&check[..], &["--at", day]].concat(), 0).await;
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["check_time"], instant);
    }
    told(
        &server,
        &[
            "orders",
            "amend",
            "hm-2026",
            "--customer",
            "halden-mills",
            "--set",
            "end_date=2028-12-31",
            "--effective",
            "2026-06-01",
        ],
        0,
    )
    .await;
    let show = output(&["orders", "show", "hm-2026"]);
    for (at, version) in [("2026-05-31T21:59:59Z", "1"), ("2026-05-31", "1"), ("2026-06-01", "2")] {
        let [text, _] = told(&server, &[&show[..], &["--as-of", at]].concat(), 0).await;
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["work_order"]["version"], version, "{at}");
    }
    for words in [
        &["hours", "entries", "--work-order", "hm-2026", "--from", "2026-03-01", "--until", "2026-04-01"][..],
        &["audit", "--order", "hm-2026", "--from", "2026-03-01"],
        &["list", "--at", "2026-03-01", "--known", "2126-03-01"],
        &[
            "response-target",
            "--location",
            "nl-utrecht",
            "--product",
            "azure",
            "--severity",
            "A",
            "--open",
            "2026-03-02",
        ],
    ] {
        told(&server, &output(words), 0).await;
    }
    let [of_all, _] = told(&server, &["audit", "--limit", "1", "--output", "json"], 0).await;
    assert_eq!(serde_json::from_str::<Value>(&of_all).unwrap()["audit_records"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[test]
fn every_flag_of_a_time_takes_a_day() {
    let directory = tempfile::tempdir().unwrap();
    assert!(entitled(&["man", "--dir", directory.path().to_str().unwrap()], &[]).status.success());
    for page in std::fs::read_dir(directory.path()).unwrap() {
        let page = page.unwrap().path();
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(!text.contains("\\fITIME\\fR"), "{}: a flag takes an instant alone", page.display());
    }
}
