//! Reads what a batch needs to know of the customers it touches.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::block::{self, BlockRow};
use super::entry::{self, EntryRow};
use super::reservation::{self, ReservationRow};
use crate::error::{Error, Result};
use crate::ledger::{Book, Entry};
use crate::mutant;
use crate::store::column_batch::ColumnBatch;
use crate::store::request::rows_of;
use crate::store::time::{clock, from_micros};
use crate::store::{LockedCustomer, RequestKey, Txn};

/// What the commands for one customer name.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub reservations: BTreeSet<Uuid>,
    pub entries: BTreeSet<Uuid>,
}

/// What becomes of customers that other transactions have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contended {
    /// They are waited for.
    Await,
    /// Locked customers are left out, so that no other write waits for them.
    LeaveOut,
}

/// How many holds of a customer whose time has run out are loaded at most: one transaction has to end them in time.
pub const MOST_DUE: usize = 500;

/// The books of some customers, behind their locks. Customers that do not exist are left out.
#[derive(Debug)]
pub struct Books {
    /// The database's time, after the locks were waited for.
    pub now: DateTime<Utc>,
    pub locked: BTreeMap<String, LockedCustomer>,
    pub by_customer: BTreeMap<String, Book>,
    /// Customers that other transactions have locked.
    pub left_out: BTreeSet<String>,
    /// Whether one of the requests at hand was carried out before.
    pub is_known: bool,
}

/// Locks customers and loads their books: all their blocks, the reservations and entries that are
/// wanted, and of the open reservations whose time has run out the first [`MOST_DUE`] of each customer.
pub async fn lock_books_in_txn(
    txn: &Txn,
    wanted: &BTreeMap<&str, Wanted>,
    requests: &BTreeSet<RequestKey>,
    contended: Contended,
) -> Result<Books> {
    let mut rows = lock(txn, wanted, requests, contended).await?;
    // Whoever was waited for has changed what this statement had seen before. Of those locked, nobody can any more.
    while rows.iter().any(|row| row.is_current == Some(false)) {
        rows = lock(txn, wanted, requests, contended).await?;
    }
    let is_due = rows.iter().any(|row| row.is_due);
    let mut books = Books::read(rows)?;
    // Of customers that were left out there is nothing to read.
    let wanted = wanted.iter().filter(|(customer_id, _)| books.locked.contains_key(**customer_id));
    let wanted: Vec<(&str, &Wanted)> = wanted.map(|(customer_id, wanted)| (*customer_id, wanted)).collect();
    if is_due || wanted.iter().any(|(_, wanted)| !wanted.reservations.is_empty()) {
        load_reservations(txn, &wanted, &mut books).await?;
    }
    if wanted.iter().any(|(_, wanted)| !wanted.entries.is_empty()) {
        load_entries(txn, &wanted, &mut books).await?;
    }
    Ok(books)
}

/// Waits for the customers' locks, in the order of their ids: two batches then never wait for each other in a circle.
/// In the same round trip it reads what nearly every batch needs, as of its beginning: each write counts its customer's
/// revision, so that this tells whether that is still so behind the lock.
async fn lock(
    txn: &Txn,
    wanted: &BTreeMap<&str, Wanted>,
    requests: &BTreeSet<RequestKey>,
    contended: Contended,
) -> Result<Vec<LockedRow>> {
    let backend = txn.backend();
    let mut values = Vec::new();
    let customers = ColumnBatch::new(wanted.len()).text("customer_id", wanted.keys().copied());
    let customers = customers.given(backend, &mut values)?;
    let requests = rows_of(requests).given(backend, &mut values)?;
    // SQLite's transaction has locked everything.
    let for_update = match (backend, contended) {
        (DbBackend::Postgres, Contended::Await) => "FOR UPDATE OF customer",
        (DbBackend::Postgres, Contended::LeaveOut) => "FOR UPDATE OF customer SKIP LOCKED",
        _ => "",
    };
    let sql = format!(
        "WITH locked AS (
             SELECT customer.customer_id, customer.revision, customer.contract_version
             FROM {customers} JOIN customer ON customer.customer_id = given.customer_id
             ORDER BY customer.customer_id {for_update}
         ), clock AS (
             SELECT {clock} AS now, COUNT(*) AS customers FROM locked
         )
         SELECT clock.now, seen.customer_id AS customer_id, locked.revision AS revision,
             locked.contract_version AS contract_version, seen.revision = locked.revision AS is_current,
             EXISTS (
                 SELECT 1 FROM {requests} JOIN request
                   ON request.customer_id = given.customer_id AND request.request_id = given.request_id
             ) AS is_known,
             COALESCE((
                 SELECT MIN(expire_time) FROM reservation
                 WHERE reservation.customer_id = locked.customer_id AND state = 'OPEN'
             ) <= clock.now, FALSE) AS is_due, {block}
         FROM clock
         LEFT JOIN {customers} ON TRUE
         LEFT JOIN customer AS seen ON seen.customer_id = given.customer_id
         LEFT JOIN locked ON locked.customer_id = given.customer_id
         LEFT JOIN block ON block.customer_id = locked.customer_id",
        clock = clock(backend),
        block = block::COLUMNS
    );
    all(txn, sql, values).await
}

