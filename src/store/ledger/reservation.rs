use sea_orm::{DbErr, FromQueryResult};
use uuid::Uuid;

use super::block::uuid;
use crate::error::{Error, Noun, Result};
use crate::ledger::Reservation;
use crate::store::StatementBatch;
use crate::store::column_batch::ColumnBatch;
use crate::store::contract::parse;

/// The columns of a reservation that a read names.
pub(super) const COLUMNS: &str = "reservation.customer_id, reservation.reservation_id, reservation.state, \
     reservation.expire_time, reservation.content";

/// Keeps reservations as they are now, new ones and others.
pub fn put_reservations(statements: &mut StatementBatch, reservations: &[(&str, &Reservation)]) -> Result<()> {
    let content = reservations.iter().map(|(_, it)| serde_json::to_string(it));
    let content: Vec<_> = content.collect::<Result<_, _>>().map_err(|error| Error::Internal(error.into()))?;
    let rows = ColumnBatch::new(reservations.len())
        .text("customer_id", reservations.iter().map(|(customer_id, _)| *customer_id))
        .text("reservation_id", reservations.iter().map(|(_, it)| it.id))
        .text("state", reservations.iter().map(|(_, it)| it.state.as_str()))
        .number("expire_time", reservations.iter().map(|(_, it)| it.expire_time.timestamp_micros()))
        .text("content", content.into_iter());
    let names = rows.names();
    // Without `WHERE`, SQLite takes `ON` for a part of the join.
    statements.push(rows, |given| {
        format!(
            "INSERT INTO reservation ({names}) SELECT {names} FROM {given} WHERE TRUE
             ON CONFLICT (customer_id, reservation_id) DO UPDATE
             SET state = excluded.state, expire_time = excluded.expire_time, content = excluded.content"
        )
    })
}

#[derive(Debug, FromQueryResult)]
pub(super) struct ReservationRow {
    customer_id: String,
    reservation_id: String,
    state: String,
    expire_time: i64,
    content: String,
}

impl ReservationRow {
    pub(super) fn id(&self) -> Result<Uuid> {
        uuid(&self.reservation_id).map_err(|error| Error::Internal(error.into()))
    }

    pub(super) fn read(self) -> Result<(String, Reservation)> {
        match self.parse() {
            Ok(reservation) => Ok((self.customer_id, reservation)),
            Err(error) => {
                Err(Error::Unreadable { noun: Noun::Reservation, id: self.reservation_id, source: error.into() })
            }
        }
    }

    /// It is searched by its columns, which must say what its content says.
    fn parse(&self) -> Result<Reservation, DbErr> {
        let read: Reservation = parse(&self.content)?;
        let columns = (self.reservation_id.as_str(), self.state.as_str(), self.expire_time);
        if columns != (read.id.to_string().as_str(), read.state.as_str(), read.expire_time.timestamp_micros()) {
            return Err(DbErr::Type("its columns are not those of its content".to_owned()));
        }
        Ok(read)
    }
}
