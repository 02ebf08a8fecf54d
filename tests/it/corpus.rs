//! The decision cases of `tests/corpus/`, asked of a real server on both databases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use entitled::catalog::{Catalog, ClauseKind};
use entitled::cli::document;
use entitled::proto::v1;
use serde_json::{Map, Value};
use tonic_types::StatusExt as _;

use crate::server::{BOTH, Backend, TestServer, request_id};
use crate::yaml;

pub(crate) fn files() -> Vec<PathBuf> {
    files_in("tests/corpus")
}

pub(crate) fn files_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

pub(crate) fn load(file: &Path) -> Value {
    yaml::parse(&std::fs::read_to_string(file).unwrap())
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

/// Gates and purchase rules that nothing breaks under the built-in edition: the engine's own
/// tests break them under a changed one.
const OVERLAY_ONLY: [(&str, &str); 3] = [
    ("SERVICE_NOT_AVAILABLE_IN_COUNTRY", "every service exists in every country"),
    ("PRODUCT_RETIRED", "no product has been retired"),
    ("ONSITE_NOT_AVAILABLE_IN_COUNTRY", "no service is named that is remote in some country"),
];

#[test]
fn every_gate_and_every_purchase_rule_has_a_case() {
    let catalog = Catalog::embedded().unwrap();
    let clauses = &catalog.default_edition().clauses;
    let mut named = BTreeSet::new();
    for file in files() {
        let case = load(&file);
        for row in ["checks", "refused", "accepted"].into_iter().flat_map(|part| list(&case, part)) {
            let told =
                ["codes", "open"].into_iter().filter(|_| row.get("ask").is_some()).flat_map(|part| list(row, part));
            for code in
                told.chain(row.get("clause")).chain(row.get("first")).map(|code| code.as_str().unwrap().to_owned())
            {
                assert!(clauses.iter().any(|clause| clause.code == code), "{}: unknown code {code}", file.display());
            }
            named.extend(row["clause"].as_str().map(str::to_owned));
        }
    }
    let is_judged = |kind: &ClauseKind| matches!(kind, ClauseKind::Gate | ClauseKind::Purchase);
    let judged = clauses.iter().filter(|clause| clause.kinds.iter().any(is_judged)).map(|clause| clause.code.as_str());
    let missing: Vec<_> = judged.filter(|code| !named.contains(*code)).collect();
    let allowed: Vec<_> = OVERLAY_ONLY.iter().map(|(code, _)| *code).collect();
    assert_eq!(missing, allowed, "clauses without a case");
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

pub(crate) async fn run_file(
    server: &TestServer,
    name: &str,
    case: &Value,
    answers: &mut Vec<String>,
    failures: &mut Vec<String>,
) {
    known_keys(name, case, &["document", "ask", "checks", "targets", "order", "refused", "accepted"], failures);
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
        let label =
            format!("{name}: check {row}{}", check["why"].as_str().map(|why| format!(" ({why})")).unwrap_or_default());
        let keys = [
            "ask",
            "want",
            "codes",
            "first",
            "open",
            "clause",
            "why",
            "valid_until",
            "metadata",
            "remedy",
            "remedies",
            "coverage",
            "error",
        ];
        known_keys(&label, check, &[&keys[..], &crate::notes::KEYS].concat(), failures);
        let ask_notes = crate::notes::asking(check, over(&case["ask"], &check["ask"]));
        let answer = ask(server, &customer_id, &ask_notes).await;
        compare(&label, check, &answer, failures);
        crate::notes::compare(&label, check, &answer, failures);
        answers.push(format!("{label}: {}", without_revision(answer)));
    }
    crate::targets::run(server, name, &customer_id, case, answers, failures).await;
    for refused in list(case, "refused") {
        let label = format!("{name}: refused {}", refused["why"]);
        known_keys(&label, refused, &["why", "work_order", "codes", "code", "clause", "violations"], failures);
        let outcome = submit(server, &customer_id, &over(&case["order"], &refused["work_order"]), false).await;
        match &outcome {
            Ok(()) => failures.push(format!("{label}: it was accepted")),
            Err(status) => {
                compare_refusal(&label, refused, status, failures);
                failures.extend(crate::refused::untold(status).iter().map(|lacking| format!("{label}: {lacking}")));
            }
        }
        answers.push(format!("{label}: {}", outcome.map_or_else(|status| explain(&status), |()| String::new())));
    }
    for accepted in list(case, "accepted") {
        let label = format!("{name}: accepted {}", accepted["why"]);
        known_keys(&label, accepted, &["why", "work_order", "clause"], failures);
        if let Err(status) = submit(server, &customer_id, &over(&case["order"], &accepted["work_order"]), true).await {
            failures.push(format!("{label}: {}", explain(&status)));
        }
    }
}

/// What a case says itself, over what its file says for all cases.
pub(crate) fn over(all: &Value, own: &Value) -> Value {
    let mut merged = all.as_object().cloned().unwrap_or_default();
    merged.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(merged)
}

/// The same on every database: a revision is bound to the epoch of its own.
pub(crate) fn without_revision(mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("revision");
    }
    answer
}

