//! The one path of every contract write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::outcome::ChangeOutcome;
use super::provenances::Provenances;
use super::replay::replay_in_txn;
use super::state::ContractState;
use super::version::{Recording, written};
use super::{Contracts, audit, over, replay, size};
use crate::contract::{Content, ContractCommand, Plan};
use crate::error::{Error, Result, Violation};
use crate::model::Provenance;
use crate::service::idempotency::RequestIdentity;
use crate::service::ledger::{Changes, KeptOver, grants_in_txn};
use crate::service::slices::uncut;
use crate::service::{Caller, Deadline, unknown_customer};
use crate::store::{
    Changed, LockedCustomer, NewRequest, NewestVersions, StatementBatch, Txn, find_requests_in_txn,
    insert_customer_in_txn, lock_customer_in_txn, newest_versions_in_txn, put_requests, put_revisions, time_in_txn,
};
use crate::telemetry::call::{self, note_customer};

/// How a write is to be made.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    pub request_id: String,
    /// Only judges the command, and writes nothing.
    pub validate_only: bool,
    /// Refuses what would only be warned of.
    pub is_strict: bool,
    /// Where the document comes from; kept with its versions.
    pub provenance: Option<Provenance>,
    /// After it the write is not begun.
    pub deadline: Deadline,
}

/// A write to be committed.
#[derive(Debug, Clone, Copy)]
struct PendingWrite<'a> {
    caller: &'a Caller,
    command: &'a ContractCommand,
    identity: &'a RequestIdentity,
    /// What the command's content takes, and then all that it is judged with.
    bytes: usize,
    is_strict: bool,
    provenance: Option<&'a Provenance>,
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
            return self.preview(command, violations, options.is_strict).await;
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

    async fn commit(&self, caller: &Caller, command: ContractCommand, options: WriteOptions) -> Result<ChangeOutcome> {
        let Content { hash, bytes } = command.content()?;
        let identity = RequestIdentity { request_id: options.request_id, method: command.method(), content_hash: hash };
        let (is_strict, provenance) = (options.is_strict, options.provenance.as_ref());
        let pending = PendingWrite { caller, command: &command, identity: &identity, bytes, is_strict, provenance };
        let store = self.context.store.for_contracts();
        let run = || store.in_transaction(async |txn| self.write_in_txn(&txn, pending).await);
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
    async fn write_in_txn(&self, txn: &Txn, pending: PendingWrite<'_>) -> Result<Option<ChangeOutcome>> {
        let PendingWrite { caller, command, identity, bytes, is_strict, provenance } = pending;
        let customer_id = command.customer_id();
        let is_new = command.may_create() && insert_customer_in_txn(txn, customer_id).await?;
        let Some(locked) = lock_customer_in_txn(txn, customer_id).await? else { return Ok(None) };
        let key = identity.key(customer_id);
        if let Some(request) = find_requests_in_txn(txn, &BTreeSet::from([key.clone()])).await?.get(&key) {
            return replay_in_txn(txn, identity, command, request).await.map(Some);
        }
        let newest = if is_new { NewestVersions::default() } else { newest_versions_in_txn(txn, customer_id).await? };
        // The database's time, so that a process whose clock is wrong moves nobody's. And a change is never made before
        // what it follows was recorded: a database may have failed over to a machine whose clock is behind.
        // It is read behind the lock: what others wrote while this waited was before.
        let time = time_in_txn(txn, self.context.clock.now()).await?;
        let now = newest.record_time().map_or(time, |newest| newest.max(time));
        let state = if is_new { None } else { ContractState::load(txn, command, now).await? };
        let bytes = bytes.saturating_add(size::of_state(state.as_ref()));
        let judged = uncut(bytes, || self.judge(command, state.as_ref(), now, Vec::new(), is_strict));
        let Some(mut judged) = judged? else { return Ok(None) };
        let revision = revision_after(locked, is_new, &judged.plan);
        let request_id = identity.request_id.as_str();
        let recording = Recording { time: now, actor: &caller.actor, newest: &newest, request_id };
        let infos = recording.infos(&judged.plan.versions);
        recording.put_in_txn(txn, &judged.plan.versions, &infos, &Provenances::new(command, provenance)).await?;
        let pending = PendingWrite { bytes, ..pending };
        let (granted, kept) = self.grants_in_txn(txn, pending, &judged.plan, state.as_ref(), now).await?;
        judged.warnings.extend(over::warnings(&kept, is_strict)?);
        let mut statements = StatementBatch::of(txn);
        if revision != locked.revision {
            put_revisions(&mut statements, &BTreeMap::from([(customer_id.to_owned(), revision)]), Changed::Contract)?;
        }
        let audit = audit::of_write(caller, command.reason(), &judged.plan.versions, &infos, state.as_ref(), &granted)?;
        let written = written(command, judged, state.as_ref(), Some((revision, &infos)));
        let request = replay::stored(identity, &written)?;
        put_requests(&mut statements, &[NewRequest { key, request, audit }], now)?;
        granted.write_in_txn(txn, statements).await?;
        Ok(Some(written))
    }

    /// Brings the blocks to what the new contract says.
    async fn grants_in_txn(
        &self,
        txn: &Txn,
        pending: PendingWrite<'_>,
        plan: &Plan,
        state: Option<&ContractState>,
        now: DateTime<Utc>,
    ) -> Result<(Changes, Vec<KeptOver>)> {
        if plan.is_empty() {
            return Ok((Changes::default(), Vec::new()));
        }
        let PendingWrite { caller, command, identity, bytes, .. } = pending;
        let blocks = uncut(bytes, || self.blocks(command, plan, state, now));
        let later = (plan.as_of > now).then(|| uncut(bytes, || self.standing(command, plan, state, plan.as_of)));
        let later = later.as_ref().map(|later| (plan.as_of, later));
        grants_in_txn(txn, caller, command.customer_id(), &blocks, later, &identity.request_id).await
    }
}

/// A write that changes something adds one to the revision; the row of a new customer begins with its revision.
fn revision_after(locked: LockedCustomer, is_new: bool, plan: &Plan) -> i64 {
    if is_new || plan.is_empty() { locked.revision } else { locked.revision.saturating_add(1) }
}
