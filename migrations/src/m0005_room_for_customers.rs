use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_room_for_customers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in statements(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// For PostgreSQL. A customer's revision changes with every write while what is indexed mostly stays: with room on its
/// page the new version goes next to the old one, and no index is touched.
fn statements(backend: DbBackend) -> &'static [&'static str] {
    match backend {
        DbBackend::Postgres => &["ALTER TABLE customer SET (fillfactor = 50)"],
        _ => &[],
    }
}
