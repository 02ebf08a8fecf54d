//! The ledger's rows. A batch reads and writes them in a number of statements that does not depend on the size of the
//! batch.

mod block;
mod book;
mod entry;
mod hold;
mod read;
mod reservation;

pub use block::{OwnedBlock, insert_blocks, update_blocks};
pub use book::{Books, Contended, MOST_DUE, Wanted, find_entries_in_txn, lock_books_in_txn};
pub use entry::insert_entries;
pub use hold::put_holds;
pub use read::{EntryFilter, LedgerBlocks, ReservationFilter, ledger_blocks_in_txn, open_holds_in_txn};
pub use reservation::put_reservations;
