//! What SQLite does without a service before it: one transaction a write, one after another.

use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{Connection as _, Executor as _, SqliteConnection};
use uuid::Uuid;

/// Writes a second that append an entry, keep its request and update its block.
pub(crate) async fn rate(directory: &std::path::Path, period: Duration) -> f64 {
    let options = SqliteConnectOptions::new()
        .filename(directory.join("one-by-one.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    for sql in [
        "CREATE TABLE block (id INTEGER PRIMARY KEY, used INTEGER NOT NULL)",
        "CREATE TABLE entry (id TEXT PRIMARY KEY, block_id INTEGER NOT NULL, amount INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE request (id TEXT PRIMARY KEY, outcome TEXT NOT NULL) WITHOUT ROWID",
        "INSERT INTO block (id, used) VALUES (1, 0)",
    ] {
        database.execute(sql).await.unwrap();
    }
    let (started, mut written) = (Instant::now(), 0_u32);
    while started.elapsed() < period {
        write(&mut database).await;
        written += 1;
    }
    let rate = f64::from(written) / started.elapsed().as_secs_f64();
    database.close().await.unwrap();
    rate
}

async fn write(database: &mut SqliteConnection) {
    use sea_orm::sqlx::query;
    let id = Uuid::now_v7().to_string();
    database.execute("BEGIN IMMEDIATE").await.unwrap();
    let entry = query("INSERT INTO entry (id, block_id, amount) VALUES ($1, 1, 1)").bind(&id);
    entry.execute(&mut *database).await.unwrap();
    let request = query("INSERT INTO request (id, outcome) VALUES ($1, 'done')").bind(&id);
    request.execute(&mut *database).await.unwrap();
    query("UPDATE block SET used = used + 1 WHERE id = 1").execute(&mut *database).await.unwrap();
    database.execute("COMMIT").await.unwrap();
}
