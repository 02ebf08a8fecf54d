//! The decision cases of `tests/corpus/`, asked of a real server on both databases.

use std::path::{Path, PathBuf};

use entitled::cli::document;
use entitled::proto::v1;
use serde_json::{Map, Value};
use tonic_types::StatusExt as _;

use crate::server::{BOTH, Backend, TestServer, request_id};
use crate::yaml;

pub fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// A file of cases; what stands under `defaults` belongs to every `ask` that does not say it itself.
pub fn load(file: &Path) -> Value {
    let mut case = yaml::parse(&std::fs::read_to_string(file).unwrap());
    let Some(Value::Object(defaults)) = case.as_object_mut().unwrap().remove("defaults") else { return case };
    for check in case["checks"].as_array_mut().unwrap() {
        for (key, value) in &defaults {
            check["ask"].as_object_mut().unwrap().entry(key).or_insert_with(|| value.clone());
        }
    }
    case
}

#[tokio::test]
async fn every_case_comes_out_as_written_on_both_databases() {
    let files = files();
    let mut transcripts = Vec::new();
    for backend in BOTH {
        transcripts.push(transcript(backend, &files).await);
    }
    let [sqlite, postgres] = transcripts.try_into().unwrap();
    assert_eq!(sqlite.len(), postgres.len());
    for (one, other) in sqlite.iter().zip(&postgres) {
        assert_eq!(one, other, "the databases answer differently");
    }
}

/// Every answer in order. All cases are asked before the first failure is told.
async fn transcript(backend: Backend, files: &[PathBuf]) -> Vec<String> {
    let server = TestServer::start(backend).await;
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        run_file(&server, &name, &load(file), &mut answers, &mut failures).await;
    }
    server.stop().await;
    assert!(failures.is_empty(), "on {backend:?}:\n{}", failures.join("\n"));
    answers
}

async fn run_file(server: &TestServer, name: &str, case: &Value, answers: &mut Vec<String>, failures: &mut Vec<String>) {
    known_keys(name, case, &["document", "checks", "targets", "refused", "accepted"], failures);
    let text = case["document"].to_string();
    let document = match document::read(&text) {
        Ok(document) => document,
        Err(mistakes) => return failures.push(format!("{name}: {mistakes:?}")),
    };
    let customer_id = document.request.customer.as_ref().unwrap().customer_id.clone();
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    if let Err(status) = server.contracts().apply_contract(request).await {
        return failures.push(format!("{name}: the document is refused: {}", explain(&status)));
    }
    for (row, check) in list(case, "checks").iter().enumerate() {
        let label = format!("{name}: check {row}{}", check["why"].as_str().map(|why| format!(" ({why})")).unwrap_or_default());
        let keys = ["ask", "want", "codes", "first", "open", "clause", "why", "valid_until", "metadata", "remedy", "coverage", "error"];
        known_keys(&label, check, &keys, failures);
        let answer = ask(server, &customer_id, &check["ask"]).await;
        compare(&label, check, &answer, failures);
        answers.push(format!("{label}: {answer}"));
    }
    for refused in list(case, "refused") {
        let label = format!("{name}: refused {}", refused["why"]);
        known_keys(&label, refused, &["why", "work_order", "codes", "code", "clause"], failures);
        answers.push(format!("{label}: {}", refuse(server, &customer_id, refused, &label, failures).await));
    }
    for accepted in list(case, "accepted") {
        let label = format!("{name}: accepted {}", accepted["why"]);
        known_keys(&label, accepted, &["why", "work_order", "clause"], failures);
        if let Some(Err(status)) = create(server, &customer_id, &accepted["work_order"], true, &label, failures).await {
            failures.push(format!("{label}: {}", explain(&status)));
        }
    }
}

async fn ask(server: &TestServer, customer_id: &str, ask: &Value) -> Value {
    let mut ask = ask.clone();
    ask["customer_id"] = Value::from(customer_id);
    let request: v1::CheckEntitlementRequest = yaml::message("entitled.v1.CheckEntitlementRequest", &ask);
    match server.entitlements().check_entitlement(request).await {
        Ok(response) => yaml::to_json("entitled.v1.CheckEntitlementResponse", response.get_ref()),
        Err(status) => serde_json::json!({ "error": explain(&status) }),
    }
}

