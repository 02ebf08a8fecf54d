//! Reads of the ledger. Each returns the state at one instant.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, DbErr, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::block::{self, BlockRow};
use super::entry::{self, EntryRow};
use super::reservation::{self, ReservationRow};
use crate::error::{Error, Result};
use crate::ledger::{Block, Entry, Reservation, ReservationState};
use crate::preview::OpenHold;
use crate::store::time::{clock, from_micros};
use crate::store::{Store, Txn};

/// How many reservations or entries one call looks at for those its filter lets through.
const LOOKED_AT: u64 = 5_000;

/// A customer's blocks, as far as they have rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerBlocks {
    pub revision: i64,
    /// The database's time.
    pub now: DateTime<Utc>,
    /// By id.
    pub blocks: Vec<Block>,
}

/// Which entries are asked for: those behind a place, by block and sequence.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    pub block_id: Option<Uuid>,
    pub after: Option<(Uuid, i64)>,
    pub reservation_id: Option<Uuid>,
    pub work_order_id: Option<String>,
    /// Recorded then or later.
    pub start_time: Option<DateTime<Utc>>,
    /// Recorded before.
    pub end_time: Option<DateTime<Utc>>,
}

impl EntryFilter {
    /// Whether it asks for what no index finds.
    fn is_unindexed(&self) -> bool {
        self.work_order_id.is_some() || self.start_time.is_some() || self.end_time.is_some()
    }
}

/// Which reservations are asked for: those behind an id, by id, which is by age.
#[derive(Debug, Clone, Default)]
pub struct ReservationFilter {
    pub block_id: Option<Uuid>,
    pub state: Option<ReservationState>,
    pub after: Option<Uuid>,
}

impl Store {
    /// None if there is no such customer.
    pub async fn ledger_blocks(&self, customer_id: &str) -> Result<Option<LedgerBlocks>> {
        let statement = all_blocks(self.backend(), customer_id);
        blocks_of(self.read(CustomerBlockRow::find_by_statement(statement).all(&self.pools.lists)).await?)
    }

