//! The database, and how old what was read from it may be.

use std::time::Duration;

use super::DatabaseUrl;
use super::setting::Setting;
use super::value::{HIDDEN, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    pub database: DatabaseUrl,
    /// Connections to PostgreSQL at most.
    pub max_connections: usize,
    /// How old an answer from the cache may be.
    pub max_staleness: Duration,
    pub on_damage: OnDamage,
}

/// What becomes of a file of SQLite that is damaged when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// It is not served.
    Refuse,
    /// What can be read is read, and no write is taken.
    ReadOnly,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            database: DatabaseUrl::default(),
            max_connections: 10,
            max_staleness: Duration::from_secs(1),
            on_damage: OnDamage::Refuse,
        }
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "database",
        variable: "ENTITLED_DATABASE_URL",
        flag: Some("URL"),
        default: Some("sqlite:entitled.db"),
        value: Value::Secret {
            range: "`sqlite:PATH` or `postgres://…`",
            set: |config, text| text.parse().map(|value| config.store.database = value),
            shown: |text| text.parse().map_or(HIDDEN.to_owned(), |url: DatabaseUrl| url.to_string()),
        },
        meaning: "where contracts and the ledger are kept; a file is created where there is none",
    },
    Setting {
        key: "max_connections",
        variable: "ENTITLED_MAX_CONNECTIONS",
        flag: None,
        default: Some("10"),
        value: Value::Number {
            unit: "connections",
            range: 1..=10_000,
            set: |config, number| config.store.max_connections = number,
        },
        meaning: "connections to PostgreSQL; times the replicas, below its own limit",
    },
    Setting {
        key: "max_staleness",
        variable: "ENTITLED_MAX_STALENESS",
        flag: None,
        default: Some("1s"),
        value: Value::Time { range: ["50ms", "5m"], set: |config, time| config.store.max_staleness = time },
        meaning: "how old a cached answer may be",
    },
    Setting {
        key: "on_damage",
        variable: "ENTITLED_ON_DAMAGE",
        flag: None,
        default: Some("refuse"),
        value: Value::Words(&[
            ("refuse", |config| config.store.on_damage = OnDamage::Refuse),
            ("read_only", |config| config.store.on_damage = OnDamage::ReadOnly),
        ]),
        meaning: "what becomes of a damaged file of SQLite",
    },
];
