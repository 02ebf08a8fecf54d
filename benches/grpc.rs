//! What a check costs over gRPC, as a ratio to a service that decides nothing: both in this
//! process, over loopback, asked by the same client in one run. `make bench`, or
//! `cargo bench --bench grpc`.

// Benches say what they expect and stop there, as tests do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that does not find its case has nothing to measure"
)]

#[path = "../examples/bare-echo/echo.rs"]
mod echo;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entitled::config::Config;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::{
    ApplyContractRequest, CheckEntitlementRequest, CheckEntitlementResponse, Customer, Decision, Item, Location,
    WorkOrder,
};
use tonic::transport::Channel;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each asks again as soon as it is answered.
const CALLERS: usize = 64;
/// Callers share connections, as those of a real client do.
const CONNECTIONS: usize = 4;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() {
    let _telemetry = entitled::telemetry::init(&Config::default().log);
    let directory = tempfile::tempdir().unwrap();
    let checks = serve_checks(directory.path()).await;
    create_contract(checks).await;
    let question = CheckEntitlementRequest {
        customer_id: "acme".to_owned(),
        location_id: "gb-london".to_owned(),
        product_id: "azure/app-service".to_owned(),
        service_id: "problem-resolution-support".to_owned(),
        ..Default::default()
    };
    let answer = connect(checks).await.check_entitlement(question.clone()).await.unwrap().into_inner();
    assert_eq!(answer.decision(), Decision::Entitled);
    let echo = serve_echo(answer).await;

    // Not counted: connections open, caches fill.
    let mut rates = [Vec::new(), Vec::new()];
    for address in [echo, checks] {
        rate(address, &question, ROUND / 4).await;
    }
    for _ in 0..ROUNDS {
        for (rates, address) in rates.iter_mut().zip([echo, checks]) {
            rates.push(rate(address, &question, ROUND).await);
        }
    }
    let [echo, checks] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        (rates[0], rates[ROUNDS / 2], rates[ROUNDS - 1])
    });
    println!("calls a second, {CALLERS} callers, median of {ROUNDS} rounds (slowest, fastest)");
    for (name, (slowest, median, fastest)) in [("bare tonic", echo), ("CheckEntitlement", checks)] {
        println!("  {name:<17} {median:>8.0}  ({slowest:.0}, {fastest:.0})");
    }
    println!("  ratio             {:>8.2}", checks.1 / echo.1);
}

/// Answers a second, over one round.
async fn rate(address: SocketAddr, question: &CheckEntitlementRequest, round: Duration) -> f64 {
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(connect(address).await);
    }
    let started = Instant::now();
    let callers = clients.iter().cycle().take(CALLERS).map(|client| {
        let (mut client, question) = (client.clone(), question.clone());
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.check_entitlement(question.clone()).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    tokio::time::sleep(round).await;
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let answered = u32::try_from(count.load(Ordering::Relaxed)).unwrap();
    f64::from(answered) / started.elapsed().as_secs_f64()
}

async fn connect(address: SocketAddr) -> EntitlementServiceClient<Channel> {
    EntitlementServiceClient::connect(format!("http://{address}")).await.unwrap()
}

async fn serve_checks(directory: &std::path::Path) -> SocketAddr {
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.store.database = format!("sqlite:{}", directory.join("entitled.db").display()).parse().unwrap();
    let (ready, bound) = tokio::sync::oneshot::channel();
    let ready = move |address| ready.send(address).unwrap_or_default();
    tokio::spawn(async move { entitled::server::serve(config, ready, std::future::pending()).await.unwrap() });
    bound.await.unwrap()
}

async fn create_contract(address: SocketAddr) {
    let location = Location {
        location_id: "gb-london".to_owned(),
        display_name: "London".to_owned(),
        country: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        ..Default::default()
    };
    let contact = entitled::proto::v1::Contact {
        contact_id: "ada".to_owned(),
        roles: vec![entitled::proto::v1::ContactRole::SupportAdministrator.into()],
        ..Default::default()
    };
    let base = Item {
        item_id: "base".to_owned(),
        service_id: "unified-enterprise-base".to_owned(),
        all_locations: true,
        ..Default::default()
    };
    let order = WorkOrder {
        work_order_id: "wo-1".to_owned(),
        customer_id: "acme".to_owned(),
        edition_id: "unified-enterprise-2023".to_owned(),
        start_date: "2020-01-01".to_owned(),
        end_date: "2099-12-31".to_owned(),
        host_location_id: "gb-london".to_owned(),
        covered_products: vec!["*".to_owned()],
        currency: "GBP".to_owned(),
        items: vec![base],
        ..Default::default()
    };
    let customer = Customer {
        customer_id: "acme".to_owned(),
        display_name: "Acme".to_owned(),
        locations: vec![location],
        contacts: vec![contact],
        ..Default::default()
    };
    let request = ApplyContractRequest {
        customer: Some(customer),
        work_orders: vec![order],
        request_id: uuid::Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let mut contracts = ContractServiceClient::connect(format!("http://{address}")).await.unwrap();
    contracts.apply_contract(request).await.unwrap_or_else(|status| panic!("{status:?}"));
}

/// Tonic and nothing else: every call gets the same answer.
async fn serve_echo(answer: CheckEntitlementResponse) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(echo::serve(listener, answer));
    address
}
