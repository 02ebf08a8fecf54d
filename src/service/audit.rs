//! What the audit keeps of each write beside its request: who made it, from where, and what it changed. Written with the
//! effects, in their transaction; only callers' writes have a request.
//!
//! Later versions read what this version keeps, so it must stay readable.

mod record;

pub use record::{AuditRecord, record_of};

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Caller;
use crate::contract::Resource;
use crate::error::{Error, Result};
use crate::ledger::{Entry, Totals};
use crate::model::Unit;
use crate::store::WriteAudit;

/// What a write changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Effects {
    /// Why, as the caller said; empty: it did not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<BlockChange>,
}

/// A document with a new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentChange {
    pub resource: Resource,
    pub id: String,
    /// 0: there was none.
    pub version_before: i64,
    pub version_after: i64,
    /// From when on the version is in effect; none: as long as there was a contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<DateTime<Utc>>,
    /// Those that differ; none of a new document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<AuditedField>,
    /// How many more differ than `fields` tells.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: usize,
}

/// A field with both its values: their beginnings, empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedField {
    pub field: String,
    pub old: String,
    pub new: String,
}

/// The sums of a block before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockChange {
    pub id: Uuid,
    pub unit: Unit,
    /// None where only the sums after are known.
    pub before: Option<Totals>,
    pub after: Totals,
}

impl Effects {
    /// Of the entries of one write, in their order.
    pub(super) fn of_entries<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut blocks: Vec<BlockChange> = Vec::new();
        for entry in entries {
            match blocks.iter_mut().find(|block| block.id == entry.block_id) {
                Some(block) => block.after = entry.totals,
                None => blocks.push(BlockChange {
                    id: entry.block_id,
                    unit: entry.unit,
                    before: Some(entry.totals_before()),
                    after: entry.totals,
                }),
            }
        }
        Self { blocks, ..Self::default() }
    }

    /// What the store keeps, of a write that `caller` made. `work_order_ids`: those whose blocks it moved.
    pub(super) fn stored(&self, caller: &Caller, work_order_ids: BTreeSet<&str>) -> Result<WriteAudit> {
        let changed = self.documents.iter().filter(|change| change.resource == Resource::WorkOrder);
        let work_order_ids: BTreeSet<&str> =
            work_order_ids.into_iter().chain(changed.map(|change| change.id.as_str())).collect();
        Ok(WriteAudit {
            actor: caller.actor.to_string(),
            peer_address: caller.origin.peer.map(|peer| peer.to_string()).unwrap_or_default(),
            user_agent: caller.origin.user_agent.as_deref().unwrap_or_default().to_owned(),
            work_order_ids: to_json(&work_order_ids)?,
            content: to_json(self)?,
        })
    }
}

/// The work orders of the blocks that entries are of.
pub(super) fn work_orders_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<&'a str> {
    entries.into_iter().map(|entry| entry.work_order_id.as_str()).collect()
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.into()))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests;
