//! What was asked before, and is answered as it was then.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::page::Settled;
use super::request::{Request, Work};
use crate::error::{Error, Result};
use crate::ledger::Entry;
use crate::store::{RequestKey, StoredRequest, Txn, find_entries_in_txn, find_requests_in_txn};

/// Requests that were carried out by batches before this one.
#[derive(Debug, Default)]
pub(super) struct Known {
    requests: HashMap<RequestKey, StoredRequest>,
    /// What they wrote.
    entries: HashMap<Uuid, Entry>,
}

impl Known {
    pub async fn load_in_txn(txn: &Txn, requests: &[Request]) -> Result<Self> {
        let known = find_requests_in_txn(txn, &keys(requests)).await?;
        let entries = find_entries_in_txn(txn, &entry_ids(requests, &known)).await?;
        Ok(Self { requests: known, entries })
    }

    pub fn find(&self, request: &Request) -> Option<&StoredRequest> {
        self.requests.get(&request.key()?)
    }

    /// The answer of then.
    pub fn replay(&self, request: &Request) -> Result<Settled> {
        match (&request.work, self.find(request)) {
            (Work::Command(asked), Some(stored)) => asked.replay(stored, &self.entries).map(Settled::Replayed),
            _ => Err(Error::internal("a write was lost from its batch")),
        }
    }
}

/// The entries that repeated requests made.
fn entry_ids(requests: &[Request], stored: &HashMap<RequestKey, StoredRequest>) -> BTreeSet<(String, Uuid)> {
    let ids_of = |request: &Request| match (&request.work, request.key().and_then(|key| stored.get(&key))) {
        (Work::Command(asked), Some(stored)) => asked.entry_ids(stored),
        _ => Vec::new(),
    };
    let of_customer = |request: &Request| {
        let customer_id = request.customer_id.clone();
        ids_of(request).into_iter().map(move |id| (customer_id.clone(), id))
    };
    requests.iter().flat_map(of_customer).collect()
}

pub(super) fn keys(requests: &[Request]) -> BTreeSet<RequestKey> {
    requests.iter().filter_map(Request::key).collect()
}