pub(crate) async fn ask(server: &TestServer, customer_id: &str, ask: &Value) -> Value {
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
        if !answer["error"].as_str().is_some_and(|told| told.starts_with(wanted)) {
            failures.push(format!("{label}: {wanted} expected\n    {answer}"));
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
    let codes =
        |list: &str| -> Value { self::list(answer, list).iter().map(|reason| reason["code"].clone()).collect() };
    // A refusal names its codes, all of them; anything else has none.
    let refusal = check.get("first").map_or_else(
        || check.get("codes").cloned().unwrap_or(Value::Array(Vec::new())),
        |first| serde_json::json!([first]),
    );
    let found = codes("reasons");
    let found = if check.get("first").is_some() { serde_json::json!([found[0]]) } else { found };
    expect("the reasons", refusal, found);
    expect(
        "the open conditions",
        check.get("open").cloned().unwrap_or(Value::Array(Vec::new())),
        codes("open_conditions"),
    );
    if let Some(wanted) = check.get("valid_until") {
        expect("valid_until", wanted.clone(), answer.get("valid_until").cloned().unwrap_or_default());
    }
    if let Some(wanted) = check.get("remedy") {
        let kind = answer["reasons"][0]["remedy"]["kind"].as_str().and_then(|kind| kind.strip_prefix("REMEDY_KIND_"));
        expect("the first remedy", wanted.clone(), kind.map(Value::from).unwrap_or_default());
    }
    for (code, wanted) in check["remedies"].as_object().unwrap_or(&Map::new()) {
        let mut reasons = ["reasons", "open_conditions"].into_iter().flat_map(|list| self::list(answer, list));
        let remedy = reasons.find(|reason| reason["code"] == *code).map(|reason| &reason["remedy"]);
        for (key, wanted) in wanted.as_object().unwrap() {
            let found = remedy.and_then(|remedy| remedy[key].as_str()).unwrap_or_default();
            let found = found.strip_prefix("REMEDY_KIND_").unwrap_or(found);
            expect(&format!("the {key} of the remedy of {code}"), wanted.clone(), Value::from(found));
        }
    }
    for (part, found) in [("metadata", &answer["reasons"][0]["metadata"]), ("coverage", &answer["coverage"])] {
        for (key, wanted) in check[part].as_object().unwrap_or(&Map::new()) {
            expect(&format!("{part}.{key}"), wanted.clone(), found.get(key).cloned().unwrap_or_default());
        }
    }
}

/// Creates a work order, or only validates it.
async fn submit(
    server: &TestServer,
    customer_id: &str,
    work_order: &Value,
    validate_only: bool,
) -> Result<(), tonic::Status> {
    let document = serde_json::json!({ "customer": { "customer_id": customer_id }, "work_orders": [work_order] });
    let document =
        document::read(&document.to_string()).unwrap_or_else(|mistakes| panic!("{work_order}: {mistakes:?}"));
    let work_order = document
        .request
        .work_orders
        .into_iter()
        .next()
        .map(|order| v1::WorkOrder { customer_id: customer_id.to_owned(), ..order });
    let request = v1::CreateWorkOrderRequest { work_order, request_id: request_id(), validate_only, strict: false };
    server.contracts().create_work_order(request).await.map(drop)
}

/// A refused work order: every one of `codes` must stand among the violations, as reason or in
/// the field's path; `violations` are all of them, each as path and reason.
fn compare_refusal(label: &str, refused: &Value, status: &tonic::Status, failures: &mut Vec<String>) {
    let told = explain(status);
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
    if let Some(wanted) = refused.get("violations") {
        let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
        let found = violations.iter().map(|violation| {
            let field = violation.field.strip_prefix("work_order.").unwrap_or(&violation.field);
            Value::from(format!("{field} {}", violation.reason))
        });
        if *wanted != found.collect::<Value>() {
            failures.push(format!("{label}: not {wanted} but {told}"));
        }
    }
}

pub(crate) fn explain(status: &tonic::Status) -> String {
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    let violations: Vec<_> = violations
        .iter()
        .map(|violation| format!("{} {}: {}", violation.field, violation.reason, violation.description))
        .collect();
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    format!("{:?} {reason} [{}] {}", status.code(), violations.join("; "), status.message())
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn known_keys(label: &str, value: &Value, known: &[&str], failures: &mut Vec<String>) {
    for key in value.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())) {
        failures.push(format!("{label}: unknown key `{key}` in the test data"));
    }
}
