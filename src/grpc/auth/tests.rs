use std::net::SocketAddr;

use tonic::Code;
use tonic_types::StatusExt as _;

use super::super::ClientCertificate;
use super::*;
use crate::config::AuthSettings;

const CALLERS: &str = r#"
[[token]]
principal = "portal"
sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
roles = ["reader", "delegate"]
customers = ["*"]

[[certificate]]
principal = "warehouse"
uri = "spiffe://example.org/warehouse"
roles = ["consumer"]
customers = ["contoso"]
"#;

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const CONSUME: &str = "/entitled.v1.LedgerService/ConsumeUnits";

fn certificate(uri: &str) -> Peer {
    let certificate = ClientCertificate {
        subject: "CN=warehouse".to_owned(),
        common_name: Some("warehouse".to_owned()),
        dns_names: Vec::new(),
        uris: vec![uri.to_owned()],
        emails: Vec::new(),
        serial: "1".to_owned(),
        expires: chrono::DateTime::UNIX_EPOCH,
    };
    Peer { address: SocketAddr::from(([127, 0, 0, 1], 1)), certificate: Some(Arc::new(certificate)) }
}

/// Makes a call through the layer; the actor that reached the service, or the code and the reason of the refusal.
async fn call(settings: &AuthSettings, request: http::request::Builder) -> Result<String, (Code, String)> {
    let layer = Authentication::new(Arc::new(Authenticator::new(settings).unwrap()));
    let reached = tower::service_fn(|request: Request<Body>| async move {
        assert!(!request.headers().contains_key("authorization"), "a token goes no further");
        let actor = request.extensions().get::<Caller>().map_or("nobody".into(), |caller| caller.actor.clone());
        Ok::<_, std::convert::Infallible>(Response::builder().header("actor", &*actor).body(Body::empty()).unwrap())
    });
    let response = layer.layer(reached).call(request.body(Body::empty()).unwrap()).await.unwrap();
    match response.headers().get("actor") {
        Some(actor) => Ok(actor.to_str().unwrap().to_owned()),
        None => {
            let status = Status::from_header_map(response.headers()).unwrap();
            let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
            Err((status.code(), reason.unwrap_or_default()))
        }
    }
}

fn settings(directory: &tempfile::TempDir) -> AuthSettings {
    let path = directory.path().join("callers.toml");
    std::fs::write(&path, CALLERS).unwrap();
    AuthSettings { tokens_file: Some(path.clone()), certificates_file: Some(path), ..AuthSettings::default() }
}

#[tokio::test]
async fn no_call_goes_on_without_a_caller_who_may_make_it() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let signed = |path: &str| Request::post(path).header("authorization", "Bearer secret");
    assert_eq!(call(&settings, signed(CHECK)).await, Ok("portal".to_owned()));
    let missing = Err((Code::PermissionDenied, "PERMISSION_MISSING".to_owned()));
    assert_eq!(call(&settings, signed(CONSUME)).await, missing);
    let unknown = Err((Code::Unauthenticated, "CREDENTIALS_INVALID".to_owned()));
    for path in [CHECK, CONSUME, "/entitled.v1.No/Thing", "/", "/grpc.reflection.v1.ServerReflection/x", "/grpc.x/Y"] {
        assert_eq!(call(&settings, Request::post(path)).await, unknown, "{path}");
        assert_eq!(call(&settings, Request::post(path).header("authorization", "Bearer x")).await, unknown, "{path}");
    }
    // What does not exist is told to those who are known.
    let no_method = Err((Code::Unimplemented, "METHOD_UNKNOWN".to_owned()));
    assert_eq!(call(&settings, signed("/entitled.v1.No/Thing")).await, no_method);
    assert_eq!(call(&settings, Request::post("/grpc.health.v1.Health/Check")).await, Ok("nobody".to_owned()));
}

#[tokio::test]
async fn a_certificate_of_the_connection_tells_who_calls() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let with = |uri: &str| Request::post(CONSUME).extension(certificate(uri));
    assert_eq!(call(&settings, with("spiffe://example.org/warehouse")).await, Ok("warehouse".to_owned()));
    let (code, _) = call(&settings, with("spiffe://example.org/other")).await.unwrap_err();
    assert_eq!(code, Code::Unauthenticated);
}

#[tokio::test]
async fn only_a_delegate_is_believed_for_whom_it_calls() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let signed = |user: &str| {
        let request = Request::post(CHECK).header("authorization", "Bearer secret");
        request.header(metadata::ON_BEHALF_OF, user)
    };
    assert_eq!(call(&settings, signed("ada@example.org")).await, Ok("portal for ada@example.org".to_owned()));
    let (code, reason) = call(&settings, signed("ada for eve")).await.unwrap_err();
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
    let denied = Err((Code::PermissionDenied, "PERMISSION_MISSING".to_owned()));
    let other = Request::post(CONSUME).extension(certificate("spiffe://example.org/warehouse"));
    assert_eq!(call(&settings, other.header(metadata::ON_BEHALF_OF, "ada")).await, denied);
    let open = AuthSettings::default();
    assert_eq!(call(&open, Request::post(CHECK)).await, Ok("anonymous".to_owned()));
    assert_eq!(call(&open, Request::post(CHECK).header(metadata::ON_BEHALF_OF, "ada")).await, denied);
}
