//! Blocks as a contract has them at an instant, written down or not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Ledger;
use super::write::refused;
use crate::cache::Documents;
use crate::error::{Error, Noun, Result};
use crate::ledger::{ApplyContext, Block, Book, ChainHash, Command, apply};

impl Ledger {
    /// A block as its last entry by then left it, at the terms that the contract of then gave it.
    pub(super) async fn block_as_of(
        &self,
        customer_id: &str,
        block: Block,
        as_of: DateTime<Utc>,
    ) -> Result<Option<Block>> {
        let snapshot = match self.context.known_at(customer_id, as_of).await {
            // It was none yet.
            Err(Error::NotFound { noun: Noun::Customer, .. }) => return Ok(None),
            other => other?,
        };
        let id = block.id;
        let mut book = Book::new(customer_id);
        if let Some(block) = self.written_by(customer_id, block, as_of).await? {
            book.add_block(block);
        }
        bring_up_to_date(&mut book, &snapshot.documents, as_of)?;
        Ok(book.blocks.remove(&id))
    }

    async fn written_by(&self, customer_id: &str, block: Block, as_of: DateTime<Utc>) -> Result<Option<Block>> {
        let store = &self.context.store;
        let Some(last) = store.last_entry(customer_id, block.id, as_of).await? else { return Ok(None) };
        let contracted = store.contracted(customer_id, block.id, last.sequence).await?;
        let (granted, used, reserved) = (last.totals.granted, last.totals.used, last.totals.reserved);
        let Block { start, end, end_recorded, .. } = match block.end_recorded {
            // It has another end now than it had then.
            Some(recorded) if recorded > as_of => {
                let mut book = self.context.relived(customer_id, as_of).await?;
                book.blocks.remove(&block.id).unwrap_or_else(|| block.clone())
            }
            _ => block.clone(),
        };
        Ok(Some(Block {
            unrecorded: 0,
            contracted,
            granted,
            used,
            reserved,
            start,
            end,
            end_recorded,
            sequence: last.sequence,
            head: last.hash,
            ..block
        }))
    }
}

/// Gives a book the blocks as the contract has them, as the next write would. What is not written down has no entry.
pub(super) fn bring_up_to_date(book: &mut Book, documents: &Documents, now: DateTime<Utc>) -> Result<()> {
    let Some(blocks) = documents.blocks_to_grant(book) else { return Ok(()) };
    let last_entry = |block: &Block| (block.sequence, block.head, block.contracted);
    let written: BTreeMap<Uuid, _> = book.blocks.iter().map(|(id, block)| (*id, last_entry(block))).collect();
    let context = ApplyContext { recorded: documents.recorded_by(now), ..ApplyContext::new(now, None, "") };
    apply(book, &Command::Grant { blocks }, &context, &mut Uuid::now_v7).map_err(refused)?;
    for block in book.blocks.values_mut() {
        let (sequence, head, contracted) = written.get(&block.id).copied().unwrap_or((0, ChainHash::FIRST, 0));
        (block.sequence, block.head) = (sequence, head);
        block.unrecorded = block.contracted.saturating_sub(contracted);
    }
    Ok(())
}
