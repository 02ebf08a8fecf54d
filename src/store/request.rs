//! Requests that were carried out, kept with their outcomes, so that a repetition gets the same answer.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Statement};

use super::column_batch::ColumnBatch;
use super::{StatementBatch, Store, Txn};
use crate::error::Result;

/// A request's customer and id.
pub type RequestKey = (String, String);

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

/// What the audit keeps of a write besides its request: who made it, and what it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteAudit {
    pub actor: String,
    /// Empty if it is not known.
    pub peer_address: String,
    /// Empty if the caller sent none.
    pub user_agent: String,
    /// The work orders it touched, as a JSON array of their ids.
    pub work_order_ids: String,
    /// What it changed, as a JSON object.
    pub content: String,
}

/// A request that is carried out now.
#[derive(Debug, Clone)]
pub struct NewRequest {
    pub key: RequestKey,
    pub request: StoredRequest,
    pub audit: WriteAudit,
}

impl Store {
    /// Whether a request was carried out. Proves nothing after [`Error::CommitOutcomeUnknown`](crate::error::Error::CommitOutcomeUnknown):
    /// a primary that crashed shows commits that its replica lacks.
    pub async fn find_request(&self, customer_id: &str, request_id: &str) -> Result<Option<StoredRequest>> {
        let db = &self.pools.contracts;
        let sql = "SELECT customer_id, request_id, method, content_hash, outcome FROM request
             WHERE customer_id = $1 AND request_id = $2";
        let values = [customer_id.into(), request_id.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let row = self.read(RequestRow::find_by_statement(statement).one(db)).await?;
        Ok(row.map(|row| row.read().1))
    }
}

/// Looks requests up behind their customers' locks.
pub async fn find_requests_in_txn(
    txn: &Txn,
    keys: &BTreeSet<RequestKey>,
) -> Result<HashMap<RequestKey, StoredRequest>> {
    let mut values = Vec::new();
    let given = rows_of(keys).given(txn.backend(), &mut values)?;
    let sql = format!(
        "SELECT request.customer_id, request.request_id, request.method, request.content_hash, request.outcome
         FROM {given} JOIN request
           ON request.customer_id = given.customer_id AND request.request_id = given.request_id"
    );
    let statement = Statement::from_sql_and_values(txn.backend(), sql, values);
    let rows = txn.run(RequestRow::find_by_statement(statement).all(txn.db())).await?;
    Ok(rows.into_iter().map(RequestRow::read).collect())
}

pub(super) fn rows_of(keys: &BTreeSet<RequestKey>) -> ColumnBatch {
    ColumnBatch::new(keys.len())
        .text("customer_id", keys.iter().map(|(customer_id, _)| customer_id.as_str()))
        .text("request_id", keys.iter().map(|(_, request_id)| request_id.as_str()))
}

/// Keeps requests in the transaction that carries them out. Each row is the audit record of its write, too.
pub fn put_requests(
    statements: &mut StatementBatch,
    requests: &[NewRequest],
    record_time: DateTime<Utc>,
) -> Result<()> {
    let record_time = record_time.timestamp_micros();
    let each = || requests.iter();
    let rows = ColumnBatch::new(requests.len())
        .text("customer_id", each().map(|it| it.key.0.as_str()))
        .text("request_id", each().map(|it| it.key.1.as_str()))
        .text("method", each().map(|it| it.request.method.as_str()))
        .text("content_hash", each().map(|it| it.request.content_hash.as_str()))
        .text("outcome", each().map(|it| it.request.outcome.as_str()))
        .number("record_time", each().map(|_| record_time))
        .text("actor", each().map(|it| it.audit.actor.as_str()))
        .optional_text("peer_address", each().map(|it| Some(it.audit.peer_address.as_str())))
        .optional_text("user_agent", each().map(|it| Some(it.audit.user_agent.as_str())))
        .text("work_order_ids", each().map(|it| it.audit.work_order_ids.as_str()))
        .text("audit", each().map(|it| it.audit.content.as_str()));
    let names = rows.names();
    statements.push(rows, |given| format!("INSERT INTO request ({names}) SELECT {names} FROM {given}"))
}

#[derive(Debug, FromQueryResult)]
struct RequestRow {
    customer_id: String,
    request_id: String,
    method: String,
    content_hash: String,
    outcome: String,
}

impl RequestRow {
    fn read(self) -> (RequestKey, StoredRequest) {
        let Self { customer_id, request_id, method, content_hash, outcome } = self;
        ((customer_id, request_id), StoredRequest { method, content_hash, outcome })
    }
}
