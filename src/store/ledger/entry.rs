use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::block::{hash, unit};
use crate::error::Result;
use crate::ledger::{ChainHash, Entry, EntryKind, Performed, Totals};
use crate::store::Steps;
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
struct Detail<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    performed: Option<Performed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expire_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    note: Cow<'a, str>,
    actor: Cow<'a, str>,
}

/// Appends entries; nothing ever changes or removes one.
pub fn insert_entries(steps: &mut Steps, entries: &[&Recorded]) -> Result<()> {
    let names = names(&ROW);
    let sql = format!("INSERT INTO entry ({names}) SELECT {names} FROM {}", given(steps.backend(), &ROW));
    steps.push(sql, &entries.iter().copied().map(NewRow::new).collect::<Vec<_>>())
}

#[derive(Debug, Serialize)]
struct NewRow<'a> {
    customer_id: &'a str,
    block_id: Uuid,
    sequence: i64,
    entry_id: Uuid,
    kind: &'static str,
    amount: i64,
    granted: i64,
    used: i64,
    reserved: i64,
    request_id: Option<&'a str>,
    reservation_id: Option<Uuid>,
    reversed_entry_id: Option<Uuid>,
    record_time: i64,
    detail: Detail<'a>,
    previous_hash: ChainHash,
    hash: ChainHash,
}

impl<'a> NewRow<'a> {
    fn new(recorded: &'a Recorded) -> Self {
        let Recorded { entry, totals } = recorded;
        let detail = Detail {
            performed: entry.performed,
            location_id: entry.location_id.as_deref().map(Cow::Borrowed),
            product_id: entry.product_id.as_deref().map(Cow::Borrowed),
            expire_time: entry.expire_time,
            note: Cow::Borrowed(&entry.note),
            actor: Cow::Borrowed(&entry.actor),
        };
        Self {
            customer_id: &entry.customer_id,
            block_id: entry.block_id,
            sequence: entry.sequence,
            entry_id: entry.id,
            kind: entry.kind.as_str(),
            amount: entry.amount,
            granted: totals.granted,
            used: totals.used,
            reserved: totals.reserved,
            request_id: entry.request_id.as_deref(),
            reservation_id: entry.reservation_id,
            reversed_entry_id: entry.reversed_entry_id,
            record_time: entry.record_time.timestamp_micros(),
            detail,
            previous_hash: entry.previous_hash,
            hash: entry.hash,
        }
    }
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
        let detail: Detail<'_> = parse(&self.detail)?;
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
            location_id: detail.location_id.map(Cow::into_owned),
            product_id: detail.product_id.map(Cow::into_owned),
            reservation_id: self.reservation_id.as_deref().map(uuid).transpose()?,
            expire_time: detail.expire_time,
            reversed_entry_id: self.reversed_entry_id.as_deref().map(uuid).transpose()?,
            note: detail.note.into_owned(),
            request_id: self.request_id,
            actor: detail.actor.into_owned(),
            record_time: from_micros(self.record_time)?,
            previous_hash: hash(&self.previous_hash)?,
            hash: hash(&self.hash)?,
        };
        let totals = Totals { granted: self.granted, used: self.used, reserved: self.reserved };
        Ok(Recorded { entry, totals })
    }
}
