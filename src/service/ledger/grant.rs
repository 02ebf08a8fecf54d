use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::changes::Changes;
use super::write::refused;
use crate::engine::Prepared;
use crate::error::{Error, Result, Violation};
use crate::funding::ended_blocks;
use crate::ledger::{ApplyContext, Block, Book, Command, apply, shrunk};
use crate::model::{BlockSpec, Life, Since};
use crate::service::Caller;
use crate::service::caller::SYSTEM;
use crate::store::{Books, Contended, Txn, Wanted, lock_books_in_txn};

/// The blocks of a changed contract.
#[derive(Debug)]
pub(in crate::service) struct ContractBlocks {
    /// As it stands now.
    pub prepared: Prepared,
    pub blocks: Vec<BlockSpec>,
    /// Since when the contract stands otherwise than before,
    pub since: Since,
    /// and since when it stood as it did.
    pub before: Since,
    /// Those of which the terms are now what they were without the change.
    pub unmoved: BTreeSet<Uuid>,
    /// Those that grant less by the change than before it, now or as they are planned to become.
    pub shrunk: Vec<BlockSpec>,
    /// Which blocks there were from when on, until now.
    pub history: Vec<BlocksSince>,
    /// From when on each work order stood as it did when the history begins; none: as long as there was one.
    pub effective_times: BTreeMap<String, Option<DateTime<Utc>>>,
    /// The field of the request that says how much an item has, by work order and item; others stand for themselves.
    pub fields: BTreeMap<(String, String), String>,
    /// The orders that the change is about, unless it only stops them or lets them go on.
    pub submitted: BTreeSet<String>,
    /// Whether less may be left of a block than was spent.
    pub may_shrink: bool,
}

impl ContractBlocks {
    /// Blocks that would grant less than was used and is held of them.
    pub(in crate::service) fn against_shrinking(&self, book: &Book) -> Vec<Violation> {
        if self.may_shrink {
            return Vec::new();
        }
        shrunk(book, &self.shrunk).into_iter().map(|shrunk| shrunk.violation(self.field(shrunk.block))).collect()
    }

    /// Blocks of what the change is about that stay over, although the contract gives them a time after `at`.
    pub(in crate::service) fn kept_over(&self, book: &Book, at: DateTime<Utc>) -> Vec<KeptOver> {
        let is_given = |spec: &&BlockSpec| spec.start < spec.end && at < spec.end;
        let specs = self.blocks.iter().filter(|spec| self.submitted.contains(&spec.work_order_id)).filter(is_given);
        let kept = specs.filter_map(|spec| {
            let block = book.blocks.get(&spec.id).filter(|block| block.sequence > 0)?;
            let end = self.continued(block, spec).end;
            let field = self.field(block);
            let field = field.strip_suffix(".quantity").map_or(field.clone(), |item| format!("{item}.item_id"));
            (end <= at).then(|| KeptOver { item_id: spec.item_id.clone(), field, end })
        });
        kept.collect()
    }

    fn field(&self, block: &Block) -> String {
        let place = (block.work_order_id.clone(), block.item_id.clone());
        self.fields.get(&place).cloned().unwrap_or_else(|| "work_order_id".to_owned())
    }

    /// The blocks as they are to be written: as the contract has them, and the end of those it does not have any more.
    pub(in crate::service) fn to_grant(&self, book: &Book) -> Vec<BlockSpec> {
        let ended = ended_blocks(&self.prepared, &self.blocks, book, |block| self.absent_since(block));
        let of = |spec: &BlockSpec| book.blocks.get(&spec.id).map(|block| self.continued(block, spec));
        self.blocks.iter().map(|spec| of(spec).unwrap_or_else(|| spec.clone())).chain(ended).collect()
    }

    fn continued(&self, block: &Block, spec: &BlockSpec) -> BlockSpec {
        // What the change leaves as it is, is there as it was: also where an earlier change left it more than its terms say.
        if self.unmoved.contains(&spec.id) {
            return block.continued(spec, self.before);
        }
        // A change of the past changes what stood then, and what stood later may stand as it did.
        let begin = self.history.iter().rposition(|period| period.from <= self.since.effective).unwrap_or_default();
        let given = self.history.iter().skip(begin).filter_map(|period| {
            let since = Since { effective: period.from.max(self.since.effective), ..self.since };
            Some((*period.lives.get(&spec.id)?, since))
        });
        block.continued_by(spec, &given.collect::<Vec<_>>())
    }

    /// From when on a block that is not there now has been away.
    fn absent_since(&self, block: &Block) -> Option<DateTime<Utc>> {
        let away = self.history.iter().rev().take_while(|period| !period.lives.contains_key(&block.id));
        let since = away.last().map(|period| period.from);
        match self.history.first().map(|first| first.from) {
            // All the time: since its order stands so, which may be longer.
            Some(first) if since == Some(first) => {
                self.effective_times.get(&block.work_order_id).copied().unwrap_or(first)
            }
            _ => since.flatten(),
        }
    }
}

/// A block that stays over, whatever the contract says of it.
#[derive(Debug)]
pub(in crate::service) struct KeptOver {
    pub item_id: String,
    /// The field of the request that names the item.
    pub field: String,
    pub end: DateTime<Utc>,
}

/// The blocks of a contract from an instant on.
#[derive(Debug)]
pub(in crate::service) struct BlocksSince {
    /// None: as long as there was a contract.
    pub from: Option<DateTime<Utc>>,
    /// When it has each of them there.
    pub lives: BTreeMap<Uuid, Life>,
}

/// What brings the blocks of a locked customer to what its contract says, to be written in the transaction that writes
/// the contract, and the blocks that stay over by it. Refused where a block would grant less than was spent. `later`: the
/// blocks of when the change takes effect, if that is after now.
pub(in crate::service) async fn grants_in_txn(
    txn: &Txn,
    caller: &Caller,
    customer_id: &str,
    contract: &ContractBlocks,
    later: Option<(DateTime<Utc>, &ContractBlocks)>,
    request_id: &str,
) -> Result<(Changes, Vec<KeptOver>)> {
    let mut changes = Changes::default();
    let wanted = BTreeMap::from([(customer_id, Wanted::default())]);
    let Books { now, mut by_customer, .. } =
        lock_books_in_txn(txn, &wanted, &BTreeSet::new(), Contended::Await).await?;
    let mut book = by_customer.remove(customer_id).unwrap_or_else(|| Book::new(customer_id));
    let before = book.blocks.clone();
    // What ran out is not held any more.
    let mut applied = Vec::new();
    for reservation_id in book.due(now) {
        let context = ApplyContext::new(now, None, SYSTEM);
        let expire = Command::Expire { reservation_id };
        applied.push(apply(&mut book, &expire, &context, &mut Uuid::now_v7).map_err(refused)?);
    }
    let violations = contract.against_shrinking(&book);
    if !violations.is_empty() {
        return Err(Error::Violations(violations));
    }
    let (at, effective) = later.unwrap_or((now, contract));
    let kept = effective.kept_over(&book, at);
    let blocks = contract.to_grant(&book);
    if !blocks.is_empty() {
        let context = ApplyContext::new(now, Some(request_id), &caller.actor);
        applied.push(apply(&mut book, &Command::Grant { blocks }, &context, &mut Uuid::now_v7).map_err(refused)?);
    }
    if !applied.is_empty() {
        changes.add(&before, &book, &applied)?;
    }
    Ok((changes, kept))
}
