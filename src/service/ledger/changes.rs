//! Collects what a transaction changes in the ledger, and writes it at once.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ledger::{Applied, Block, Book, Entry, Reservation, Totals};
use crate::store::{StatementBatch, Txn, insert_blocks, insert_entries, put_holds, put_reservations, update_blocks};

/// The changes of some customers' books.
#[derive(Debug, Default)]
pub(in crate::service) struct Changes {
    books: Vec<ChangedBook>,
}

#[derive(Debug)]
struct ChangedBook {
    customer_id: String,
    entries: Vec<Entry>,
    blocks: Vec<Block>,
    new_blocks: Vec<Block>,
    reservations: Vec<Reservation>,
}

impl Changes {
    /// What `applied`, in its order, made of a book: `before` are the blocks it began with.
    pub(crate) fn add(&mut self, before: &BTreeMap<Uuid, Block>, after: &Book, applied: &[Applied]) -> Result<()> {
        let mut sums: BTreeMap<Uuid, Totals> = before.iter().map(|(id, block)| (*id, block.totals())).collect();
        let mut entries = Vec::new();
        let mut reservations = BTreeMap::new();
        for done in applied {
            for entry in &done.entries {
                let sum = sums.entry(entry.block_id).or_default();
                *sum =
                    sum.with(entry.kind, entry.amount).filter(|sum| *sum == entry.totals).ok_or_else(contradiction)?;
                entries.push(entry.clone());
            }
            reservations.extend(done.reservation.iter().map(|reservation| (reservation.id, reservation.clone())));
        }
        // A balance is the fold of its entries, or nothing is written at all.
        if after.blocks.values().any(|block| sums.get(&block.id).copied().unwrap_or_default() != block.totals()) {
            return Err(contradiction());
        }
        let changed = after.blocks.values().filter(|block| before.get(&block.id) != Some(*block));
        let new = after.blocks.values().filter(|block| !before.contains_key(&block.id));
        self.books.push(ChangedBook {
            customer_id: after.customer_id.clone(),
            blocks: changed.cloned().collect(),
            new_blocks: new.cloned().collect(),
            entries,
            reservations: reservations.into_values().collect(),
        });
        Ok(())
    }

    /// All entries, in their order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.books.iter().flat_map(|book| &book.entries)
    }

    /// Writes them, and with them whatever `statements` has already.
    pub(crate) async fn write_in_txn(&self, txn: &Txn, mut statements: StatementBatch) -> Result<()> {
        let mut first = StatementBatch::of(txn);
        insert_blocks(&mut first, &self.owned(|book| &book.new_blocks))?;
        first.run_in_txn(txn).await?;
        let entries: Vec<&Entry> = self.entries().collect();
        insert_entries(&mut statements, &entries)?;
        update_blocks(&mut statements, &self.owned(|book| &book.blocks))?;
        let reservations = self.owned(|book| &book.reservations);
        put_reservations(&mut statements, &reservations)?;
        put_holds(&mut statements, &reservations)?;
        statements.run_in_txn(txn).await
    }

    fn owned<'a, T>(&'a self, part: impl Fn(&'a ChangedBook) -> &'a Vec<T>) -> Vec<(&'a str, &'a T)> {
        let rows = self.books.iter().flat_map(|book| part(book).iter().map(|row| (book.customer_id.as_str(), row)));
        rows.collect()
    }
}

fn contradiction() -> Error {
    Error::internal("the ledger contradicts itself: a balance is not the sum of its entries")
}