    /// A block's last entry that was recorded by then, found by halves as in a contract as it was known.
    pub async fn last_entry(
        &self,
        customer_id: &str,
        block_id: Uuid,
        record_time: DateTime<Utc>,
    ) -> Result<Option<Entry>> {
        let sql = format!(
            "WITH RECURSIVE search (low, high) AS (
                 SELECT CAST(0 AS BIGINT), sequence FROM block WHERE customer_id = $1 AND block_id = $2
                 UNION ALL
                 SELECT CASE WHEN {is_known} THEN (low + high + 1) / 2 ELSE low END,
                        CASE WHEN {is_known} THEN high ELSE (low + high + 1) / 2 - 1 END
                 FROM search WHERE low < high
             )
             SELECT {columns} FROM search
             JOIN entry ON entry.customer_id = $1 AND entry.block_id = $2 AND entry.sequence = search.low
             LEFT JOIN block ON block.customer_id = entry.customer_id AND block.block_id = entry.block_id
             WHERE search.low = search.high",
            columns = entry::COLUMNS,
            is_known = "(SELECT e.record_time <= $3 FROM entry e WHERE e.customer_id = $1 AND e.block_id = $2
                         AND e.sequence = (low + high + 1) / 2)",
        );
        let values = vec![customer_id.into(), block_id.to_string().into(), record_time.timestamp_micros().into()];
        let rows = self.rows::<EntryRow>(sql, values).await?;
        rows.into_iter().next().map(EntryRow::read).transpose()
    }

    /// What the contract had granted of a block by the entry with this number.
    pub async fn contracted(&self, customer_id: &str, block_id: Uuid, sequence: i64) -> Result<i64> {
        let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM entry
             WHERE customer_id = $1 AND block_id = $2 AND kind = 'GRANT' AND sequence <= $3";
        let values = vec![customer_id.into(), block_id.to_string().into(), sequence.into()];
        let rows = self.rows::<AmountRow>(sql.to_owned(), values).await?;
        Ok(rows.first().map_or(0, |row| row.amount))
    }

    /// Entries in the order of their blocks and of their sequence, and, where fewer were found than asked for although
    /// there may be more, the place up to which was looked: a rare one is not searched for in a long history by one call.
    pub async fn entries(
        &self,
        customer_id: &str,
        filter: &EntryFilter,
        limit: u64,
    ) -> Result<(Vec<Entry>, Option<(Uuid, i64)>)> {
        let (after_block, after_sequence) = match filter.after {
            Some((block_id, sequence)) => (block_id.to_string(), sequence),
            None => (String::new(), 0),
        };
        let mut values = vec![customer_id.into(), after_block.into(), after_sequence.into()];
        let mut of_id = String::new();
        // Each filter has a text of its own, and so a plan that uses its index.
        for (column, id) in [("block_id", filter.block_id), ("reservation_id", filter.reservation_id)] {
            if let Some(id) = id {
                values.push(id.to_string().into());
                of_id.push_str(&format!(" AND {column} = ${}", values.len()));
            }
        }
        let behind = format!(
            "FROM entry WHERE customer_id = $1 AND (block_id, sequence) > ($2, $3){of_id} ORDER BY block_id, sequence"
        );
        let mut only = vec!["TRUE".to_owned()];
        let wanted = [
            ("COALESCE(block.work_order_id, '') =", filter.work_order_id.clone().map(Value::from)),
            ("entry.record_time >=", filter.start_time.map(micros)),
            ("entry.record_time <", filter.end_time.map(micros)),
        ];
        for (condition, value) in wanted {
            if let Some(value) = value {
                values.push(value);
                only.push(format!("{condition} ${}", values.len()));
            }
        }
        let looked_at = if filter.is_unindexed() { LOOKED_AT } else { limit };
        // The last one looked at is told even if it does not match: the next page begins behind it. By one statement, so
        // that no entry that is written meanwhile moves it.
        let sql = format!(
            "SELECT found.* FROM (
                 SELECT {columns}, CAST(CASE WHEN {only} THEN 1 ELSE 0 END AS BIGINT) AS is_match, entry.place
                 FROM (SELECT looked_at.*, ROW_NUMBER() OVER (ORDER BY block_id, sequence) AS place
                       FROM (SELECT * {behind} LIMIT {looked_at}) AS looked_at) AS entry
                 LEFT JOIN block ON block.customer_id = entry.customer_id AND block.block_id = entry.block_id
             ) AS found
             WHERE is_match = 1 OR place = {looked_at} ORDER BY place LIMIT {limit}",
            columns = entry::COLUMNS,
            only = only.join(" AND "),
        );
        let rows = self.rows::<FoundEntryRow>(sql, values).await?;
        let is_last = |row: &&FoundEntryRow| filter.is_unindexed() && is_place(row.place, looked_at);
        let looked_up_to = rows.last().filter(is_last).map(|row| row.entry.place()).transpose()?;
        let found = rows.into_iter().filter(|row| row.is_match == 1).map(|row| row.entry.read());
        Ok((found.collect::<Result<_>>()?, looked_up_to))
    }

    pub async fn reservation(&self, customer_id: &str, reservation_id: Uuid) -> Result<Option<Reservation>> {
        let sql =
            format!("SELECT {} FROM reservation WHERE customer_id = $1 AND reservation_id = $2", reservation::COLUMNS);
        let values = vec![customer_id.into(), reservation_id.to_string().into()];
        let row = self.rows::<ReservationRow>(sql, values).await?.into_iter().next();
        Ok(row.map(ReservationRow::read).transpose()?.map(|(_, reservation)| reservation))
    }

    /// Reservations in the order of their ids, and, where fewer were found than asked for although there may be more,
    /// the id up to which was looked: a rare one is not searched for in a long history by one call.
    pub async fn reservations(
        &self,
        customer_id: &str,
        filter: &ReservationFilter,
        limit: u64,
    ) -> Result<(Vec<Reservation>, Option<Uuid>)> {
        // A reservation names no block but those that fund it. The last one looked at is told even if it does not match.
        let sql = format!(
            "SELECT {columns}, is_match, place FROM (
                 SELECT looked_at.*, ROW_NUMBER() OVER (ORDER BY reservation_id) AS place,
                        CAST(CASE WHEN ($3 = '' OR state = $3) AND ($4 = '' OR content LIKE '%' || $4 || '%')
                             THEN 1 ELSE 0 END AS BIGINT) AS is_match
                 FROM (SELECT * FROM reservation WHERE customer_id = $1 AND reservation_id > $2
                       ORDER BY reservation_id LIMIT {LOOKED_AT}) AS looked_at
             ) AS reservation
             WHERE is_match = 1 OR place = {LOOKED_AT} ORDER BY place LIMIT $5",
            columns = reservation::COLUMNS
        );
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let values = vec![
            customer_id.into(),
            text(filter.after).into(),
            filter.state.map_or("", ReservationState::as_str).into(),
            text(filter.block_id).into(),
            limit_of(limit),
        ];
        let rows = self.rows::<FoundReservationRow>(sql, values).await?;
        let last = rows.last().filter(|row| is_place(row.place, LOOKED_AT));
        let looked_up_to = last.map(|row| row.reservation.id()).transpose()?;
        let found = rows.into_iter().filter(|row| row.is_match == 1).map(|row| row.reservation.read());
        Ok((found.map(|read| read.map(|(_, it)| it)).collect::<Result<_>>()?, looked_up_to))
    }

    /// Customers with reservations whose time has run out by the database's clock, the most
    /// overdue first, and how many of them each has.
    pub async fn customers_with_due_reservations(&self, limit: u64) -> Result<Vec<(String, i64)>> {
        let sql = format!(
            "SELECT customer_id, COUNT(*) AS due FROM reservation WHERE state = 'OPEN' AND expire_time <= {}
             GROUP BY customer_id ORDER BY MIN(expire_time) LIMIT $1",
            clock(self.backend())
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, [limit_of(limit)]);
        let rows = self.read(DueRow::find_by_statement(statement).all(&self.pools.housekeeping)).await?;
        Ok(rows.into_iter().map(|row| (row.customer_id, row.due)).collect())
    }

    async fn rows<T: FromQueryResult>(&self, sql: String, values: Vec<Value>) -> Result<Vec<T>> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.read(T::find_by_statement(statement).all(&self.pools.lists)).await
    }
}

