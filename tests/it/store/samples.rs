//! Documents to keep, and the shortest way to keep them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entitled::contract::Document;
use entitled::error::Result;
use entitled::model::{Customer, VersionInfo, WorkOrder};
use entitled::store::*;
use serde_json::json;

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn info(version: i64) -> VersionInfo {
    let first = instant("2026-03-01T08:00:00.123456Z");
    let record_time = first + chrono::Duration::hours(version - 1);
    VersionInfo { version, record_time, effective_time: None, actor: "tester".to_owned() }
}

/// Behind every version of these samples.
pub(crate) fn now() -> DateTime<Utc> {
    instant("2027-01-01T00:00:00Z")
}

pub(crate) fn customer(customer_id: &str, display_name: &str) -> Customer {
    serde_json::from_value(json!({
        "customer_id": customer_id,
        "display_name": display_name,
        "locations": [{
            "location_id": "jakarta", "display_name": "Kantor \u{201c}Pusat\u{201d} 🏢", "country": "ID",
            "time_zone": "Asia/Jakarta", "holidays": ["2026-08-17"]
        }]
    }))
    .unwrap()
}

pub(crate) fn order(customer_id: &str, work_order_id: &str, currency: &str) -> WorkOrder {
    serde_json::from_value(json!({
        "work_order_id": work_order_id, "customer_id": customer_id, "edition_id": "unified-enterprise-2023",
        "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "jakarta",
        "covered_products": ["*", "azure/app-service"], "currency": currency, "flex_allowance": 9_007_199_254_740_993_i64,
        "items": [{ "item_id": "1", "service_id": "base", "all_locations": true }]
    }))
    .unwrap()
}

/// Counts a write of the customer; returns its revision as of the commit.
pub(crate) async fn bump_in_txn(txn: &Txn, customer_id: &str, changed: Changed) -> Result<i64> {
    let revision = lock_customer_in_txn(txn, customer_id).await?.unwrap().revision + 1;
    let mut statements = StatementBatch::of(txn);
    put_revisions(&mut statements, &BTreeMap::from([(customer_id.to_owned(), revision)]), changed)?;
    statements.run_in_txn(txn).await?;
    Ok(revision)
}

/// Keeps a request of contoso.
pub(crate) async fn put_request_in_txn(txn: &Txn, request_id: &str, request: &StoredRequest) -> Result<()> {
    let key = ("contoso".to_owned(), request_id.to_owned());
    let mut statements = StatementBatch::of(txn);
    let audit = WriteAudit {
        actor: "ada".to_owned(),
        work_order_ids: "[]".to_owned(),
        content: "{}".to_owned(),
        ..WriteAudit::default()
    };
    let new = NewRequest { key, request: request.clone(), audit };
    put_requests(&mut statements, &[new], info(1).record_time)?;
    statements.run_in_txn(txn).await
}

pub(crate) async fn put_customer_version_in_txn(txn: &Txn, customer: &Customer, info: &VersionInfo) -> Result<()> {
    put_in_txn(txn, &Document::Customer(customer.clone()), info).await
}

pub(crate) async fn put_work_order_version_in_txn(txn: &Txn, order: &WorkOrder, info: &VersionInfo) -> Result<()> {
    put_in_txn(txn, &Document::WorkOrder(order.clone()), info).await
}

async fn put_in_txn(txn: &Txn, document: &Document, info: &VersionInfo) -> Result<()> {
    put_versions_in_txn(txn, &[NewVersionRow { document, info, origin: VersionOrigin::default() }]).await
}

/// Creates the customer, or adds a version; returns the new revision.
pub(crate) async fn put_customer(store: &Store, customer: &Customer, info: &VersionInfo) -> Result<i64> {
    store
        .in_transaction(async |txn| {
            let created = insert_customer_in_txn(&txn, &customer.customer_id).await?;
            let locked = lock_customer_in_txn(&txn, &customer.customer_id).await?.unwrap();
            put_customer_version_in_txn(&txn, customer, info).await?;
            if created {
                return Ok(locked.revision);
            }
            bump_in_txn(&txn, &customer.customer_id, Changed::Contract).await
        })
        .await
}

pub(crate) async fn put_order(store: &Store, order: &WorkOrder, info: &VersionInfo) -> Result<i64> {
    store
        .in_transaction(async |txn| {
            lock_customer_in_txn(&txn, &order.customer_id).await?.unwrap();
            put_work_order_version_in_txn(&txn, order, info).await?;
            bump_in_txn(&txn, &order.customer_id, Changed::Contract).await
        })
        .await
}

pub(crate) async fn bump(store: &Store, customer_id: &str) -> Result<i64> {
    store.in_transaction(async |txn| bump_in_txn(&txn, customer_id, Changed::Balances).await).await
}
