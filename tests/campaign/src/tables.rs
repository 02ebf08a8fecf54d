//! The raw tables, read past the service when it has stopped.

use entitled::error::BoxError;
use entitled::service::Clock;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, QueryResult, Statement};

use crate::checker::{Finding, Kind, Row, Rows};

/// How much later than its time a hold may end: whoever looks for due ones looks once a second.
const OVERDUE_MICROS: i64 = 15_000_000;

/// Entries by what made them; the contract's own grants aside.
const ENTRIES: &str = "SELECT request_id, kind, COUNT(*) AS count, CAST(SUM(amount) AS BIGINT) AS amount
    FROM entry WHERE request_id IS NOT NULL AND kind <> 'GRANT' GROUP BY request_id, kind";

/// Blocks whose sums are not those of their entries, or that gave more than they had.
const MISFITS: &str = "SELECT block.customer_id FROM block LEFT JOIN (
        SELECT customer_id, block_id,
            SUM(CASE WHEN kind IN ('GRANT', 'ADJUST') THEN amount ELSE 0 END) AS granted,
            SUM(CASE WHEN kind IN ('CONSUME', 'COMMIT') THEN amount ELSE 0 END) AS used,
            SUM(CASE WHEN kind = 'RESERVE' THEN amount WHEN kind IN ('COMMIT', 'RELEASE', 'EXPIRE') THEN -amount
                ELSE 0 END) AS reserved
        FROM entry GROUP BY customer_id, block_id
    ) AS told ON told.customer_id = block.customer_id AND told.block_id = block.block_id
    WHERE block.granted <> COALESCE(told.granted, 0) OR block.used <> COALESCE(told.used, 0)
        OR block.reserved <> COALESCE(told.reserved, 0) OR block.used + block.reserved > block.granted";

/// What the tables have, and what in them contradicts itself.
#[derive(Debug)]
pub(crate) struct Tables {
    pub rows: Rows,
    pub findings: Vec<Finding>,
}

impl Tables {
    pub(crate) async fn read(url: &str) -> Result<Self, BoxError> {
        let mut options = ConnectOptions::new(url);
        // Without the pool's maintenance task: it may never end, and keep its thread.
        options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
        let db = Database::connect(options).await?;
        let mut rows = Rows::new();
        for row in all(&db, ENTRIES).await? {
            let (count, amount) = (row.try_get("", "count")?, row.try_get("", "amount")?);
            let made = Row { kind: row.try_get("", "kind")?, count, amount };
            rows.entry(row.try_get("", "request_id")?).or_default().push(made);
        }
        let findings = findings(&db).await?;
        db.close().await?;
        Ok(Self { rows, findings })
    }
}

async fn findings(db: &DatabaseConnection) -> Result<Vec<Finding>, BoxError> {
    let now = Clock::System.now().timestamp_micros();
    let early = format!("SELECT reservation_id FROM reservation WHERE state = 'EXPIRED' AND expire_time > {now}");
    let due = now.saturating_sub(OVERDUE_MICROS);
    let overdue = format!("SELECT reservation_id FROM reservation WHERE state = 'OPEN' AND expire_time < {due}");
    let questions = [
        (Kind::Misfit, "a block's sums are not those of its entries", MISFITS),
        (Kind::Hold, "a hold ended before its time", &early),
        (Kind::Hold, "a hold is open long after its time", &overdue),
    ];
    let mut findings = Vec::new();
    for (kind, what, sql) in questions {
        let ids = all(db, sql).await?.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
        if !ids.is_empty() {
            findings.push(Finding { kind, what: what.to_owned(), request_ids: ids });
        }
    }
    Ok(findings)
}

async fn all(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, BoxError> {
    Ok(db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?)
}
