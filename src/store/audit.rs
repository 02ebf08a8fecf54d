//! Reads the records of writes for audits: the rows of their requests, newest first.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, FromQueryResult, Statement, Value};

use super::Store;
use super::time::from_micros;
use crate::error::{Error, Result};

/// How many records one call looks at for those its filter lets through.
const LOOKED_AT: u64 = 5_000;
/// One order for one customer and for all, each with its index.
const NEWEST_FIRST: &str = "record_time DESC, customer_id DESC, request_id DESC";

/// Which records are asked for: those behind a place, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// None: of all customers.
    pub customer_id: Option<String>,
    pub work_order_id: Option<String>,
    /// An actor, and how the names of those begin who acted through it.
    pub actor: Option<(String, String)>,
    pub method: Option<String>,
    /// The earliest.
    pub start: Option<DateTime<Utc>>,
    /// Exclusive.
    pub end: Option<DateTime<Utc>>,
    pub after: Option<AuditPlace>,
}

/// Where a record stands among all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPlace {
    /// In microseconds since 1970.
    pub record_time: i64,
    pub customer_id: String,
    pub request_id: String,
}

/// A write as it was recorded. What is none was not recorded when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAudit {
    pub customer_id: String,
    pub request_id: String,
    pub record_time: DateTime<Utc>,
    pub method: String,
    /// What its answer was made from, as JSON.
    pub outcome: String,
    pub actor: Option<String>,
    pub peer_address: Option<String>,
    pub user_agent: Option<String>,
    /// As a JSON array.
    pub work_order_ids: Option<String>,
    /// What it changed, as JSON.
    pub content: Option<String>,
}

impl StoredAudit {
    pub fn place(&self) -> AuditPlace {
        AuditPlace {
            record_time: self.record_time.timestamp_micros(),
            customer_id: self.customer_id.clone(),
            request_id: self.request_id.clone(),
        }
    }
}

impl Store {
    /// Records, newest first; and, where fewer were found than asked for although there may be more, the place up to
    /// which was looked: a rare one is not searched for in a long history by one call.
    pub async fn audit_records(
        &self,
        filter: &AuditFilter,
        limit: u64,
    ) -> Result<(Vec<StoredAudit>, Option<AuditPlace>)> {
        let mut values = Vec::new();
        let range = range(filter, &mut values);
        let matches = matches(filter, self.backend(), &mut values);
        let looked_at = if matches.is_empty() { limit } else { LOOKED_AT };
        // The last one looked at is told even if it does not match: the next page begins behind it.
        let sql = format!(
            "SELECT customer_id, request_id, record_time, method, outcome, actor, peer_address, user_agent,
                    work_order_ids, audit, is_match, place
             FROM (
                 SELECT looked_at.*, CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT) AS is_match,
                        ROW_NUMBER() OVER (ORDER BY {NEWEST_FIRST}) AS place
                 FROM (SELECT * FROM request WHERE {} ORDER BY {NEWEST_FIRST} LIMIT {looked_at}) AS looked_at
             ) AS numbered
             WHERE is_match = 1 OR place = {looked_at} ORDER BY place LIMIT {limit}",
            all_of(&matches),
            all_of(&range),
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.read(AuditRow::find_by_statement(statement).all(&self.pools.lists)).await?;
        let is_last = |row: &&AuditRow| !matches.is_empty() && u64::try_from(row.place).is_ok_and(|it| it == looked_at);
        let looked_up_to = rows.last().filter(is_last).map(AuditRow::place);
        let found = rows.into_iter().filter(|row| row.is_match == 1).map(AuditRow::read).collect::<Result<_>>()?;
        Ok((found, looked_up_to))
    }
}

/// The conditions that an index answers.
fn range(filter: &AuditFilter, values: &mut Vec<Value>) -> Vec<String> {
    let mut conditions = Vec::new();
    let mut given = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(customer_id) = &filter.customer_id {
        conditions.push(format!("customer_id = {}", given(customer_id.as_str().into())));
    }
    if let Some(start) = filter.start {
        conditions.push(format!("record_time >= {}", given(micros_not_before(start).into())));
    }
    if let Some(end) = filter.end {
        conditions.push(format!("record_time < {}", given(micros_not_before(end).into())));
    }
    if let Some(AuditPlace { record_time, customer_id, request_id }) = &filter.after {
        let place = [(*record_time).into(), customer_id.as_str().into(), request_id.as_str().into()].map(given);
        conditions.push(format!("(record_time, customer_id, request_id) < ({})", place.join(", ")));
    }
    conditions
}

/// The first whole microsecond that is not before an instant.
fn micros_not_before(instant: DateTime<Utc>) -> i64 {
    let micros = instant.timestamp_micros();
    if instant.timestamp_subsec_nanos().is_multiple_of(1_000) { micros } else { micros.saturating_add(1) }
}

/// The conditions for which each record is looked at.
fn matches(filter: &AuditFilter, backend: DbBackend, values: &mut Vec<Value>) -> Vec<String> {
    let position = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
    let mut conditions = Vec::new();
    let mut given = |value: String| {
        values.push(value.into());
        format!("${}", values.len())
    };
    if let Some(method) = &filter.method {
        conditions.push(format!("method = {}", given(method.clone())));
    }
    if let Some((actor, beginning)) = &filter.actor {
        let (actor, beginning) = (given(actor.clone()), given(beginning.clone()));
        conditions.push(format!("(actor = {actor} OR {position}(actor, {beginning}) = 1)"));
    }
    if let Some(id) = &filter.work_order_id {
        // An id has no letter that JSON writes otherwise. Of older records the outcome tells the orders.
        let ways = [
            ("work_order_ids", format!("\"{id}\"")),
            ("outcome", format!("\"work_order_id\":\"{id}\"")),
            ("outcome", format!("\"resource\":\"work_order\",\"id\":\"{id}\"")),
        ];
        let [recorded, of_ledger, of_contract] =
            ways.map(|(column, text)| format!("{position}({column}, {}) > 0", given(text)));
        conditions.push(format!("({recorded} OR (work_order_ids IS NULL AND ({of_ledger} OR {of_contract})))"));
    }
    conditions
}

fn all_of(conditions: &[String]) -> String {
    if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") }
}

#[derive(Debug, FromQueryResult)]
struct AuditRow {
    customer_id: String,
    request_id: String,
    record_time: i64,
    method: String,
    outcome: String,
    actor: Option<String>,
    peer_address: Option<String>,
    user_agent: Option<String>,
    work_order_ids: Option<String>,
    audit: Option<String>,
    is_match: i64,
    place: i64,
}

impl AuditRow {
    fn place(&self) -> AuditPlace {
        AuditPlace {
            record_time: self.record_time,
            customer_id: self.customer_id.clone(),
            request_id: self.request_id.clone(),
        }
    }

    fn read(self) -> Result<StoredAudit> {
        let record_time = from_micros(self.record_time).map_err(|error| Error::Internal(error.into()))?;
        Ok(StoredAudit {
            customer_id: self.customer_id,
            request_id: self.request_id,
            record_time,
            method: self.method,
            outcome: self.outcome,
            actor: self.actor,
            peer_address: self.peer_address,
            user_agent: self.user_agent,
            work_order_ids: self.work_order_ids,
            content: self.audit,
        })
    }
}
