//! Which blocks a command may take from.

use chrono::{DateTime, Utc};

use crate::engine::Prepared;
use crate::error::Result;
use crate::ledger::{Book, Command, Source, Target};

/// The blocks a command may be taken from, each with every clause that forbids it.
pub(super) fn of(_prepared: &Prepared, book: &Book, command: &Command, _now: DateTime<Utc>) -> Result<Vec<Source>> {
    let target = match command {
        Command::Consume(take) | Command::Reserve { take, .. } => &take.target,
        Command::Commit { reservation_id, .. } => match book.reservations.get(reservation_id) {
            Some(reservation) => &reservation.target,
            None => return Ok(Vec::new()),
        },
        _ => return Ok(Vec::new()),
    };
    let Target { block_id, service_id, .. } = target;
    let fits = |id: uuid::Uuid, service: &str| {
        block_id.map_or_else(|| service_id.as_deref() == Some(service), |wanted| wanted == id)
    };
    let blocks = book.blocks.values().filter(|block| fits(block.id, &block.service_id));
    Ok(blocks.map(|block| Source::open(block.id)).collect())
}
