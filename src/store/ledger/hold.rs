//! What open reservations hold of each block, with the time at which each hold ends.

use std::collections::BTreeMap;

use sea_orm::DbBackend;
use uuid::Uuid;

use crate::error::Result;
use crate::ledger::{Reservation, ReservationState};
use crate::store::StatementBatch;
use crate::store::column_batch::ColumnBatch;

/// Keeps the holds of open reservations, and drops those of ended ones.
pub fn put_holds(statements: &mut StatementBatch, reservations: &[(&str, &Reservation)]) -> Result<()> {
    let (open, ended): (Vec<_>, Vec<_>) =
        reservations.iter().partition(|(_, reservation)| reservation.state == ReservationState::Open);
    keep(statements, &open)?;
    drop_all(statements, &ended)
}

fn keep(statements: &mut StatementBatch, open: &[(&str, &Reservation)]) -> Result<()> {
    let holds: Vec<Hold<'_>> = open.iter().flat_map(|(customer_id, it)| holds_of(customer_id, it)).collect();
    let rows = ColumnBatch::new(holds.len())
        .text("customer_id", holds.iter().map(|hold| hold.customer_id))
        .text("reservation_id", holds.iter().map(|hold| hold.reservation.id))
        .text("block_id", holds.iter().map(|hold| hold.block_id))
        .number("expire_time", holds.iter().map(|hold| hold.reservation.expire_time.timestamp_micros()))
        .number("amount", holds.iter().map(|hold| hold.amount));
    let names = rows.names();
    statements.push(rows, |given| {
        format!(
            "INSERT INTO hold ({names}) SELECT {names} FROM {given} WHERE TRUE
             ON CONFLICT (customer_id, reservation_id, block_id) DO UPDATE
             SET expire_time = excluded.expire_time, amount = excluded.amount"
        )
    })
}

/// A hold that began and ended in the same batch has no row.
fn drop_all(statements: &mut StatementBatch, ended: &[(&str, &Reservation)]) -> Result<()> {
    let rows = ColumnBatch::new(ended.len())
        .text("customer_id", ended.iter().map(|(customer_id, _)| *customer_id))
        .text("reservation_id", ended.iter().map(|(_, reservation)| reservation.id));
    let backend = statements.backend();
    statements.push_any(rows, |given| match backend {
        DbBackend::Postgres => format!(
            "DELETE FROM hold USING {given}
             WHERE hold.customer_id = given.customer_id AND hold.reservation_id = given.reservation_id"
        ),
        _ => format!(
            "DELETE FROM hold WHERE (customer_id, reservation_id) IN (SELECT customer_id, reservation_id FROM {given})"
        ),
    })
}

#[derive(Debug)]
struct Hold<'a> {
    customer_id: &'a str,
    reservation: &'a Reservation,
    block_id: Uuid,
    amount: i64,
}

/// One a block.
fn holds_of<'a>(customer_id: &'a str, reservation: &'a Reservation) -> impl Iterator<Item = Hold<'a>> {
    let mut amounts: BTreeMap<Uuid, i64> = BTreeMap::new();
    for part in &reservation.parts {
        let amount = amounts.entry(part.block_id).or_default();
        *amount = amount.saturating_add(part.amount);
    }
    let nonzero = amounts.into_iter().filter(|(_, amount)| *amount > 0);
    nonzero.map(move |(block_id, amount)| Hold { customer_id, reservation, block_id, amount })
}
