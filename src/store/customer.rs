//! The customer's row: its lock, its revision, and the change time by which replicas find changes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, FromQueryResult, QuerySelect as _, Statement, Value};

use super::column_batch::ColumnBatch;
use super::contract::{IN_EFFECT_NOW, info_of, parse};
use super::entity::customer;
use super::postgres::IDLE_IN_TRANSACTION;
use super::time::{CHANGE_STEP, change_time, clock};
use super::{StatementBatch, Store, Txn};
use crate::error::{Error, Result};
use crate::model::{Customer, VersionInfo};

/// A customer whose writes wait until this transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedCustomer {
    pub revision: i64,
    pub contract_version: i64,
}

/// What a write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A document. A cached contract of the customer must be read again.
    Contract,
    /// Balances alone.
    Balances,
}

impl Store {
    /// The newest revision of a customer.
    pub async fn revision(&self, customer_id: &str) -> Result<Option<i64>> {
        let row = self.read(customer::Entity::find_by_id(customer_id).one(&self.pools.checks)).await?;
        Ok(row.map(|row| row.revision))
    }

    /// The customers changed at or after an instant, each with its newest revision, and the
    /// database's time now; both instants in microseconds by the database's clock.
    ///
    /// Polled from the instant of the last poll less [`Store::change_overlap`], it misses nothing.
    pub async fn changed_since(&self, since_micros: i64) -> Result<(Vec<(String, i64)>, i64)> {
        let db = &self.pools.housekeeping;
        let backend = db.get_database_backend();
        let sql = format!(
            "SELECT clock.now, customer.customer_id, customer.revision
             FROM (SELECT {} AS now) AS clock LEFT JOIN customer ON customer.changed_at >= $1",
            clock(backend)
        );
        let rows = self
            .read(
                ChangeRow::find_by_statement(Statement::from_sql_and_values(backend, sql, [since_micros.into()]))
                    .all(db),
            )
            .await?;
        let now = rows.first().map(|row| row.now).ok_or_else(|| Error::internal("the database told no time"))?;
        let changes = rows.into_iter().filter_map(|row| row.customer_id.zip(row.revision));
        Ok((changes.collect(), now))
    }

    /// How much later than the time it bears a change can be seen: that time is rounded down, and a transaction may
    /// work, fall silent until its session is ended, and take its time to commit.
    pub fn change_overlap(&self) -> Duration {
        [CHANGE_STEP, self.patience, IDLE_IN_TRANSACTION, self.patience]
            .into_iter()
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The customers behind `after` as they are now, in the order of their ids.
    pub async fn list_customers(
        &self,
        after: &str,
        limit: u64,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Customer, VersionInfo)>> {
        self.customers_in_effect("customer c", after, limit, now, Vec::new()).await
    }

    /// The same of some customers alone.
    pub async fn list_customers_among(
        &self,
        customer_ids: &BTreeSet<String>,
        after: &str,
        limit: u64,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Customer, VersionInfo)>> {
        let mut values = Vec::new();
        let rows = ColumnBatch::new(customer_ids.len()).text("customer_id", customer_ids.iter());
        let given = rows.given(self.pools.lists.get_database_backend(), &mut values)?;
        let customers = format!("{given} JOIN customer c ON c.customer_id = given.customer_id");
        self.customers_in_effect(&customers, after, limit, now, values).await
    }

    /// `customers`: a relation with the rows `c`; `values`: its parameters.
    async fn customers_in_effect(
        &self,
        customers: &str,
        after: &str,
        limit: u64,
        now: DateTime<Utc>,
        mut values: Vec<Value>,
    ) -> Result<Vec<(Customer, VersionInfo)>> {
        let [after_at, limit_at, now_at] = [1, 2, 3].map(|place| values.len().saturating_add(place));
        let is_in_effect = IN_EFFECT_NOW.replace("$3", &format!("${now_at}"));
        let sql = format!(
            "SELECT v.version, v.record_time, v.effective_time, v.actor, v.content
             FROM {customers} JOIN customer_version v ON v.customer_id = c.customer_id
             WHERE c.customer_id > ${after_at}
               AND v.version = (SELECT n.version FROM customer_version n
                                WHERE n.customer_id = c.customer_id AND {is_in_effect}
                                ORDER BY n.version DESC LIMIT 1)
             ORDER BY c.customer_id LIMIT ${limit_at}"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        values.extend([after.into(), limit.into(), now.timestamp_micros().into()]);
        let statement = Statement::from_sql_and_values(self.pools.lists.get_database_backend(), sql, values);
        let read = async {
            let rows = VersionRow::find_by_statement(statement).all(&self.pools.lists).await?;
            rows.into_iter()
                .map(|row| {
                    Ok((parse(&row.content)?, info_of(row.version, row.record_time, row.effective_time, row.actor)?))
                })
                .collect()
        };
        self.read(read).await
    }
}

/// Waits for the customer's lock. Every write of a customer takes it before it reads anything.
pub async fn lock_customer_in_txn(txn: &Txn, customer_id: &str) -> Result<Option<LockedCustomer>> {
    // SQLite has no row locks and needs none: its transaction locked the whole file.
    let row = txn.run(customer::Entity::find_by_id(customer_id).lock_exclusive().one(txn.db())).await?;
    Ok(row.map(|row| LockedCustomer { revision: row.revision, contract_version: row.contract_version }))
}

/// Adds a customer at revision 1, which is this write's: it needs no other. False if the customer
/// is there already, also if another transaction adds it now: that one is waited for.
pub async fn insert_customer_in_txn(txn: &Txn, customer_id: &str) -> Result<bool> {
    let backend = txn.db().get_database_backend();
    let sql = format!(
        "INSERT INTO customer (customer_id, revision, contract_version, changed_at) VALUES ($1, 1, 1, {})
         ON CONFLICT (customer_id) DO NOTHING",
        change_time(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [customer_id.into()]);
    let done = txn.run(txn.db().execute_raw(statement)).await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the revisions of locked customers to what they are as of the commit.
pub fn put_revisions(
    statements: &mut StatementBatch,
    revisions: &BTreeMap<String, i64>,
    changed: Changed,
) -> Result<()> {
    let change_time = change_time(statements.backend());
    let contract_version = match changed {
        Changed::Contract => "given.revision",
        Changed::Balances => "customer.contract_version",
    };
    let rows = ColumnBatch::new(revisions.len())
        .text("customer_id", revisions.keys().map(String::as_str))
        .number("revision", revisions.values().copied());
    statements.push(rows, |given| {
        format!(
            "UPDATE customer SET revision = given.revision, contract_version = {contract_version},
                 changed_at = {change_time}
             FROM {given} WHERE customer.customer_id = given.customer_id"
        )
    })
}

#[derive(Debug, FromQueryResult)]
struct ChangeRow {
    now: i64,
    customer_id: Option<String>,
    revision: Option<i64>,
}

#[derive(Debug, FromQueryResult)]
struct VersionRow {
    version: i64,
    record_time: i64,
    effective_time: Option<i64>,
    actor: String,
    content: String,
}
