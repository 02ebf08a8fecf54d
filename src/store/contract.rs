//! A customer's documents. Every version is kept; the newest versions are the contract.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, Statement};
use serde::de::DeserializeOwned;

use chrono::{DateTime, Utc};

use super::balances::{BALANCES, BALANCES_AS_KNOWN, BalanceRow, IS_KNOWN};
use super::entity::{customer_version, work_order_version};
use super::time::from_micros;
use super::{Store, Txn};
use crate::error::{Error, Result};
use crate::model::{Balances, Contract, Customer, VersionInfo, WorkOrder};

/// The customer and its work orders in their newest versions, each looked up by itself, and the balances of its blocks, by
/// one statement and so as of one instant. Both databases number parameters alike.
const NEWEST_VERSIONS: &str = "
    WITH RECURSIVE orders (work_order_id) AS (
        SELECT MIN(v.work_order_id) FROM work_order_version v WHERE v.customer_id = $1
        UNION ALL
        SELECT (SELECT MIN(v.work_order_id) FROM work_order_version v
                WHERE v.customer_id = $1 AND v.work_order_id > orders.work_order_id)
        FROM orders WHERE orders.work_order_id IS NOT NULL)
    SELECT c.revision, c.contract_version, NULL AS work_order_id, v.version, v.record_time, v.actor, v.content,
           NULL AS block_id, CAST(NULL AS BIGINT) AS granted, CAST(NULL AS BIGINT) AS used,
           CAST(NULL AS BIGINT) AS reserved, CAST(NULL AS BIGINT) AS release_time, CAST(NULL AS BIGINT) AS released
    FROM customer c JOIN customer_version v ON v.customer_id = c.customer_id
    WHERE c.customer_id = $1
      AND v.version = (SELECT n.version FROM customer_version n
                       WHERE n.customer_id = c.customer_id AND n.record_time <= $2
                       ORDER BY n.version DESC LIMIT 1)
    UNION ALL
    SELECT c.revision, c.contract_version, v.work_order_id, v.version, v.record_time, v.actor, v.content,
           NULL, NULL, NULL, NULL, NULL, NULL
    FROM customer c CROSS JOIN orders
         JOIN work_order_version v ON v.customer_id = c.customer_id AND v.work_order_id = orders.work_order_id
    WHERE c.customer_id = $1
      AND v.version = (SELECT n.version FROM work_order_version n
                       WHERE n.customer_id = c.customer_id AND n.work_order_id = orders.work_order_id
                         AND n.record_time <= $2
                       ORDER BY n.version DESC LIMIT 1)
    UNION ALL
    SELECT c.revision, c.contract_version, NULL, NULL, NULL, NULL, NULL, b.block_id, b.granted, b.used, b.reserved,
           b.release_time, b.released
    FROM customer c JOIN {balances} b ON b.customer_id = c.customer_id
    WHERE c.customer_id = $1";

/// A contract, and where its documents stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContract {
    pub contract: Contract,
    /// The newest one also where older versions were asked for.
    pub revision: i64,
    /// The revision of the last change of a document.
    pub contract_version: i64,
    pub customer_info: VersionInfo,
    /// By work order id.
    pub order_infos: BTreeMap<String, VersionInfo>,
    /// Of the blocks that were written to.
    pub balances: Balances,
    /// The bytes its documents take in the store.
    pub bytes: usize,
}

impl Store {
    /// All a customer has, in one round trip.
    pub async fn load_contract(&self, customer_id: &str) -> Result<Option<StoredContract>> {
        self.read(load(&self.pools.checks, customer_id, None)).await
    }

    /// What was known of a customer at an instant: the newest versions recorded by then.
    pub async fn load_contract_as_known(
        &self,
        customer_id: &str,
        known_time: DateTime<Utc>,
    ) -> Result<Option<StoredContract>> {
        self.read(load(&self.pools.lists, customer_id, Some(known_time.timestamp_micros()))).await
    }
}

/// What the transaction itself sees, its own writes included.
pub async fn load_contract_in_txn(txn: &Txn, customer_id: &str) -> Result<Option<StoredContract>> {
    txn.run(load(txn.db(), customer_id, None)).await
}

