use std::fmt;
use std::time::Duration;

/// Which database, and how patient with it.
#[derive(Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Of PostgreSQL; all replicas' together must stay below the server's own limit.
    pub max_connections: u32,
    /// How long to wait for a free connection, or for a new one.
    pub acquire_timeout: Duration,
    /// How long one statement may take. On SQLite: how long to wait while another process writes.
    pub statement_timeout: Duration,
    /// How long to wait for another write of the same customer (PostgreSQL).
    pub lock_timeout: Duration,
}

/// How much longer than the database itself its client waits for the end of a statement: the
/// database's own answer says more than silence.
const PATIENCE_MARGIN: Duration = Duration::from_millis(500);

impl StoreConfig {
    /// The outer limit of every call: without it a dead connection is waited for until the
    /// kernel gives it up, which takes a quarter of an hour.
    pub(super) fn patience(&self) -> Duration {
        self.statement_timeout.saturating_add(PATIENCE_MARGIN)
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: "sqlite:entitled.db".to_owned(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(3),
            lock_timeout: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, max_connections, acquire_timeout, statement_timeout, lock_timeout } = self;
        f.debug_struct("StoreConfig")
            .field("url", &redacted(url))
            .field("max_connections", max_connections)
            .field("acquire_timeout", acquire_timeout)
            .field("statement_timeout", statement_timeout)
            .field("lock_timeout", lock_timeout)
            .finish()
    }
}

/// The path of a file is no secret; anything else may be a password, also where the URL is not what it should be.
fn redacted(url: &str) -> String {
    match url.split_once(':') {
        Some(("sqlite", rest)) => format!("sqlite:{}", rest.split_once('?').map_or(rest, |(path, _)| path)),
        Some((scheme @ ("postgres" | "postgresql"), _)) => format!("{scheme}:***"),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_printed() {
        let config = StoreConfig { url: "postgres://me:s3cret@db/entitled".to_owned(), ..StoreConfig::default() };
        let printed = format!("{config:?}");
        assert!(printed.contains("postgres:***") && !printed.contains("s3cret"), "{printed}");
        for url in ["sqlite:e.db?key=s3cret", "s3cret://db", "s3cret", "postgresql:s3cret"] {
            let config = StoreConfig { url: url.to_owned(), ..StoreConfig::default() };
            assert!(!format!("{config:?}").contains("s3cret"), "{url}");
        }
    }
}
