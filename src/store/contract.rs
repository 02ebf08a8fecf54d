//! A customer's documents. Every version is kept; the versions in effect at an instant are the contract of then.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, Statement};
use serde::de::DeserializeOwned;

use chrono::{DateTime, Utc};

use super::Txn;
use super::as_of::AsOf;
use super::balances::{BALANCES, BALANCES_AS_KNOWN, BalanceRow, IS_KNOWN};
use super::entity::work_order_version;
use super::time::from_micros;
use crate::error::{Error, Result};
use crate::model::{Balances, Contract, EffectivePeriod, Since, VersionInfo, WorkOrder};

/// The work orders of a customer, each looked up by itself. Both databases number parameters alike.
pub(super) const ORDERS: &str = "
    WITH RECURSIVE orders (work_order_id) AS (
        SELECT MIN(v.work_order_id) FROM work_order_version v WHERE v.customer_id = $1
        UNION ALL
        SELECT (SELECT MIN(v.work_order_id) FROM work_order_version v
                WHERE v.customer_id = $1 AND v.work_order_id > orders.work_order_id)
        FROM orders WHERE orders.work_order_id IS NOT NULL)";

/// The customer and its work orders in the versions that are in effect, each with the instant at which a later one takes
/// effect, and the balances of its blocks, by one statement and so as of one instant.
///
/// Of the versions recorded by $2 that have taken effect by $3, the last recorded one is in effect. Those recorded after
/// it take effect later.
const VERSIONS_IN_EFFECT: &str = "
    SELECT c.revision, c.contract_version, NULL AS work_order_id, v.version, v.record_time, v.effective_time, v.actor,
           v.content,
           (SELECT MIN(n.effective_time) FROM customer_version n
            WHERE n.customer_id = $1 AND n.version > v.version AND n.record_time <= $2) AS until_time,
           NULL AS block_id, CAST(NULL AS BIGINT) AS granted, CAST(NULL AS BIGINT) AS used,
           CAST(NULL AS BIGINT) AS reserved, CAST(NULL AS BIGINT) AS release_time, CAST(NULL AS BIGINT) AS released,
           CAST(NULL AS BIGINT) AS contracted, CAST(NULL AS BIGINT) AS start_time, CAST(NULL AS BIGINT) AS end_time
    FROM customer c JOIN customer_version v ON v.customer_id = c.customer_id
    WHERE c.customer_id = $1
      AND v.version = (SELECT n.version FROM customer_version n
                       WHERE n.customer_id = c.customer_id AND n.record_time <= $2 AND {is_in_effect}
                       ORDER BY n.version DESC LIMIT 1)
    UNION ALL
    SELECT c.revision, c.contract_version, v.work_order_id, v.version, v.record_time, v.effective_time, v.actor,
           v.content,
           (SELECT MIN(n.effective_time) FROM work_order_version n
            WHERE n.customer_id = $1 AND n.work_order_id = v.work_order_id AND n.version > v.version
              AND n.record_time <= $2),
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM customer c CROSS JOIN orders
         JOIN work_order_version v ON v.customer_id = c.customer_id AND v.work_order_id = orders.work_order_id
    WHERE c.customer_id = $1
      AND v.version = (SELECT n.version FROM work_order_version n
                       WHERE n.customer_id = c.customer_id AND n.work_order_id = orders.work_order_id
                         AND n.record_time <= $2 AND {is_in_effect}
                       ORDER BY n.version DESC LIMIT 1)
    UNION ALL
    SELECT c.revision, c.contract_version, NULL, NULL, NULL, NULL, NULL, NULL, NULL, b.block_id, b.granted, b.used,
           b.reserved, b.release_time, b.released, b.contracted, b.start_time, b.end_time
    FROM customer c JOIN {balances} b ON b.customer_id = c.customer_id
    WHERE c.customer_id = $1";

const IN_EFFECT: &str = "(n.effective_time IS NULL OR n.effective_time <= $3)";
pub(super) const IN_EFFECT_NOW: &str =
    "(n.effective_time IS NULL OR n.effective_time <= $3 OR n.effective_time <= n.record_time)";

/// The newest version of each document, in effect or not: the next one follows it.
const NEWEST_VERSIONS: &str = "
    SELECT NULL AS work_order_id, v.version, v.record_time FROM customer_version v
    WHERE v.customer_id = $1
      AND v.version = (SELECT MAX(n.version) FROM customer_version n WHERE n.customer_id = $1)
    UNION ALL
    SELECT v.work_order_id, v.version, v.record_time
    FROM orders JOIN work_order_version v ON v.customer_id = $1 AND v.work_order_id = orders.work_order_id
    WHERE v.version = (SELECT MAX(n.version) FROM work_order_version n
                       WHERE n.customer_id = $1 AND n.work_order_id = orders.work_order_id)";

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
    /// From when to when its documents are in effect together.
    pub period: EffectivePeriod,
    /// When the last of them took effect that was planned. What took effect when it was recorded stands at once, by
    /// whatever clock.
    pub planned_from: Option<DateTime<Utc>>,
    /// The bytes its documents take in the store.
    pub bytes: usize,
    /// What is planned for later, if that was asked for.
    pub planned: Vec<PlannedContract>,
}

