//! Requests that were carried out, kept with what they did: a repeated one is answered alike.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::entity::request;
use super::{Store, Txn};
use crate::error::Result;

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// The call it was made by.
    pub method: String,
    /// Tells whether a repetition asks for the same.
    pub content_hash: String,
    /// What the answer was made from, as JSON.
    pub outcome: String,
}

impl Store {
    /// Whether a request was carried out, as after [`Error::CommitOutcomeUnknown`].
    pub async fn find_request(&self, customer_id: &str, request_id: &str) -> Result<Option<StoredRequest>> {
        let key = (customer_id.to_owned(), request_id.to_owned());
        Ok(self.read(request::Entity::find_by_id(key).one(&self.pools.contracts)).await?.map(Into::into))
    }
}

/// Looks a request up, behind the customer's lock.
pub async fn find_request_in_txn(txn: &Txn, customer_id: &str, request_id: &str) -> Result<Option<StoredRequest>> {
    let key = (customer_id.to_owned(), request_id.to_owned());
    Ok(txn.run(request::Entity::find_by_id(key).one(txn.db())).await?.map(Into::into))
}

/// Keeps a request in the transaction that carries it out.
pub async fn put_request_in_txn(
    txn: &Txn,
    customer_id: &str,
    request_id: &str,
    request: &StoredRequest,
    record_time: DateTime<Utc>,
) -> Result<()> {
    let StoredRequest { method, content_hash, outcome } = request;
    let row = request::ActiveModel {
        customer_id: Set(customer_id.to_owned()),
        request_id: Set(request_id.to_owned()),
        method: Set(method.clone()),
        content_hash: Set(content_hash.clone()),
        outcome: Set(outcome.clone()),
        record_time: Set(record_time.timestamp_micros()),
    };
    txn.run(request::Entity::insert(row).exec_without_returning(txn.db())).await?;
    Ok(())
}

impl From<request::Model> for StoredRequest {
    fn from(row: request::Model) -> Self {
        Self { method: row.method, content_hash: row.content_hash, outcome: row.outcome }
    }
}
