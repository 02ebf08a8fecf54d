use std::collections::BTreeMap;

use uuid::Uuid;

use super::changes::Changes;
use super::request::refused;
use crate::error::Result;
use crate::ledger::{Book, Command, Setting, apply};
use crate::model::BlockSpec;
use crate::store::{Steps, Txn, Wanted, clock_in_txn, load_books_in_txn};

/// Brings the blocks of a locked customer to what its contract says, in the transaction that
/// writes the contract.
pub(in crate::service) async fn grant_in_txn(
    txn: &Txn,
    customer_id: &str,
    blocks: Vec<BlockSpec>,
    request_id: &str,
    actor: &str,
) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let now = clock_in_txn(txn).await?;
    let wanted = BTreeMap::from([(customer_id, Wanted::default())]);
    let mut books = load_books_in_txn(txn, &wanted, now).await?;
    let mut book = books.remove(customer_id).unwrap_or_else(|| Book::new(customer_id));
    let before = book.blocks.clone();
    let setting = Setting::new(now, Some(request_id), actor);
    let applied = apply(&mut book, &Command::Grant { blocks }, &setting, &mut Uuid::now_v7).map_err(refused)?;
    let mut changes = Changes::default();
    changes.add(&before, &book, &[applied])?;
    changes.write_in_txn(txn, Steps::of(txn)).await
}
