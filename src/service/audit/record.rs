//! A write as an audit reads it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{AuditedField, BlockChange, DocumentChange, Effects};
use crate::contract::{ContractChange, Resource};
use crate::error::{Error, Result};
use crate::ledger::Totals;
use crate::model::Unit;
use crate::store::StoredAudit;

/// One write of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    pub customer_id: String,
    pub request_id: String,
    pub record_time: DateTime<Utc>,
    /// Empty, as the next two, where it was not recorded.
    pub actor: String,
    pub peer_address: String,
    pub user_agent: String,
    /// The call.
    pub action: String,
    pub work_order_ids: Vec<String>,
    /// Why, as the caller said; empty: it did not.
    pub reason: String,
    pub documents: Vec<DocumentChange>,
    pub blocks: Vec<BlockChange>,
    /// Of a write of the ledger.
    pub entry_ids: Vec<Uuid>,
    pub reservation_id: Option<Uuid>,
    /// The customer's, with the write.
    pub revision: i64,
}

/// What the outcomes of both kinds of writes tell of what was done.
#[derive(Debug, Deserialize)]
struct Outcome {
    revision: i64,
    #[serde(default)]
    changes: Vec<ContractChange>,
    #[serde(default)]
    entry_ids: Vec<Uuid>,
    reservation: Option<OutcomeReservation>,
    #[serde(default)]
    balances: Vec<OutcomeBlock>,
}

#[derive(Debug, Deserialize)]
struct OutcomeReservation {
    id: Uuid,
}

#[derive(Debug, Deserialize)]
struct OutcomeBlock {
    id: Uuid,
    work_order_id: String,
    unit: Unit,
    #[serde(flatten)]
    totals: Totals,
}

impl Outcome {
    /// As far as it tells: neither versions nor what was before.
    fn effects(&self) -> Effects {
        let documents = self.changes.iter().map(|change| DocumentChange {
            resource: change.resource,
            id: change.id.clone(),
            version_before: 0,
            version_after: 0,
            effective_time: None,
            fields: change.fields.iter().map(|field| named(field)).collect(),
            omitted: 0,
        });
        let blocks = self.balances.iter();
        let blocks =
            blocks.map(|block| BlockChange { id: block.id, unit: block.unit, before: None, after: block.totals });
        Effects { reason: String::new(), documents: documents.collect(), blocks: blocks.collect() }
    }

    fn work_order_ids(&self) -> Vec<String> {
        let changed = self.changes.iter().filter(|change| change.resource == Resource::WorkOrder);
        let changed = changed.map(|change| change.id.clone());
        let mut ids: Vec<String> =
            self.balances.iter().map(|block| block.work_order_id.clone()).chain(changed).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

fn named(field: &str) -> AuditedField {
    AuditedField { field: field.to_owned(), old: String::new(), new: String::new() }
}

/// Reads a record. One that was written before there were audits is told as far as its outcome tells.
pub fn record_of(stored: StoredAudit) -> Result<AuditRecord> {
    let outcome: Outcome = read(&stored.outcome)?;
    let effects = stored.content.as_deref().map_or_else(|| Ok(outcome.effects()), read)?;
    let work_order_ids = stored.work_order_ids.as_deref().map_or_else(|| Ok(outcome.work_order_ids()), read)?;
    Ok(AuditRecord {
        customer_id: stored.customer_id,
        request_id: stored.request_id,
        record_time: stored.record_time,
        actor: stored.actor.unwrap_or_default(),
        peer_address: stored.peer_address.unwrap_or_default(),
        user_agent: stored.user_agent.unwrap_or_default(),
        action: stored.method,
        work_order_ids,
        reason: effects.reason,
        documents: effects.documents,
        blocks: effects.blocks,
        entry_ids: outcome.entry_ids,
        reservation_id: outcome.reservation.map(|reservation| reservation.id),
        revision: outcome.revision,
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Internal(error.into()))
}
