//! Reads how a contract stands over time: by one statement each version that is in effect at some time, once.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult, Statement};

use super::Txn;
use super::contract::{ORDERS, info_of, parse};
use crate::contract::Document;
use crate::error::Result;
use crate::model::VersionInfo;

/// Of each document the version in effect at $2, and those that take effect later. One that was recorded later and
/// takes effect no later hides a version; hidden versions are passed without their documents. Of more than $4 that take
/// effect later one more is read, which tells so. A document that its version before has already is not read again, nor
/// are any that take more than $3 bytes in sum.
const DOCUMENTS_SINCE: &str = "
    , candidate AS (
        SELECT NULL AS work_order_id, v.version, v.effective_time FROM customer_version v
        WHERE v.customer_id = $1
          AND v.version >= (SELECT n.version FROM customer_version n
                            WHERE n.customer_id = $1 AND (n.effective_time IS NULL OR n.effective_time <= $2)
                            ORDER BY n.version DESC LIMIT 1)
        UNION ALL
        SELECT v.work_order_id, v.version, v.effective_time
        FROM orders JOIN work_order_version v ON v.customer_id = $1 AND v.work_order_id = orders.work_order_id
        WHERE v.version >= (SELECT n.version FROM work_order_version n
                            WHERE n.customer_id = $1 AND n.work_order_id = orders.work_order_id
                              AND (n.effective_time IS NULL OR n.effective_time <= $2)
                            ORDER BY n.version DESC LIMIT 1)
    ), dated AS (
        SELECT work_order_id, version, effective_time, MIN(effective_time) OVER (
                   PARTITION BY work_order_id ORDER BY version DESC
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS hidden_from
        FROM candidate
    ), visible AS (
        SELECT work_order_id, version FROM dated
        WHERE hidden_from IS NULL OR effective_time IS NULL OR hidden_from > effective_time
        LIMIT $4 + 1 + (SELECT COUNT(*) FROM orders)
    ), document AS (
        SELECT NULL AS work_order_id, v.version, v.record_time, v.effective_time, v.actor, v.content
        FROM visible JOIN customer_version v ON v.customer_id = $1 AND v.version = visible.version
        WHERE visible.work_order_id IS NULL
        UNION ALL
        SELECT v.work_order_id, v.version, v.record_time, v.effective_time, v.actor, v.content
        FROM visible JOIN work_order_version v
             ON v.customer_id = $1 AND v.work_order_id = visible.work_order_id AND v.version = visible.version
    ), changed AS (
        SELECT work_order_id, version, record_time, effective_time, actor,
               CASE WHEN content = LAG(content) OVER (PARTITION BY work_order_id ORDER BY version) THEN NULL
                    ELSE content END AS content
        FROM document
    ), counted AS (
        SELECT changed.*, COALESCE(CAST(SUM(OCTET_LENGTH(content)) OVER (
                              ORDER BY work_order_id, version ROWS UNBOUNDED PRECEDING) AS BIGINT), 0) AS bytes
        FROM changed
    )
    SELECT work_order_id, version, record_time, effective_time, actor, bytes,
           CASE WHEN bytes <= $3 THEN content END AS content
    FROM counted ORDER BY work_order_id, version";

/// A version of a document that is in effect at some time.
#[derive(Debug)]
pub struct DatedDocument {
    /// None: the customer's.
    pub work_order_id: Option<String>,
    pub info: VersionInfo,
    /// With the bytes it takes in the store; none: it is what the version before it says.
    pub document: Option<(Document, usize)>,
}

/// The versions of a customer's documents that are in effect at an instant or later, those of each document in the
/// order in which they take effect; none if more than so many take effect later, or they take more bytes than that.
pub async fn documents_since_in_txn(
    txn: &Txn,
    customer_id: &str,
    instant: DateTime<Utc>,
    most_changes: usize,
    most_bytes: usize,
) -> Result<Option<Vec<DatedDocument>>> {
    let [changes, most_bytes] = [most_changes, most_bytes].map(|most| i64::try_from(most).unwrap_or(i64::MAX));
    let values = [customer_id.into(), instant.timestamp_micros().into(), most_bytes.into(), changes.into()];
    let statement = Statement::from_sql_and_values(txn.backend(), format!("{ORDERS} {DOCUMENTS_SINCE}"), values);
    txn.run(async {
        let rows = VersionRow::find_by_statement(statement).all(txn.db()).await?;
        let documents: BTreeSet<_> = rows.iter().map(|row| &row.work_order_id).collect();
        let later = rows.len().saturating_sub(documents.len());
        if later > most_changes || rows.iter().any(|row| row.bytes > most_bytes) {
            return Ok(None);
        }
        rows.into_iter().map(VersionRow::read).collect::<Result<_, _>>().map(Some)
    })
    .await
}

#[derive(Debug, FromQueryResult)]
struct VersionRow {
    work_order_id: Option<String>,
    version: i64,
    record_time: i64,
    effective_time: Option<i64>,
    actor: String,
    /// Of all rows up to this one.
    bytes: i64,
    content: Option<String>,
}

impl VersionRow {
    fn read(self) -> Result<DatedDocument, DbErr> {
        let Self { work_order_id, version, record_time, effective_time, actor, content, .. } = self;
        let document = |content: String| {
            let document = match work_order_id {
                None => Document::Customer(parse(&content)?),
                Some(_) => Document::WorkOrder(parse(&content)?),
            };
            Ok::<_, DbErr>((document, content.len()))
        };
        let document = content.map(document).transpose()?;
        Ok(DatedDocument { work_order_id, info: info_of(version, record_time, effective_time, actor)?, document })
    }
}
