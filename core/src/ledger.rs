//! The ledger of counted things: hours, credits, events, visits …
//!
//! Pure and integer: [`apply`] takes a [`Book`], which is what one customer's ledger is in
//! memory for one transaction, and a [`Command`], and either does all of it or refuses and
//! leaves the book as it was. What it did are [`Entry`]s: append-only, chained per block by
//! SHA-256, and every balance is the fold of them.
//!
//! Which blocks a delivery may be taken from is judged elsewhere and comes in as
//! [`FundingSource`]s; what the ledger judges itself is arithmetic and time.

mod adjust;
mod apply_context;
mod block;
mod book;
mod chain;
mod chain_hash;
mod command;
mod consume;
mod entry;
mod limits;
mod posting;
mod reconciliation;
mod refusal;
mod reservation;
mod search;
mod shrunk;
mod term;

pub use apply_context::{ApplyContext, FundingSource, SourceRank};
pub use block::{Block, Totals};
pub use book::{Book, Reversible};
pub use chain::{Chains, Discrepancy, DiscrepancyKind, Link, fold, verify};
pub use chain_hash::ChainHash;
pub use command::{Adjustment, Command, Performed, Take, Target};
pub use entry::{Entry, EntryKind};
pub use limits::{DEFAULT_GRACE, DEFAULT_HOLD, LARGEST_AMOUNT, LONGEST_GRACE, LONGEST_HOLD};
pub use posting::Applied;
pub use reconciliation::{HoldDiscrepancy, HoldDiscrepancyKind, Reconciliation};
pub use refusal::{CommandViolation, LedgerCodes, Refusal, code, reason};
pub use reservation::{Part, Reservation, ReservationState};
pub use shrunk::{Shrunk, shrunk};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::posting::Posting;
use self::term::Work;

/// Carries out one command, wholly or not at all.
///
/// `new_id` makes the ids of entries and reservations.
pub fn apply(
    book: &mut Book,
    command: &Command,
    context: &ApplyContext<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Applied, Refusal> {
    let mut posting = Posting::new(book, context, new_id);
    match command {
        Command::Grant { blocks } => adjust::grant(&mut posting, blocks)?,
        Command::Adjust { block_id, change, reason } => adjust::adjust(&mut posting, *block_id, *change, reason)?,
        Command::Reverse { entry_id, quantity, note } => adjust::reverse(&mut posting, *entry_id, *quantity, note)?,
        Command::Consume(take) => consume::consume(&mut posting, take)?,
        Command::Reserve { take, expire_time } => reservation::reserve(&mut posting, take, *expire_time)?,
        Command::Extend { reservation_id, block_id, expire_time } => {
            reservation::extend(&mut posting, (*reservation_id, *block_id), *expire_time)?;
        }
        Command::Commit { reservation_id, block_id, quantity, allow_more, performed, note } => {
            let commit =
                reservation::Commit { quantity: *quantity, allow_more: *allow_more, performed: *performed, note };
            reservation::commit(&mut posting, (*reservation_id, *block_id), &commit)?;
        }
        Command::Release { reservation_id, block_id, note } => {
            reservation::release(&mut posting, (*reservation_id, *block_id), note)?;
        }
        Command::Expire { reservation_id } => reservation::expire(&mut posting, *reservation_id)?,
    }
    Ok(posting.finish())
}

/// What makes no sense in a command, whatever the book has: told beside what was found before the
/// ledger was asked.
pub fn malformed(command: &Command, now: DateTime<Utc>) -> Vec<CommandViolation> {
    match command {
        Command::Consume(take) => consume::malformed(take, Work::Done, None, now),
        Command::Reserve { take, expire_time } => consume::malformed(take, Work::Planned, *expire_time, now),
        Command::Extend { expire_time, .. } => reservation::against_expiry(*expire_time, now).into_iter().collect(),
        Command::Commit { quantity, performed, .. } => reservation::malformed(*quantity, *performed, now),
        Command::Reverse { quantity, .. } => quantity.map(consume::malformed_amount).unwrap_or_default(),
        Command::Adjust { change, .. } => adjust::malformed(*change),
        Command::Grant { .. } | Command::Release { .. } | Command::Expire { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
