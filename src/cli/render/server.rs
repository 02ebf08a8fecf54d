//! What a server tells of itself and of its caller.

use prost_types::Duration;

use super::words;
use crate::cli::screen::Screen;
use crate::proto::v1::{AuthenticationMethod, Features, GetServerInfoResponse, Limits, Role, WhoAmIResponse};

pub(crate) fn info(info: &GetServerInfoResponse, screen: &Screen) -> String {
    let build = info.build.as_ref().map(|build| format!("{} {}, {}", build.target, build.profile, build.compiler));
    let editions = info.editions.iter().map(|edition| match edition.is_default {
        true => format!("{} (default)", edition.edition_id),
        false => edition.edition_id.clone(),
    });
    let mut facts = vec![
        ("version", format!("{} {}", info.name, info.version)),
        ("build", build.unwrap_or_default()),
        ("API", info.api_version.clone()),
        ("editions", editions.collect::<Vec<_>>().join("\n")),
        ("time", screen.time(info.server_time.as_ref(), "unknown")),
        ("time zones", info.zone_data_version.clone()),
    ];
    facts.extend(info.features.as_ref().map(features).into_iter().flatten());
    facts.extend(info.limits.as_ref().map(limits).into_iter().flatten());
    screen.pairs(facts)
}

fn features(features: &Features) -> [(&'static str, String); 4] {
    let methods = words::joined(features.authentication_methods().map(method));
    let credentials = if features.authentication_required { methods } else { "none needed".to_owned() };
    let switch = |is_on: bool| if is_on { "on" } else { "off" }.to_owned();
    [
        ("credentials", credentials),
        ("TLS", switch(features.tls)),
        ("gRPC-Web", switch(features.grpc_web)),
        ("reflection", switch(features.reflection)),
    ]
}

fn limits(limits: &Limits) -> [(&'static str, String); 6] {
    let rate = |calls: i32| if calls == 0 { "no limit".to_owned() } else { format!("{calls} a second") };
    [
        ("message", format!("{} bytes", limits.max_message_bytes)),
        ("batch, page", format!("{} checks, {} rows", limits.max_batch_checks, limits.max_page_size)),
        ("a call", seconds(limits.max_call_duration.as_ref())),
        ("staleness", seconds(limits.max_staleness.as_ref())),
        ("reads, writes", format!("{}, {}", rate(limits.max_reads_per_second), rate(limits.max_writes_per_second))),
        ("ledger grace", seconds(limits.ledger_grace.as_ref())),
    ]
}

/// With milliseconds, if there are any.
fn seconds(duration: Option<&Duration>) -> String {
    let Some(Duration { seconds, nanos }) = duration else { return "unknown".to_owned() };
    match nanos.div_euclid(1_000_000) {
        0 => format!("{seconds} s"),
        millis => format!("{seconds}.{millis:03} s"),
    }
}

pub(crate) fn caller(caller: &WhoAmIResponse, screen: &Screen) -> String {
    let customers = match &caller.customer_scope {
        Some(scope) if scope.all_customers => "all".to_owned(),
        Some(scope) if !scope.customer_ids.is_empty() => scope.customer_ids.join("\n"),
        _ => "none".to_owned(),
    };
    let roles = words::joined(caller.roles().map(role));
    let mut facts = vec![
        ("principal", caller.principal.clone()),
        ("known by", method(caller.authentication_method()).to_owned()),
        ("roles", if roles.is_empty() { "none".to_owned() } else { roles }),
        ("customers", customers),
    ];
    if !caller.on_behalf_of.is_empty() {
        facts.push(("on behalf of", caller.on_behalf_of.clone()));
    }
    screen.pairs(facts)
}

fn method(method: AuthenticationMethod) -> &'static str {
    match method {
        AuthenticationMethod::None => "nothing: no credentials are needed",
        AuthenticationMethod::StaticToken => "token",
        AuthenticationMethod::SignedToken => "signed token",
        AuthenticationMethod::ClientCertificate => "certificate",
        AuthenticationMethod::Unspecified => "unknown",
    }
}

/// As settings have it.
fn role(role: Role) -> &'static str {
    match role {
        Role::Reader => "reader",
        Role::Consumer => "consumer",
        Role::ContractAdmin => "contract-admin",
        Role::Operator => "operator",
        Role::Delegate => "delegate",
        Role::Unspecified => "unknown",
    }
}
