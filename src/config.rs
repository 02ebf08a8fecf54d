//! Settings: file < `ENTITLED_…` environment < flags. A mistake refuses the start, naming the
//! setting and never showing a secret.

mod database_url;
mod environment;
mod load;
mod setting;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use crate::ledger::DEFAULT_GRACE;

pub use database_url::DatabaseUrl;
pub use environment::{Environment, variable};
pub use load::{Flags, Mistakes, from_file_and};

/// What a server runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where calls are taken.
    pub listen: SocketAddr,
    pub database: DatabaseUrl,
    /// Connections to the database at most.
    pub max_connections: u32,
    /// How old an answer from the cache may be.
    pub max_staleness: Duration,
    /// How long after a block's end work delivered before it can be recorded.
    pub ledger_grace: TimeDelta,
    /// Connections of callers at most,
    pub max_clients: usize,
    /// their calls at once,
    pub max_calls: usize,
    /// and MiB of answers that wait for them.
    pub max_unsent: usize,
    /// How long running calls may take to end after a stop was asked for.
    pub drain_timeout: Duration,
    pub on_damage: OnDamage,
    /// Catalogue files: editions beside the embedded one, and overlays onto any before them.
    pub catalog: Vec<PathBuf>,
    /// The edition that judges what nobody bought; without one the embedded edition.
    pub default_edition: Option<String>,
    pub log: Log,
}

/// What becomes of a file of SQLite that is damaged when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// It is not served.
    Refuse,
    /// What can be read is read, and no write is taken.
    ReadOnly,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    pub format: LogFormat,
    /// Without colours, even on a terminal.
    pub plain: bool,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            database: DatabaseUrl::default(),
            max_connections: 10,
            max_staleness: Duration::from_secs(1),
            ledger_grace: DEFAULT_GRACE,
            max_clients: 1_024,
            max_calls: 10_000,
            max_unsent: 256,
            drain_timeout: Duration::from_secs(20),
            on_damage: OnDamage::Refuse,
            catalog: Vec::new(),
            default_edition: None,
            log: Log {
                filter: "info,sqlx=warn,sea_orm_migration=warn".to_owned(),
                format: LogFormat::Auto,
                plain: false,
            },
        }
    }
}

impl Config {
    /// What a client runs with: it keeps quiet, and a server's settings do not concern it.
    pub fn client() -> Self {
        let mut config = Self::default();
        config.log.filter = "warn".to_owned();
        config.log.plain = !is_coloured();
        config
    }
}

/// Whether colours are welcome where a terminal shows them: `NO_COLOR` is not set.
pub fn is_coloured() -> bool {
    variable("NO_COLOR").is_none() && variable("TERM").as_deref() != Some("dumb")
}
