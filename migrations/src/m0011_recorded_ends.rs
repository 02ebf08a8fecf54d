use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bigint = if manager.get_database_backend() == DbBackend::Postgres { "BIGINT" } else { "INTEGER" };
        // When the change that brought a block's end was recorded; empty: it had this end from the beginning, or its end
        // was last changed by a version before this step.
        crate::execute(manager, [format!("ALTER TABLE block ADD COLUMN end_record_time {bigint}")]).await
    }
}
