//! Health, reflection, and an end in bounded time.

use std::time::{Duration, Instant};

use entitled::proto::v1;
use futures_util::StreamExt as _;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tonic::client::Grpc;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1alpha;

use crate::raw;
use crate::sample::{check, create, customer, stored};
use crate::server::{BOTH, Backend, TestServer, on_both_servers, request_id};

const SERVICES: [&str; 5] = [
    "entitled.v1.CatalogService",
    "entitled.v1.ContractService",
    "entitled.v1.EntitlementService",
    "entitled.v1.LedgerService",
    "entitled.v1.ServerService",
];

on_both_servers!(health_is_told_by_service);

async fn health_is_told_by_service(server: &TestServer) {
    let mut health = HealthClient::new(server.channel.clone());
    let ask = |service: &str| HealthCheckRequest { service: service.to_owned() };
    assert_eq!(health.check(ask("liveness")).await.unwrap().into_inner().status(), ServingStatus::Serving);
    for service in ["", "readiness"].into_iter().chain(SERVICES) {
        // It serves once it has seen that the store answers; the watch tells when.
        let mut changes = health.watch(ask(service)).await.unwrap().into_inner();
        while changes.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
        assert_eq!(
            health.check(ask(service)).await.unwrap().into_inner().status(),
            ServingStatus::Serving,
            "{service}"
        );
    }
    for unknown in ["entitled.v1.LedgerServices", "entitled", "grpc.health.v1.Healthy"] {
        assert_eq!(health.check(ask(unknown)).await.unwrap_err().code(), Code::NotFound, "{unknown}");
    }
}

#[tokio::test]
async fn readiness_ends_before_the_server_does() {
    let mut server = TestServer::start(Backend::Sqlite).await;
    let mut health = HealthClient::new(server.channel.clone());
    let ask = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let mut changes = health.watch(ask("")).await.unwrap().into_inner();
    while changes.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    server.ask_to_stop();
    let last = changes.message().await.unwrap().map(|change| change.status());
    assert_eq!(last, Some(ServingStatus::NotServing));
    drop((changes, health));
    server.stop().await;
}

#[tokio::test]
async fn reflection_lists_and_describes() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut reflection = ServerReflectionClient::new(server.channel.clone());
    let mut ask = async |question: MessageRequest| {
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
        let mut answers = reflection.server_reflection_info(futures_util::stream::iter([request])).await?.into_inner();
        Ok::<_, Status>(answers.message().await?.unwrap().message_response.unwrap())
    };
    let Ok(MessageResponse::ListServicesResponse(listed)) = ask(MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list")
    };
    let mut names: Vec<_> = listed.service.iter().map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [SERVICES.as_slice(), &["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]].concat()
    );
    let symbols = SERVICES.into_iter().chain([
        "entitled.v1.CheckEntitlementRequest",
        "entitled.v1.ErrorReason",
        "entitled.v1.EntitlementService.CheckEntitlement",
        "google.rpc.Status",
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.RetryInfo",
    ]);
    for symbol in symbols {
        let Ok(MessageResponse::FileDescriptorResponse(files)) =
            ask(MessageRequest::FileContainingSymbol(symbol.to_owned())).await
        else {
            panic!("{symbol} is not described")
        };
        let file = prost_types::FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap();
        let package = file.package().to_owned();
        assert!(symbol.starts_with(&package), "{symbol} in {package}");
        // With comments, so that tools can explain the API.
        assert!(
            symbol.starts_with("google.rpc.")
                || file
                    .source_code_info
                    .is_some_and(|info| info.location.iter().any(|place| place.leading_comments.is_some()))
        );
    }
    let unknown = ask(MessageRequest::FileContainingSymbol("entitled.v1.Nothing".to_owned())).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    server.stop().await;
}

/// Older tools know reflection by this name.
#[tokio::test]
async fn reflection_answers_by_its_older_name_too() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut reflection = v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel.clone());
    for symbol in ["entitled.v1.EntitlementService", "google.rpc.ErrorInfo"] {
        let asked = v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(symbol.to_owned());
        let request = v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(asked) };
        let answers = reflection.server_reflection_info(futures_util::stream::iter([request])).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap().message_response.unwrap();
        let described = v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse;
        assert_eq!(std::mem::discriminant(&answer), std::mem::discriminant(&described(Default::default())), "{symbol}");
    }
    server.stop().await;
}