async fn load_reservations(txn: &Txn, wanted: &[(&str, &Wanted)], books: &mut Books) -> Result<()> {
    // A row without a reservation asks for those that are due.
    let asked: Vec<(&str, Option<Uuid>)> = wanted
        .iter()
        .flat_map(|(customer_id, wanted)| {
            let named = wanted.reservations.iter().map(|id| Some(*id));
            named.chain([None]).map(|id| (*customer_id, id))
        })
        .collect();
    let mut values = vec![books.now.timestamp_micros().into()];
    let rows = ColumnBatch::new(asked.len())
        .text("customer_id", asked.iter().map(|(customer_id, _)| *customer_id))
        .optional_text("reservation_id", asked.iter().map(|(_, reservation_id)| *reservation_id));
    let given = rows.given(txn.backend(), &mut values)?;
    let sql = format!(
        "SELECT {columns} FROM {given} JOIN reservation
            ON reservation.customer_id = given.customer_id AND reservation.reservation_id = given.reservation_id
         UNION
         SELECT {columns} FROM (
             SELECT reservation.*,
                 ROW_NUMBER() OVER (PARTITION BY reservation.customer_id ORDER BY expire_time) AS place
             FROM {given} JOIN reservation ON reservation.customer_id = given.customer_id
             WHERE given.reservation_id IS NULL AND state = 'OPEN' AND expire_time <= $1
         ) AS reservation WHERE reservation.place <= {MOST_DUE}",
        columns = reservation::COLUMNS
    );
    for row in all::<ReservationRow>(txn, sql, values).await? {
        let (customer_id, reservation) = row.read()?;
        books.of(&customer_id)?.add_reservation(reservation);
    }
    Ok(())
}

/// Entries by customer and id, by their ids; those that do not exist are left out.
pub async fn find_entries_in_txn(txn: &Txn, asked: &BTreeSet<(String, Uuid)>) -> Result<HashMap<Uuid, Entry>> {
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let asked: Vec<(&str, Uuid)> = asked.iter().map(|(customer_id, id)| (customer_id.as_str(), *id)).collect();
    let found = reversible(txn, &asked).await?.into_iter();
    Ok(found.map(|(entry, _)| (entry.id, entry)).collect())
}

async fn load_entries(txn: &Txn, wanted: &[(&str, &Wanted)], books: &mut Books) -> Result<()> {
    let asked: Vec<(&str, Uuid)> =
        wanted.iter().flat_map(|(customer_id, wanted)| wanted.entries.iter().map(|id| (*customer_id, *id))).collect();
    for (entry, reversed) in reversible(txn, &asked).await? {
        books.of(&entry.customer_id)?.add_entry(&entry, reversed);
    }
    Ok(())
}

/// Entries, and how much of each was reversed.
async fn reversible(txn: &Txn, asked: &[(&str, Uuid)]) -> Result<Vec<(Entry, i64)>> {
    let mut values = Vec::new();
    let rows = ColumnBatch::new(asked.len())
        .text("customer_id", asked.iter().map(|(customer_id, _)| *customer_id))
        .text("entry_id", asked.iter().map(|(_, entry_id)| *entry_id));
    let given = rows.given(txn.backend(), &mut values)?;
    let sql = format!(
        "SELECT {}, CAST(COALESCE((
                SELECT SUM(reversal.amount) FROM entry reversal
                WHERE reversal.customer_id = entry.customer_id AND reversal.reversed_entry_id = entry.entry_id
            ), 0) AS BIGINT) AS reversed
         FROM {given}
         JOIN entry ON entry.customer_id = given.customer_id AND entry.entry_id = given.entry_id
         LEFT JOIN block ON block.customer_id = entry.customer_id AND block.block_id = entry.block_id",
        entry::COLUMNS
    );
    let rows = all::<ReversibleRow>(txn, sql, values).await?.into_iter();
    rows.map(|row| Ok((row.entry.read()?, row.reversed))).collect()
}

impl Books {
    fn read(rows: Vec<LockedRow>) -> Result<Self> {
        let first = rows.first().ok_or_else(|| Error::internal("the database told no time"))?;
        let now = from_micros(first.now).map(mutant::clock).map_err(|error| Error::Internal(error.into()))?;
        let is_known = first.is_known;
        let (locked, by_customer, left_out) = Default::default();
        let mut books = Self { now, locked, by_customer, left_out, is_known };
        for row in rows {
            let LockedRow { customer_id, revision, contract_version, block, .. } = row;
            let Some(id) = customer_id else { continue };
            let Some((revision, contract_version)) = revision.zip(contract_version) else {
                books.left_out.insert(id);
                continue;
            };
            let book = books.by_customer.entry(id.clone()).or_insert_with(|| Book::new(&id));
            if let Some(block) = block {
                book.add_block(block.read()?);
            }
            books.locked.insert(id, LockedCustomer { revision, contract_version });
        }
        Ok(books)
    }

    fn of(&mut self, customer_id: &str) -> Result<&mut Book> {
        let book = self.by_customer.get_mut(customer_id);
        book.ok_or_else(|| Error::internal("the database answered for another customer"))
    }
}

async fn all<T: FromQueryResult>(txn: &Txn, sql: String, values: Vec<Value>) -> Result<Vec<T>> {
    let statement = Statement::from_sql_and_values(txn.db().get_database_backend(), sql, values);
    txn.run(T::find_by_statement(statement).all(txn.db())).await
}

/// A locked customer with one of its blocks.
#[derive(Debug, FromQueryResult)]
struct LockedRow {
    now: i64,
    is_known: bool,
    is_due: bool,
    /// None where there is no such customer.
    customer_id: Option<String>,
    /// None, and so are the others, where it is left out.
    revision: Option<i64>,
    contract_version: Option<i64>,
    is_current: Option<bool>,
    #[sea_orm(nested)]
    block: Option<BlockRow>,
}

#[derive(Debug, FromQueryResult)]
struct ReversibleRow {
    #[sea_orm(nested)]
    entry: EntryRow,
    reversed: i64,
}
