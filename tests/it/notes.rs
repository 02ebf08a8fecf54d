//! The notes of the corpus: what is told beside a decision, and with which dates.

use std::collections::BTreeSet;

use entitled::catalog::{Catalog, ClauseKind};
use entitled::proto::v1;
use serde_json::{Value, json};

use crate::corpus::{files, list, load};
use crate::server::{Backend, TestServer, request_id};
use crate::yaml;

/// Keys of a check: codes that must be told, codes that must not, and metadata by code, null
/// where there is none of that name.
pub(crate) const KEYS: [&str; 3] = ["notes", "notes_absent", "note_metadata"];

/// The question of a check; one about notes asks for them.
pub(crate) fn asking(check: &Value, mut ask: Value) -> Value {
    if KEYS.iter().any(|key| check.get(key).is_some()) {
        ask["view"] = Value::from("VIEW_FULL");
    }
    ask
}

pub(crate) fn compare(label: &str, check: &Value, answer: &Value, failures: &mut Vec<String>) {
    let told = list(answer, "notes");
    let is_told = |code: &Value| told.iter().any(|note| note["code"] == *code);
    for code in list(check, "notes").iter().filter(|code| !is_told(code)) {
        failures.push(format!("{label}: no note {code}\n    {answer}"));
    }
    for code in list(check, "notes_absent").iter().filter(|code| is_told(code)) {
        failures.push(format!("{label}: a note {code}\n    {answer}"));
    }
    for (code, facts) in check["note_metadata"].as_object().into_iter().flatten() {
        let note = told.iter().find(|note| note["code"] == **code).cloned().unwrap_or_default();
        for (key, wanted) in facts.as_object().unwrap() {
            let found = &note["metadata"][key];
            if wanted != found {
                failures.push(format!("{label}: {code}.{key} is {found}, not {wanted}\n    {note}"));
            }
        }
    }
}

#[test]
fn every_note_of_the_catalogue_is_in_the_corpus() {
    let told: BTreeSet<String> = files()
        .iter()
        .flat_map(|file| list(&load(file), "checks").to_vec())
        .flat_map(|check| list(&check, "notes").to_vec())
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    let catalog = Catalog::embedded().unwrap();
    for edition in catalog.editions() {
        let notes = edition.clauses.iter().filter(|clause| clause.kinds.contains(&ClauseKind::Note));
        let asides = edition.asides.iter().filter_map(|aside| edition.clauses.get(aside.clause));
        for clause in notes.chain(asides) {
            assert!(told.contains(&clause.code), "no check of the corpus has the note {}", clause.code);
        }
    }
}

#[tokio::test]
async fn a_full_list_carries_the_notes_of_its_checks() {
    let file = files().into_iter().find(|file| file.ends_with("n-services.yaml")).unwrap();
    let document = entitled::cli::document::read(&load(&file)["document"].to_string()).unwrap();
    let server = TestServer::start(Backend::Sqlite).await;
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    server.contracts().apply_contract(request).await.unwrap();
    let rows = |view: v1::View| {
        let request = v1::ListEntitlementsRequest {
            customer_id: "n-services".to_owned(),
            product_id: Some("azure/app-service".to_owned()),
            check_time: Some(prost_types::Timestamp { seconds: 1_780_480_800, nanos: 0 }),
            view: view.into(),
            page_size: 1_000,
            ..v1::ListEntitlementsRequest::default()
        };
        let mut client = server.entitlements();
        async move { client.list_entitlements(request).await.unwrap().into_inner().entitlements }
    };
    for row in rows(v1::View::Full).await {
        let ask = json!({"customer_id": "n-services", "location_id": row.location_id, "service_id": row.service_id,
                         "product_id": "azure/app-service", "check_time": "2026-06-03T10:00:00Z", "view": "VIEW_FULL"});
        let check: v1::CheckEntitlementRequest = yaml::message("entitled.v1.CheckEntitlementRequest", &ask);
        let answer = server.entitlements().check_entitlement(check).await.unwrap().into_inner();
        assert!(!row.notes.is_empty(), "{} without notes", row.service_id);
        assert_eq!(row.notes, answer.notes, "{}", row.service_id);
    }
    assert!(rows(v1::View::Basic).await.iter().all(|row| row.notes.is_empty()));
    server.stop().await;
}
