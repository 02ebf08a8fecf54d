//! The steps of the database schema, run on SQLite and on PostgreSQL alike.
//!
//! `README.md` next to this crate says what a step may do.

mod m0001_contracts;
mod m0002_ledger;
mod m0003_lean_writes;
mod m0004_room_for_blocks;
mod m0005_room_for_customers;
mod m0006_holds;
mod m0007_epoch;
mod m0008_audit;
mod m0009_effective_time;
mod m0010_grants;
mod m0011_recorded_ends;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;

pub use sea_orm_migration::MigratorTrait;

/// Every step, in its order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_contracts::Migration),
            Box::new(m0002_ledger::Migration),
            Box::new(m0003_lean_writes::Migration),
            Box::new(m0004_room_for_blocks::Migration),
            Box::new(m0005_room_for_customers::Migration),
            Box::new(m0006_holds::Migration),
            Box::new(m0007_epoch::Migration),
            Box::new(m0008_audit::Migration),
            Box::new(m0009_effective_time::Migration),
            Box::new(m0010_grants::Migration),
            Box::new(m0011_recorded_ends::Migration),
        ]
    }
}

/// Runs the statements of a step in their order.
async fn execute(
    manager: &SchemaManager<'_>,
    statements: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement.as_ref()).await?;
    }
    Ok(())
}

/// The names of the steps this version knows.
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The names of the steps the database has seen, in their order; changes nothing, not even in
/// a database without any.
pub async fn applied<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, DbErr>
where
    for<'c> &'c C: IntoSchemaManagerConnection<'c>,
{
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let query =
        Statement::from_string(db.get_database_backend(), "SELECT version FROM seaql_migrations ORDER BY version");
    db.query_all_raw(query).await?.iter().map(|row| row.try_get("", "version")).collect()
}
