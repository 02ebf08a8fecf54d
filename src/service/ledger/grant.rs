use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::changes::Changes;
use super::write::refused;
use crate::error::Result;
use crate::ledger::{ApplyContext, Book, Command, apply};
use crate::model::BlockSpec;
use crate::service::Caller;
use crate::store::{Books, Contended, Txn, Wanted, lock_books_in_txn};

/// What brings the blocks of a locked customer to what its contract says, to be written in the transaction that writes
/// the contract.
pub(in crate::service) async fn grants_in_txn(
    txn: &Txn,
    caller: &Caller,
    customer_id: &str,
    blocks: Vec<BlockSpec>,
    request_id: &str,
) -> Result<Changes> {
    let mut changes = Changes::default();
    if blocks.is_empty() {
        return Ok(changes);
    }
    let wanted = BTreeMap::from([(customer_id, Wanted::default())]);
    let Books { now, mut by_customer, .. } =
        lock_books_in_txn(txn, &wanted, &BTreeSet::new(), Contended::Await).await?;
    let mut book = by_customer.remove(customer_id).unwrap_or_else(|| Book::new(customer_id));
    let before = book.blocks.clone();
    let context = ApplyContext::new(now, Some(request_id), &caller.actor);
    let applied = apply(&mut book, &Command::Grant { blocks }, &context, &mut Uuid::now_v7).map_err(refused)?;
    changes.add(&before, &book, &[applied])?;
    Ok(changes)
}
