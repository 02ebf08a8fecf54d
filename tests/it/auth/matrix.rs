//! Every call with every role, as the descriptors have them: R59, and the roles of R62.

use entitled::proto::FILE_DESCRIPTOR_SET;
use entitled::service::Role;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::{Code, Status};

use super::{Guarded, call};
use crate::sample::Refusal;
use crate::server::Backend;

/// A call, and the role that its option asks for, as it is called in `role.proto`.
pub(super) struct Method {
    pub path: String,
    pub required_role: Option<String>,
    pub input: prost_reflect::MessageDescriptor,
}

/// Every call of the API.
pub(super) fn methods() -> Vec<Method> {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let required_role = pool.get_extension_by_name("entitled.v1.required_role").unwrap();
    let any_caller = pool.get_extension_by_name("entitled.v1.any_caller").unwrap();
    let read = |method: MethodDescriptor| {
        let options = method.options();
        assert_ne!(options.has_extension(&required_role), options.has_extension(&any_caller), "{}", method.full_name());
        let number = options.get_extension(&required_role).as_enum_number().unwrap_or_default();
        let kind = required_role.kind();
        let role = kind.as_enum().unwrap().get_value(number).unwrap();
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let required_role = options.has_extension(&required_role).then(|| role.name().to_owned());
        Method { path, required_role, input: method.input() }
    };
    let ours = pool.services().filter(|service| service.full_name().starts_with("entitled."));
    ours.flat_map(|service| service.methods().map(read).collect::<Vec<_>>()).collect()
}

fn proto_name(role: Role) -> String {
    format!("ROLE_{}", role.as_str().to_uppercase().replace('-', "_"))
}

/// Whoever may write may read, and a delegate may do nothing.
fn is_allowed(role: Option<Role>, required: Option<&str>) -> bool {
    match (role, required) {
        (_, None) => true,
        (None | Some(Role::Delegate), Some(_)) => false,
        (Some(role), Some(required)) => proto_name(role) == required || required == "ROLE_READER",
    }
}

#[tokio::test]
async fn every_call_is_open_to_the_roles_of_its_option_alone() {
    let all = ["*"];
    let roles = Role::ALL.map(|role| [role]);
    let mut rows: Vec<(&str, &[Role], &[&str])> =
        roles.iter().map(|role| (role[0].as_str(), role.as_slice(), all.as_slice())).collect();
    rows.push(("none", &[], &all));
    let (guarded, tokens) = Guarded::start(Backend::Sqlite, &rows).await;
    let channel = guarded.server.channel.clone();
    let methods = methods();
    assert!(methods.len() >= 30);
    for Method { path, required_role, .. } in &methods {
        let unsigned = call(channel.clone(), path, &[], Vec::new()).await;
        assert_unauthenticated(unsigned, path);
        for (role, token) in Role::ALL.into_iter().map(Some).chain([None]).zip(&tokens) {
            let bearer = format!("Bearer {token}");
            let outcome = call(channel.clone(), path, &[("authorization", &bearer)], Vec::new()).await;
            let what = format!("{path} as {role:?}: {outcome:?}");
            if is_allowed(role, required_role.as_deref()) {
                let code = outcome.map_or_else(|status| status.code(), |_| Code::Ok);
                assert!(matches!(code, Code::Ok | Code::InvalidArgument), "{what}");
                continue;
            }
            let refusal = Refusal::of(&outcome.unwrap_err());
            assert_eq!(
                (refusal.code, refusal.reason.as_str()),
                (Code::PermissionDenied, "PERMISSION_MISSING"),
                "{what}"
            );
            assert_eq!(refusal.metadata("method"), path.strip_prefix('/'), "{what}");
            let wanted = refusal.metadata("role").unwrap().parse::<Role>().unwrap();
            assert_eq!(Some(proto_name(wanted)), *required_role, "{what}");
        }
    }
    guarded.server.stop().await;
}

fn assert_unauthenticated(outcome: Result<Vec<u8>, Status>, what: &str) {
    let refusal = Refusal::of(&outcome.expect_err(what));
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "CREDENTIALS_INVALID"), "{what}");
}

#[tokio::test]
async fn what_is_there_and_what_is_not_look_alike_to_strangers() {
    let (guarded, tokens) = Guarded::start(Backend::Sqlite, &[("ada", &[Role::Reader], &["*"])]).await;
    let channel = &guarded.server.channel;
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let check = "/entitled.v1.EntitlementService/CheckEntitlement";
    let bearer = format!("Bearer {}", tokens[0]);
    for path in [check, "/entitled.v1.EntitlementService/NoSuchCall", "/x", "/grpc.x.Y/Z", reflection] {
        assert_unauthenticated(call(channel.clone(), path, &[], Vec::new()).await, path);
        assert_unauthenticated(call(channel.clone(), path, &[("authorization", "Bearer x")], Vec::new()).await, path);
        if path != check {
            // Reflection is off where credentials are needed, unless it is asked for.
            let outcome = call(channel.clone(), path, &[("authorization", &bearer)], Vec::new()).await;
            assert_eq!(outcome.unwrap_err().code(), Code::Unimplemented, "{path}");
        }
    }
    let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_unauthenticated(call(channel.clone(), check, &twice, Vec::new()).await, "twice");
    let cookie = format!("Token {}", tokens[0]);
    for other in [cookie.as_str(), "Basic YTpi", "Bearer", &tokens[0], "Bearer "] {
        assert_unauthenticated(call(channel.clone(), check, &[("authorization", other)], Vec::new()).await, other);
    }
    let health = "/grpc.health.v1.Health/Check";
    assert!(call(channel.clone(), health, &[], Vec::new()).await.is_ok());
    guarded.server.stop().await;
}

#[tokio::test]
async fn reflection_needs_a_reader_where_it_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let all = ["*"];
    let rows: [(&str, &[Role], &[&str]); 2] = [("ada", &[Role::Reader], &all), ("eve", &[], &all)];
    let (path, tokens) = super::tokens(&directory, &rows);
    let server = crate::server::TestServer::start_with(Backend::Sqlite, |config| {
        config.auth.tokens_file = Some(path);
        config.auth.reflection = Some(true);
    })
    .await;
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let ask = async |bearer: &str| {
        // `list_services: "*"`.
        call(server.channel.clone(), reflection, &[("authorization", bearer)], vec![0x3a, 1, b'*']).await
    };
    assert!(ask(&format!("Bearer {}", tokens[0])).await.is_ok());
    assert_eq!(ask(&format!("Bearer {}", tokens[1])).await.unwrap_err().code(), Code::PermissionDenied);
    assert_unauthenticated(ask("Bearer x").await, reflection);
    server.stop().await;
}
