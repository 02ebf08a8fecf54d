//! The versions of a work order, in effect or not.

use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::Store;
use super::contract::{info_of, parse};
use super::entity::work_order_version::{Column, Entity, Model};
use crate::error::Result;
use crate::model::{Provenance, VersionInfo, WorkOrder};

/// One version of a work order, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    pub order: WorkOrder,
    pub info: VersionInfo,
    /// Of the write that recorded it; none of versions recorded before it was kept.
    pub request_id: Option<String>,
    /// Where the document came from, if that was told.
    pub provenance: Option<Provenance>,
    /// What the order takes in the store.
    pub bytes: usize,
}

impl Store {
    /// The versions of a work order below one, the newest first.
    pub async fn versions(
        &self,
        customer_id: &str,
        work_order_id: &str,
        below: i64,
        limit: u64,
    ) -> Result<Vec<StoredVersion>> {
        let query = Entity::find()
            .filter(Column::CustomerId.eq(customer_id))
            .filter(Column::WorkOrderId.eq(work_order_id))
            .filter(Column::Version.lt(below))
            .order_by_desc(Column::Version)
            .limit(limit);
        self.read(async { query.all(&self.pools.lists).await?.into_iter().map(read).collect() }).await
    }
}

fn read(row: Model) -> Result<StoredVersion, DbErr> {
    let Model { version, record_time, effective_time, actor, content, request_id, provenance, .. } = row;
    Ok(StoredVersion {
        bytes: content.len(),
        order: parse(&content)?,
        info: info_of(version, record_time, effective_time, actor)?,
        request_id,
        provenance: provenance.as_deref().map(parse).transpose()?,
    })
}
