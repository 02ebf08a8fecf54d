use tokio::sync::watch;
use tonic::{Code, Status};

use super::*;
use crate::config::ServerSettings;
use crate::server::limits::Limits;

#[test]
fn only_grpc_is_grpc() {
    let is_grpc = |text: &'static str| is_grpc(&HeaderValue::from_static(text));
    for good in ["application/grpc", "application/grpc+proto", "Application/gRPC;charset=utf-8"] {
        assert!(is_grpc(good), "{good}");
    }
    for bad in ["", "application/json", "application/grpc-web", "application/grpc+json", "application/grp", "grpc"] {
        assert!(!is_grpc(bad), "{bad}");
    }
}

#[test]
fn what_is_not_known_to_read_is_taken_for_a_write() {
    assert_eq!(kind_of("/entitled.v1.EntitlementService/BatchCheckEntitlements"), CallKind::Read);
    assert_eq!(kind_of("/entitled.v1.LedgerService/GetBlock"), CallKind::Read);
    assert_eq!(kind_of("/entitled.v1.LedgerService/ConsumeUnits"), CallKind::Write);
    assert_eq!(kind_of(CHECK_HEALTH), CallKind::Probe);
    assert_eq!(kind_of(WATCH_HEALTH), CallKind::Stream);
    assert_eq!(kind_of("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"), CallKind::Stream);
    assert_eq!(kind_of("/"), CallKind::Write);
}

fn peer() -> Peer {
    Peer { address: ([127, 0, 0, 1], 1).into(), certificate: None }
}

/// Calls `path` of a service that does what `answer` says, in a server that has room for `unsent` MiB.
async fn call(path: &str, unsent: usize, answer: fn() -> Response<Body>) -> Response<Body> {
    let settings = ServerSettings { max_unsent: unsent, ..ServerSettings::default() };
    let connection = Connection::new(Limits::new(&settings, watch::channel(false).1));
    let service = tower::service_fn(move |_: Request<Body>| async move { Ok(answer()) });
    let mut guard = CallGuard::new(service, peer(), Arc::clone(&connection));
    let request = Request::post(path).header(CONTENT_TYPE, "application/grpc").body(Body::empty()).unwrap();
    let response = guard.call(request).await.unwrap();
    if response.headers().contains_key("grpc-status") {
        assert!(connection.is_at_rest(), "nothing is left of a call that is answered");
    }
    response
}

fn code_and_reason(response: &Response<Body>) -> (Code, String) {
    let status = Status::from_header_map(response.headers()).unwrap();
    let details = tonic_types::StatusExt::get_error_details(&status);
    (status.code(), details.error_info().unwrap().reason.clone())
}

#[tokio::test]
async fn a_panic_is_the_answer_of_its_own_call() {
    let response = call("/entitled.v1.LedgerService/GetBlock", 8, || panic!("secret words")).await;
    assert_eq!(code_and_reason(&response), (Code::Internal, "INTERNAL".to_owned()));
    assert!(!format!("{response:?}").contains("secret"), "{response:?}");
}

#[tokio::test]
async fn an_answer_without_room_does_not_say_that_nothing_was_written() {
    let large = || Response::new(Body::new("x".repeat(2 << 20)));
    let read = call("/entitled.v1.LedgerService/GetBlock", 1, large).await;
    assert_eq!(code_and_reason(&read), (Code::ResourceExhausted, "OVERLOADED".to_owned()));
    let write = call("/entitled.v1.LedgerService/ConsumeUnits", 1, large).await;
    assert_eq!(code_and_reason(&write), (Code::Unavailable, "COMMIT_OUTCOME_UNKNOWN".to_owned()));
    let fits = call("/entitled.v1.LedgerService/ConsumeUnits", 8, large).await;
    assert!(!fits.headers().contains_key("grpc-status"));
}

#[tokio::test]
async fn a_write_that_would_be_answered_too_late_is_refused_before_it_is_read() {
    let connection = Connection::new(Limits::new(&ServerSettings::default(), watch::channel(false).1));
    connection.limits.wait_of_writes.tell(Duration::from_millis(80));
    let service = tower::service_fn(|_: Request<Body>| async { Ok(Response::new(Body::new("answer".to_owned()))) });
    let mut guard = CallGuard::new(service, peer(), Arc::clone(&connection));
    let mut call = async |path: &str, timeout: &str| {
        let request = Request::post(path).header(CONTENT_TYPE, "application/grpc").header("grpc-timeout", timeout);
        guard.call(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let refusal = call("/entitled.v1.LedgerService/ConsumeUnits", "50m").await;
    assert_eq!(code_and_reason(&refusal), (Code::ResourceExhausted, "OVERLOADED".to_owned()));
    assert!(connection.is_at_rest());
    for (path, timeout) in [("LedgerService/ConsumeUnits", "200m"), ("LedgerService/GetBlock", "50m")] {
        let answer = call(&format!("/entitled.v1.{path}"), timeout).await;
        assert!(!answer.headers().contains_key("grpc-status"), "{path} {timeout}");
    }
}
