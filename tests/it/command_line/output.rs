//! How answers and errors are written, and which exit status a command ends with.

use serde_json::Value;

use super::{asked, entitled, told};
use crate::sample::{self, LONDON};
use crate::server::{Backend, TestServer};

const CHECK: [&str; 9] = [
    "check",
    "--customer",
    "contoso",
    "--location",
    LONDON,
    "--product",
    "azure",
    "--service",
    "problem-resolution-support",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// A detail of an error, by the end of its type.
fn detail<'a>(error: &'a Value, name: &str) -> &'a Value {
    let details = error["details"].as_array().unwrap();
    details.iter().find(|it| it["@type"].as_str().unwrap().ends_with(&format!(".{name}"))).unwrap()
}

#[tokio::test]
async fn a_table_is_written_unless_json_is_asked_for() {
    let server = TestServer::start(Backend::Sqlite).await;
    sample::stored(&server, "contoso").await;
    let words = |more: &[&'static str]| [&CHECK[..], more].concat();
    let summer = ["--at", "2026-06-01T10:00:00Z"];
    let [table, _] = told(&server, &words(&summer), 0).await;
    assert!(table.starts_with("ENTITLED") && !table.contains('\u{1b}'), "{table}");
    // By the clocks of the location, which is named.
    assert!(table.contains("2026-06-01T11:00:00+01:00 Europe/London"), "{table}");
    let [text, _] = told(&server, &words(&["--output", "json", "--at", "2026-06-01T10:00:00Z"]), 0).await;
    assert_eq!(json(&text)["check_time"], "2026-06-01T10:00:00Z");
    for (variable, flag, is_json) in
        [("json", &[][..], true), ("JSON", &[], true), ("", &[], false), ("json", &["--output", "table"], false)]
    {
        let output = asked(&server, &words(flag), &[("ENTITLED_OUTPUT", variable)]).await;
        assert_eq!(output.stdout.starts_with(b"{"), is_json, "{variable} {flag:?}: {output:?}");
    }
    let wrong = asked(&server, &CHECK, &[("ENTITLED_OUTPUT", "xml")]).await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("write `table` or `json`"));
    server.stop().await;
}

#[tokio::test]
async fn errors_are_json_when_the_output_is() {
    let server = TestServer::start(Backend::Sqlite).await;
    let [answer, error] = told(&server, &[&CHECK[..], &["--output", "json"]].concat(), 5).await;
    let error = json(&error);
    assert_eq!((answer.as_str(), &error["code"]), ("", &5.into()));
    let info = detail(&error, "ErrorInfo");
    assert_eq!((&info["reason"], &info["domain"]), (&"CUSTOMER_NOT_FOUND".into(), &"entitled.v1".into()));
    assert_eq!(info["metadata"]["customer_id"], "contoso");

    let file = server.directory().join("wrong.yaml");
    std::fs::write(&file, "customer:\n  customer_id: c\n  colour: red\n").unwrap();
    let file = file.to_str().unwrap();
    let [_, error] = told(&server, &["import", file, "--output", "json"], 5).await;
    let error = json(&error);
    let violation = &detail(&error, "BadRequest")["field_violations"][0];
    assert_eq!((&violation["field"], &violation["reason"]), (&"customer.colour".into(), &"FIELD_UNKNOWN".into()));
    assert!(violation["description"].as_str().unwrap().starts_with("line 3: "), "{violation}");
    assert_eq!(detail(&error, "ResourceInfo")["resource_name"], *file);
    server.stop().await;

    for wrong in [
        &["check", "--output", "json"][..],
        &["--output=json", "chekc"],
        &["serve", "--output", "json", "--listen", "x"],
    ] {
        let output = entitled(wrong, &[]);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
        let error = json(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(detail(&error, "ErrorInfo")["reason"], "USAGE");
    }
    let nobody = entitled(&[&CHECK[..], &["--output", "json", "--address", "127.0.0.1:1"]].concat(), &[]);
    assert_eq!(nobody.status.code(), Some(6));
    let error = json(&String::from_utf8(nobody.stderr).unwrap());
    assert_eq!(detail(&error, "ErrorInfo")["reason"], "UNREACHABLE");
}

#[tokio::test]
async fn the_exit_status_tells_refused_and_unreachable_apart() {
    let server = TestServer::start(Backend::Sqlite).await;
    told(&server, &CHECK, 5).await;
    told(&server, &["hours", "balance", "--customer", "nobody"], 5).await;
    told(&server, &["import", "/no/such/file.yaml"], 1).await;
    told(&server, &["check"], 2).await;
    server.stop().await;
    let nobody = entitled(&[&CHECK[..], &["--address", "127.0.0.1:1"]].concat(), &[]);
    assert_eq!(nobody.status.code(), Some(6));
    // Nobody knows what becomes of a write that has no answer: the connection goes before it comes.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let gone = std::thread::spawn(move || {
        use std::io::Read as _;
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]);
    });
    let words =
        ["hours", "release", "--customer", "c", "--reservation", "r", "--output", "json", "--address", &address];
    let output = entitled(&words, &[]);
    gone.join().unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let error = json(&String::from_utf8(output.stderr).unwrap());
    assert!(detail(&error, "RequestInfo")["request_id"].as_str().unwrap().len() == 36, "{error}");
}
