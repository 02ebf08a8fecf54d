//! The one path of every contract write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::outcome::ChangeOutcome;
use super::version::{Recording, written};
use super::{Contracts, replay, size};
use crate::contract::{Content, ContractCommand, Plan};
use crate::engine::{Prepared, blocks_of};
use crate::error::{Error, Result, Violation};
use crate::model::is_id;
use crate::service::idempotency::RequestIdentity;
use crate::service::ledger::{Changes, grants_in_txn};
use crate::service::slices::uncut;
use crate::service::{Caller, Deadline, unknown_customer};
use crate::store::{
    AsOf, Changed, LockedCustomer, StatementBatch, StoredContract, Txn, find_requests_in_txn, insert_customer_in_txn,
    load_contract_in_txn, lock_customer_in_txn, put_requests, put_revisions,
};
use crate::telemetry::call::{self, note_customer};

/// How a write is to be made.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    pub request_id: String,
    /// Only judges the command, and writes nothing.
    pub validate_only: bool,
    /// After it the write is not begun.
    pub deadline: Deadline,
}

/// A write to be committed.
#[derive(Debug, Clone, Copy)]
struct PendingWrite<'a> {
    caller: &'a Caller,
    command: &'a ContractCommand,
    identity: &'a RequestIdentity,
    /// What the command's content takes.
    bytes: usize,
}

impl Contracts {
    /// Carries a command out; a repetition gets the first answer. `violations` are those found in the message: if there
    /// are any nothing is written, but the rest of the document is judged all the same.
    pub async fn write(
        &self,
        caller: &Caller,
        command: ContractCommand,
        violations: Vec<Violation>,
        options: WriteOptions,
    ) -> Result<ChangeOutcome> {
        note_customer(command.customer_id());
        caller.require_customer(command.customer_id())?;
        if options.validate_only || !violations.is_empty() {
            let stored = self.stored(command.customer_id()).await?;
            let bytes = command.content()?.bytes.saturating_add(size::of_stored(stored.as_ref()));
            let plan = uncut(bytes, || self.judge(&command, stored.as_ref(), violations))?;
            let plan = match plan {
                Some(plan) => plan,
                None => return Err(unknown_customer(command.customer_id())),
            };
            return Ok(written(&command, plan, stored.as_ref(), None));
        }
        let permit = self.writes.enter().await?;
        if !options.deadline.begin() {
            return Err(Error::DeadlinePassed);
        }
        // In a task of its own. A caller that goes away in the middle of a transaction would drop its future, and leave the
        // transaction open on a connection that other calls get.
        let (this, caller) = (self.clone(), caller.clone());
        let task = tokio::spawn(call::carry(async move {
            let _permit = permit;
            this.commit(&caller, command, options).await
        }));
        task.await.map_err(|error| Error::Internal(error.into()))?
    }

    /// A text that is no id is not looked up: a database does not take every text.
    async fn stored(&self, customer_id: &str) -> Result<Option<StoredContract>> {
        if is_id(customer_id) {
            self.context.store.load_contract(customer_id, AsOf::now(self.context.clock.now())).await
        } else {
            Ok(None)
        }
    }

    async fn commit(&self, caller: &Caller, command: ContractCommand, options: WriteOptions) -> Result<ChangeOutcome> {
        let Content { hash, bytes } = command.content()?;
        let identity = RequestIdentity { request_id: options.request_id, method: command.method(), content_hash: hash };
        let pending = PendingWrite { caller, command: &command, identity: &identity, bytes };
        let record_time = self.context.clock.now();
        let store = self.context.store.for_contracts();
        let run = || store.in_transaction(async |txn| self.write_in_txn(&txn, pending, record_time).await);
        let outcome = match run().await {
            // Again: the customer's lock waits for the end of the lost transaction, and the request id then tells whether
            // it was committed. A read would not do: a primary that crashed shows commits that its replica lacks, while
            // this commit waits for the replica.
            Err(Error::CommitOutcomeUnknown(source)) => run().await.map_err(|error| {
                tracing::warn!(%error, %source, "what became of a commit cannot be found out");
                Error::CommitOutcomeUnknown(source)
            }),
            other => other,
        };
        match outcome? {
            Some(written) => {
                self.context.cache.note(command.customer_id(), written.revision);
                Ok(written)
            }
            None => Err(unknown_customer(command.customer_id())),
        }
    }

    /// None if the customer must exist and does not.
    async fn write_in_txn(
        &self,
        txn: &Txn,
        pending: PendingWrite<'_>,
        record_time: DateTime<Utc>,
    ) -> Result<Option<ChangeOutcome>> {
        let PendingWrite { caller, command, identity, bytes } = pending;
        let customer_id = command.customer_id();
        let is_new = command.may_create() && insert_customer_in_txn(txn, customer_id).await?;
        let Some(locked) = lock_customer_in_txn(txn, customer_id).await? else { return Ok(None) };
        let key = identity.key(customer_id);
        if let Some(request) = find_requests_in_txn(txn, &BTreeSet::from([key.clone()])).await?.get(&key) {
            return replay::replay(identity, command, request).map(Some);
        }
        let stored = if is_new { None } else { load_contract_in_txn(txn, customer_id, AsOf::now(record_time)).await? };
        let bytes = bytes.saturating_add(size::of_stored(stored.as_ref()));
        let judged = uncut(bytes, || self.judge(command, stored.as_ref(), Vec::new()));
        let Some(plan) = judged? else { return Ok(None) };
        let revision = revision_after(locked, is_new, &plan);
        let info = Recording { time: record_time, actor: &caller.actor, stored: stored.as_ref() };
        info.put(txn, command, &plan).await?;
        let granted = self.grants_in_txn(txn, pending, &plan, bytes).await?;
        let mut statements = StatementBatch::of(txn);
        if revision != locked.revision {
            put_revisions(&mut statements, &BTreeMap::from([(customer_id.to_owned(), revision)]), Changed::Contract)?;
        }
        let written = written(command, plan, stored.as_ref(), Some((revision, &info)));
        put_requests(&mut statements, &[(key, replay::stored(identity, &written)?)], record_time)?;
        granted.write_in_txn(txn, statements).await?;
        Ok(Some(written))
    }

    /// Grants the blocks of the items in the new contract.
    async fn grants_in_txn(&self, txn: &Txn, pending: PendingWrite<'_>, plan: &Plan, bytes: usize) -> Result<Changes> {
        if plan.is_empty() {
            return Ok(Changes::default());
        }
        let PendingWrite { caller, command, identity, .. } = pending;
        let prepare = || blocks_of(&Prepared::new(Arc::clone(&self.context.catalog), plan.contract.clone()));
        let blocks = uncut(bytes, prepare);
        grants_in_txn(txn, caller, command.customer_id(), blocks, &identity.request_id).await
    }
}

/// A write that changes something adds one to the revision; the row of a new customer begins with its revision.
fn revision_after(locked: LockedCustomer, is_new: bool, plan: &Plan) -> i64 {
    if is_new || plan.is_empty() { locked.revision } else { locked.revision.saturating_add(1) }
}
