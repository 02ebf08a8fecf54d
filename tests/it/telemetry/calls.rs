//! One line a call, and the id by which it is found.

use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use serde_json::Value;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::{Logged, calls_of};
use crate::sample::{check, document};
use crate::server::{Backend, TestServer};

const ID: &str = "x-request-id";

fn with_id<T>(message: T, id: &'static str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(ID, id.parse().unwrap());
    request
}

fn told(status: &Status) -> (String, String) {
    let metadata = status.get_details_error_info().unwrap().metadata;
    (status.metadata().get(ID).unwrap().to_str().unwrap().to_owned(), metadata["x_request_id"].clone())
}

#[tokio::test]
async fn the_id_of_a_call_is_told_with_its_answer_and_with_its_refusal() {
    let server = TestServer::start(Backend::Sqlite).await;
    crate::sample::stored(&server, "contoso").await;
    let mut entitlements = server.entitlements();
    let answer = entitlements.check_entitlement(with_id(check("contoso"), "case 4711")).await.unwrap();
    assert_eq!(answer.metadata().get(ID).unwrap(), "case 4711");
    let refused = entitlements.check_entitlement(with_id(check("nobody"), "case 4712")).await.unwrap_err();
    assert_eq!(told(&refused), ("case 4712".to_owned(), "case 4712".to_owned()));
    // What is refused before a handler sees it has one too, and one of its own where none was given.
    let malformed = crate::raw::call(server.channel.clone(), "/entitled.v1.LedgerService/Nothing", Vec::new());
    let (in_header, in_details) = told(&malformed.await.unwrap_err());
    assert_eq!(in_header, in_details);
    assert_eq!(in_header.parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_and_writes_have_a_line_and_reads_that_succeed_have_none() {
    let server = Logged::start(&[]);
    let channel = server.process.channel().await;
    let mut entitlements = EntitlementServiceClient::new(channel.clone());
    ContractServiceClient::new(channel).apply_contract(with_id(document("contoso"), "write-1")).await.unwrap();
    entitlements.check_entitlement(check("contoso")).await.unwrap();
    entitlements.check_entitlement(with_id(check("nobody"), "read-1")).await.unwrap_err();
    drop(entitlements);
    let log = server.stop().await;
    let writes = calls_of(&log, "ApplyContract");
    let [write] = writes.as_slice() else { panic!("{log}") };
    assert_eq!((&write["status"], &write["level"]), (&Value::from("OK"), &Value::from("INFO")), "{write}");
    assert_eq!((&write["customer_id"], &write["x_request_id"]), (&"contoso".into(), &"write-1".into()), "{write}");
    assert_eq!((&write["principal"], &write["reason"]), (&"anonymous".into(), &Value::Null), "{write}");
    assert!(write["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{write}");
    for number in ["duration_us", "request_bytes", "response_bytes"] {
        assert!(write[number].as_u64().unwrap() > 0, "{number}: {write}");
    }
    let reads = calls_of(&log, "CheckEntitlement");
    let [refused] = reads.as_slice() else { panic!("{log}") };
    assert_eq!(refused["method"], "entitled.v1.EntitlementService/CheckEntitlement");
    assert_eq!((&refused["status"], &refused["reason"]), (&"NOT_FOUND".into(), &"CUSTOMER_NOT_FOUND".into()));
    assert_eq!((&refused["customer_id"], &refused["x_request_id"]), (&"nobody".into(), &"read-1".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_all_calls_logged_a_check_tells_its_decision() {
    let server = Logged::start(&[("ENTITLED_LOG_CALLS", "all")]);
    let channel = server.process.channel().await;
    ContractServiceClient::new(channel.clone()).apply_contract(document("contoso")).await.unwrap();
    let mut entitlements = EntitlementServiceClient::new(channel);
    let answer = entitlements.check_entitlement(check("contoso")).await.unwrap().into_inner();
    drop(entitlements);
    let log = server.stop().await;
    let calls = calls_of(&log, "CheckEntitlement");
    assert_eq!(calls[0]["decision_id"], answer.decision_id);
    assert_eq!(
        calls[0]["decision"],
        v1::Decision::try_from(answer.decision).unwrap().as_str_name().replace("DECISION_", "")
    );
}

/// Whoever writes into the log writes a field, and never a line or a colour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_caller_writes_lines_of_the_log() {
    const EVIL: &str = "acme\n{\"level\":\"ERROR\"}\r\u{1b}[31mred\u{9b}2J\u{202e}\u{2028}";
    for format in ["json", "text"] {
        let settings =
            [("ENTITLED_LOG_FORMAT", format), ("ENTITLED_LOG_CALLS", "all"), ("ENTITLED_LOG", "info,entitled=trace")];
        let server = Logged::start(&settings);
        let channel = server.process.channel().await;
        let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(channel.clone());
        let message = v1::ConsumeUnitsRequest { customer_id: EVIL.to_owned(), ..Default::default() };
        let refused = ledger.consume_units(message).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        let refused = EntitlementServiceClient::new(channel.clone()).check_entitlement(check(EVIL)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        // A path that is none, and headers with what HTTP/2 lets through.
        let mut raw = channel;
        let headers = [(ID, "tab\there"), ("user-agent", "a\tb"), ("grpc-timeout", "x\ty")];
        let response = crate::raw::post(&mut raw, "/entitled.v1.LedgerService/Con%0asume%1b[31m", &headers, "").await;
        assert!(!response.headers()[ID].to_str().unwrap().contains('\t'));
        drop((ledger, raw, response));
        let log = server.stop().await;
        assert!(log.contains("acme"), "{log}");
        for line in log.lines() {
            let found = line.chars().find(|letter| letter.is_control() || matches!(letter, '\u{202e}' | '\u{2028}'));
            assert_eq!(found, None, "{format}: {line}");
            assert!(!line.starts_with("{\"level\""), "{line}");
            let is_one = format == "text" || serde_json::from_str::<Value>(line).is_ok();
            assert!(is_one, "{line}");
        }
        assert!(log.lines().count() < 60, "{log}");
    }
}
