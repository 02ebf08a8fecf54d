//! What a server tells of itself, and of its caller.

use std::sync::Arc;

use entitled::config::ClientAuth;
use entitled::proto::v1;
use entitled::proto::v1::server_service_client::ServerServiceClient;
use entitled::service::Role;
use prost::Message as _;
use tonic::Code;

use super::jwt::{oidc, signed};
use super::{call, tokens};
use crate::certificates::{ALL_VERSIONS, Authority, HERE, write};
use crate::sample::Refusal;
use crate::server::{Backend, TestServer};

const WHO_AM_I: &str = "/entitled.v1.ServerService/WhoAmI";
const GET_SERVER_INFO: &str = "/entitled.v1.ServerService/GetServerInfo";

async fn who(server: &TestServer, metadata: &[(&'static str, &str)]) -> v1::WhoAmIResponse {
    let answer = call(server.channel.clone(), WHO_AM_I, metadata, Vec::new()).await.unwrap();
    v1::WhoAmIResponse::decode(answer.as_slice()).unwrap()
}

fn customers(customer_ids: &[&str]) -> Option<v1::CustomerScope> {
    let customer_ids = customer_ids.iter().map(|id| (*id).to_owned()).collect();
    Some(v1::CustomerScope { all_customers: false, customer_ids })
}

fn all_customers() -> Option<v1::CustomerScope> {
    Some(v1::CustomerScope { all_customers: true, customer_ids: Vec::new() })
}

#[tokio::test]
async fn where_calls_need_no_credentials_everybody_is_anonymous() {
    let server = TestServer::start(Backend::Sqlite).await;
    let who = who(&server, &[]).await;
    assert_eq!((who.principal.as_str(), who.actor.as_str()), ("anonymous", "anonymous"));
    assert_eq!(who.authentication_method(), v1::AuthenticationMethod::None);
    let roles = [v1::Role::Reader, v1::Role::Consumer, v1::Role::ContractAdmin, v1::Role::Operator];
    assert_eq!(who.roles().collect::<Vec<_>>(), roles);
    assert_eq!((who.customer_scope, who.on_behalf_of.as_str()), (all_customers(), ""));
    server.stop().await;
}

#[tokio::test]
async fn a_caller_with_a_token_is_told_its_own_row_alone() {
    let directory = tempfile::tempdir().unwrap();
    let rows: [(&str, &[Role], &[&str]); 3] = [
        ("portal", &[Role::Delegate, Role::Reader], &["contoso", "a-ghost"]),
        ("nobody-much", &[], &[]),
        ("admin", &[Role::Operator], &["*"]),
    ];
    let (path, tokens) = tokens(&directory, &rows);
    let server = TestServer::start_with(Backend::Sqlite, |config| config.auth.tokens_file = Some(path)).await;
    let bearers: Vec<_> = tokens.iter().map(|token| format!("Bearer {token}")).collect();
    let portal = who(&server, &[("authorization", &bearers[0])]).await;
    assert_eq!(portal.principal, "portal");
    assert_eq!(portal.authentication_method(), v1::AuthenticationMethod::StaticToken);
    assert_eq!(portal.roles().collect::<Vec<_>>(), [v1::Role::Reader, v1::Role::Delegate]);
    // In order, and whether or not there are such customers: there are none.
    assert_eq!(portal.customer_scope, customers(&["a-ghost", "contoso"]));

    let for_ada = [("authorization", bearers[0].as_str()), ("x-entitled-on-behalf-of", "ada")];
    let portal = who(&server, &for_ada).await;
    assert_eq!((portal.principal.as_str(), portal.on_behalf_of.as_str()), ("portal", "ada"));
    assert_eq!(portal.actor, "portal for ada");

    // Without a role and without a customer one may still ask who one is; and nobody may without credentials.
    let nobody_much = who(&server, &[("authorization", &bearers[1])]).await;
    assert_eq!((nobody_much.roles.len(), nobody_much.customer_scope), (0, customers(&[])));
    assert_eq!(who(&server, &[("authorization", &bearers[2])]).await.customer_scope, all_customers());
    for path in [WHO_AM_I, GET_SERVER_INFO] {
        for metadata in [&[][..], &[("authorization", "Bearer x")]] {
            let refusal = Refusal::of(&call(server.channel.clone(), path, metadata, Vec::new()).await.unwrap_err());
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "CREDENTIALS_INVALID"));
        }
        // Who is not believed on whose behalf it calls is not told that it calls for somebody.
        let metadata = [("authorization", bearers[2].as_str()), ("x-entitled-on-behalf-of", "ada")];
        let refusal = Refusal::of(&call(server.channel.clone(), path, &metadata, Vec::new()).await.unwrap_err());
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_caller_with_a_signed_token_is_told_its_claims() {
    let (signers, file) = oidc();
    let server = TestServer::start_with(Backend::Sqlite, |config| {
        config.auth.oidc.issuer = Some(super::jwt::issuer::ISSUER.to_owned());
        config.auth.oidc.audience = Some("entitled".to_owned());
        config.auth.oidc.jwks_file = Some(file.path().to_owned());
    })
    .await;
    let token = signed(&signers[1], serde_json::json!({"roles": ["reader", "cook"], "customers": ["contoso"]}));
    let ada = who(&server, &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!((ada.principal.as_str(), ada.customer_scope.clone()), ("ada", customers(&["contoso"])));
    assert_eq!(ada.authentication_method(), v1::AuthenticationMethod::SignedToken);
    assert_eq!(ada.roles().collect::<Vec<_>>(), [v1::Role::Reader], "what is no role here gives none");
    server.stop().await;
}

#[tokio::test]
async fn a_caller_with_a_certificate_is_told_the_row_of_its_name() {
    let (authority, clients) = (Authority::new("authority"), Authority::new("clients"));
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    authority.server(&HERE).listen(&mut config, directory.path());
    config.tls.client_ca = Some(write(directory.path(), "clients.pem", &clients.pem));
    config.tls.client_auth = ClientAuth::Required;
    let rows = "[[certificate]]\nprincipal = \"warehouse\"\ndns = \"warehouse.example\"\nroles = [\"consumer\"]\n\
                customers = [\"contoso\"]\n";
    config.auth.certificates_file = Some(write(directory.path(), "callers.toml", rows));
    let shown = authority.trusting_client(Some(&clients.client("warehouse.example")), ALL_VERSIONS);
    let server = TestServer::serve_over(Some(Arc::new(shown)), config, Some(directory)).await;
    let warehouse = who(&server, &[]).await;
    assert_eq!(
        (warehouse.principal.as_str(), warehouse.customer_scope.clone()),
        ("warehouse", customers(&["contoso"]))
    );
    assert_eq!(warehouse.authentication_method(), v1::AuthenticationMethod::ClientCertificate);
    let features = info(&server).await.features.unwrap();
    assert!(features.authentication_required && features.tls && !features.reflection);
    let methods: Vec<_> = features.authentication_methods().collect();
    assert_eq!(methods, [v1::AuthenticationMethod::ClientCertificate]);
    server.stop().await;
}

async fn info(server: &TestServer) -> v1::GetServerInfoResponse {
    let mut client = ServerServiceClient::new(server.channel.clone());
    client.get_server_info(v1::GetServerInfoRequest {}).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_server_tells_what_it_is_and_what_is_turned_on() {
    let server = TestServer::start_with(Backend::Sqlite, |config| {
        config.web.grpc_web = true;
        config.rate_limit.writes = 7;
        config.ledger.grace = chrono::TimeDelta::days(2);
    })
    .await;
    let info = info(&server).await;
    assert_eq!((info.name.as_str(), info.version.as_str()), ("entitled", env!("CARGO_PKG_VERSION")));
    assert_eq!(info.api_version, "entitled.v1");
    let build = info.build.clone().unwrap();
    assert!(build.compiler.starts_with("rustc ") && build.target.contains('-') && !build.profile.is_empty());
    let [default] = info.editions.as_slice() else { panic!("{info:?}") };
    assert_eq!((default.edition_id.as_str(), default.is_default), ("unified-enterprise-2023", true));
    assert!(default.digest.len() == 64 && default.digest.bytes().all(|digit| digit.is_ascii_hexdigit()), "{default:?}");
    let features = v1::Features { grpc_web: true, reflection: true, ..Default::default() };
    assert_eq!(info.features, Some(features));
    let limits = info.limits.unwrap();
    assert_eq!((limits.max_message_bytes, limits.max_batch_checks, limits.max_page_size), (1 << 20, 1_000, 1_000));
    assert_eq!((limits.max_reads_per_second, limits.max_writes_per_second), (0, 7));
    let seconds = |duration: Option<prost_types::Duration>| duration.unwrap().seconds;
    assert_eq!([limits.max_call_duration, limits.max_staleness, limits.ledger_grace].map(seconds), [5, 1, 172_800]);
    let apart = info.server_time.unwrap().seconds - entitled::service::Clock::System.now().timestamp();
    assert!(apart.abs() < 60, "{apart}");
    assert_eq!(info.zone_data_version, entitled::model::current_zones().version());
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_its_store_tells_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    // Nobody listens there.
    config.store.database = "postgres://nobody@127.0.0.1:1/none".parse().unwrap();
    let server = TestServer::serve(config, Some(directory)).await;
    assert_eq!(info(&server).await.name, "entitled");
    assert_eq!(who(&server, &[]).await.principal, "anonymous");
    server.stop().await;
}

#[tokio::test]
async fn the_command_line_asks_both() {
    let server = TestServer::start(Backend::Sqlite).await;
    let address = format!("http://{}", server.address);
    let ask = async |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_entitled"));
        command.args(arguments).args(["--address", &address]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = ask(&["server", "info", "--output", "table"]).await;
    for told in [env!("CARGO_PKG_VERSION"), "unified-enterprise-2023 (default)", "none needed", "1000 checks"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let table = ask(&["server", "whoami", "--output", "table"]).await;
    for told in ["anonymous", "reader, consumer, contract-admin, operator", "all"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let who: serde_json::Value = serde_json::from_str(&ask(&["server", "whoami", "--output", "json"]).await).unwrap();
    assert_eq!(who["authentication_method"], "AUTHENTICATION_METHOD_NONE");
    server.stop().await;
}
