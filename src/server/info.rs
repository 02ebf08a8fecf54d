//! What this server tells of itself.

use crate::catalog::Catalog;
use crate::config::Config;
use crate::service::{AuthenticationMethod, Features, Limits, ServerInfo};

pub(super) fn of(config: &Config, catalog: &Catalog) -> ServerInfo {
    let editions = catalog.editions().iter().map(|edition| (edition.id.clone(), edition.digest.clone()));
    let mut editions: Vec<_> = editions.collect();
    editions.sort();
    let limits = Limits {
        max_staleness: config.store.max_staleness,
        ledger_grace: config.ledger.grace.to_std().unwrap_or_default(),
        reads: config.rate_limit.reads,
        writes: config.rate_limit.writes,
    };
    let features = Features {
        authentication_methods: authentication_methods(config),
        has_tls: config.tls.cert.is_some(),
        has_grpc_web: config.web.is_on(),
        has_reflection: config.has_reflection(),
    };
    ServerInfo { editions, default_edition_id: catalog.default_edition().id.clone(), limits, features }
}

fn authentication_methods(config: &Config) -> Vec<AuthenticationMethod> {
    let auth = &config.auth;
    let methods = [
        (AuthenticationMethod::StaticToken, auth.tokens_file.is_some()),
        (AuthenticationMethod::SignedToken, auth.oidc.issuer.is_some()),
        (AuthenticationMethod::ClientCertificate, auth.certificates_file.is_some()),
    ];
    methods.into_iter().filter_map(|(method, is_on)| is_on.then_some(method)).collect()
}
