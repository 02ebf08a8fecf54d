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

/// What open reservations hold of each block, so that the next to run out is found in one step, however many there are.
/// Before, a check read all of a customer's. Written with their reservations; gone when these end.
///
/// Nothing was released before this step, so it fills the table itself.
fn statements(backend: DbBackend) -> [String; 3] {
    let (id, bigint, end) = match backend {
        DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", ""),
        _ => ("TEXT", "INTEGER", " STRICT"),
    };
    [
        format!(
            "CREATE TABLE hold (
                customer_id {id} NOT NULL,
                reservation_id {id} NOT NULL,
                block_id {id} NOT NULL,
                expire_time {bigint} NOT NULL,
                amount {bigint} NOT NULL CHECK (amount > 0),
                PRIMARY KEY (customer_id, reservation_id, block_id)
            ){end}"
        ),
        "CREATE INDEX hold_expiry ON hold (customer_id, block_id, expire_time, amount)".to_owned(),
        "INSERT INTO hold (customer_id, reservation_id, block_id, expire_time, amount)
         SELECT reservation.customer_id, reservation.reservation_id, entry.block_id, reservation.expire_time,
                SUM(entry.amount)
         FROM reservation
         JOIN entry ON entry.customer_id = reservation.customer_id
                   AND entry.reservation_id = reservation.reservation_id AND entry.kind = 'RESERVE'
         WHERE reservation.state = 'OPEN'
         GROUP BY reservation.customer_id, reservation.reservation_id, entry.block_id, reservation.expire_time"
            .to_owned(),
    ]
}
