//! Which blocks are made, grown, shrunk, ended and moved.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rows::Rows;
use crate::ledger::{ApplyContext, Block, Book, Command, Refusal, apply};
use crate::model::BlockSpec;

/// What becomes of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockChange {
    pub kind: BlockChangeKind,
    /// None: there was none.
    pub old: Option<Block>,
    pub new: Block,
}

/// The first that fits is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockChangeKind {
    Created,
    /// It ends sooner.
    Ended,
    Grown,
    Shrunk,
    /// It begins at another time, or ends later.
    Moved,
}

impl BlockChange {
    /// What is lost when it ends by this change, if it is not used until then.
    pub fn forfeited(&self) -> i64 {
        if self.kind == BlockChangeKind::Ended { self.new.left() } else { 0 }
    }

    /// What is used and held beyond what is granted.
    pub fn excess(&self) -> i64 {
        let spent = self.new.used.saturating_add(self.new.reserved);
        spent.saturating_sub(self.new.granted).max(0)
    }
}

/// A customer's book as it is once its blocks are what a contract says.
pub fn granted(mut book: Book, specs: Vec<BlockSpec>, now: DateTime<Utc>) -> Result<Book, Refusal> {
    // The entries are thrown away: their ids are nobody's.
    apply(&mut book, &Command::Grant { blocks: specs }, &ApplyContext::new(now, None, ""), &mut Uuid::nil)?;
    Ok(book)
}

/// By work order, item and service.
pub fn block_changes(old: &Book, new: &Book) -> Rows<BlockChange> {
    let pairs = new.blocks.values().map(|block| (old.blocks.get(&block.id), block));
    let changed = pairs.filter_map(|(old, new)| Some((kind(old, new)?, old, new)));
    let mut found: Vec<_> =
        changed.map(|(kind, old, new)| BlockChange { kind, old: old.cloned(), new: new.clone() }).collect();
    let place = |change: &BlockChange| {
        let Block { work_order_id, item_id, service_id, .. } = &change.new;
        (work_order_id.clone(), item_id.clone(), service_id.clone())
    };
    found.sort_by_cached_key(place);
    Rows::of(found)
}

fn kind(old: Option<&Block>, new: &Block) -> Option<BlockChangeKind> {
    let Some(old) = old else { return Some(BlockChangeKind::Created) };
    if new.end < old.end {
        Some(BlockChangeKind::Ended)
    } else if new.granted > old.granted {
        Some(BlockChangeKind::Grown)
    } else if new.granted < old.granted {
        Some(BlockChangeKind::Shrunk)
    } else {
        ((new.start, new.end) != (old.start, old.end)).then_some(BlockChangeKind::Moved)
    }
}
