use sea_orm::{DbErr, FromQueryResult};
use serde::Serialize;
use uuid::Uuid;

use crate::error::Result;
use crate::ledger::Reservation;
use crate::store::Steps;
use crate::store::contract::parse;
use crate::store::rows::{Kind, given, names};

const ROW: [(&str, Kind); 5] = [
    ("customer_id", Kind::Text),
    ("reservation_id", Kind::Text),
    ("state", Kind::Text),
    ("expire_time", Kind::Number),
    ("content", Kind::Text),
];

/// Keeps reservations as they are now, new ones and others.
pub fn put_reservations(steps: &mut Steps, reservations: &[(&str, &Reservation)]) -> Result<()> {
    let names = names(&ROW);
    // Without `WHERE`, SQLite takes `ON` for a part of the join.
    let sql = format!(
        "INSERT INTO reservation ({names}) SELECT {names} FROM {} WHERE TRUE
         ON CONFLICT (customer_id, reservation_id) DO UPDATE
         SET state = excluded.state, expire_time = excluded.expire_time, content = excluded.content",
        given(steps.backend(), &ROW)
    );
    let rows = reservations.iter().map(|(customer_id, reservation)| NewRow {
        customer_id,
        reservation_id: reservation.id,
        state: reservation.state.as_str(),
        expire_time: reservation.expire_time.timestamp_micros(),
        content: reservation,
    });
    steps.push(sql, &rows.collect::<Vec<_>>())
}

#[derive(Debug, Serialize)]
struct NewRow<'a> {
    customer_id: &'a str,
    reservation_id: Uuid,
    state: &'static str,
    expire_time: i64,
    content: &'a Reservation,
}

#[derive(Debug, FromQueryResult)]
pub(super) struct ReservationRow {
    pub customer_id: String,
    content: String,
}

impl ReservationRow {
    pub fn read(self) -> Result<(String, Reservation), DbErr> {
        Ok((self.customer_id, parse(&self.content)?))
    }
}