/// One version of a work order.
pub async fn load_work_order_version_in_txn(
    txn: &Txn,
    customer_id: &str,
    work_order_id: &str,
    version: i64,
) -> Result<Option<WorkOrder>> {
    let key = (customer_id.to_owned(), work_order_id.to_owned(), version);
    let read = async {
        let row = work_order_version::Entity::find_by_id(key).one(txn.db()).await?;
        row.map(|row| parse(&row.content)).transpose()
    };
    txn.run(read).await
}

/// Adds a version of the customer; `info.version` is one more than the newest one.
pub async fn put_customer_version_in_txn(txn: &Txn, customer: &Customer, info: &VersionInfo) -> Result<()> {
    let row = customer_version::ActiveModel {
        customer_id: Set(customer.customer_id.clone()),
        version: Set(info.version),
        record_time: Set(info.record_time.timestamp_micros()),
        actor: Set(info.actor.clone()),
        content: Set(to_json(customer)?),
    };
    txn.run(customer_version::Entity::insert(row).exec_without_returning(txn.db())).await?;
    Ok(())
}

/// Adds a version of a work order; `info.version` is one more than the newest one.
pub async fn put_work_order_version_in_txn(txn: &Txn, order: &WorkOrder, info: &VersionInfo) -> Result<()> {
    let row = work_order_version::ActiveModel {
        customer_id: Set(order.customer_id.clone()),
        work_order_id: Set(order.work_order_id.clone()),
        version: Set(info.version),
        record_time: Set(info.record_time.timestamp_micros()),
        actor: Set(info.actor.clone()),
        content: Set(to_json(order)?),
    };
    txn.run(work_order_version::Entity::insert(row).exec_without_returning(txn.db())).await?;
    Ok(())
}

async fn load(
    db: &impl ConnectionTrait,
    customer_id: &str,
    known_micros: Option<i64>,
) -> Result<Option<StoredContract>, DbErr> {
    let values = [customer_id.into(), known_micros.unwrap_or(i64::MAX).into()];
    let balances = if known_micros.is_some() { BALANCES_AS_KNOWN } else { BALANCES };
    let sql = NEWEST_VERSIONS.replace("{balances}", balances).replace("{is_known}", IS_KNOWN);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    assemble(DocumentRow::find_by_statement(statement).all(db).await?)
}

fn assemble(rows: Vec<DocumentRow>) -> Result<Option<StoredContract>, DbErr> {
    let mut customer = None;
    let mut orders = BTreeMap::<String, (WorkOrder, VersionInfo)>::new();
    let mut balances = Balances::new();
    let mut bytes: usize = 0;
    for row in rows {
        let document = row.version.zip(row.record_time).zip(row.actor).zip(row.content);
        let Some((((version, record_time), actor), content)) = document else {
            balances.extend(row.balance.read()?);
            continue;
        };
        bytes = bytes.saturating_add(content.len());
        let info = info_of(version, record_time, actor)?;
        match row.work_order_id {
            None => customer = Some((parse(&content)?, info, row.revision, row.contract_version)),
            Some(id) => {
                orders.insert(id, (parse(&content)?, info));
            }
        }
    }
    Ok(customer.map(|(customer, customer_info, revision, contract_version)| {
        let order_infos = orders.iter().map(|(id, (_, info))| (id.clone(), info.clone())).collect();
        let work_orders = orders.into_values().map(|(order, _)| order).collect();
        let contract = Contract { customer, work_orders };
        StoredContract { contract, revision, contract_version, customer_info, order_infos, balances, bytes }
    }))
}

/// A document, or the balance of a block.
#[derive(Debug, FromQueryResult)]
struct DocumentRow {
    revision: i64,
    contract_version: i64,
    /// None: the customer itself.
    work_order_id: Option<String>,
    version: Option<i64>,
    record_time: Option<i64>,
    actor: Option<String>,
    content: Option<String>,
    #[sea_orm(nested)]
    balance: BalanceRow,
}

pub(super) fn info_of(version: i64, record_time: i64, actor: String) -> Result<VersionInfo, DbErr> {
    Ok(VersionInfo { version, record_time: from_micros(record_time)?, actor })
}

pub(super) fn parse<T: DeserializeOwned>(content: &str) -> Result<T, DbErr> {
    serde_json::from_str(content).map_err(|error| DbErr::Json(error.to_string()))
}

fn to_json(document: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(document).map_err(|error| Error::Internal(error.into()))
}
