//! What is no call of gRPC is told so in the words of HTTP.

use http::{Method, Request, StatusCode};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service as _;

use crate::sample::Refusal;
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

async fn ask(server: &TestServer, method: Method, path: &str, content_type: Option<&str>) -> http::Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let mut channel = server.another_channel().await;
    std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    channel.call(request.body(Body::new("\0\0\0\0\0".to_owned())).unwrap()).await.unwrap()
}

#[tokio::test]
async fn other_methods_and_other_content_are_refused_by_their_status() {
    let server = TestServer::start(Backend::Sqlite).await;
    for path in [CHECK, HEALTH] {
        for method in [Method::GET, Method::PUT, Method::HEAD] {
            let response = ask(&server, method, path, Some("application/grpc")).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()["allow"], "POST");
        }
        for content_type in
            [None, Some("application/json"), Some("application/grpc+json"), Some("application/grpc-web")]
        {
            let response = ask(&server, Method::POST, path, content_type).await;
            assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type:?}");
            let refusal = Refusal::of(&Status::from_header_map(response.headers()).unwrap());
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "MESSAGE_MALFORMED"));
        }
        for content_type in ["application/grpc", "application/grpc+proto"] {
            let response = ask(&server, Method::POST, path, Some(content_type)).await;
            assert_eq!(response.status(), StatusCode::OK, "{content_type}");
        }
    }
    server.stop().await;
}
