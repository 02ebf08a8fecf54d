//! Carries out the writes that waited, in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::FutureExt as _;

use super::changes::Changes;
use super::outcome::{Left, Outcome, Settled};
use super::replay::{PriorRequests, keys, stored};
use super::request::{Request, Work};
use super::unit_of_work::UnitOfWork;
use crate::cache::Documents;
use crate::error::{BoxError, Error, Noun, Result};
use crate::ledger::EntryKind;
use crate::model::Unit;
use crate::mutant::{self, Mutant};
use crate::service::Context;
use crate::store::{
    Books, Changed, Contended, LockedCustomer, RequestKey, StatementBatch, StoredRequest, Txn, Wanted,
    load_contract_in_txn, lock_books_in_txn, put_requests, put_revisions,
};

/// Carries out batches of writes.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    pub context: Context,
    pub grace: TimeDelta,
    /// Once a batch has read contracts for so long, it begins to read no other: large ones that are not in memory must
    /// not take the time of everybody else.
    pub loading: Duration,
}

impl Batches {
    /// What became of each, in their order. Where locked customers are awaited, nobody is left over but for holds: then
    /// some of them were ended, and the next run goes on.
    pub async fn run(&self, requests: &[Request], contended: Contended) -> Vec<Outcome> {
        if requests.is_empty() {
            return Vec::new();
        }
        match self.commit(requests, contended).await {
            Ok(outcomes) => outcomes,
            Err(Error::CommitOutcomeUnknown(source)) => self.settle(requests, source).await,
            // One that breaks the transaction spoils none but itself.
            Err(error) if requests.len() > 1 && may_be_of_one(&error) => {
                tracing::warn!(%error, writes = requests.len(), "a batch of writes failed; its halves are tried");
                self.run_halves(requests, contended).await
            }
            Err(error) => {
                if let Error::Unavailable(Some(source)) = &error {
                    tracing::warn!(%source, writes = requests.len(), "a batch of writes was not carried out");
                }
                all(requests, || error.repeated())
            }
        }
    }

    async fn run_halves(&self, requests: &[Request], contended: Contended) -> Vec<Outcome> {
        let (first, second) = requests.split_at(requests.len().div_euclid(2));
        let mut outcomes = Box::pin(self.run(first, contended)).await;
        // Who was left out of the first half is so of the second one: a customer's writes keep their order.
        let mut left = BTreeMap::new();
        for (request, outcome) in first.iter().zip(&outcomes) {
            if let Outcome::Left(why) = outcome {
                left.insert(request.customer_id.as_str(), *why);
            }
        }
        let left = |request: &Request| left.get(request.customer_id.as_str()).copied();
        let rest: Vec<Request> = second.iter().filter(|request| left(request).is_none()).cloned().collect();
        let mut of_rest = Box::pin(self.run(&rest, contended)).await.into_iter();
        outcomes.extend(second.iter().map(|request| match left(request) {
            Some(why) => Outcome::Left(why),
            None => of_rest.next().unwrap_or(Outcome::Left(Left::Alone)),
        }));
        outcomes
    }

