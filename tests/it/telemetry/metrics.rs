//! Metrics and probes at an address of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use entitled::config::{Config, DecisionLogTarget};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::block_in_place;
use tonic::Code;

use super::consume;
use crate::postgres::Cluster;
use crate::sample::{check, stored};
use crate::server::{Backend, TestServer};

/// Far beyond what it takes: only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Free now; whoever takes it in between fails the test loudly.
pub(super) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A server whose metrics are told, and where.
async fn start(backend: Backend) -> (TestServer, SocketAddr) {
    let address = free_address();
    let server = TestServer::start_with(backend, |config| {
        config.telemetry.metrics_listen = Some(address);
        config.telemetry.decision_log = Some(DecisionLogTarget::File("/dev/null".into()));
    });
    (server.await, address)
}

/// The answer to one request: its head and its body.
async fn ask(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

async fn get(address: SocketAddr, path: &str) -> (String, String) {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await
}

/// Every sample by its name and labels.
pub(super) async fn samples(address: SocketAddr) -> BTreeMap<String, f64> {
    let (head, body) = get(address, "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

/// The sum of the samples whose names have all of these parts.
fn sum(samples: &BTreeMap<String, f64>, parts: &[&str]) -> f64 {
    samples.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part))).map(|(_, value)| value).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_and_their_errors_are_counted_as_their_client_counts_them() {
    for backend in crate::server::BOTH {
        let (server, address) = start(backend).await;
        stored(&server, "contoso").await;
        let mut counts: HashMap<Code, f64> = HashMap::new();
        for customer_id in ["contoso", "contoso", "nobody", "contoso", "", "nobody", "a b"] {
            let answer = server.entitlements().check_entitlement(check(customer_id)).await;
            *counts.entry(answer.map_or_else(|status| status.code(), |_| Code::Ok)).or_default() += 1.0;
        }
        // Refused by the transport, by a router, and by no handler at all.
        crate::raw::call(server.channel.clone(), "/entitled.v1.LedgerService/Nothing", Vec::new()).await.unwrap_err();
        crate::raw::call(server.channel.clone(), "/a/b\u{63}", Vec::new()).await.unwrap_err();
        let samples = samples(address).await;
        let calls = |parts: &[&str]| sum(&samples, &[&["rpc_server_call_duration_seconds_count"], parts].concat());
        let of_check = "rpc_method=\"entitled.v1.EntitlementService/CheckEntitlement\"";
        for (code, name) in
            [(Code::Ok, "OK"), (Code::NotFound, "NOT_FOUND"), (Code::InvalidArgument, "INVALID_ARGUMENT")]
        {
            let status = format!("rpc_status_code=\"{name}\"");
            assert_eq!(calls(&[of_check, &status]), counts[&code], "{name}: {samples:#?}");
        }
        assert_eq!(calls(&[of_check]), 7.0);
        assert_eq!(
            calls(&["rpc_method=\"_OTHER\"", "UNIMPLEMENTED", "error_type=\"UNIMPLEMENTED\""]),
            2.0,
            "{samples:#?}"
        );
        assert_eq!(sum(&samples, &["entitled_refusals_total", "CUSTOMER_NOT_FOUND"]), counts[&Code::NotFound]);
        assert_eq!(sum(&samples, &["entitled_decisions_total"]), counts[&Code::Ok]);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ledger_moves_and_where_it_waits_is_counted() {
    for backend in crate::server::BOTH {
        let (server, address) = start(backend).await;
        stored(&server, "contoso").await;
        let consumed = server.ledger().consume_units(consume("contoso", 2)).await.unwrap().into_inner();
        assert_eq!(consumed.entries[0].amount, 120, "minutes");
        let samples = samples(address).await;
        assert_eq!(sum(&samples, &["entitled_ledger_units_total", "kind=\"CONSUME\""]), 120.0, "{samples:#?}");
        assert_eq!(sum(&samples, &["entitled_ledger_queue_wait_seconds_count"]), 1.0);
        assert_eq!(sum(&samples, &["entitled_ledger_batch_size_sum"]), 1.0);
        assert!(sum(&samples, &["db_client_operation_duration_seconds_count"]) > 1.0);
        assert!(sum(&samples, &["db_client_connection_count"]) >= 1.0);
        assert!(samples.keys().all(|name| !name.contains("contoso")), "no customer is a label: {samples:#?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn probes_tell_whether_the_server_takes_calls() {
    let (server, address) = start(Backend::Sqlite).await;
    assert!(get(address, "/livez").await.0.starts_with("HTTP/1.1 200"));
    while !get(address, "/readyz").await.0.starts_with("HTTP/1.1 200") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(get(address, "/").await.0.starts_with("HTTP/1.1 404"));
    let (head, _) = ask(address, "POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 405") && head.contains("allow: GET, HEAD"), "{head}");
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "the listener ends with its server");
}

/// Until `/readyz` has this status.
async fn until_ready(address: SocketAddr, status: &str) {
    let asked = async {
        while !get(address, "/readyz").await.0.starts_with(&format!("HTTP/1.1 {status}")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect(status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_live_and_not_ready_while_its_store_does_not_answer() {
    let mut cluster = Cluster::start().unwrap();
    let mut config = Config::default();
    let address = free_address();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.store.database = cluster.database().await.parse().unwrap();
    config.telemetry.metrics_listen = Some(address);
    entitled::server::migrate(&config, false).await.unwrap();
    block_in_place(|| cluster.kill());
    let server = TestServer::serve(config, None).await;
    let (head, body) = get(address, "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(body, "not serving\n");
    assert!(get(address, "/livez").await.0.starts_with("HTTP/1.1 200"));
    block_in_place(|| cluster.start_again());
    until_ready(address, "200").await;
    block_in_place(|| cluster.kill());
    until_ready(address, "503").await;
    assert!(get(address, "/livez").await.0.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn clients_of_the_metrics_that_say_nothing_hinder_no_call() {
    let (server, address) = start(Backend::Sqlite).await;
    stored(&server, "contoso").await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    server.entitlements().check_entitlement(check("contoso")).await.unwrap();
    drop(silent);
    assert!(get(address, "/livez").await.0.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cannot_be_fetched_are_counted() {
    let address = free_address();
    let nobody = free_address();
    let server = TestServer::start_with(Backend::Sqlite, |config| {
        config.telemetry.metrics_listen = Some(address);
        config.auth.oidc.issuer = Some("https://issuer.example".to_owned());
        config.auth.oidc.audience = Some("entitled".to_owned());
        config.auth.oidc.jwks_url = Some(format!("http://{nobody}/keys").parse().unwrap());
    })
    .await;
    let fetches = async |result: &str| {
        let result = format!("result=\"{result}\"");
        sum(&samples(address).await, &["entitled_auth_key_fetches_total", &result])
    };
    let failed = async {
        while fetches("failed").await == 0.0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, failed).await.expect("a fetch");
    assert_eq!(fetches("fetched").await, 0.0);
    server.stop().await;
}

/// Whoever makes a dashboard reads docs/OPERATIONS.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documentation_has_every_metric_and_no_other() {
    let (server, address) = start(Backend::Sqlite).await;
    stored(&server, "contoso").await;
    server.ledger().consume_units(consume("contoso", 2)).await.unwrap();
    server.entitlements().check_entitlement(check("contoso")).await.unwrap();
    server.entitlements().check_entitlement(check("nobody")).await.unwrap_err();
    let (_, text) = get(address, "/metrics").await;
    let told: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let documentation = include_str!("../../../docs/OPERATIONS.md");
    let table = documentation.split("| metric | OpenTelemetry |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let documented: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(told, documented);
    server.stop().await;
}
