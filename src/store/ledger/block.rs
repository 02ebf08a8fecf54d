use sea_orm::{DbErr, FromQueryResult};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::ledger::{Block, ChainHash};
use crate::model::Unit;
use crate::store::Steps;
use crate::store::contract::uuid;
use crate::store::rows::{Kind, given};
use crate::store::time::from_micros;

/// The columns of a block that a read names, with its table as `block`.
pub(super) const COLUMNS: &str = "block.block_id, block.work_order_id, block.item_id, block.service_id, block.unit, \
     block.days, block.priority, block.start_time, block.end_time, block.contracted, block.granted, block.used, \
     block.reserved, block.sequence, block.head";

const ROW: [(&str, Kind); 16] = [
    ("customer_id", Kind::Text),
    ("block_id", Kind::Text),
    ("work_order_id", Kind::Text),
    ("item_id", Kind::Text),
    ("service_id", Kind::Text),
    ("unit", Kind::Text),
    ("days", Kind::Number),
    ("priority", Kind::Number),
    ("start_time", Kind::Number),
    ("end_time", Kind::Number),
    ("contracted", Kind::Number),
    ("granted", Kind::Number),
    ("used", Kind::Number),
    ("reserved", Kind::Number),
    ("sequence", Kind::Number),
    ("head", Kind::Text),
];

/// A customer's id and one of its blocks.
pub type OwnedBlock<'a> = (&'a str, &'a Block);

/// Gives blocks their rows, with nothing in them yet: amounts come with the entries, by
/// [`update_blocks`] in later steps.
pub fn insert_blocks(steps: &mut Steps, blocks: &[OwnedBlock<'_>]) -> Result<()> {
    let sql = format!(
        "INSERT INTO block (customer_id, block_id, work_order_id, item_id, service_id, unit, days, priority,
                            start_time, end_time, contracted, granted, used, reserved, excess, sequence, head)
         SELECT customer_id, block_id, work_order_id, item_id, service_id, unit, days, priority,
                start_time, end_time, 0, 0, 0, 0, 0, 0, '' FROM {}",
        given(steps.backend(), &ROW)
    );
    steps.push(sql, &blocks.iter().map(NewRow::new).collect::<Vec<_>>())
}

/// Brings blocks to where their last entries led. What is spent may exceed what is granted only
/// where the grant itself shrank: the check of the table holds everywhere else.
pub fn update_blocks(steps: &mut Steps, blocks: &[OwnedBlock<'_>]) -> Result<()> {
    let sql = format!(
        "UPDATE block SET days = given.days, priority = given.priority, start_time = given.start_time,
                end_time = given.end_time, contracted = given.contracted, granted = given.granted,
                used = given.used, reserved = given.reserved, sequence = given.sequence, head = given.head,
                excess = CASE
                    WHEN given.used + given.reserved <= given.granted THEN 0
                    WHEN given.granted < block.granted
                      OR given.used + given.reserved - given.granted < block.excess
                    THEN given.used + given.reserved - given.granted
                    ELSE block.excess END
         FROM {} WHERE block.customer_id = given.customer_id AND block.block_id = given.block_id",
        given(steps.backend(), &ROW)
    );
    steps.push(sql, &blocks.iter().map(NewRow::new).collect::<Vec<_>>())
}

#[derive(Debug, Serialize)]
struct NewRow<'a> {
    customer_id: &'a str,
    block_id: Uuid,
    work_order_id: &'a str,
    item_id: &'a str,
    service_id: &'a str,
    unit: &'static str,
    days: i64,
    priority: Option<i32>,
    start_time: i64,
    end_time: i64,
    contracted: i64,
    granted: i64,
    used: i64,
    reserved: i64,
    sequence: i64,
    head: ChainHash,
}

impl<'a> NewRow<'a> {
    fn new((customer_id, block): &OwnedBlock<'a>) -> Self {
        Self {
            customer_id,
            block_id: block.id,
            work_order_id: &block.work_order_id,
            item_id: &block.item_id,
            service_id: &block.service_id,
            unit: block.unit.as_str(),
            days: i64::from(block.days),
            priority: block.priority,
            start_time: block.start.timestamp_micros(),
            end_time: block.end.timestamp_micros(),
            contracted: block.contracted,
            granted: block.granted,
            used: block.used,
            reserved: block.reserved,
            sequence: block.sequence,
            head: block.head,
        }
    }
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
}

impl BlockRow {
    pub fn read(self) -> Result<Block, DbErr> {
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
            sequence: self.sequence,
            head: hash(&self.head)?,
        })
    }
}

pub(super) fn unit(name: &str) -> Result<Unit, DbErr> {
    serde_json::from_value(Value::from(name)).map_err(|error| DbErr::Json(error.to_string()))
}

/// An empty one stands for a block's beginning.
pub(super) fn hash(text: &str) -> Result<ChainHash, DbErr> {
    if text.is_empty() {
        return Ok(ChainHash::FIRST);
    }
    ChainHash::from_hex(text).ok_or_else(|| DbErr::Type(format!("no hash: `{text}`")))
}