/// What the transaction itself sees; none if there is no such customer.
pub async fn ledger_blocks_in_txn(txn: &Txn, customer_id: &str) -> Result<Option<LedgerBlocks>> {
    let statement = all_blocks(txn.backend(), customer_id);
    blocks_of(txn.run(CustomerBlockRow::find_by_statement(statement).all(txn.db())).await?)
}

/// What open reservations hold of each block that run out after an instant: those first that last longest.
pub async fn open_holds_in_txn(
    txn: &Txn,
    customer_id: &str,
    after: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<OpenHold>> {
    let sql = "SELECT reservation_id, block_id, amount, expire_time FROM hold
               WHERE customer_id = $1 AND expire_time > $2
               ORDER BY expire_time DESC, reservation_id, block_id LIMIT $3";
    let values = [customer_id.into(), after.timestamp_micros().into(), limit_of(limit)];
    let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
    let rows = txn.run(HoldRow::find_by_statement(statement).all(txn.db())).await?;
    rows.into_iter().map(|row| row.read().map_err(broken)).collect()
}

/// A row for the customer at least.
fn all_blocks(backend: DbBackend, customer_id: &str) -> Statement {
    let sql = format!(
        "SELECT clock.now, customer.revision, {}
         FROM (SELECT {} AS now) AS clock JOIN customer ON customer.customer_id = $1
         LEFT JOIN block ON block.customer_id = customer.customer_id ORDER BY block.block_id",
        block::COLUMNS,
        clock(backend)
    );
    Statement::from_sql_and_values(backend, sql, [customer_id.into()])
}

fn blocks_of(rows: Vec<CustomerBlockRow>) -> Result<Option<LedgerBlocks>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let revision = first.revision;
    let now = from_micros(first.now).map_err(broken)?;
    let blocks = rows.into_iter().filter_map(|row| row.block).map(BlockRow::read);
    let blocks = blocks.collect::<Result<_>>()?;
    Ok(Some(LedgerBlocks { revision, now, blocks }))
}

fn is_place(place: i64, looked_at: u64) -> bool {
    u64::try_from(place).is_ok_and(|place| place == looked_at)
}

fn limit_of(limit: u64) -> Value {
    i64::try_from(limit).unwrap_or(i64::MAX).into()
}

fn micros(time: DateTime<Utc>) -> Value {
    // As times are stored; an entry of the same microsecond is not before it.
    time.timestamp_micros().into()
}

fn broken(error: DbErr) -> Error {
    Error::Internal(error.into())
}

#[derive(Debug, FromQueryResult)]
struct CustomerBlockRow {
    now: i64,
    revision: i64,
    /// None where the customer has no blocks.
    #[sea_orm(nested)]
    block: Option<BlockRow>,
}

#[derive(Debug, FromQueryResult)]
struct AmountRow {
    amount: i64,
}

/// One that was looked at.
#[derive(Debug, FromQueryResult)]
struct FoundEntryRow {
    is_match: i64,
    /// Among those that were looked at, from 1 on.
    place: i64,
    #[sea_orm(nested)]
    entry: EntryRow,
}

#[derive(Debug, FromQueryResult)]
struct FoundReservationRow {
    is_match: i64,
    place: i64,
    #[sea_orm(nested)]
    reservation: ReservationRow,
}

#[derive(Debug, FromQueryResult)]
struct HoldRow {
    reservation_id: String,
    block_id: String,
    amount: i64,
    expire_time: i64,
}

impl HoldRow {
    fn read(self) -> Result<OpenHold, DbErr> {
        Ok(OpenHold {
            reservation_id: block::uuid(&self.reservation_id)?,
            block_id: block::uuid(&self.block_id)?,
            amount: self.amount,
            expire_time: from_micros(self.expire_time)?,
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct DueRow {
    customer_id: String,
    due: i64,
}
