//! The table of all settings. Flags, variables, keys of the file, the help of `entitled serve` and the table of
//! `docs/OPERATIONS.md` come from it.

use super::setting::Setting;
use super::{auth, catalog, ledger, log, oidc, rate_limit, server, store, telemetry, tls, web};

/// Every setting, by concern.
const GROUPS: &[&[Setting]] = &[
    server::SETTINGS,
    tls::SETTINGS,
    auth::SETTINGS,
    oidc::SETTINGS,
    rate_limit::SETTINGS,
    web::SETTINGS,
    store::SETTINGS,
    ledger::SETTINGS,
    catalog::SETTINGS,
    log::SETTINGS,
    telemetry::SETTINGS,
];

/// Every setting, in the order of the help.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    GROUPS.iter().copied().flatten()
}

/// The setting with this key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

#[cfg(test)]
mod tests;
