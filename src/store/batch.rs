//! What a batch of writes of several customers does, one statement each however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, FromQueryResult, Statement};
use serde_json::json;

use super::rows::{Kind, given, parameter};
use super::time::{clock, from_micros};
use super::{Changed, LockedCustomer, StoredRequest, Txn};
use crate::error::{Error, Result};

/// A request's customer and id.
pub type RequestKey = (String, String);

const CUSTOMERS: [(&str, Kind); 1] = [("customer_id", Kind::Text)];
const REQUEST_KEYS: [(&str, Kind); 2] = [("customer_id", Kind::Text), ("request_id", Kind::Text)];
const REQUESTS: [(&str, Kind); 6] = [
    ("customer_id", Kind::Text),
    ("request_id", Kind::Text),
    ("method", Kind::Text),
    ("content_hash", Kind::Text),
    ("outcome", Kind::Text),
    ("record_time", Kind::Number),
];

/// Waits for the locks of many customers, in the order of their ids: two batches then never wait
/// for each other in a circle. Customers that do not exist are left out.
pub async fn lock_customers_in_txn(
    txn: &Txn,
    customer_ids: &BTreeSet<&str>,
) -> Result<BTreeMap<String, LockedCustomer>> {
    let backend = txn.backend();
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE OF customer" } else { "" };
    let sql = format!(
        "SELECT customer.customer_id, revision, contract_version
         FROM {} JOIN customer ON customer.customer_id = given.customer_id ORDER BY customer.customer_id {lock}",
        given(backend, &CUSTOMERS)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [customers(customer_ids)]);
    let rows = txn.run(LockRow::find_by_statement(statement).all(txn.db())).await?;
    let locked = rows.into_iter().map(|row| {
        let LockRow { customer_id, revision, contract_version } = row;
        (customer_id, LockedCustomer { revision, contract_version })
    });
    Ok(locked.collect())
}

/// Counts one write of each customer: the revisions as of the commit.
pub async fn bump_revisions_in_txn(
    txn: &Txn,
    customer_ids: &BTreeSet<&str>,
    changed: Changed,
) -> Result<BTreeMap<String, i64>> {
    let backend = txn.backend();
    let contract_version = match changed {
        Changed::Contract => "revision + 1",
        Changed::Balances => "contract_version",
    };
    let sql = format!(
        "UPDATE customer SET revision = revision + 1, contract_version = {contract_version}, changed_at = {}
         FROM {} WHERE customer.customer_id = given.customer_id
         RETURNING customer.customer_id AS customer_id, customer.revision AS revision",
        clock(backend),
        given(backend, &CUSTOMERS)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [customers(customer_ids)]);
    let rows = txn.run(RevisionRow::find_by_statement(statement).all(txn.db())).await?;
    if rows.len() != customer_ids.len() {
        return Err(Error::internal("a locked customer has gone"));
    }
    Ok(rows.into_iter().map(|row| (row.customer_id, row.revision)).collect())
}

/// Looks requests up behind their customers' locks, and the database's clock with them: it is
/// read after the locks were waited for.
pub async fn find_requests_in_txn(
    txn: &Txn,
    keys: &BTreeSet<RequestKey>,
) -> Result<(DateTime<Utc>, HashMap<RequestKey, StoredRequest>)> {
    let backend = txn.backend();
    let sql = format!(
        "SELECT clock.now, found.customer_id, found.request_id, found.method, found.content_hash, found.outcome
         FROM (SELECT {} AS now) AS clock
         LEFT JOIN (
             SELECT request.customer_id, request.request_id, request.method, request.content_hash, request.outcome
             FROM {} JOIN request
               ON request.customer_id = given.customer_id AND request.request_id = given.request_id
         ) AS found ON TRUE",
        clock(backend),
        given(backend, &REQUEST_KEYS)
    );
    let keys = keys.iter().map(|(customer, request)| json!({ "customer_id": customer, "request_id": request }));
    let statement = Statement::from_sql_and_values(backend, sql, [parameter(keys.collect())]);
    let rows = txn.run(RequestRow::find_by_statement(statement).all(txn.db())).await?;
    let now = rows.first().map(|row| row.now).ok_or_else(|| Error::internal("the database told no time"))?;
    let now = from_micros(now).map_err(|error| Error::Internal(error.into()))?;
    let found = rows.into_iter().filter_map(RequestRow::read).collect::<Result<_>>()?;
    Ok((now, found))
}

/// The database's time, which runs on within a transaction.
pub async fn clock_in_txn(txn: &Txn) -> Result<DateTime<Utc>> {
    let statement = Statement::from_string(txn.backend(), format!("SELECT {} AS now", clock(txn.backend())));
    let read = async {
        let row = txn.db().query_one_raw(statement).await?;
        let now = row.ok_or_else(|| DbErr::Custom("the database told no time".to_owned()))?.try_get_by_index(0)?;
        from_micros(now)
    };
    txn.run(read).await
}

/// Keeps requests in the transaction that carries them out.
pub async fn put_requests_in_txn(
    txn: &Txn,
    requests: &[(RequestKey, StoredRequest)],
    record_time: DateTime<Utc>,
) -> Result<()> {
    let backend = txn.backend();
    let names = super::rows::names(&REQUESTS);
    let sql = format!("INSERT INTO request ({names}) SELECT {names} FROM {}", given(backend, &REQUESTS));
    let rows = requests.iter().map(|((customer_id, request_id), request)| {
        let StoredRequest { method, content_hash, outcome } = request;
        json!({
            "customer_id": customer_id, "request_id": request_id, "method": method, "content_hash": content_hash,
            "outcome": outcome.to_string(), "record_time": record_time.timestamp_micros(),
        })
    });
    execute(txn, sql, rows.collect()).await
}

/// Runs a statement over [`given`] rows, unless there are none.
pub(super) async fn execute(txn: &Txn, sql: String, rows: Vec<serde_json::Value>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = Statement::from_sql_and_values(txn.backend(), sql, [parameter(rows)]);
    txn.run(txn.db().execute_raw(statement)).await?;
    Ok(())
}

fn customers(customer_ids: &BTreeSet<&str>) -> sea_orm::Value {
    parameter(customer_ids.iter().map(|id| json!({ "customer_id": id })).collect())
}

#[derive(Debug, FromQueryResult)]
struct LockRow {
    customer_id: String,
    revision: i64,
    contract_version: i64,
}

#[derive(Debug, FromQueryResult)]
struct RevisionRow {
    customer_id: String,
    revision: i64,
}

#[derive(Debug, FromQueryResult)]
struct RequestRow {
    now: i64,
    /// None, and so are the others, where no request was found.
    customer_id: Option<String>,
    request_id: Option<String>,
    method: Option<String>,
    content_hash: Option<String>,
    outcome: Option<String>,
}

impl RequestRow {
    fn read(self) -> Option<Result<(RequestKey, StoredRequest)>> {
        let key = (self.customer_id?, self.request_id?);
        let (method, content_hash, outcome) = (self.method?, self.content_hash?, self.outcome?);
        let outcome =
            serde_json::from_str(&outcome).map_err(|error| Error::Internal(DbErr::Json(error.to_string()).into()));
        Some(outcome.map(|outcome| (key, StoredRequest { method, content_hash, outcome })))
    }
}