/// A client that never finishes its handshake must not keep the process.
#[tokio::test]
async fn an_idle_connection_does_not_outlast_the_drain_time() {
    const DRAIN: Duration = Duration::from_millis(300);
    for backend in BOTH {
        let server = TestServer::start_with(backend, |config| config.server.drain_timeout = DRAIN).await;
        let idle = TcpStream::connect(server.address).await.unwrap();
        // Answered calls behind it: the idle connection was taken by then.
        server.entitlements().check_entitlement(check("contoso")).await.unwrap_err();
        let other = server.another_channel().await;
        HealthClient::new(other).check(HealthCheckRequest { service: "liveness".to_owned() }).await.unwrap();
        let begun = Instant::now();
        server.stop().await;
        let taken = begun.elapsed();
        assert!(taken < DRAIN + Duration::from_secs(5), "{taken:?}");
        drop(idle);
    }
}

#[tokio::test]
async fn a_server_without_calls_stops_at_once() {
    for backend in BOTH {
        let server =
            TestServer::start_with(backend, |config| config.server.drain_timeout = Duration::from_secs(600)).await;
        // A client that stays connected and silent is no reason to wait.
        let _silent = server.another_channel().await;
        let begun = Instant::now();
        server.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}

/// The call begins, the server is asked to stop, and only then the rest of the message is sent.
#[tokio::test]
async fn a_running_call_ends_well_though_the_server_stops() {
    for backend in BOTH {
        let mut server = TestServer::start(backend).await;
        stored(&server, "contoso").await;
        let channel = server.another_channel().await;
        let (begun, has_begun) = oneshot::channel();
        let (send, is_sent) = oneshot::channel::<Vec<u8>>();
        // Its body is asked for once its headers are on their way.
        let body = futures_util::stream::once(async move {
            begun.send(()).unwrap();
            is_sent.await.unwrap()
        });
        let call = tokio::spawn({
            let channel = channel.clone();
            async move {
                let mut grpc = Grpc::new(channel);
                grpc.ready().await.unwrap();
                let path = http::uri::PathAndQuery::from_static("/entitled.v1.EntitlementService/CheckEntitlement");
                grpc.client_streaming(Request::new(body.boxed()), path, raw::Bytes).await
            }
        });
        has_begun.await.unwrap();
        // On the same connection, behind it: an answer means that the server has the call.
        HealthClient::new(channel).check(HealthCheckRequest { service: "liveness".to_owned() }).await.unwrap();
        server.ask_to_stop();
        not_serving(&server).await;
        send.send(check("contoso").encode_to_vec()).unwrap();
        let answer = call.await.unwrap().unwrap().into_inner();
        let answer = v1::CheckEntitlementResponse::decode(answer.as_slice()).unwrap();
        assert_eq!(answer.decision(), v1::Decision::Entitled);
        server.stop().await;
    }
}

/// Returns once the server takes no new connections: it has begun to stop.
async fn not_serving(server: &TestServer) {
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// What was written before the stop is there after it.
#[tokio::test]
async fn a_server_goes_on_where_another_one_stopped() {
    for backend in BOTH {
        let one = TestServer::start(backend).await;
        let revision = stored(&one, "contoso").await;
        let (other, ()) = one.give_way(async {}).await;
        let request =
            v1::CheckEntitlementRequest { consistency: crate::sample::at_least(&revision), ..check("contoso") };
        let answer = other.entitlements().check_entitlement(request).await.unwrap().into_inner();
        assert_eq!(answer.revision, revision);
        let renamed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
        let update =
            v1::UpdateCustomerRequest { customer: Some(renamed), request_id: request_id(), ..Default::default() };
        other.contracts().update_customer(update).await.unwrap();
        let (one, ()) = other.give_way(async {}).await;
        let read = one
            .contracts()
            .get_customer(v1::GetCustomerRequest { customer_id: "contoso".to_owned(), ..Default::default() })
            .await;
        assert_eq!(read.unwrap().into_inner().customer.unwrap().display_name, "Contoso plc");
        one.contracts().create_work_order(create(crate::sample::add_on("contoso", "wo-3"))).await.unwrap();
        one.stop().await;
    }
}
