use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::changes::Changes;
use super::request::refused;
use crate::error::Result;
use crate::ledger::{Book, Command, Setting, apply};
use crate::model::BlockSpec;
use crate::service::Caller;
use crate::store::{Books, Contended, Steps, Txn, Wanted, lock_books_in_txn};

/// Brings the blocks of a locked customer to what its contract says, in the transaction that
/// writes the contract.
pub(in crate::service) async fn grant_in_txn(
    txn: &Txn,
    caller: &Caller,
    customer_id: &str,
    blocks: Vec<BlockSpec>,
    request_id: &str,
) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let wanted = BTreeMap::from([(customer_id, Wanted::default())]);
    let Books { now, mut by_customer, .. } =
        lock_books_in_txn(txn, &wanted, &BTreeSet::new(), Contended::Await).await?;
    let mut book = by_customer.remove(customer_id).unwrap_or_else(|| Book::new(customer_id));
    let before = book.blocks.clone();
    let setting = Setting::new(now, Some(request_id), &caller.actor);
    let applied = apply(&mut book, &Command::Grant { blocks }, &setting, &mut Uuid::now_v7).map_err(refused)?;
    let mut changes = Changes::default();
    changes.add(&before, &book, &[applied])?;
    changes.write_in_txn(txn, Steps::of(txn)).await
}
