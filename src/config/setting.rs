//! A setting is one row: its flag, its variable, its key in the file, the help of `entitled serve` and the table of
//! `docs/OPERATIONS.md` come from it. The rows of one concern stand in one file beside this, with the fields they set.

use super::value::{Value, Written};
use super::{Config, auth, catalog, ledger, log, oidc, server, store};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// In the file.
    pub key: &'static str,
    /// In the environment.
    pub variable: &'static str,
    /// What its flag is given, in the words of the help. Without, it has no flag.
    pub flag: Option<&'static str>,
    /// As it would be written. Without, there is none.
    pub default: Option<&'static str>,
    pub value: Value,
    /// What it is, for the help and the documentation.
    pub meaning: &'static str,
}

/// Every setting, by concern.
const GROUPS: [&[Setting]; 7] = [
    server::SETTINGS,
    auth::SETTINGS,
    oidc::SETTINGS,
    store::SETTINGS,
    ledger::SETTINGS,
    catalog::SETTINGS,
    log::SETTINGS,
];

/// Every setting, in the order in which they are told.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    GROUPS.into_iter().flatten()
}

/// The setting with this key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

impl Setting {
    /// Reads what was written into the settings, or tells what was expected.
    pub fn set(&self, config: &mut Config, written: &Written) -> Result<(), String> {
        self.value.set(config, written)
    }

    /// Without its dashes.
    pub fn flag_name(&self) -> String {
        self.key.replace('_', "-")
    }
}

#[cfg(test)]
mod tests;
