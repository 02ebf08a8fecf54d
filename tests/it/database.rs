//! Connections of the tests themselves, past the service.

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend};

/// Without the pool's maintenance task: it may never end, and keep its thread (`store/postgres.rs` says why).
pub(crate) fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
    options
}

pub(crate) async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(options(url)).await.expect("a connection")
}

/// Lets a test damage a table that is only added to.
pub(crate) async fn allow_changes(connection: &DatabaseConnection, table: &str) {
    let drops = match connection.get_database_backend() {
        DbBackend::Postgres => vec![format!("DROP TRIGGER {table}_append_only ON {table}")],
        _ => ["update", "delete"].map(|change| format!("DROP TRIGGER {table}_no_{change}")).to_vec(),
    };
    for drop in drops {
        connection.execute_unprepared(&drop).await.expect("a trigger");
    }
}
