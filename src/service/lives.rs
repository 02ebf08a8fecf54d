//! From when to when blocks were there, as it was known at an instant.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ledger::refused;
use super::{Consistency, Context, MOMENT, MOST_CHANGES_OF_WORK, renewed};
use crate::cache::Snapshot;
use crate::error::{Error, Noun, Result};
use crate::ledger::{ApplyContext, Book, Command, apply};
use crate::store::AsOf;

impl Context {
    /// What was known then, with the ends that the blocks had then. Most of them have the same ends now.
    pub(super) async fn with_lives(&self, snapshot: Arc<Snapshot>, known_time: DateTime<Utc>) -> Result<Arc<Snapshot>> {
        if snapshot.stored_balances.values().all(|balance| balance.life.is_some()) {
            return Ok(snapshot);
        }
        let book = self.relived(snapshot.documents.customer_id(), known_time).await?;
        let mut balances = snapshot.stored_balances.as_ref().clone();
        for (id, balance) in balances.iter_mut().filter(|(_, balance)| balance.life.is_none()) {
            balance.life = book.blocks.get(id).map(|block| block.spec().life());
        }
        Ok(renewed(&snapshot.documents, &Arc::new(balances), snapshot.revision))
    }

    /// The blocks as the contracts that came one after the other until then have let them live.
    pub(super) async fn relived(&self, customer_id: &str, as_of: DateTime<Utc>) -> Result<Book> {
        let mut contracts = Vec::new();
        let mut instant = Some(as_of);
        while let Some(time) = instant.filter(|_| contracts.len() < MOST_CHANGES_OF_WORK) {
            let snapshot = match self.known_at(customer_id, time).await {
                Err(Error::NotFound { noun: Noun::Customer, .. }) => break,
                other => other?,
            };
            let begun = snapshot.documents.since.begun();
            instant = begun.and_then(|begun| begun.checked_sub_signed(MOMENT));
            contracts.push((begun.unwrap_or(time), snapshot));
        }
        let mut book = Book::new(customer_id);
        for (begun, snapshot) in contracts.iter().rev() {
            let Some(blocks) = snapshot.documents.blocks_to_grant(&book) else { continue };
            let context = ApplyContext::new(*begun, None, "");
            apply(&mut book, &Command::Grant { blocks }, &context, &mut Uuid::now_v7).map_err(refused)?;
        }
        Ok(book)
    }

    /// The contract as it stood at an instant by what was known then.
    pub(super) async fn known_at(&self, customer_id: &str, time: DateTime<Utc>) -> Result<Arc<Snapshot>> {
        self.snapshot_as_known(customer_id, AsOf::at(time).known(time), &Consistency::MinimizeLatency).await
    }
}
