//! Writes what the server tells of itself and of its caller.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::entitlement::request::MOST_CHECKS;
use super::timestamp;
use crate::grpc::{MESSAGE_LIMIT, deadline};
use crate::proto::v1;
use crate::service::{AuthenticationMethod, Caller, CustomerScope, Features, Limits, MOST_ROWS, Role, ServerInfo};

pub(crate) fn write_server_info(info: &ServerInfo, now: DateTime<Utc>) -> v1::GetServerInfoResponse {
    let ServerInfo { editions, default_edition_id, limits, features } = info;
    let editions = editions.iter().map(|(id, digest)| v1::EditionInfo {
        edition_id: id.clone(),
        is_default: id == default_edition_id,
        digest: digest.clone(),
    });
    v1::GetServerInfoResponse {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: Some(v1::Build {
            target: env!("BUILD_TARGET").to_owned(),
            profile: env!("BUILD_PROFILE").to_owned(),
            compiler: env!("BUILD_COMPILER").to_owned(),
        }),
        api_version: "entitled.v1".to_owned(),
        editions: editions.collect(),
        limits: Some(write_limits(limits)),
        features: Some(write_features(features)),
        server_time: Some(timestamp(now)),
        zone_data_version: crate::model::current_zones().version().to_owned(),
    }
}

fn write_limits(limits: &Limits) -> v1::Limits {
    let Limits { max_staleness, ledger_grace, reads, writes } = limits;
    v1::Limits {
        max_message_bytes: i64::try_from(MESSAGE_LIMIT).unwrap_or(i64::MAX),
        max_batch_checks: count(MOST_CHECKS),
        max_page_size: count(MOST_ROWS),
        max_call_duration: duration(deadline::LIMIT),
        max_staleness: duration(*max_staleness),
        ledger_grace: duration(*ledger_grace),
        max_reads_per_second: count(*reads),
        max_writes_per_second: count(*writes),
    }
}

fn write_features(features: &Features) -> v1::Features {
    let Features { authentication_methods, has_tls, has_grpc_web, has_reflection } = features;
    v1::Features {
        authentication_required: !authentication_methods.is_empty(),
        authentication_methods: authentication_methods.iter().map(|it| write_method(*it).into()).collect(),
        tls: *has_tls,
        grpc_web: *has_grpc_web,
        reflection: *has_reflection,
    }
}

pub(crate) fn write_caller(caller: &Caller) -> v1::WhoAmIResponse {
    let Caller { principal, actor, user, method, roles, customers, origin: _ } = caller;
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    let customer_scope = match customers {
        CustomerScope::All => v1::CustomerScope { all_customers: true, customer_ids: Vec::new() },
        CustomerScope::Only(ids) => {
            v1::CustomerScope { all_customers: false, customer_ids: ids.iter().cloned().collect() }
        }
    };
    v1::WhoAmIResponse {
        principal: principal.to_string(),
        authentication_method: write_method(*method).into(),
        roles: roles.into_iter().map(|role| write_role(role).into()).collect(),
        customer_scope: Some(customer_scope),
        on_behalf_of: user.as_deref().unwrap_or_default().to_owned(),
        actor: actor.to_string(),
    }
}

fn write_method(method: AuthenticationMethod) -> v1::AuthenticationMethod {
    match method {
        AuthenticationMethod::None => v1::AuthenticationMethod::None,
        AuthenticationMethod::StaticToken => v1::AuthenticationMethod::StaticToken,
        AuthenticationMethod::SignedToken => v1::AuthenticationMethod::SignedToken,
        AuthenticationMethod::ClientCertificate => v1::AuthenticationMethod::ClientCertificate,
    }
}

fn write_role(role: Role) -> v1::Role {
    match role {
        Role::Reader => v1::Role::Reader,
        Role::Consumer => v1::Role::Consumer,
        Role::ContractAdmin => v1::Role::ContractAdmin,
        Role::Operator => v1::Role::Operator,
        Role::Delegate => v1::Role::Delegate,
    }
}

fn count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// None beyond what the protocol can say, which no setting reaches.
fn duration(duration: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(duration).ok()
}
