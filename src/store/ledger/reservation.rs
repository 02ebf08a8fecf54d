use sea_orm::FromQueryResult;

use crate::error::{Error, Noun, Result};
use crate::ledger::Reservation;
use crate::store::Steps;
use crate::store::contract::parse;
use crate::store::rows::Rows;

/// Keeps reservations as they are now, new ones and others.
pub fn put_reservations(steps: &mut Steps, reservations: &[(&str, &Reservation)]) -> Result<()> {
    let content = reservations.iter().map(|(_, it)| serde_json::to_string(it));
    let content: Vec<_> = content.collect::<Result<_, _>>().map_err(|error| Error::Internal(error.into()))?;
    let rows = Rows::new(reservations.len())
        .text("customer_id", reservations.iter().map(|(customer_id, _)| *customer_id))
        .text("reservation_id", reservations.iter().map(|(_, it)| it.id))
        .text("state", reservations.iter().map(|(_, it)| it.state.as_str()))
        .number("expire_time", reservations.iter().map(|(_, it)| it.expire_time.timestamp_micros()))
        .text("content", content.into_iter());
    let names = rows.names();
    // Without `WHERE`, SQLite takes `ON` for a part of the join.
    steps.push(rows, |given| {
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
    content: String,
}

impl ReservationRow {
    pub fn read(self) -> Result<(String, Reservation)> {
        let Self { customer_id, reservation_id: id, content } = self;
        match parse(&content) {
            Ok(reservation) => Ok((customer_id, reservation)),
            Err(error) => Err(Error::Unreadable { noun: Noun::Reservation, id, source: error.into() }),
        }
    }
}
