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

/// What each write of the ledger paid for and nothing needed. A request has its effects once because its own row, of
/// the same transaction, is unique. A customer's row is locked when its requests are written, so that their foreign
/// key only checked it again, row by row; SQLite does so within the process, and could drop it only by copying the
/// table.
///
/// What each write asks for now: whether the customer has a hold whose time has run out, however many have ended.
fn statements(backend: DbBackend) -> &'static [&'static str] {
    const OPEN: &str = "CREATE INDEX reservation_open ON reservation (customer_id, expire_time) WHERE state = 'OPEN'";
    match backend {
        DbBackend::Postgres => {
            &[OPEN, "DROP INDEX entry_request", "ALTER TABLE request DROP CONSTRAINT request_customer_id_fkey"]
        }
        _ => &[OPEN, "DROP INDEX entry_request"],
    }
}
