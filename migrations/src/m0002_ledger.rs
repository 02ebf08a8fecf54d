use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::execute(manager, statements(manager.get_database_backend())).await
    }
}

/// Blocks of contracts that are there already get their rows from the program, with the first
/// write that touches their customer: their ids and what they were granted follow from the
/// contract alone.
fn statements(backend: DbBackend) -> [String; 8] {
    let (id, bigint, end) = match backend {
        DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", ""),
        // Unless STRICT, a column of SQLite takes values of any type.
        _ => ("TEXT", "INTEGER", " STRICT"),
    };
    [
        // A block's row says where its entries led: `sequence` and `head` are those of its last
        // entry, `granted`, `used` and `reserved` the sums of all. `contracted` is the part of
        // `granted` that stands in the contract. `excess` is what a correction of the contract
        // left spent beyond the grant: a block that shrank below what was spent is a fact to be
        // kept, while no consumption may ever make one.
        format!(
            "CREATE TABLE block (
                customer_id {id} NOT NULL REFERENCES customer (customer_id),
                block_id {id} NOT NULL CHECK (block_id <> ''),
                work_order_id {id} NOT NULL,
                item_id {id} NOT NULL,
                service_id {id} NOT NULL,
                unit TEXT NOT NULL,
                days {bigint} NOT NULL CHECK (days IN (0, 1)),
                priority {bigint},
                start_time {bigint} NOT NULL,
                end_time {bigint} NOT NULL,
                contracted {bigint} NOT NULL,
                granted {bigint} NOT NULL CHECK (granted >= 0),
                used {bigint} NOT NULL CHECK (used >= 0),
                reserved {bigint} NOT NULL CHECK (reserved >= 0),
                excess {bigint} NOT NULL CHECK (excess >= 0),
                sequence {bigint} NOT NULL CHECK (sequence >= 0),
                head TEXT NOT NULL,
                PRIMARY KEY (customer_id, block_id),
                CHECK (used + reserved <= granted + excess)
            ){end}"
        ),
        // `granted`, `used` and `reserved` are the sums up to and with the entry: what a block
        // had at an instant is one row. `detail` is the rest of the entry's content, as JSON.
        format!(
            "CREATE TABLE entry (
                customer_id {id} NOT NULL,
                block_id {id} NOT NULL,
                sequence {bigint} NOT NULL CHECK (sequence >= 1),
                entry_id {id} NOT NULL,
                kind TEXT NOT NULL,
                amount {bigint} NOT NULL,
                granted {bigint} NOT NULL,
                used {bigint} NOT NULL,
                reserved {bigint} NOT NULL,
                request_id {id},
                reservation_id {id},
                reversed_entry_id {id},
                record_time {bigint} NOT NULL,
                detail TEXT NOT NULL,
                previous_hash TEXT NOT NULL,
                hash TEXT NOT NULL,
                PRIMARY KEY (customer_id, block_id, sequence),
                FOREIGN KEY (customer_id, block_id) REFERENCES block (customer_id, block_id)
            ){end}"
        ),
        "CREATE UNIQUE INDEX entry_id ON entry (customer_id, entry_id)".to_owned(),
        // A request has its effects once, also where the code were wrong about it.
        "CREATE UNIQUE INDEX entry_request ON entry (customer_id, request_id, block_id, kind)
            WHERE request_id IS NOT NULL"
            .to_owned(),
        "CREATE INDEX entry_reservation ON entry (customer_id, reservation_id) WHERE reservation_id IS NOT NULL"
            .to_owned(),
        "CREATE INDEX entry_reversed ON entry (customer_id, reversed_entry_id) WHERE reversed_entry_id IS NOT NULL"
            .to_owned(),
        format!(
            "CREATE TABLE reservation (
                customer_id {id} NOT NULL REFERENCES customer (customer_id),
                reservation_id {id} NOT NULL CHECK (reservation_id <> ''),
                state TEXT NOT NULL,
                expire_time {bigint} NOT NULL,
                content TEXT NOT NULL,
                PRIMARY KEY (customer_id, reservation_id)
            ){end}"
        ),
        // Those that run, by when they end.
        "CREATE INDEX reservation_due ON reservation (expire_time, customer_id) WHERE state = 'OPEN'".to_owned(),
    ]
}
