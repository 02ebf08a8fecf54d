//! The `targets` of the corpus: which offer governs an incident, and by when.

use entitled::proto::v1;
use serde_json::Value;

use crate::corpus::{explain, known_keys, list};
use crate::server::TestServer;
use crate::yaml;

/// Keys: `ask`, `service` (empty: none governs), `minutes`, `due`, `clock`, `why`, and `not`:
/// the first reason or open condition of offers that do not govern.
pub async fn run(
    server: &TestServer,
    name: &str,
    customer_id: &str,
    case: &Value,
    answers: &mut Vec<String>,
    failures: &mut Vec<String>,
) {
    for (row, target) in list(case, "targets").iter().enumerate() {
        let label = format!("{name}: target {row} ({})", target["why"].as_str().unwrap_or_default());
        known_keys(&label, target, &["ask", "service", "minutes", "due", "clock", "why", "not"], failures);
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
        answers.push(format!("{label}: {answer}"));
    }
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
    for (service, wanted) in target["not"].as_object().into_iter().flatten() {
        let other = list(answer, "alternatives").iter().find(|other| other["service_id"] == **service);
        let other = other.cloned().unwrap_or_default();
        let said = [&other["reasons"][0]["code"], &other["open_conditions"][0]["code"], &other["message"]];
        let found = said.into_iter().find(|said| !said.is_null()).cloned().unwrap_or_default();
        expect(&format!("what is said of {service}"), Some(wanted.clone()), &found);
    }
}
