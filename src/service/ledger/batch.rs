//! Carries out the writes that waited, in one transaction.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::FutureExt as _;

use super::changes::Changes;
use super::outcome::{Deferral, Execution, JobOutcome};
use super::replay::{PriorRequests, keys, stored};
use super::unit_of_work::UnitOfWork;
use super::write::{Operation, Write};
use crate::cache::Documents;
use crate::error::{BoxError, Error, Noun, Result};
use crate::ledger::EntryKind;
use crate::model::Unit;
use crate::mutant::{self, Mutant};
use crate::service::Context;
use crate::store::{
    AsOf, Books, Changed, Contended, LockedCustomer, NewRequest, StatementBatch, Txn, Wanted, load_contract_in_txn,
    lock_books_in_txn, put_requests, put_revisions,
};

/// Carries out batches of writes.
#[derive(Debug, Clone)]
pub(super) struct BatchRunner {
    pub context: Context,
    pub grace: TimeDelta,
    /// Once a batch has read contracts for so long, of now or of when work was done, it begins no further write that needs
    /// another: large ones that are not in memory must not take the time of everybody else.
    pub loading: Duration,
}

impl BatchRunner {
    /// The outcome of each write, in their order. Where locked customers are awaited, a write is deferred only if its
    /// customer has too many holds to end: then some of them have ended, and the next run goes on; or if its contract is
    /// yet to be read: then a write before it was carried out.
    pub(super) async fn run(&self, writes: &[Write], contended: Contended) -> Vec<JobOutcome> {
        if writes.is_empty() {
            return Vec::new();
        }
        match self.commit(writes, contended).await {
            Ok(outcomes) => outcomes,
            Err(Error::CommitOutcomeUnknown(source)) => self.run_again(writes, source).await,
            // A write that makes the transaction fail must affect no other.
            Err(error) if writes.len() > 1 && is_of_one_write(&error) => {
                tracing::warn!(%error, writes = writes.len(), "a batch of writes failed; its halves are tried");
                self.run_halves(writes, contended).await
            }
            Err(error) => {
                if let Error::Unavailable(Some(source)) = &error {
                    tracing::warn!(%source, writes = writes.len(), "a batch of writes was not carried out");
                }
                fail_all(writes, || error.repeated())
            }
        }
    }

    async fn run_halves(&self, writes: &[Write], contended: Contended) -> Vec<JobOutcome> {
        let (first, second) = writes.split_at(writes.len().div_euclid(2));
        let mut outcomes = Box::pin(self.run(first, contended)).await;
        // A customer deferred in the first half is deferred in the second, too: its writes keep their order.
        let mut deferred = BTreeMap::new();
        for (write, outcome) in first.iter().zip(&outcomes) {
            if let JobOutcome::Deferred(why) = outcome {
                deferred.insert(write.customer_id.as_str(), *why);
            }
        }
        let deferral = |write: &Write| deferred.get(write.customer_id.as_str()).copied();
        let rest: Vec<Write> = second.iter().filter(|write| deferral(write).is_none()).cloned().collect();
        let mut of_rest = Box::pin(self.run(&rest, contended)).await.into_iter();
        outcomes.extend(second.iter().map(|write| match deferral(write) {
            Some(why) => JobOutcome::Deferred(why),
            None => of_rest.next().unwrap_or(JobOutcome::Deferred(Deferral::Separately)),
        }));
        outcomes
    }