/// A contract as it will stand from an instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedContract {
    pub from: DateTime<Utc>,
    pub contract: Contract,
    /// The bytes its documents take in the store.
    pub bytes: usize,
}

impl StoredContract {
    /// Since when its documents stand as they do.
    pub fn since(&self) -> Since {
        let recorded = self.order_infos.values().chain([&self.customer_info]).map(|info| info.record_time).max();
        Since { effective: self.period.from, recorded }
    }

    /// The bytes of all documents that were read.
    pub fn bytes_read(&self) -> usize {
        self.planned.iter().map(|planned| planned.bytes).fold(self.bytes, usize::saturating_add)
    }
}

/// The number of a document's newest version, and when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestVersion {
    pub version: i64,
    pub record_time: DateTime<Utc>,
}

impl From<&VersionInfo> for NewestVersion {
    fn from(info: &VersionInfo) -> Self {
        Self { version: info.version, record_time: info.record_time }
    }
}

/// The newest versions of a customer's documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewestVersions {
    pub customer: Option<NewestVersion>,
    /// By work order id.
    pub orders: BTreeMap<String, NewestVersion>,
}

impl NewestVersions {
    /// When the last of them was recorded.
    pub fn record_time(&self) -> Option<DateTime<Utc>> {
        self.orders.values().chain(&self.customer).map(|newest| newest.record_time).max()
    }
}

/// The newest versions of a locked customer's documents.
pub async fn newest_versions_in_txn(txn: &Txn, customer_id: &str) -> Result<NewestVersions> {
    let sql = format!("{ORDERS} {NEWEST_VERSIONS}");
    let statement = Statement::from_sql_and_values(txn.backend(), sql, [customer_id.into()]);
    let rows = txn.run(NewestRow::find_by_statement(statement).all(txn.db())).await?;
    let mut newest = NewestVersions::default();
    for NewestRow { work_order_id, version, record_time } in rows {
        let record_time = from_micros(record_time).map_err(|error| Error::Internal(error.into()))?;
        let found = NewestVersion { version, record_time };
        match work_order_id {
            None => newest.customer = Some(found),
            Some(id) => _ = newest.orders.insert(id, found),
        }
    }
    Ok(newest)
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

pub(super) async fn load(
    db: &impl ConnectionTrait,
    customer_id: &str,
    AsOf { instant, is_now, known_time, .. }: AsOf,
) -> Result<Option<StoredContract>, DbErr> {
    let known = known_time.map_or(i64::MAX, |time| time.timestamp_micros());
    let values = [customer_id.into(), known.into(), instant.timestamp_micros().into()];
    let balances = if known_time.is_some() { BALANCES_AS_KNOWN } else { BALANCES };
    let sql = VERSIONS_IN_EFFECT
        .replace("{is_in_effect}", if is_now { IN_EFFECT_NOW } else { IN_EFFECT })
        .replace("{balances}", balances)
        .replace("{is_known}", IS_KNOWN);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), format!("{ORDERS} {sql}"), values);
    assemble(DocumentRow::find_by_statement(statement).all(db).await?)
}

fn assemble(rows: Vec<DocumentRow>) -> Result<Option<StoredContract>, DbErr> {
    let mut customer = None;
    let mut orders = BTreeMap::<String, (WorkOrder, VersionInfo)>::new();
    let mut balances = Balances::new();
    let mut bytes: usize = 0;
    let (mut period, mut planned_from) = (EffectivePeriod::default(), None);
    for row in rows {
        let document = row.version.zip(row.record_time).zip(row.actor).zip(row.content);
        let Some((((version, record_time), actor), content)) = document else {
            balances.extend(row.balance.read()?);
            continue;
        };
        bytes = bytes.saturating_add(content.len());
        let info = info_of(version, record_time, row.effective_time, actor)?;
        let until = row.until_time.map(from_micros).transpose()?;
        planned_from = planned_from.max(info.effective_time.filter(|from| *from > info.record_time));
        period = period.and(&EffectivePeriod { from: info.effective_time, until });
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
        StoredContract {
            contract,
            revision,
            contract_version,
            customer_info,
            order_infos,
            balances,
            period,
            planned_from,
            bytes,
            planned: Vec::new(),
        }
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
    effective_time: Option<i64>,
    actor: Option<String>,
    content: Option<String>,
    /// When a later version takes effect.
    until_time: Option<i64>,
    #[sea_orm(nested)]
    balance: BalanceRow,
}

#[derive(Debug, FromQueryResult)]
struct NewestRow {
    work_order_id: Option<String>,
    version: i64,
    record_time: i64,
}

pub(super) fn info_of(
    version: i64,
    record_time: i64,
    effective_time: Option<i64>,
    actor: String,
) -> Result<VersionInfo, DbErr> {
    let effective_time = effective_time.map(from_micros).transpose()?;
    Ok(VersionInfo { version, record_time: from_micros(record_time)?, effective_time, actor })
}

pub(super) fn parse<T: DeserializeOwned>(content: &str) -> Result<T, DbErr> {
    serde_json::from_str(content).map_err(|error| DbErr::Json(error.to_string()))
}
