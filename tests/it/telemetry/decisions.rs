//! Every decision, with what is needed to ask the same again.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use entitled::config::DecisionLogTarget;
use entitled::proto::FILE_DESCRIPTOR_SET;
use entitled::proto::v1;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use tempfile::TempDir;

use super::metrics;
use crate::process::Process;
use crate::sample::{check, stored, time};
use crate::server::{BOTH, Backend, TestServer};

/// A server that logs its decisions, and where.
async fn start(backend: Backend) -> (TestServer, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = DecisionLogTarget::File(directory.path().join("decisions"));
    let server = TestServer::start_with(backend, |config| config.telemetry.decision_log = Some(file)).await;
    (server, directory)
}

fn lines(directory: &TempDir) -> Vec<Value> {
    let text = fs::read_to_string(directory.path().join("decisions")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The request of a line, to be judged at the instant of then.
fn request(line: &Value) -> v1::CheckEntitlementRequest {
    let mut request = line["request"].clone();
    request["check_time"] = line["check_time"].clone();
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let message = pool.get_message_by_name("entitled.v1.CheckEntitlementRequest").unwrap();
    DynamicMessage::deserialize(message, request).unwrap().transcode_to().unwrap()
}

/// A question with every field there is.
fn full_question() -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        known_time: None,
        severity: v1::Severity::A.into(),
        channel: v1::Channel::Phone.into(),
        language: Some("en".to_owned()),
        contact_id: Some("ada".to_owned()),
        tenant_id: Some("t-1".to_owned()),
        activity: Some("migration".to_owned()),
        quantity: crate::sample::hours(3),
        delivery: Some(v1::Delivery {
            start_time: time("2026-12-01T08:00:00Z"),
            end_time: time("2026-12-01T11:00:00Z"),
            mode: v1::DeliveryMode::OnSite.into(),
            requested_time: time("2026-11-01T08:00:00Z"),
            confirmed_time: time("2026-11-02T08:00:00.5Z"),
            solution_ids: vec!["s-1".to_owned(), "s-2".to_owned()],
        }),
        incident_close_time: time("2026-12-02T08:00:00Z"),
        ..check("contoso")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_can_be_asked_for_again_from_its_line() {
    for backend in BOTH {
        let (server, directory) = start(backend).await;
        stored(&server, "contoso").await;
        let mut entitlements = server.entitlements();
        let mut asked = Vec::new();
        for question in [check("contoso"), full_question()] {
            asked.push(entitlements.check_entitlement(question).await.unwrap().into_inner());
        }
        let batch =
            v1::BatchCheckEntitlementsRequest { checks: vec![full_question(), check("nobody")], ..Default::default() };
        entitlements.batch_check_entitlements(batch).await.unwrap();
        // Written by a thread of its own: the next server goes on with the file.
        let (server, ()) = server.give_way(async {}).await;
        let lines = lines(&directory);
        assert_eq!(lines.len(), 3, "two checks, and of the batch the one of a customer");
        for (line, answer) in lines.iter().zip(&asked) {
            let again = server.entitlements().check_entitlement(request(line)).await.unwrap().into_inner();
            assert_eq!(
                (&again.decision_id, &line["decision_id"]),
                (&answer.decision_id, &answer.decision_id.clone().into())
            );
            assert_eq!(line["revision"], answer.revision);
            assert_eq!(line["edition_id"], answer.edition_id);
            assert_eq!(line["decision"], v1::Decision::try_from(answer.decision).unwrap().as_str_name());
            let codes =
                |reasons: &[v1::Reason]| -> Value { reasons.iter().map(|reason| reason.code.clone()).collect() };
            assert_eq!(line["reasons"], codes(&answer.reasons));
            assert_eq!(line["open_conditions"], codes(&answer.open_conditions));
            assert!(line["x_request_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{line}");
        }
        server.stop().await;
    }
}

/// Lines that cannot be written are lost and counted, and no call waits for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_or_a_reader_that_stalls_delays_no_call() {
    let directory = tempfile::tempdir().unwrap();
    for target in ["stdout", "/dev/full"] {
        let database = format!("sqlite:{}", directory.path().join(format!("{}.db", target.len())).display());
        let metrics_at = metrics::free_address();
        let at = metrics_at.to_string();
        let settings = [("ENTITLED_DECISION_LOG", target), ("ENTITLED_METRICS_LISTEN", at.as_str())];
        // A pipe that nobody reads.
        let mut server = Process::start_silent(&database, &settings, Stdio::piped());
        let channel = server.channel().await;
        let mut contracts = v1::contract_service_client::ContractServiceClient::new(channel.clone());
        contracts.apply_contract(crate::sample::document("contoso")).await.unwrap();
        let mut entitlements = EntitlementServiceClient::new(channel);
        let checks = vec![full_question(); 1_000];
        for _ in 0..6 {
            let batch = v1::BatchCheckEntitlementsRequest { checks: checks.clone(), ..Default::default() };
            entitlements.batch_check_entitlements(batch).await.unwrap();
        }
        entitlements.check_entitlement(check("contoso")).await.unwrap();
        while metrics::samples(metrics_at).await["entitled_decision_log_lines_dropped_total"] == 0.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.tell("TERM");
        assert_eq!(server.exit_code().await, Some(0), "{target}");
    }
}
