//! The balances of a customer's blocks.

use sea_orm::{DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use super::Store;
use super::time::from_micros;
use crate::error::Result;
use crate::model::{Balance, Balances, Life, Release};

/// The balances now, and of the holds on each block those that run out first. Each is looked up by itself, so that there
/// is one way to do it, however many holds there are.
pub(super) const BALANCES: &str = "(
        SELECT b.customer_id, b.block_id, b.granted, b.used, b.reserved, b.release_time, b.contracted, b.start_time,
               b.end_time, (
            SELECT CAST(SUM(h.amount) AS BIGINT) FROM hold h
            WHERE h.customer_id = $1 AND h.block_id = b.block_id AND h.expire_time = b.release_time
        ) AS released
        FROM (
            SELECT block.customer_id, block.block_id, block.granted, block.used, block.reserved, block.contracted,
                   block.start_time, block.end_time, (
                SELECT MIN(h.expire_time) FROM hold h WHERE h.customer_id = $1 AND h.block_id = block.block_id
            ) AS release_time
            FROM block WHERE block.customer_id = $1
        ) AS b
    )";
/// The balances as the last entries recorded by then left them, found by halves: a block's entries are numbered without
/// gaps and recorded one after the other, so that a long history costs no more than a short one. When its holds are to
/// run out is known as long as nothing more was recorded of the block. What the contract had granted by then is the sum
/// of its grants. From when to when the block was there is known if its end was not moved later.
pub(super) const BALANCES_AS_KNOWN: &str = "(
        WITH RECURSIVE search (block_id, low, high, newest) AS (
            SELECT block_id, CAST(0 AS BIGINT), sequence, sequence FROM block WHERE customer_id = $1
            UNION ALL
            SELECT block_id, CASE WHEN {is_known} THEN (low + high + 1) / 2 ELSE low END,
                   CASE WHEN {is_known} THEN high ELSE (low + high + 1) / 2 - 1 END, newest
            FROM search WHERE low < high
        ), known (block_id, sequence, release_time) AS (
            SELECT search.block_id, search.low, CASE WHEN search.low = search.newest THEN (
                SELECT MIN(h.expire_time) FROM hold h WHERE h.customer_id = $1 AND h.block_id = search.block_id
            ) END
            FROM search WHERE search.low = search.high AND search.low > 0
        )
        SELECT e.customer_id, e.block_id, e.granted, e.used, e.reserved, known.release_time, (
                   SELECT CAST(SUM(h.amount) AS BIGINT) FROM hold h
                   WHERE h.customer_id = $1 AND h.block_id = e.block_id AND h.expire_time = known.release_time
               ) AS released, (
                   SELECT CAST(COALESCE(SUM(g.amount), 0) AS BIGINT) FROM entry g
                   WHERE g.customer_id = $1 AND g.block_id = e.block_id AND g.kind = 'GRANT'
                     AND g.sequence <= known.sequence
               ) AS contracted, life.start_time, life.end_time
        FROM known JOIN entry e ON e.customer_id = $1 AND e.block_id = known.block_id AND e.sequence = known.sequence
        LEFT JOIN block life ON life.customer_id = $1 AND life.block_id = known.block_id
             AND (life.end_record_time IS NULL OR life.end_record_time <= $2)
    )";

/// Whether the entry in the middle was recorded by then.
pub(super) const IS_KNOWN: &str = "(SELECT e.record_time <= $2 FROM entry e WHERE e.customer_id = $1
             AND e.block_id = search.block_id AND e.sequence = (low + high + 1) / 2)";

/// What a customer has left, and of which version of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBalances {
    pub revision: i64,
    /// The revision of the last change of a document.
    pub contract_version: i64,
    /// Of the blocks that were written to.
    pub balances: Balances,
}

impl Store {
    /// What [`Store::load_contract`] reads but for the documents, as of one instant; none if there is no such
    /// customer. For those who have the documents of a contract version, and want to know whether it still holds.
    pub async fn load_balances(&self, customer_id: &str) -> Result<Option<StoredBalances>> {
        let db = &self.pools.checks;
        let sql = format!(
            "SELECT c.revision, c.contract_version, b.block_id, b.granted, b.used, b.reserved, b.release_time, b.released,
                 b.contracted, b.start_time, b.end_time
             FROM customer c LEFT JOIN {BALANCES} b ON b.customer_id = c.customer_id
             WHERE c.customer_id = $1"
        );
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [customer_id.into()]);
        self.read(async { assemble(CustomerBalanceRow::find_by_statement(statement).all(db).await?) }).await
    }
}

/// One row at least for a customer that is there.
fn assemble(rows: Vec<CustomerBalanceRow>) -> Result<Option<StoredBalances>, DbErr> {
    let versions = rows.first().map(|row| (row.revision, row.contract_version));
    let mut balances = Balances::new();
    for row in rows {
        balances.extend(row.balance.read()?);
    }
    Ok(versions.map(|(revision, contract_version)| StoredBalances { revision, contract_version, balances }))
}

#[derive(Debug, FromQueryResult)]
struct CustomerBalanceRow {
    revision: i64,
    contract_version: i64,
    #[sea_orm(nested)]
    balance: BalanceRow,
}

/// The balance of a block; none where the row tells something else.
#[derive(Debug, FromQueryResult)]
pub(super) struct BalanceRow {
    block_id: Option<String>,
    granted: Option<i64>,
    used: Option<i64>,
    reserved: Option<i64>,
    release_time: Option<i64>,
    released: Option<i64>,
    contracted: Option<i64>,
    start_time: Option<i64>,
    end_time: Option<i64>,
}

impl BalanceRow {
    pub(super) fn read(self) -> Result<Option<(Uuid, Balance)>, DbErr> {
        let balance = self.granted.zip(self.used).zip(self.reserved).zip(self.block_id);
        let Some((((granted, used), reserved), block_id)) = balance else { return Ok(None) };
        let release = self.release_time.zip(self.released);
        let release = release.map(|(at, amount)| Ok::<_, DbErr>(Release { at: from_micros(at)?, amount }));
        let release = release.transpose()?;
        let life = self.start_time.zip(self.end_time);
        let life = life.map(|(start, end)| Ok::<_, DbErr>(Life { start: from_micros(start)?, end: from_micros(end)? }));
        let (contracted, life) = (self.contracted, life.transpose()?);
        Ok(Some((uuid(&block_id)?, Balance { granted, used, reserved, contracted, life, release })))
    }
}

pub(super) fn uuid(text: &str) -> Result<Uuid, DbErr> {
    Uuid::try_parse(text).map_err(|_| DbErr::Type(format!("no UUID: `{text}`")))
}