    /// Runs the batch again after the connection was lost at commit. The customers' locks wait for the end of the lost
    /// transaction, and the request ids then tell whether it was committed. A write that was committed is answered as a
    /// repetition; one that was not is carried out now.
    async fn run_again(&self, writes: &[Write], source: BoxError) -> Vec<JobOutcome> {
        match self.commit(writes, Contended::Await).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::warn!(%error, %source, "what became of a commit cannot be found out");
                fail_all(writes, || Error::CommitOutcomeUnknown(source.to_string().into()))
            }
        }
    }

    async fn commit(&self, writes: &[Write], contended: Contended) -> Result<Vec<JobOutcome>> {
        let work = self.context.store.in_transaction(async |txn| self.run_in_txn(&txn, writes, contended).await);
        // A panic undoes the transaction, and is an error as every other.
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        let committed = ended.unwrap_or_else(|_| Err(Error::internal("a batch of writes panicked")))?;
        for (customer_id, revision) in &committed.revisions {
            self.context.cache.note(customer_id, *revision);
        }
        let metrics = &self.context.telemetry.metrics;
        committed.moved.iter().for_each(|(kind, unit, amount)| metrics.ledger_moved(*kind, *unit, *amount));
        Ok(committed.outcomes)
    }

    async fn run_in_txn(&self, txn: &Txn, writes: &[Write], contended: Contended) -> Result<Committed> {
        let mut books = lock_books_in_txn(txn, &wanted(writes), &keys(writes), contended).await?;
        let now = books.now;
        let prior =
            if books.is_known { PriorRequests::load_in_txn(txn, writes).await? } else { PriorRequests::default() };
        let (mut units, deferred) = self.units_of_work(txn, writes, &prior, &mut books, contended).await?;
        let Books { locked, left_out, .. } = books;
        let deferral = match contended {
            Contended::LeaveOut => Deferral::NextBatch,
            Contended::Await => Deferral::Separately,
        };
        let is_deferred =
            |row: usize, write: &Write| deferred.get(write.customer_id.as_str()).is_some_and(|first| *first <= row);
        // The writes of each customer are carried out in the order they came.
        let executions: Vec<Result<Execution>> = writes
            .iter()
            .enumerate()
            .map(|(row, write)| match units.get_mut(write.customer_id.as_str()) {
                _ if is_deferred(row, write) => Ok(Execution::Deferred(deferral)),
                Some(unit) => unit.execute(write, &prior),
                None if locked.contains_key(&write.customer_id) => prior.replay(write),
                None if left_out.contains(&write.customer_id) => Ok(Execution::Deferred(Deferral::Separately)),
                None => Err(Error::NotFound { noun: Noun::Customer, id: write.customer_id.clone(), nearest: None }),
            })
            .collect();
        let revisions = revisions(&units, &locked)?;
        let outcomes: Vec<JobOutcome> = executions
            .into_iter()
            .zip(writes)
            .map(|(execution, write)| {
                let revision = revisions.get(&write.customer_id).copied();
                let revision = revision.or(locked.get(&write.customer_id).map(|it| it.revision));
                execution
                    .map_or_else(|error| JobOutcome::Finished(Err(error)), |execution| execution.outcome(revision, now))
            })
            .collect();
        let mut statements = StatementBatch::of(txn);
        put_revisions(&mut statements, &revisions, Changed::Balances)?;
        put_requests(&mut statements, &new_requests(writes, &outcomes)?, now)?;
        collect_changes(&units)?.write_in_txn(txn, statements).await?;
        let moved = units.values().filter(|unit| unit.is_changed()).flat_map(UnitOfWork::moved).collect();
        Ok(Committed { outcomes, revisions, moved })
    }

    /// Opens a unit of work for each customer with a write that is no repetition. Also returns the customers for which
    /// there is no time to read a further contract, each with the row of the first write that needs it: what comes behind
    /// that waits, too. If `contended` is to wait, the first write of each customer is carried out.
    async fn units_of_work<'a>(
        &self,
        txn: &Txn,
        writes: &'a [Write],
        prior: &PriorRequests,
        books: &mut Books,
        contended: Contended,
    ) -> Result<(BTreeMap<&'a str, UnitOfWork>, BTreeMap<&'a str, usize>)> {
        let Books { now, locked, by_customer, .. } = books;
        let mut units: BTreeMap<&str, UnitOfWork> = BTreeMap::new();
        let mut deferred = BTreeMap::new();
        let mut loading = Duration::ZERO;
        for (row, write) in writes.iter().enumerate().filter(|(_, write)| prior.find(write).is_none()) {
            let customer_id = write.customer_id.as_str();
            if deferred.contains_key(customer_id) {
                continue;
            }
            let has_time = loading <= self.loading;
            if let Some(unit) = units.get_mut(customer_id) {
                if has_time || unit.missing_contract(write).is_none() {
                    self.load_others_in_txn(txn, unit, write, &mut loading).await?;
                } else {
                    deferred.insert(customer_id, row);
                }
                continue;
            }
            // A customer is opened once: `remove` takes its book out.
            let (Some(locked), Some(book)) = (locked.get(customer_id), by_customer.remove(customer_id)) else {
                continue;
            };
            let may_load = has_time || contended == Contended::Await;
            // The lock keeps the contract version from changing.
            let is_newest =
                |kept: &Arc<Documents>| kept.contract_version == locked.contract_version && kept.stand_at(*now);
            let documents = match self.context.cache.documents(customer_id).filter(is_newest) {
                Some(documents) => documents,
                None if !may_load => {
                    deferred.insert(customer_id, row);
                    continue;
                }
                None => {
                    let documents = self.load_documents_in_txn(txn, customer_id, AsOf::now(*now), &mut loading).await?;
                    self.context.cache.keep_documents(&documents);
                    documents
                }
            };
            let mut unit = UnitOfWork::open(documents, book, *now, self.grace)?;
            if may_load || unit.missing_contract(write).is_none() {
                self.load_others_in_txn(txn, &mut unit, write, &mut loading).await?;
                units.insert(customer_id, unit);
            } else {
                deferred.insert(customer_id, row);
            }
        }
        Ok((units, deferred))
    }

    /// Reads the contracts of when a write's work is done, if those are others than those at hand.
    async fn load_others_in_txn(
        &self,
        txn: &Txn,
        unit: &mut UnitOfWork,
        write: &Write,
        loading: &mut Duration,
    ) -> Result<()> {
        while let Some(instant) = unit.missing_contract(write) {
            // Until when a block lives by a contract to come, those behind that one tell.
            let as_of = if instant > unit.now() { AsOf::at(instant).with_plans() } else { AsOf::at(instant) };
            unit.add_contract(self.load_documents_in_txn(txn, &write.customer_id, as_of, loading).await?);
        }
        Ok(())
    }

    /// Reads the documents of a locked customer; `loading`: for how long contracts were read.
    async fn load_documents_in_txn(
        &self,
        txn: &Txn,
        customer_id: &str,
        as_of: AsOf,
        loading: &mut Duration,
    ) -> Result<Arc<Documents>> {
        let start = Instant::now();
        let stored = load_contract_in_txn(txn, customer_id, as_of).await?;
        let stored = stored.ok_or_else(|| Error::internal("a locked customer has no documents"))?;
        let documents = Arc::new(Documents::new(&self.context.catalog, stored));
        *loading = loading.saturating_add(start.elapsed());
        Ok(documents)
    }
}

