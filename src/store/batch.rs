//! What a batch of writes of several customers does, one statement each however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, FromQueryResult, Statement};
use serde::Serialize;

use super::rows::{CustomerRow, Kind, given, parameter, raw};
use super::time::{clock, from_micros};
use super::{LockedCustomer, Steps, StoredRequest, Txn};
use crate::error::{Error, Result};

/// A request's customer and id.
pub type RequestKey = (String, String);

const CUSTOMERS: [(&str, Kind); 1] = [("customer_id", Kind::Text)];
const REVISIONS: [(&str, Kind); 2] = [("customer_id", Kind::Text), ("revision", Kind::Number)];
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
    let statement = Statement::from_sql_and_values(backend, sql, [customers(customer_ids)?]);
    let rows = txn.run(LockRow::find_by_statement(statement).all(txn.db())).await?;
    let locked = rows.into_iter().map(|row| {
        let LockRow { customer_id, revision, contract_version } = row;
        (customer_id, LockedCustomer { revision, contract_version })
    });
    Ok(locked.collect())
}

/// Puts the revisions of locked customers, whose balances change, to what they are as of the commit.
pub fn put_revisions(steps: &mut Steps, revisions: &BTreeMap<String, i64>) -> Result<()> {
    let sql = format!(
        "UPDATE customer SET revision = given.revision, changed_at = {}
         FROM {} WHERE customer.customer_id = given.customer_id",
        clock(steps.backend()),
        given(steps.backend(), &REVISIONS)
    );
    let rows = revisions.iter().map(|(customer_id, revision)| RevisionRow { customer_id, revision: *revision });
    steps.push(sql, &rows.collect::<Vec<_>>())
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
    let keys: Vec<_> = keys.iter().map(|(customer_id, request_id)| KeyRow { customer_id, request_id }).collect();
    let statement = Statement::from_sql_and_values(backend, sql, [parameter(&keys)?]);
    let rows = txn.run(RequestRow::find_by_statement(statement).all(txn.db())).await?;
    let now = rows.first().map(|row| row.now).ok_or_else(|| Error::internal("the database told no time"))?;
    let now = from_micros(now).map_err(|error| Error::Internal(error.into()))?;
    let found = rows.into_iter().filter_map(RequestRow::read).collect();
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
pub fn put_requests(
    steps: &mut Steps,
    requests: &[(RequestKey, StoredRequest)],
    record_time: DateTime<Utc>,
) -> Result<()> {
    let names = super::rows::names(&REQUESTS);
    let sql = format!("INSERT INTO request ({names}) SELECT {names} FROM {}", given(steps.backend(), &REQUESTS));
    let record_time = record_time.timestamp_micros();
    let rows = requests.iter().map(|((customer_id, request_id), request)| {
        let StoredRequest { method, content_hash, outcome } = request;
        NewRequestRow { customer_id, request_id, method, content_hash, outcome, record_time }
    });
    steps.push(sql, &rows.collect::<Vec<_>>())
}

fn customers(customer_ids: &BTreeSet<&str>) -> Result<sea_orm::Value> {
    parameter(&customer_ids.iter().map(|customer_id| CustomerRow { customer_id }).collect::<Vec<_>>())
}

#[derive(Debug, Serialize)]
struct KeyRow<'a> {
    customer_id: &'a str,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct NewRequestRow<'a> {
    customer_id: &'a str,
    request_id: &'a str,
    method: &'a str,
    content_hash: &'a str,
    #[serde(serialize_with = "raw")]
    outcome: &'a str,
    record_time: i64,
}

#[derive(Debug, FromQueryResult)]
struct LockRow {
    customer_id: String,
    revision: i64,
    contract_version: i64,
}

#[derive(Debug, Serialize)]
struct RevisionRow<'a> {
    customer_id: &'a str,
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
    fn read(self) -> Option<(RequestKey, StoredRequest)> {
        let key = (self.customer_id?, self.request_id?);
        let (method, content_hash, outcome) = (self.method?, self.content_hash?, self.outcome?);
        Some((key, StoredRequest { method, content_hash, outcome }))
    }
}
