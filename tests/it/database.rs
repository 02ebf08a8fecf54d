//! Connections of the tests themselves, past the service.

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

/// Without the pool's maintenance task: it may never end, and keep its thread (`store/postgres.rs` says why).
pub(crate) fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
    options
}

pub(crate) async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(options(url)).await.expect("a connection")
}
