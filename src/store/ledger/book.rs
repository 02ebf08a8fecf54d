//! What a batch needs to know of the customers it touches.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, FromQueryResult, Statement, Value};
use serde::Serialize;
use uuid::Uuid;

use super::block::{self, BlockRow};
use super::entry::{self, EntryRow};
use super::reservation::ReservationRow;
use crate::error::{Error, Result};
use crate::ledger::Book;
use crate::store::Txn;
use crate::store::rows::{CustomerRow, Kind, given, parameter};

/// What the commands for one customer name.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub reservations: BTreeSet<Uuid>,
    pub entries: BTreeSet<Uuid>,
}

/// Loads the books of locked customers: all their blocks, the reservations and entries that are
/// wanted, and every open reservation whose time has run out.
pub async fn load_books_in_txn(
    txn: &Txn,
    wanted: &BTreeMap<&str, Wanted>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, Book>> {
    let mut books: BTreeMap<String, Book> = wanted.keys().map(|id| ((*id).to_owned(), Book::new(*id))).collect();
    let is_due = load_blocks(txn, wanted, now, &mut books).await?;
    if is_due || wanted.values().any(|wanted| !wanted.reservations.is_empty()) {
        load_reservations(txn, wanted, now, &mut books).await?;
    }
    if wanted.values().any(|wanted| !wanted.entries.is_empty()) {
        load_entries(txn, wanted, &mut books).await?;
    }
    Ok(books)
}

/// Whether one of the customers has a hold whose time has run out.
async fn load_blocks(
    txn: &Txn,
    wanted: &BTreeMap<&str, Wanted>,
    now: DateTime<Utc>,
    books: &mut BTreeMap<String, Book>,
) -> Result<bool> {
    let sql = format!(
        "SELECT block.customer_id, {}, EXISTS (
             SELECT 1 FROM reservation
             WHERE reservation.customer_id = block.customer_id AND state = 'OPEN' AND expire_time <= $2
         ) AS is_due
         FROM {} JOIN block ON block.customer_id = given.customer_id",
        block::COLUMNS,
        given(txn.backend(), &[("customer_id", Kind::Text)])
    );
    let customers: Vec<_> = wanted.keys().map(|customer_id| CustomerRow { customer_id }).collect();
    let values = vec![parameter(&customers)?, now.timestamp_micros().into()];
    let mut is_due = false;
    for row in all::<OwnedBlockRow>(txn, sql, values).await? {
        is_due |= row.is_due;
        let block = row.block.read().map_err(|error| Error::Internal(error.into()))?;
        book(books, &row.customer_id)?.add_block(block);
    }
    Ok(is_due)
}

async fn load_reservations(
    txn: &Txn,
    wanted: &BTreeMap<&str, Wanted>,
    now: DateTime<Utc>,
    books: &mut BTreeMap<String, Book>,
) -> Result<()> {
    // A row without a reservation asks for those that are due.
    let named = given(txn.backend(), &[("customer_id", Kind::Text), ("reservation_id", Kind::Text)]);
    let sql = format!(
        "SELECT reservation.customer_id, content FROM {named} JOIN reservation
            ON reservation.customer_id = given.customer_id AND reservation.reservation_id = given.reservation_id
         UNION
         SELECT reservation.customer_id, content FROM {named} JOIN reservation
            ON reservation.customer_id = given.customer_id
         WHERE given.reservation_id IS NULL AND state = 'OPEN' AND expire_time <= $2"
    );
    let rows = wanted.iter().flat_map(|(customer_id, wanted)| {
        let due = NamedReservation { customer_id, reservation_id: None };
        let named = wanted.reservations.iter();
        named.map(|id| NamedReservation { customer_id, reservation_id: Some(*id) }).chain([due])
    });
    let values = vec![parameter(&rows.collect::<Vec<_>>())?, now.timestamp_micros().into()];
    for row in all::<ReservationRow>(txn, sql, values).await? {
        let (customer_id, reservation) = row.read().map_err(|error| Error::Internal(error.into()))?;
        book(books, &customer_id)?.add_reservation(reservation);
    }
    Ok(())
}

async fn load_entries(txn: &Txn, wanted: &BTreeMap<&str, Wanted>, books: &mut BTreeMap<String, Book>) -> Result<()> {
    let sql = format!(
        "SELECT {}, CAST(COALESCE((
                SELECT SUM(reversal.amount) FROM entry reversal
                WHERE reversal.customer_id = entry.customer_id AND reversal.reversed_entry_id = entry.entry_id
            ), 0) AS BIGINT) AS reversed
         FROM {}
         JOIN entry ON entry.customer_id = given.customer_id AND entry.entry_id = given.entry_id
         JOIN block ON block.customer_id = entry.customer_id AND block.block_id = entry.block_id",
        entry::COLUMNS,
        given(txn.backend(), &[("customer_id", Kind::Text), ("entry_id", Kind::Text)])
    );
    let rows = wanted
        .iter()
        .flat_map(|(customer_id, wanted)| wanted.entries.iter().map(|id| NamedEntry { customer_id, entry_id: *id }));
    for row in all::<ReversibleRow>(txn, sql, vec![parameter(&rows.collect::<Vec<_>>())?]).await? {
        let reversed = row.reversed;
        let recorded = row.entry.read().map_err(|error| Error::Internal(error.into()))?;
        let customer_id = recorded.entry.customer_id.clone();
        book(books, &customer_id)?.add_entry(&recorded.entry, reversed);
    }
    Ok(())
}

fn book<'a>(books: &'a mut BTreeMap<String, Book>, customer_id: &str) -> Result<&'a mut Book> {
    books.get_mut(customer_id).ok_or_else(|| Error::internal("the database answered for another customer"))
}

async fn all<T: FromQueryResult>(txn: &Txn, sql: String, values: Vec<Value>) -> Result<Vec<T>> {
    let statement = Statement::from_sql_and_values(txn.db().get_database_backend(), sql, values);
    txn.run(T::find_by_statement(statement).all(txn.db())).await
}

#[derive(Debug, Serialize)]
struct NamedReservation<'a> {
    customer_id: &'a str,
    reservation_id: Option<Uuid>,
}

#[derive(Debug, Serialize)]
struct NamedEntry<'a> {
    customer_id: &'a str,
    entry_id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct OwnedBlockRow {
    customer_id: String,
    is_due: bool,
    #[sea_orm(nested)]
    block: BlockRow,
}

#[derive(Debug, FromQueryResult)]
struct ReversibleRow {
    #[sea_orm(nested)]
    entry: EntryRow,
    reversed: i64,
}
