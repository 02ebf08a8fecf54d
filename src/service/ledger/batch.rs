//! Whatever waited, as one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::changes::Changes;
use super::known::{Known, keys};
use super::page::{Page, Settled};
use super::request::{Done, Request, Work};
use crate::cache::Snapshot;
use crate::error::{Error, Noun, Result};
use crate::service::Context;
use crate::store::{
    Books, LockedCustomer, RequestKey, Steps, StoredRequest, Txn, Wanted, load_contract_in_txn, lock_books_in_txn,
    put_requests, put_revisions,
};

/// Carries out batches of writes.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    pub context: Context,
    pub grace: TimeDelta,
}

impl Batches {
    /// What became of each, in their order.
    pub async fn run(&self, requests: Vec<Request>) -> Vec<Result<Done>> {
        if requests.is_empty() {
            return Vec::new();
        }
        match self.commit(&requests).await {
            Ok(outcomes) => outcomes,
            Err(Error::CommitOutcomeUnknown(source)) => self.settle(&requests, source).await,
            // One that breaks the transaction spoils none but itself.
            Err(error @ (Error::Internal(_) | Error::Unreadable { .. })) if requests.len() > 1 => {
                tracing::error!(%error, writes = requests.len(), "a batch of writes failed; each is tried by itself");
                let mut outcomes = Vec::with_capacity(requests.len());
                for request in requests {
                    outcomes.extend(Box::pin(self.run(vec![request])).await);
                }
                outcomes
            }
            Err(error) => requests.iter().map(|_| Err(error.repeated())).collect(),
        }
    }

    /// The connection was lost at commit. The same again: the customers' locks wait for the end
    /// of the lost transaction, and the request ids then tell whether it was committed. What
    /// was is told as a repetition, what was not is done now.
    async fn settle(&self, requests: &[Request], source: crate::error::BoxError) -> Vec<Result<Done>> {
        match self.commit(requests).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::warn!(%error, %source, "what became of a commit cannot be found out");
                requests.iter().map(|_| Err(Error::CommitOutcomeUnknown(source.to_string().into()))).collect()
            }
        }
    }

    async fn commit(&self, requests: &[Request]) -> Result<Vec<Result<Done>>> {
        let committed = self.context.store.in_transaction(async |txn| self.run_in_txn(&txn, requests).await).await?;
        for (customer_id, revision) in &committed.revisions {
            self.context.cache.note(customer_id, *revision);
        }
        Ok(committed.outcomes)
    }

    async fn run_in_txn(&self, txn: &Txn, requests: &[Request]) -> Result<Committed> {
        let mut books = lock_books_in_txn(txn, &wanted(requests), &keys(requests)).await?;
        let now = books.now;
        let known = if books.is_known { Known::load_in_txn(txn, requests).await? } else { Known::default() };
        let mut pages = self.pages(txn, requests, &known, &mut books).await?;
        let locked = books.locked;
        // Each customer's in the order in which they came.
        let settled: Vec<Result<Settled>> = requests
            .iter()
            .map(|request| match pages.get_mut(request.customer_id.as_str()) {
                Some(page) => page.settle(request, &known),
                None if locked.contains_key(&request.customer_id) => known.replay(request),
                None => Err(Error::NotFound { noun: Noun::Customer, id: request.customer_id.clone(), nearest: None }),
            })
            .collect();
        let revisions = revisions(&pages, &locked)?;
        let outcomes: Vec<Result<Done>> = settled
            .into_iter()
            .zip(requests)
            .map(|(settled, request)| {
                let revision = revisions.get(&request.customer_id).copied();
                Ok(settled?.done(revision.or(locked.get(&request.customer_id).map(|it| it.revision)), now))
            })
            .collect();
        let mut steps = Steps::of(txn);
        put_revisions(&mut steps, &revisions)?;
        put_requests(&mut steps, &new_requests(requests, &outcomes)?, now)?;
        changes(&pages)?.write_in_txn(txn, steps).await?;
        Ok(Committed { outcomes, revisions })
    }

    /// The books of the customers for whom there is something to do but to repeat an answer.
    async fn pages<'a>(
        &self,
        txn: &Txn,
        requests: &'a [Request],
        known: &Known,
        books: &mut Books,
    ) -> Result<BTreeMap<&'a str, Page>> {
        let Books { now, locked, by_customer, .. } = books;
        let mut pages = BTreeMap::new();
        for request in requests.iter().filter(|request| known.find(request).is_none()) {
            // Once a customer: its book is taken out.
            let customer_id = request.customer_id.as_str();
            let (Some(locked), Some(book)) = (locked.get(customer_id), by_customer.remove(customer_id)) else {
                continue;
            };
            let snapshot = self.contract_in_txn(txn, customer_id, locked.contract_version).await?;
            pages.insert(customer_id, Page::open(snapshot, book, *now, self.grace)?);
        }
        Ok(pages)
    }

    /// The contract as the lock keeps it. Balances are not asked of it, so one of the same
    /// documents will do, however old.
    async fn contract_in_txn(&self, txn: &Txn, customer_id: &str, contract_version: i64) -> Result<Arc<Snapshot>> {
        if let Some(snapshot) = self.context.cache.of_version(customer_id, contract_version) {
            return Ok(snapshot);
        }
        let stored = load_contract_in_txn(txn, customer_id).await?;
        let stored = stored.ok_or_else(|| Error::internal("a locked customer has no documents"))?;
        let snapshot = Arc::new(Snapshot::new(&self.context.catalog, stored));
        self.context.cache.keep_version(&snapshot);
        Ok(snapshot)
    }
}

struct Committed {
    outcomes: Vec<Result<Done>>,
    revisions: BTreeMap<String, i64>,
}

/// The revisions of the customers whose books have changed, after this batch.
fn revisions(pages: &BTreeMap<&str, Page>, locked: &BTreeMap<String, LockedCustomer>) -> Result<BTreeMap<String, i64>> {
    let changed = pages.iter().filter(|(_, page)| page.is_changed()).map(|(customer_id, _)| {
        let revision = locked.get(*customer_id).and_then(|locked| locked.revision.checked_add(1));
        let revision = revision.ok_or_else(|| Error::internal("a changed customer has no next revision"))?;
        Ok(((*customer_id).to_owned(), revision))
    });
    changed.collect()
}

fn changes(pages: &BTreeMap<&str, Page>) -> Result<Changes> {
    let mut changes = Changes::default();
    pages.values().filter(|page| page.is_changed()).try_for_each(|page| page.tell(&mut changes))?;
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
fn new_requests(requests: &[Request], outcomes: &[Result<Done>]) -> Result<Vec<(RequestKey, StoredRequest)>> {
    let mut stored = Vec::new();
    for (request, outcome) in requests.iter().zip(outcomes) {
        if let (Work::Command(asked), Ok(done), Some(key)) = (&request.work, outcome, request.key())
            && !done.replayed
        {
            stored.push((key, asked.stored(done)?));
        }
    }
    Ok(stored)
}
