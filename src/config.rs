//! Settings: file < `ENTITLED_…` environment < flags. A mistake refuses the start, naming the
//! setting and never showing a secret.
//!
//! Each concern has a file with its fields and a row for each ([`Setting`]); a new setting is one of both.

mod auth;
mod catalog;
mod database_url;
mod environment;
mod ledger;
mod load;
mod log;
mod oidc;
mod origin;
mod rate_limit;
mod secret_file;
mod server;
mod setting;
mod store;
mod table;
mod telemetry;
mod tls;
mod value;
mod web;

pub use auth::{AuthMode, AuthSettings};
pub use catalog::CatalogSettings;
pub use database_url::DatabaseUrl;
pub use environment::{Environment, variable};
pub use ledger::LedgerSettings;
pub use load::{ConfigMistakes, Flags, from_file_and, with_origins};
pub use log::{LogCalls, LogFormat, LogSettings};
pub use oidc::{OidcSettings, is_safe};
pub use origin::{Origin, Origins};
pub use rate_limit::RateLimitSettings;
pub use server::ServerSettings;
pub use setting::Setting;
pub use store::{OnDamage, StoreSettings};
pub use table::{setting, settings};
pub use telemetry::{DecisionLogTarget, TelemetrySettings};
pub use tls::{ClientAuth, TlsSettings};
pub use value::{RawValue, Value};
pub use web::WebSettings;

/// What a server runs with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    pub server: ServerSettings,
    pub auth: AuthSettings,
    pub tls: TlsSettings,
    pub rate_limit: RateLimitSettings,
    pub web: WebSettings,
    pub store: StoreSettings,
    pub ledger: LedgerSettings,
    pub catalog: CatalogSettings,
    pub log: LogSettings,
    pub telemetry: TelemetrySettings,
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
