//! What a batch of writes of several customers does, one statement each however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Statement};

use super::rows::Rows;
use super::time::change_time;
use super::{Steps, StoredRequest, Txn};
use crate::error::Result;

/// A request's customer and id.
pub type RequestKey = (String, String);

/// Puts the revisions of locked customers, whose balances change, to what they are as of the commit.
pub fn put_revisions(steps: &mut Steps, revisions: &BTreeMap<String, i64>) -> Result<()> {
    let change_time = change_time(steps.backend());
    let rows = Rows::new(revisions.len())
        .text("customer_id", revisions.keys().map(String::as_str))
        .number("revision", revisions.values().copied());
    steps.push(rows, |given| {
        format!(
            "UPDATE customer SET revision = given.revision, changed_at = {change_time}
             FROM {given} WHERE customer.customer_id = given.customer_id"
        )
    })
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

pub(super) fn rows_of(keys: &BTreeSet<RequestKey>) -> Rows {
    Rows::new(keys.len())
        .text("customer_id", keys.iter().map(|(customer_id, _)| customer_id.as_str()))
        .text("request_id", keys.iter().map(|(_, request_id)| request_id.as_str()))
}

/// Keeps requests in the transaction that carries them out.
pub fn put_requests(
    steps: &mut Steps,
    requests: &[(RequestKey, StoredRequest)],
    record_time: DateTime<Utc>,
) -> Result<()> {
    let record_time = record_time.timestamp_micros();
    let rows = Rows::new(requests.len())
        .text("customer_id", requests.iter().map(|((customer_id, _), _)| customer_id.as_str()))
        .text("request_id", requests.iter().map(|((_, request_id), _)| request_id.as_str()))
        .text("method", requests.iter().map(|(_, it)| it.method.as_str()))
        .text("content_hash", requests.iter().map(|(_, it)| it.content_hash.as_str()))
        .text("outcome", requests.iter().map(|(_, it)| it.outcome.as_str()))
        .number("record_time", requests.iter().map(|_| record_time));
    let names = rows.names();
    steps.push(rows, |given| format!("INSERT INTO request ({names}) SELECT {names} FROM {given}"))
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