struct Committed {
    outcomes: Vec<JobOutcome>,
    revisions: BTreeMap<String, i64>,
    /// What was used, held and given back, for the metrics.
    moved: Vec<(EntryKind, Unit, i64)>,
}

/// Whether a single write may have caused the error, so that the others may succeed without it.
fn is_of_one_write(error: &Error) -> bool {
    error.is_damage() || !matches!(error, Error::Unavailable(_) | Error::CommitOutcomeUnknown(_))
}

fn fail_all(writes: &[Write], error: impl Fn() -> Error) -> Vec<JobOutcome> {
    writes.iter().map(|_| JobOutcome::Finished(Err(error()))).collect()
}

/// The revisions of the customers whose books have changed, after this batch.
fn revisions(
    units: &BTreeMap<&str, UnitOfWork>,
    locked: &BTreeMap<String, LockedCustomer>,
) -> Result<BTreeMap<String, i64>> {
    let changed = units.iter().filter(|(_, unit)| unit.is_changed()).map(|(customer_id, _)| {
        let revision = locked.get(*customer_id).and_then(|locked| locked.revision.checked_add(1));
        let revision = revision.ok_or_else(|| Error::internal("a changed customer has no next revision"))?;
        Ok(((*customer_id).to_owned(), revision))
    });
    changed.collect()
}

fn collect_changes(units: &BTreeMap<&str, UnitOfWork>) -> Result<Changes> {
    let mut changes = Changes::default();
    units.values().filter(|unit| unit.is_changed()).try_for_each(|unit| unit.add_to(&mut changes))?;
    Ok(changes)
}

/// What must be loaded of each customer.
fn wanted(writes: &[Write]) -> BTreeMap<&str, Wanted> {
    let mut wanted: BTreeMap<&str, Wanted> = BTreeMap::new();
    for write in writes {
        write.want(wanted.entry(write.customer_id.as_str()).or_default());
    }
    wanted
}

/// What is stored of the writes that were carried out now; nothing is stored of those refused.
fn new_requests(writes: &[Write], outcomes: &[JobOutcome]) -> Result<Vec<NewRequest>> {
    let mut new = Vec::new();
    if mutant::is_on(Mutant::UniqueKeyDropped) {
        return Ok(new);
    }
    for (write, result) in writes.iter().zip(outcomes) {
        if let (Operation::Command(command), JobOutcome::Finished(Ok(outcome)), Some(key)) =
            (&write.operation, result, write.key())
            && !outcome.replayed
        {
            new.push(stored(key, command, outcome)?);
        }
    }
    Ok(new)
}
