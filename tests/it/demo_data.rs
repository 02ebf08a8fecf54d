//! `entitled demo-data`: a database filled with invented customers, by the rules that hold for all.

use std::path::PathBuf;
use std::process::{Command, Output};

use entitled::proto::v1::{self, Decision};
use serde_json::Value;

use crate::sample;
use crate::server::{Backend, TestServer, on_both_servers, request_id};

/// Every kind of customer is among them, those with many locations too.
const MANY: &str = "210";

on_both_servers!(the_same_command_again_changes_nothing, other_customers_are_respected);

async fn run(server: &TestServer, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
    command
        .args(["demo-data", "--output", "json", "--year", "2026", "--address", &format!("http://{}", server.address)])
        .args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What it told after it wrote everything.
pub(crate) async fn filled(server: &TestServer, arguments: &[&str]) -> Value {
    let output = run(server, arguments).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn customers(server: &TestServer) -> Vec<v1::Customer> {
    let request = v1::ListCustomersRequest { page_size: 1_000, ..Default::default() };
    server.contracts().list_customers(request).await.unwrap().into_inner().customers
}

async fn decision(server: &TestServer, number: u32) -> Decision {
    let request = v1::CheckEntitlementRequest {
        customer_id: format!("demo-{number}"),
        location_id: "hq".into(),
        product_id: "azure".into(),
        service_id: "problem-resolution-support".into(),
        check_time: sample::time("2026-06-01T10:00:00Z"),
        ..Default::default()
    };
    server.entitlements().check_entitlement(request).await.unwrap().into_inner().decision()
}

async fn the_same_command_again_changes_nothing(server: &TestServer) {
    let told = filled(server, &["--customers", MANY]).await;
    assert_eq!((&told["added"], &told["first"], &told["last"]), (&210.into(), &"demo-1".into(), &"demo-210".into()));
    let before = customers(server).await;
    assert_eq!(before.len(), 210);
    for number in 1..=40 {
        let expected = if matches!(number % 10, 1..=8) { Decision::Entitled } else { Decision::NotEntitled };
        assert_eq!(decision(server, number).await, expected, "demo-{number}");
    }
    let consume = v1::ConsumeUnitsRequest {
        customer_id: "demo-1".into(),
        location_id: "hq".into(),
        product_id: "azure".into(),
        service_id: "enhanced-designated-engineering".into(),
        quantity: sample::hours(1),
        performed: Some(v1::Performed {
            start_time: sample::time("2026-06-01T14:00:00Z"),
            end_time: sample::time("2026-06-01T15:00:00Z"),
        }),
        request_id: request_id(),
        ..Default::default()
    };
    server.ledger().consume_units(consume).await.unwrap();

    let told = filled(server, &["--customers", MANY]).await;
    assert_eq!((&told["added"], &told["updated"], &told["unchanged"]), (&0.into(), &0.into(), &210.into()));
    assert_eq!(customers(server).await, before);
    let refused = run(server, &["--customers", "3", "--seed", "2"]).await;
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(5), "{told}");
    assert!(told.contains("another --seed or --year") && told.contains("CONTENT_DIFFERS"), "{told}");
    assert_eq!(customers(server).await, before);
}

async fn other_customers_are_respected(server: &TestServer) {
    sample::stored(server, "contoso").await;
    let output = run(server, &["--customers", "3"]).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("other customers, such as `contoso`") && told.contains("--beside-others"), "{told}");
    assert_eq!(customers(server).await.len(), 1);
    filled(server, &["--customers", "3", "--beside-others"]).await;
    assert_eq!(customers(server).await.len(), 4);
}

#[tokio::test]
async fn an_edition_that_the_server_has_besides_is_used() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/editions/lodestar-care-2026.toml");
    let server = TestServer::start_with(Backend::Sqlite, |config| config.catalog.files = vec![file]).await;
    filled(&server, &["--customers", "20"]).await;
    let request = v1::ListWorkOrdersRequest { customer_id: "demo-20".into(), ..Default::default() };
    let orders = server.contracts().list_work_orders(request).await.unwrap().into_inner().work_orders;
    assert_eq!(orders[0].edition_id, "lodestar-care-2026");
    server.stop().await;
}