    /// The connection was lost at commit. The same again: the customers' locks wait for the end
    /// of the lost transaction, and the request ids then tell whether it was committed. What
    /// was is told as a repetition, what was not is done now.
    async fn settle(&self, requests: &[Request], source: BoxError) -> Vec<Outcome> {
        match self.commit(requests, Contended::Await).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::warn!(%error, %source, "what became of a commit cannot be found out");
                all(requests, || Error::CommitOutcomeUnknown(source.to_string().into()))
            }
        }
    }

    async fn commit(&self, requests: &[Request], contended: Contended) -> Result<Vec<Outcome>> {
        let work = self.context.store.in_transaction(async |txn| self.run_in_txn(&txn, requests, contended).await);
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

    async fn run_in_txn(&self, txn: &Txn, requests: &[Request], contended: Contended) -> Result<Committed> {
        let mut books = lock_books_in_txn(txn, &wanted(requests), &keys(requests), contended).await?;
        let now = books.now;
        let prior =
            if books.is_known { PriorRequests::load_in_txn(txn, requests).await? } else { PriorRequests::default() };
        let (mut units, unread) = self.units_of_work(txn, requests, &prior, &mut books, contended).await?;
        let Books { locked, left_out, .. } = books;
        // Each customer's in the order in which they came.
        let settled: Vec<Result<Settled>> = requests
            .iter()
            .map(|request| match units.get_mut(request.customer_id.as_str()) {
                Some(unit) => unit.settle(request, &prior),
                None if unread.contains(request.customer_id.as_str()) => Ok(Settled::Left(Left::Again)),
                None if locked.contains_key(&request.customer_id) => prior.replay(request),
                None if left_out.contains(&request.customer_id) => Ok(Settled::Left(Left::Alone)),
                None => Err(Error::NotFound { noun: Noun::Customer, id: request.customer_id.clone(), nearest: None }),
            })
            .collect();
        let revisions = revisions(&units, &locked)?;
        let outcomes: Vec<Outcome> = settled
            .into_iter()
            .zip(requests)
            .map(|(settled, request)| {
                let revision = revisions.get(&request.customer_id).copied();
                let revision = revision.or(locked.get(&request.customer_id).map(|it| it.revision));
                settled.map_or_else(|error| Outcome::Done(Err(error)), |settled| settled.outcome(revision, now))
            })
            .collect();
        let mut statements = StatementBatch::of(txn);
        put_revisions(&mut statements, &revisions, Changed::Balances)?;
        put_requests(&mut statements, &new_requests(requests, &outcomes)?, now)?;
        changes(&units)?.write_in_txn(txn, statements).await?;
        let moved = units.values().filter(|unit| unit.is_changed()).flat_map(UnitOfWork::moved).collect();
        Ok(Committed { outcomes, revisions, moved })
    }

    /// The books of the customers for whom there is something to do but to repeat an answer; and, if `contended` allows
    /// leaving somebody out, the customers whose contracts there was no time to read.
    async fn units_of_work<'a>(
        &self,
        txn: &Txn,
        requests: &'a [Request],
        prior: &PriorRequests,
        books: &mut Books,
        contended: Contended,
    ) -> Result<(BTreeMap<&'a str, UnitOfWork>, BTreeSet<&'a str>)> {
        let Books { now, locked, by_customer, .. } = books;
        let (mut units, mut unread) = (BTreeMap::new(), BTreeSet::new());
        let mut loading = Duration::ZERO;
        for request in requests.iter().filter(|request| prior.find(request).is_none()) {
            // Once a customer: its book is taken out.
            let customer_id = request.customer_id.as_str();
            let (Some(locked), Some(book)) = (locked.get(customer_id), by_customer.remove(customer_id)) else {
                continue;
            };
            // The lock keeps the contract version.
            let is_newest = |kept: &Arc<Documents>| kept.contract_version == locked.contract_version;
            let documents = match self.context.cache.documents(customer_id).filter(is_newest) {
                Some(documents) => documents,
                None if loading > self.loading && contended == Contended::LeaveOut => {
                    unread.insert(customer_id);
                    continue;
                }
                None => {
                    let start = Instant::now();
                    let documents = self.load_documents_in_txn(txn, customer_id).await?;
                    loading = loading.saturating_add(start.elapsed());
                    documents
                }
            };
            units.insert(customer_id, UnitOfWork::open(documents, book, *now, self.grace)?);
        }
        Ok((units, unread))
    }

    /// The documents as the lock keeps them.
    async fn load_documents_in_txn(&self, txn: &Txn, customer_id: &str) -> Result<Arc<Documents>> {
        let stored = load_contract_in_txn(txn, customer_id).await?;
        let stored = stored.ok_or_else(|| Error::internal("a locked customer has no documents"))?;
        let documents = Arc::new(Documents::new(&self.context.catalog, stored));
        self.context.cache.keep_documents(&documents);
        Ok(documents)
    }
}

struct Committed {
    outcomes: Vec<Outcome>,
    revisions: BTreeMap<String, i64>,
    /// What was used, held and given back, for the metrics.
    moved: Vec<(EntryKind, Unit, i64)>,
}

/// Whether the others may fare better without the one it is about; where the store is away, nobody does.
fn may_be_of_one(error: &Error) -> bool {
    error.is_damage() || !matches!(error, Error::Unavailable(_) | Error::CommitOutcomeUnknown(_))
}

fn all(requests: &[Request], error: impl Fn() -> Error) -> Vec<Outcome> {
    requests.iter().map(|_| Outcome::Done(Err(error()))).collect()
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

fn changes(units: &BTreeMap<&str, UnitOfWork>) -> Result<Changes> {
    let mut changes = Changes::default();
    units.values().filter(|unit| unit.is_changed()).try_for_each(|unit| unit.tell(&mut changes))?;
    Ok(changes)
}

/// What must be loaded of each customer.
fn wanted(requests: &[Request]) -> BTreeMap<&str, Wanted> {
    let mut wanted: BTreeMap<&str, Wanted> = BTreeMap::new();
    for request in requests {
        request.want(wanted.entry(request.customer_id.as_str()).or_default());
    }
    wanted
}

/// What is kept of the writes that were done now: once each, and nothing of those refused.
fn new_requests(requests: &[Request], outcomes: &[Outcome]) -> Result<Vec<(RequestKey, StoredRequest)>> {
    let mut new = Vec::new();
    if mutant::is_on(Mutant::UniqueKeyDropped) {
        return Ok(new);
    }
    for (request, outcome) in requests.iter().zip(outcomes) {
        if let (Work::Command(asked), Outcome::Done(Ok(done)), Some(key)) = (&request.work, outcome, request.key())
            && !done.replayed
        {
            new.push((key, stored(asked, done)?));
        }
    }
    Ok(new)
}
