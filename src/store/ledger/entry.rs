use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::block::{hash, unit};
use crate::error::{Error, Result};
use crate::ledger::{Entry, EntryKind, Performed, Totals};
use crate::store::Txn;
use crate::store::batch::execute;
use crate::store::contract::{parse, uuid};
use crate::store::rows::{Kind, given, names};
use crate::store::time::from_micros;

/// The columns of an entry that a read names, with the tables `entry` and its `block`.
pub(super) const COLUMNS: &str = "entry.customer_id, entry.block_id, entry.sequence, entry.entry_id, entry.kind, \
     entry.amount, entry.granted, entry.used, entry.reserved, entry.request_id, entry.reservation_id, \
     entry.reversed_entry_id, entry.record_time, entry.detail, entry.previous_hash, entry.hash, block.work_order_id, block.item_id, \
     block.service_id, block.unit";

const ROW: [(&str, Kind); 16] = [
    ("customer_id", Kind::Text),
    ("block_id", Kind::Text),
    ("sequence", Kind::Number),
    ("entry_id", Kind::Text),
    ("kind", Kind::Text),
    ("amount", Kind::Number),
    ("granted", Kind::Number),
    ("used", Kind::Number),
    ("reserved", Kind::Number),
    ("request_id", Kind::Text),
    ("reservation_id", Kind::Text),
    ("reversed_entry_id", Kind::Text),
    ("record_time", Kind::Number),
    ("detail", Kind::Text),
    ("previous_hash", Kind::Text),
    ("hash", Kind::Text),
];

/// An entry, and the sums of its block up to and with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub entry: Entry,
    pub totals: Totals,
}

/// What an entry says besides what is counted or searched.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    performed: Option<Performed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expire_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    actor: String,
}

/// Appends entries; nothing ever changes or removes one.
pub async fn insert_entries_in_txn(txn: &Txn, entries: &[Recorded]) -> Result<()> {
    let names = names(&ROW);
    let sql = format!("INSERT INTO entry ({names}) SELECT {names} FROM {}", given(txn.backend(), &ROW));
    execute(txn, sql, entries.iter().map(write).collect::<Result<_>>()?).await
}

fn write(recorded: &Recorded) -> Result<Value> {
    let Recorded { entry, totals } = recorded;
    let detail = Detail {
        performed: entry.performed,
        location_id: entry.location_id.clone(),
        product_id: entry.product_id.clone(),
        expire_time: entry.expire_time,
        note: entry.note.clone(),
        actor: entry.actor.clone(),
    };
    let detail = serde_json::to_string(&detail).map_err(|error| Error::Internal(error.into()))?;
    Ok(json!({
        "customer_id": entry.customer_id,
        "block_id": entry.block_id,
        "sequence": entry.sequence,
        "entry_id": entry.id,
        "kind": entry.kind.as_str(),
        "amount": entry.amount,
        "granted": totals.granted,
        "used": totals.used,
        "reserved": totals.reserved,
        "request_id": entry.request_id,
        "reservation_id": entry.reservation_id,
        "reversed_entry_id": entry.reversed_entry_id,
        "record_time": entry.record_time.timestamp_micros(),
        "detail": detail,
        "previous_hash": entry.previous_hash.to_string(),
        "hash": entry.hash.to_string(),
    }))
}

#[derive(Debug, FromQueryResult)]
pub(super) struct EntryRow {
    customer_id: String,
    block_id: String,
    sequence: i64,
    entry_id: String,
    kind: String,
    amount: i64,
    granted: i64,
    used: i64,
    reserved: i64,
    request_id: Option<String>,
    reservation_id: Option<String>,
    reversed_entry_id: Option<String>,
    record_time: i64,
    detail: String,
    previous_hash: String,
    hash: String,
    work_order_id: String,
    item_id: String,
    service_id: String,
    unit: String,
}

impl EntryRow {
    pub fn read(self) -> Result<Recorded, DbErr> {
        let detail: Detail = parse(&self.detail)?;
        let entry = Entry {
            id: uuid(&self.entry_id)?,
            customer_id: self.customer_id,
            block_id: uuid(&self.block_id)?,
            work_order_id: self.work_order_id,
            item_id: self.item_id,
            service_id: self.service_id,
            unit: unit(&self.unit)?,
            sequence: self.sequence,
            kind: EntryKind::from_name(&self.kind).ok_or_else(|| DbErr::Type(format!("no kind: `{}`", self.kind)))?,
            amount: self.amount,
            performed: detail.performed,
            location_id: detail.location_id,
            product_id: detail.product_id,
            reservation_id: self.reservation_id.as_deref().map(uuid).transpose()?,
            expire_time: detail.expire_time,
            reversed_entry_id: self.reversed_entry_id.as_deref().map(uuid).transpose()?,
            note: detail.note,
            request_id: self.request_id,
            actor: detail.actor,
            record_time: from_micros(self.record_time)?,
            previous_hash: hash(&self.previous_hash)?,
            hash: hash(&self.hash)?,
        };
        let totals = Totals { granted: self.granted, used: self.used, reserved: self.reserved };
        Ok(Recorded { entry, totals })
    }
}
