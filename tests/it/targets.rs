//! The `targets` of the corpus: which offer governs an incident, and by when. A full check
//! with the same facts tells the same target.

use entitled::proto::v1;
use serde_json::Value;

use crate::corpus::{explain, known_keys, list};
use crate::server::TestServer;
use crate::yaml;

/// Keys: `ask`, `service` (empty: none governs), `minutes`, `due`, `clock`, `effort`, the codes
/// of `resources` and `obligations`, `why`, and `not`: the first reason or open condition of
/// offers that do not govern, else what is said of them. `no_target`: offers without a time. `also`: of
/// offers that do not govern, the codes of `resources` and `obligations`.
pub(crate) async fn run(
    server: &TestServer,
    name: &str,
    customer_id: &str,
    case: &Value,
    answers: &mut Vec<String>,
    failures: &mut Vec<String>,
) {
    for (row, target) in list(case, "targets").iter().enumerate() {
        let label = format!("{name}: target {row} ({})", target["why"].as_str().unwrap_or_default());
        let keys = [
            "ask",
            "service",
            "minutes",
            "due",
            "clock",
            "effort",
            "resources",
            "obligations",
            "why",
            "not",
            "no_target",
            "also",
        ];
        known_keys(&label, target, &keys, failures);
        let mut ask = target["ask"].clone();
        ask["customer_id"] = Value::from(customer_id);
        let request: v1::GetResponseTargetRequest = yaml::message("entitled.v1.GetResponseTargetRequest", &ask);
        let answer = match server.entitlements().get_response_target(request).await {
            Ok(response) => yaml::to_json("entitled.v1.GetResponseTargetResponse", response.get_ref()),
            Err(status) => {
                failures.push(format!("{label}: {}", explain(&status)));
                continue;
            }
        };
        compare(&label, target, &answer, failures);
        let of_check = of_check(server, &ask).await;
        if without_context(&answer) != of_check {
            failures.push(format!("{label}: a full check tells {of_check}\n    {answer}"));
        }
        answers.push(format!("{label}: {}", crate::corpus::without_revision(answer)));
    }
}

/// The target a full check tells of the same incident.
async fn of_check(server: &TestServer, ask: &Value) -> Value {
    let mut check = ask.clone();
    let facts = check.as_object_mut().unwrap();
    if let Some(time) = facts.remove("open_time") {
        facts.insert("check_time".to_owned(), time);
    }
    if let Some(solution) = facts.remove("solution_id") {
        facts.insert("delivery".to_owned(), serde_json::json!({ "solution_ids": [solution] }));
    }
    facts.insert("service_id".to_owned(), Value::from("problem-resolution-support"));
    facts.insert("view".to_owned(), Value::from("VIEW_FULL"));
    let request: v1::CheckEntitlementRequest = yaml::message("entitled.v1.CheckEntitlementRequest", &check);
    match server.entitlements().check_entitlement(request).await {
        Ok(response) => {
            let answer = yaml::to_json("entitled.v1.CheckEntitlementResponse", response.get_ref());
            answer["response_target"].clone()
        }
        Err(status) => Value::from(explain(&status)),
    }
}

fn without_context(answer: &Value) -> Value {
    let mut target = answer.clone();
    let fields = target.as_object_mut().unwrap();
    fields.remove("open_time");
    fields.remove("revision");
    target
}

fn compare(label: &str, target: &Value, answer: &Value, failures: &mut Vec<String>) {
    let mut expect = |what: &str, wanted: Option<Value>, found: &Value| {
        if wanted.as_ref().is_some_and(|wanted| wanted != found) {
            failures.push(format!("{label}: {what} is {found}, not {}\n    {answer}", wanted.unwrap_or_default()));
        }
    };
    let service = target["service"].as_str().filter(|service| !service.is_empty());
    expect("the governing offer", Some(service.map(Value::from).unwrap_or_default()), &answer["service_id"]);
    let seconds = target["minutes"].as_i64().map(|minutes| Value::from(format!("{}s", minutes * 60)));
    expect("the initial response", seconds, &answer["initial_response"]);
    expect("the due time", target.get("due").cloned(), &answer["due_time"]);
    let clock = target["clock"].as_str().map(|clock| Value::from(format!("CLOCK_{clock}")));
    expect("the clock", clock, &answer["clock"]);
    let effort = target["effort"].as_str().map(|effort| Value::from(format!("EFFORT_{effort}")));
    expect("the effort", effort, &answer["effort"]);
    for terms in ["resources", "obligations"] {
        let found = list(answer, terms).iter().map(|term| term["code"].clone()).collect();
        expect(terms, target.get(terms).cloned(), &found);
    }
    for (service, terms) in target["also"].as_object().into_iter().flatten() {
        let other = list(answer, "alternatives").iter().find(|other| other["service_id"] == **service);
        for (part, wanted) in terms.as_object().unwrap() {
            let found = other.map(|other| list(other, part).iter().map(|term| term["code"].clone()).collect());
            expect(&format!("{part} of {service}"), Some(wanted.clone()), &found.unwrap_or_default());
        }
    }
    for service in list(target, "no_target") {
        let other = list(answer, "alternatives").iter().find(|other| other["service_id"] == *service);
        let time = other.and_then(|other| other.get("initial_response")).cloned().unwrap_or_default();
        expect(&format!("the time of {service}"), Some(Value::Null), &time);
    }
    for (service, wanted) in target["not"].as_object().into_iter().flatten() {
        let other = list(answer, "alternatives").iter().find(|other| other["service_id"] == **service);
        let other = other.cloned().unwrap_or_default();
        let said = [&other["reasons"][0]["code"], &other["open_conditions"][0]["code"], &other["message"]];
        let found = said.into_iter().find(|said| !said.is_null()).cloned().unwrap_or_default();
        expect(&format!("what is said of {service}"), Some(wanted.clone()), &found);
    }
}
