//! Adds versions of a customer's documents.

use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::Txn;
use super::entity::{customer_version, work_order_version};
use crate::contract::Document;
use crate::error::{Error, Result};
use crate::model::{Customer, Provenance, VersionInfo, WorkOrder};

/// What is kept of a version for those who ask how it came about.
#[derive(Debug, Clone, Copy, Default)]
pub struct VersionOrigin<'a> {
    pub request_id: Option<&'a str>,
    pub provenance: Option<&'a Provenance>,
}

/// A version of the customer or of a work order, and how it is recorded; `info.version` is one more than that of the one
/// before it.
#[derive(Debug, Clone, Copy)]
pub struct NewVersionRow<'a> {
    pub document: &'a Document,
    pub info: &'a VersionInfo,
    pub origin: VersionOrigin<'a>,
}

/// So many rows are inserted by one statement.
const ROWS: usize = 100;

/// Adds versions, those of each document in the order of their numbers.
pub async fn put_versions_in_txn(txn: &Txn, versions: &[NewVersionRow<'_>]) -> Result<()> {
    for rows in versions.chunks(ROWS) {
        let (mut customers, mut orders) = (Vec::new(), Vec::new());
        for NewVersionRow { document, info, origin } in rows {
            match document {
                Document::Customer(customer) => customers.push(customer_row(customer, info, *origin)?),
                Document::WorkOrder(order) => orders.push(work_order_row(order, info, *origin)?),
            }
        }
        if !customers.is_empty() {
            txn.run(customer_version::Entity::insert_many(customers).exec_without_returning(txn.db())).await?;
        }
        if !orders.is_empty() {
            txn.run(work_order_version::Entity::insert_many(orders).exec_without_returning(txn.db())).await?;
        }
    }
    Ok(())
}

fn customer_row(
    customer: &Customer,
    info: &VersionInfo,
    origin: VersionOrigin<'_>,
) -> Result<customer_version::ActiveModel> {
    Ok(customer_version::ActiveModel {
        customer_id: Set(customer.customer_id.clone()),
        version: Set(info.version),
        record_time: Set(info.record_time.timestamp_micros()),
        effective_time: Set(info.effective_time.map(|time| time.timestamp_micros())),
        actor: Set(info.actor.clone()),
        content: Set(to_json(customer)?),
        request_id: Set(origin.request_id.map(str::to_owned)),
        provenance: Set(origin.provenance.map(to_json).transpose()?),
    })
}

fn work_order_row(
    order: &WorkOrder,
    info: &VersionInfo,
    origin: VersionOrigin<'_>,
) -> Result<work_order_version::ActiveModel> {
    Ok(work_order_version::ActiveModel {
        customer_id: Set(order.customer_id.clone()),
        work_order_id: Set(order.work_order_id.clone()),
        version: Set(info.version),
        record_time: Set(info.record_time.timestamp_micros()),
        effective_time: Set(info.effective_time.map(|time| time.timestamp_micros())),
        actor: Set(info.actor.clone()),
        content: Set(to_json(order)?),
        request_id: Set(origin.request_id.map(str::to_owned)),
        provenance: Set(origin.provenance.map(to_json).transpose()?),
    })
}

fn to_json(document: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(document).map_err(|error| Error::Internal(error.into()))
}
