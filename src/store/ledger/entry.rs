use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::block::{hash, unit, uuid};
use crate::error::{Error, Noun, Result};
use crate::ledger::{Entry, EntryKind, Performed, Totals};
use crate::store::StatementBatch;
use crate::store::column_batch::ColumnBatch;
use crate::store::contract::parse;
use crate::store::time::from_micros;

/// The columns of an entry that a read names, with the tables `entry` and, beside it, its `block`. Where a block's row
/// was taken away past the service, its entries are still told: they do not fit their hashes any more.
pub(super) const COLUMNS: &str = "entry.customer_id, entry.block_id, entry.sequence, entry.entry_id, entry.kind, \
     entry.amount, entry.granted, entry.used, entry.reserved, entry.request_id, entry.reservation_id, \
     entry.reversed_entry_id, entry.record_time, entry.detail, entry.previous_hash, entry.hash, \
     COALESCE(block.work_order_id, '') AS work_order_id, COALESCE(block.item_id, '') AS item_id, \
     COALESCE(block.service_id, '') AS service_id, COALESCE(block.unit, 'MINUTES') AS unit";

/// What an entry says besides what is counted or searched, and nothing else.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
pub fn insert_entries(statements: &mut StatementBatch, entries: &[&Entry]) -> Result<()> {
    let details = entries.iter().map(|it| serde_json::to_string(&Detail::of(it)));
    let details: Vec<_> = details.collect::<Result<_, _>>().map_err(|error| Error::Internal(error.into()))?;
    let each = || entries.iter().copied();
    let rows = ColumnBatch::new(entries.len())
        .text("customer_id", each().map(|it| it.customer_id.as_str()))
        .text("block_id", each().map(|it| it.block_id))
        .number("sequence", each().map(|it| it.sequence))
        .text("entry_id", each().map(|it| it.id))
        .text("kind", each().map(|it| it.kind.as_str()))
        .number("amount", each().map(|it| it.amount))
        .number("granted", each().map(|it| it.totals.granted))
        .number("used", each().map(|it| it.totals.used))
        .number("reserved", each().map(|it| it.totals.reserved))
        .optional_text("request_id", each().map(|it| it.request_id.as_deref()))
        .optional_text("reservation_id", each().map(|it| it.reservation_id))
        .optional_text("reversed_entry_id", each().map(|it| it.reversed_entry_id))
        .number("record_time", each().map(|it| it.record_time.timestamp_micros()))
        .text("detail", details.into_iter())
        .text("previous_hash", each().map(|it| it.previous_hash.to_string()))
        .text("hash", each().map(|it| it.hash.to_string()));
    let names = rows.names();
    statements.push(rows, |given| format!("INSERT INTO entry ({names}) SELECT {names} FROM {given}"))
}

impl<'a> Detail<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            performed: entry.performed,
            location_id: entry.location_id.as_deref().map(Cow::Borrowed),
            product_id: entry.product_id.as_deref().map(Cow::Borrowed),
            expire_time: entry.expire_time,
            note: Cow::Borrowed(&entry.note),
            actor: Cow::Borrowed(&entry.actor),
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
    /// Where it stands among a customer's entries.
    pub(super) fn place(&self) -> Result<(Uuid, i64)> {
        let block_id = uuid(&self.block_id).map_err(|error| Error::Internal(error.into()))?;
        Ok((block_id, self.sequence))
    }

    pub(super) fn read(self) -> Result<Entry> {
        let id = self.entry_id.clone();
        self.parse().map_err(|error| Error::Unreadable { noun: Noun::Entry, id, source: error.into() })
    }

    fn parse(self) -> Result<Entry, DbErr> {
        let detail: Detail<'_> = parse(&self.detail)?;
        Ok(Entry {
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
            totals: Totals { granted: self.granted, used: self.used, reserved: self.reserved },
        })
    }
}
