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

/// From when on a version is in effect. Empty: as long as there was a contract; so are all versions that were written
/// before this step, of which the newest one counts.
///
/// `request_id` is that of the write that recorded the version, `provenance` where the document came from, as JSON.
///
/// The version in effect at an instant is looked for from the newest one back. The indexes have what the search reads,
/// so that it passes versions without their documents. To build them without a lock, whoever runs PostgreSQL adds the
/// column of `effective_time` and creates them before this step.
fn statements(backend: DbBackend) -> [String; 8] {
    // SQLite knows no such words; there nobody builds an index beforehand.
    let (bigint, add) = match backend {
        DbBackend::Postgres => ("BIGINT", "ADD COLUMN IF NOT EXISTS"),
        _ => ("INTEGER", "ADD COLUMN"),
    };
    [
        format!("ALTER TABLE customer_version {add} effective_time {bigint}"),
        format!("ALTER TABLE work_order_version {add} effective_time {bigint}"),
        "ALTER TABLE customer_version ADD COLUMN request_id TEXT".to_owned(),
        "ALTER TABLE work_order_version ADD COLUMN request_id TEXT".to_owned(),
        "ALTER TABLE customer_version ADD COLUMN provenance TEXT".to_owned(),
        "ALTER TABLE work_order_version ADD COLUMN provenance TEXT".to_owned(),
        "CREATE INDEX IF NOT EXISTS customer_version_effect
         ON customer_version (customer_id, version, effective_time, record_time)"
            .to_owned(),
        "CREATE INDEX IF NOT EXISTS work_order_version_effect
         ON work_order_version (customer_id, work_order_id, version, effective_time, record_time)"
            .to_owned(),
    ]
}