fn compare(label: &str, check: &Value, answer: &Value, failures: &mut Vec<String>) {
    if let Some(wanted) = check["error"].as_str() {
        let told = answer["error"].as_str().unwrap_or_default();
        if told.split(' ').next() != Some(wanted) {
            failures.push(format!("{label}: the error {wanted} expected\n    {answer}"));
        }
        return;
    }
    let decision = answer["decision"].as_str().and_then(|name| name.strip_prefix("DECISION_"));
    let mut expect = |what: &str, wanted: Value, found: Value| {
        if wanted != found {
            failures.push(format!("{label}: {what} is {found}, not {wanted}\n    {answer}"));
        }
    };
    expect("the decision", check["want"].clone(), decision.map(Value::from).unwrap_or_default());
    let codes = |list: &str| -> Value { self::list(answer, list).iter().map(|reason| reason["code"].clone()).collect() };
    // A refusal names its codes, all of them; anything else has none.
    let refusal = check.get("first").map_or_else(|| check.get("codes").cloned().unwrap_or(Value::Array(Vec::new())), |first| serde_json::json!([first]));
    let found = codes("reasons");
    let found = if check.get("first").is_some() { serde_json::json!([found[0]]) } else { found };
    expect("the reasons", refusal, found);
    expect("the open conditions", check.get("open").cloned().unwrap_or(Value::Array(Vec::new())), codes("open_conditions"));
    if let Some(wanted) = check.get("valid_until") {
        expect("valid_until", wanted.clone(), answer.get("valid_until").cloned().unwrap_or_default());
    }
    if let Some(wanted) = check.get("remedy") {
        let kind = answer["reasons"][0]["remedy"]["kind"].as_str().and_then(|kind| kind.strip_prefix("REMEDY_KIND_"));
        expect("the first remedy", wanted.clone(), kind.map(Value::from).unwrap_or_default());
    }
    for (part, found) in [("metadata", &answer["reasons"][0]["metadata"]), ("coverage", &answer["coverage"])] {
        for (key, wanted) in check[part].as_object().unwrap_or(&Map::new()) {
            expect(&format!("{part}.{key}"), wanted.clone(), found.get(key).cloned().unwrap_or_default());
        }
    }
}

/// A refused work order: every named code must stand among the violations, as reason or in
/// the field's path, and nothing is stored.
async fn refuse(server: &TestServer, customer_id: &str, refused: &Value, label: &str, failures: &mut Vec<String>) -> String {
    let status = match create(server, customer_id, &refused["work_order"], false, label, failures).await {
        None => return String::new(),
        Some(Ok(_)) => {
            failures.push(format!("{label}: it was accepted"));
            return String::new();
        }
        Some(Err(status)) => status,
    };
    let told = explain(&status);
    for code in list(refused, "codes") {
        if !told.contains(code.as_str().unwrap()) {
            failures.push(format!("{label}: {code} is not among {told}"));
        }
    }
    if let Some(code) = refused["code"].as_str()
        && format!("{:?}", status.code()) != code
    {
        failures.push(format!("{label}: {code} expected, not {told}"));
    }
    told
}

type Created = Result<tonic::Response<v1::CreateWorkOrderResponse>, tonic::Status>;

/// Writes one more work order, or only validates it. None: the test data is wrong, which is told.
async fn create(
    server: &TestServer, customer_id: &str, order: &Value, validate_only: bool, label: &str, failures: &mut Vec<String>,
) -> Option<Created> {
    let document = serde_json::json!({ "customer": { "customer_id": customer_id }, "work_orders": [order] });
    let document = document::read(&document.to_string()).map_err(|mistakes| failures.push(format!("{label}: {mistakes:?}"))).ok()?;
    let work_order = document.request.work_orders.into_iter().next().map(|order| v1::WorkOrder { customer_id: customer_id.to_owned(), ..order });
    let request = v1::CreateWorkOrderRequest { work_order, request_id: request_id(), validate_only };
    Some(server.contracts().create_work_order(request).await)
}

pub fn explain(status: &tonic::Status) -> String {
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    let violations: Vec<_> =
        violations.iter().map(|violation| format!("{} {}: {}", violation.field, violation.reason, violation.description)).collect();
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    format!("{:?} {reason} [{}] {}", status.code(), violations.join("; "), status.message())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn known_keys(label: &str, value: &Value, known: &[&str], failures: &mut Vec<String>) {
    for key in value.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())) {
        failures.push(format!("{label}: unknown key `{key}` in the test data"));
    }
}
