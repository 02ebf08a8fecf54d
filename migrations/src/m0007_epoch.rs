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

/// The epoch of the database: begun anew after a backup was restored, so that what was told of revisions that the backup
/// does not have can be told apart. One row; a random id, since two restores of one backup are two epochs.
fn statements(backend: DbBackend) -> [String; 2] {
    let (id, bigint, end, random) = match backend {
        DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", "", "substr(md5(gen_random_uuid()::text), 1, 16)"),
        _ => ("TEXT", "INTEGER", " STRICT", "lower(hex(randomblob(8)))"),
    };
    [
        format!(
            "CREATE TABLE epoch (
                only_row {bigint} NOT NULL PRIMARY KEY CHECK (only_row = 1),
                number {bigint} NOT NULL CHECK (number >= 1),
                epoch_id {id} NOT NULL CHECK (epoch_id <> '')
            ){end}"
        ),
        format!("INSERT INTO epoch (only_row, number, epoch_id) VALUES (1, 1, {random})"),
    ]
}
