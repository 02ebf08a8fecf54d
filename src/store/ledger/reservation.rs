use sea_orm::{DbErr, FromQueryResult};
use serde_json::json;

use crate::error::{Error, Result};
use crate::ledger::Reservation;
use crate::store::Txn;
use crate::store::batch::execute;
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
pub async fn put_reservations_in_txn(txn: &Txn, reservations: &[(&str, &Reservation)]) -> Result<()> {
    let names = names(&ROW);
    // Without `WHERE`, SQLite takes `ON` for a part of the join.
    let sql = format!(
        "INSERT INTO reservation ({names}) SELECT {names} FROM {} WHERE TRUE
         ON CONFLICT (customer_id, reservation_id) DO UPDATE
         SET state = excluded.state, expire_time = excluded.expire_time, content = excluded.content",
        given(txn.backend(), &ROW)
    );
    let rows = reservations.iter().map(|(customer_id, reservation)| {
        let content = serde_json::to_string(reservation).map_err(|error| Error::Internal(error.into()))?;
        Ok(json!({
            "customer_id": customer_id,
            "reservation_id": reservation.id,
            "state": reservation.state.as_str(),
            "expire_time": reservation.expire_time.timestamp_micros(),
            "content": content,
        }))
    });
    execute(txn, sql, rows.collect::<Result<_>>()?).await
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
