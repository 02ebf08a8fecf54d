use sea_orm::{DbErr, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Noun, Result};
use crate::ledger::{Block, ChainHash};
use crate::model::Unit;
use crate::store::StatementBatch;
use crate::store::balances;
use crate::store::column_batch::ColumnBatch;
use crate::store::time::from_micros;

/// The columns of a block that a read names, with its table as `block`.
pub(super) const COLUMNS: &str = "block.block_id, block.work_order_id, block.item_id, block.service_id, block.unit, \
     block.days, block.priority, block.start_time, block.end_time, block.contracted, block.granted, block.used, \
     block.reserved, block.sequence, block.head, block.end_record_time";

/// A customer's id and one of its blocks.
pub type OwnedBlock<'a> = (&'a str, &'a Block);

/// Gives blocks their rows, with nothing in them yet: amounts come with the entries, by
/// [`update_blocks`] by later statements.
pub fn insert_blocks(statements: &mut StatementBatch, blocks: &[OwnedBlock<'_>]) -> Result<()> {
    let each = || blocks.iter().map(|(_, block)| *block);
    let rows = ColumnBatch::new(blocks.len())
        .text("customer_id", blocks.iter().map(|(customer_id, _)| *customer_id))
        .text("block_id", each().map(|it| it.id))
        .text("work_order_id", each().map(|it| it.work_order_id.as_str()))
        .text("item_id", each().map(|it| it.item_id.as_str()))
        .text("service_id", each().map(|it| it.service_id.as_str()))
        .text("unit", each().map(|it| it.unit.as_str()));
    let (rows, names) = with_term(rows, blocks);
    statements.push(rows, |given| {
        format!(
            "INSERT INTO block ({names}, contracted, granted, used, reserved, excess, sequence, head)
             SELECT {names}, 0, 0, 0, 0, 0, 0, '' FROM {given}"
        )
    })
}

/// Brings blocks to where their last entries led. What is spent may exceed what is granted only
/// where the grant itself shrank: the check of the table holds everywhere else.
pub fn update_blocks(statements: &mut StatementBatch, blocks: &[OwnedBlock<'_>]) -> Result<()> {
    let each = || blocks.iter().map(|(_, block)| *block);
    let rows = ColumnBatch::new(blocks.len())
        .text("customer_id", blocks.iter().map(|(customer_id, _)| *customer_id))
        .text("block_id", each().map(|it| it.id))
        .number("contracted", each().map(|it| it.contracted))
        .number("granted", each().map(|it| it.granted))
        .number("used", each().map(|it| it.used))
        .number("reserved", each().map(|it| it.reserved))
        .number("sequence", each().map(|it| it.sequence))
        .text("head", each().map(|it| it.head.to_string()));
    let (rows, _) = with_term(rows, blocks);
    statements.push(rows, |given| {
        format!(
            "UPDATE block SET days = given.days, priority = given.priority, start_time = given.start_time,
                    end_time = given.end_time, end_record_time = given.end_record_time,
                    contracted = given.contracted, granted = given.granted, used = given.used,
                    reserved = given.reserved, sequence = given.sequence, head = given.head,
                    excess = CASE
                        WHEN given.used + given.reserved <= given.granted THEN 0
                        WHEN given.granted < block.granted
                          OR given.used + given.reserved - given.granted < block.excess
                        THEN given.used + given.reserved - given.granted
                        ELSE block.excess END
             FROM {given} WHERE block.customer_id = given.customer_id AND block.block_id = given.block_id"
        )
    })
}

/// The columns the contract determines, and the names of all there are then.
fn with_term(rows: ColumnBatch, blocks: &[OwnedBlock<'_>]) -> (ColumnBatch, String) {
    let each = || blocks.iter().map(|(_, block)| *block);
    let rows = rows
        .number("days", each().map(|it| i64::from(it.days)))
        .optional_number("priority", each().map(|it| it.priority.map(i64::from)))
        .number("start_time", each().map(|it| it.start.timestamp_micros()))
        .number("end_time", each().map(|it| it.end.timestamp_micros()))
        .optional_number("end_record_time", each().map(|it| it.end_recorded.map(|time| time.timestamp_micros())));
    let names = rows.names();
    (rows, names)
}

#[derive(Debug, FromQueryResult)]
pub(super) struct BlockRow {
    block_id: String,
    work_order_id: String,
    item_id: String,
    service_id: String,
    unit: String,
    days: i64,
    priority: Option<i64>,
    start_time: i64,
    end_time: i64,
    contracted: i64,
    granted: i64,
    used: i64,
    reserved: i64,
    sequence: i64,
    head: String,
    end_record_time: Option<i64>,
}

impl BlockRow {
    pub(super) fn read(self) -> Result<Block> {
        let id = self.block_id.clone();
        self.parse().map_err(|error| Error::Unreadable { noun: Noun::Block, id, source: error.into() })
    }

    fn parse(self) -> Result<Block, DbErr> {
        Ok(Block {
            id: uuid(&self.block_id)?,
            work_order_id: self.work_order_id,
            item_id: self.item_id,
            service_id: self.service_id,
            unit: unit(&self.unit)?,
            days: self.days != 0,
            contracted: self.contracted,
            granted: self.granted,
            used: self.used,
            reserved: self.reserved,
            priority: self.priority.and_then(|priority| i32::try_from(priority).ok()),
            start: from_micros(self.start_time)?,
            end: from_micros(self.end_time)?,
            end_recorded: self.end_record_time.map(from_micros).transpose()?,
            sequence: self.sequence,
            // Nothing was written of it yet.
            head: if self.sequence == 0 && self.head.is_empty() { ChainHash::FIRST } else { hash(&self.head)? },
            unrecorded: 0,
        })
    }
}

pub(super) fn unit(name: &str) -> Result<Unit, DbErr> {
    serde_json::from_value(Value::from(name)).map_err(|error| DbErr::Json(error.to_string()))
}

/// As it is written, and in no other way: what is read tells of every byte.
pub(super) fn uuid(text: &str) -> Result<Uuid, DbErr> {
    let id = balances::uuid(text)?;
    if id.to_string() == text { Ok(id) } else { Err(DbErr::Type(format!("no UUID as they are written: `{text}`"))) }
}

pub(super) fn hash(text: &str) -> Result<ChainHash, DbErr> {
    ChainHash::from_hex(text).ok_or_else(|| DbErr::Type(format!("no hash: `{text}`")))
}
