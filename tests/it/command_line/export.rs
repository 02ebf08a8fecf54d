//! What is stored comes out as a document, and goes in again as it was.

use entitled::cli::document;

use super::told;
use crate::demo_data;
use crate::server::{Backend, TestServer};

fn examples() -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.map(|file| file.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn to_import_what_was_exported_changes_nothing() {
    let server = TestServer::start(Backend::Sqlite).await;
    let editions = demo_data::filled(&server, &["--customers", "30"]).await;
    assert_eq!(editions["added"], 30);
    let examples = examples();
    let files: Vec<&str> = examples.iter().map(String::as_str).collect();
    told(&server, &[&["import"], &files[..]].concat(), 0).await;
    let [list, _] = told(&server, &["customers", "list", "--output", "json"], 0).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let customers = list["customers"].as_array().unwrap();
    assert_eq!(customers.len(), 30 + examples.len());
    for customer in customers {
        let id = customer["customer_id"].as_str().unwrap();
        for format in ["table", "json"] {
            let file = server.directory().join(format!("{id}.{format}"));
            let file = file.to_str().unwrap();
            told(&server, &["export", "--customer", id, "--file", file, "--output", format], 0).await;
            let [plan, notes] = told(&server, &["import", file], 0).await;
            assert!(plan.contains("nothing changed") && !plan.contains(" added"), "{id}: {plan}");
            assert_eq!(notes, "", "{id}");
            let text = std::fs::read_to_string(file).unwrap();
            assert!(document::read(&text).unwrap().request.customer.unwrap().version == 0, "{text}");
        }
    }
    let [text, _] = told(&server, &["export", "--customer", "halden-mills"], 0).await;
    assert!(text.starts_with("# yaml-language-server: $schema="), "{text}");
    assert!(text.contains("quantity: 400h") && text.contains("unit_price: 245.00 EUR"), "{text}");
    told(&server, &["export", "--customer", "nobody"], 5).await;
    told(&server, &["export", "--customer", "halden-mills", "--file", "/no/such/directory/x"], 1).await;
    server.stop().await;
}

#[tokio::test]
async fn what_stands_at_another_instant_is_exported_and_compared() {
    let server = TestServer::start(Backend::Sqlite).await;
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/halden-mills.yaml");
    told(&server, &["import", example], 0).await;
    let order = ["hm-2026", "--customer", "halden-mills"];
    let amend = [&["orders", "amend"], &order[..], &["--item", "ede-utrecht", "--quantity", "500h"]].concat();
    told(&server, &[&amend[..], &["--effective", "2027-07-01"]].concat(), 0).await;
    let export = ["export", "--customer", "halden-mills"];
    let [now, note] = told(&server, &export, 0).await;
    assert!(now.contains("quantity: 400h") && !now.contains("500h"), "{now}");
    // The start of that day at the host.
    assert!(note.contains("2027-06-30T22:00:00Z") && note.contains("--as-of"), "{note}");
    let [json, note] = told(&server, &[&export[..], &["--output", "json"]].concat(), 0).await;
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    let note: serde_json::Value = serde_json::from_str(&note).unwrap();
    assert_eq!(note["planned"], serde_json::json!(["2027-06-30T22:00:00Z"]));
    for at in ["2027-07-01", "2027-06-30T22:00:00Z"] {
        let [then, note] = told(&server, &[&export[..], &["--as-of", at]].concat(), 0).await;
        assert!(then.contains("quantity: 500h"), "{then}");
        assert_eq!(note, "");
    }
    told(&server, &[&export[..], &["--as-of", "tomorrow"]].concat(), 2).await;
    // A plan for an instant compares with what stands then.
    let file = server.directory().join("then.yaml");
    let file = file.to_str().unwrap();
    told(&server, &[&export[..], &["--as-of", "2027-07-01", "--file", file]].concat(), 0).await;
    let [plan, _] = told(&server, &["import", file, "--plan", "--effective", "2027-07-02T00:00:00Z"], 0).await;
    assert!(plan.contains("nothing would change") && !plan.contains("500h"), "{plan}");
    let [plan, _] = told(&server, &["import", file, "--plan"], 0).await;
    assert!(plan.contains("400h") && plan.contains("500h"), "{plan}");
    server.stop().await;
}

#[test]
fn the_schema_is_published() {
    let output = super::entitled(&["schema"], &[]);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contract.schema.json");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == std::fs::read(file).unwrap(), "it is not docs/contract.schema.json: run `make docs`");
}
